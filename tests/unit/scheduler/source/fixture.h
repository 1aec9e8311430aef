/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.h - a temporary folder with real repositories, and a client with a real helper
 *
 * Everything is below one folder, HOME too, so that nobody's git configuration has
 * a say. Each test has a fixture of its own: fixture_setup, fixture_teardown.
 */
#ifndef INGOT_TESTS_UNIT_SCHEDULER_SOURCE_FIXTURE_H
#define INGOT_TESTS_UNIT_SCHEDULER_SOURCE_FIXTURE_H

#include "base/arena.h"
#include "base/err.h"
#include "scheduler/source/source.h"
#include "tests/lib/test.h"

struct blob_store;

struct fixture {
	char root[64];
	char *home;
	char *repo; /* root/repo, where fixture_repo() makes one */
	struct source_client *client;
	struct arena arena;
	struct err err;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Runs a shell script (sh -eu) in the root and returns its output without the last newline,
 * in the arena. The test fails if the script does. */
char *fixture_shell(struct fixture *f, const char *script, ...)
	__attribute__((format(printf, 2, 3)));
/* Makes root/repo: main with ingot.yaml, src/a.py, run.sh (executable), a link. */
void fixture_repo(struct fixture *f);

/* A snapshot that has to succeed. ref and dirty as in source_spec. */
struct source_snapshot fixture_snapshot(struct fixture *f, const char *repository,
					const char *ref, bool dirty);
/* One that has to fail with that code, and with these words in its text and hint (or NULL). */
void fixture_refused(struct fixture *f, const char *repository, const char *ref, bool dirty,
		     int code, const char *text, const char *hint);
/* The files as "path=mode" with spaces between; a refused one as "path=refused". */
char *fixture_files(struct fixture *f, const struct source_list *files);
/* Imports all that is not refused and returns the content of one path. */
char *fixture_content(struct fixture *f, const struct source_snapshot *s, const char *path);
/* The content of a blob. */
char *fixture_blob(struct fixture *f, const struct digest *digest);
/* The home's blob store; the caller closes it. */
struct blob_store *fixture_store(struct fixture *f);
/* A second client for the same home; the caller destroys it. */
struct source_client *fixture_client(struct fixture *f);

#endif
