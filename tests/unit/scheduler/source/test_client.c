/* SPDX-License-Identifier: Apache-2.0 */
/* test_client.c - helpers that are killed, cancelled, too slow, or two at once
 *
 * After each of these a new helper has to find everything in order, and nothing
 * that an old one started may still be there.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/channel.h"
#include "tests/unit/scheduler/source/fixture.h"
#include "tests/unit/scheduler/source/server.h"

enum { KILLS = 60, KILL_WITHIN_US = 45000 };

/* Accepts connections and never says a word. */
static const char silent[] =
	"exec python3 -c 'import os, socket, time; s = socket.create_server((\"127.0.0.1\", "
	"int(os.environ[\"PORT\"]))); time.sleep(60)'";

/* Processes with the root in their command line: git and what it starts. */
static void expect_no_process_left(struct fixture *f)
{
	for (int i = 0; i < 100; i++) {
		if (*fixture_shell(f, "pgrep -f '[g]it.*%s' || true", f->root) == '\0')
			return;
		usleep(20000);
	}
	fail_msg("still there: %s", fixture_shell(f, "pgrep -af '[g]it.*%s'", f->root));
}

struct killer {
	int delay_us;
	bool whole_group;
};

/* Kills the children of this process, which are helpers. */
static void *kill_helpers(void *arg)
{
	const struct killer *k = arg;
	struct buf children = BUF_INIT;
	struct dirent *task;
	DIR *tasks;

	usleep((useconds_t)k->delay_us);
	tasks = opendir("/proc/self/task");
	while ((task = readdir(tasks)) != NULL) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/task/%.20s/children", task->d_name);
		fs_read_file(AT_FDCWD, path, 4096, &children, NULL);
	}
	closedir(tasks);
	for (char *at = children.data, *end; at && strtol(at, &end, 10) > 0; at = end)
		kill((pid_t)strtol(at, NULL, 10) * (k->whole_group ? -1 : 1), SIGKILL);
	buf_finish(&children);
	return NULL;
}

/* Snapshot and import of everything; whatever comes of it. */
static void try_everything(struct fixture *f, const char *url)
{
	const struct source_spec spec = { .repository = url };
	struct source_client *client;
	struct source_snapshot s;
	const char *oids[64];
	struct source_blob blobs[64];

	if (source_client_create(INGOT_TEST_HELPER, f->home, &client, NULL) < 0)
		return;
	if (source_snapshot(client, &spec, 20000, &f->arena, &s, NULL) == 0) {
		for (size_t i = 0; i < s.files.count; i++)
			oids[i] = s.files.entries[i].oid;
		source_import(client, s.repository, oids, s.files.count, 20000, blobs, NULL);
	}
	source_client_destroy(client);
}

static void kill_and_look(struct fixture *f, const char *url, int i)
{
	struct killer killer = { rand() % KILL_WITHIN_US, i % 2 };
	char content[16];
	pthread_t thread;
	struct source_snapshot s;

	snprintf(content, sizeof(content), "%d", i);
	fixture_shell(f,
		      "cd repo; for n in 1 2 3 4 5 6 7 8 9; do echo %d.$n > f$n; done;"
		      "echo %d > n; git add -A; git commit -qm %d; %s",
		      i, i, i, i % 10 == 0 ? "rm -rf ../home/repos" : "");
	source_client_destroy(f->client);
	f->client = NULL;
	pthread_create(&thread, NULL, kill_helpers, &killer);
	try_everything(f, url);
	pthread_join(thread, NULL);
	f->client = fixture_client(f);
	s = fixture_snapshot(f, url, NULL, false);
	assert_int_equal(strtol(fixture_content(f, &s, "n"), NULL, 10), i);
	assert_string_equal(fixture_content(f, &s, "f9"), arena_printf(&f->arena, "%d.9\n", i));
}

static void a_killed_helper_leaves_nothing_half(void **state)
{
	struct fixture *f = *state;
	const char *url;

	fixture_repo(f);
	url = arena_printf(&f->arena, "file://%s", f->repo);
	srand(7);
	for (int i = 1; i <= KILLS; i++)
		kill_and_look(f, url, i);
	expect_no_process_left(f);
	fixture_shell(f, "git -C home/repos/*.git fsck --full --strict 2>&1 | "
			 "grep -v -e dangling -e unborn | grep . >&2 && exit 1; find home -name "
			 "'*.lock' | grep -v 'git.lock$' && "
			 "exit 1; exit 0");
}

static void what_a_killed_git_left_locked_is_freed(void **state)
{
	struct fixture *f = *state;

	fixture_repo(f);
	fixture_snapshot(f, f->repo, NULL, false);
	fixture_shell(f,
		      "cd repo; echo 2 > n; git add n; git commit -qm 2; h=$(git rev-parse HEAD);"
		      "cd ../home/repos/*.git; touch packed-refs.lock shallow.lock "
		      "refs/ingot/$h.lock config.lock; mkdir ../$(basename $PWD).new");
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).summary, "2");
	fixture_shell(f, "rm -r home/repos/*.git");
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).summary, "2");
}

static void *snapshot_in_thread(void *arg)
{
	struct fixture *f = arg;
	struct fixture mine = *f;
	struct source_snapshot s;
	const char *commit;

	mine.arena = (struct arena)ARENA_INIT;
	mine.client = fixture_client(&mine);
	s = fixture_snapshot(&mine, f->repo, NULL, true);
	commit = mem_strdup(s.commit);
	assert_string_equal(fixture_content(&mine, &s, "src/a.py"), "dirty\n");
	source_client_destroy(mine.client);
	arena_finish(&mine.arena);
	return (void *)commit;
}

static void two_helpers_share_a_mirror(void **state)
{
	struct fixture *f = *state;

	fixture_repo(f);
	fixture_shell(f, "echo dirty > repo/src/a.py");
	for (int i = 0; i < 8; i++) {
		pthread_t threads[3];
		char *commits[3];

		fixture_shell(f, "rm -rf home/repos");
		for (size_t t = 0; t < countof(threads); t++)
			pthread_create(&threads[t], NULL, snapshot_in_thread, f);
		for (size_t t = 0; t < countof(threads); t++)
			pthread_join(threads[t], (void **)&commits[t]);
		assert_string_equal(commits[0], commits[1]);
		assert_string_equal(commits[0], commits[2]);
		for (size_t t = 0; t < countof(threads); t++)
			free(commits[t]);
	}
}

static void *cancel_later(void *client)
{
	usleep(300000);
	source_client_cancel(client);
	return NULL;
}

static void a_call_can_be_cancelled_and_has_an_end(void **state)
{
	struct fixture *f = *state;
	struct source_spec spec = { 0 };
	struct source_snapshot s;
	struct server server;
	int64_t begin_us = clock_mono_us();
	pthread_t thread;

	assert_true(server_start(f, silent, &server));
	spec.repository = arena_printf(&f->arena, "git://127.0.0.1:%d%s", server.port, f->root);
	pthread_create(&thread, NULL, cancel_later, f->client);
	assert_int_equal(source_snapshot(f->client, &spec, 20000, &f->arena, &s, &f->err),
			 ERR_INTERRUPTED);
	pthread_join(thread, NULL);
	assert_int_equal(source_snapshot(f->client, &spec, 20000, &f->arena, &s, &f->err),
			 ERR_INTERRUPTED);
	expect_no_process_left(f);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
	assert_int_equal(source_snapshot(f->client, &spec, 300, &f->arena, &s, &f->err),
			 ERR_TIMEOUT);
	assert_non_null(strstr(f->err.text, "took too long"));
	expect_no_process_left(f);
	assert_true(clock_mono_us() - begin_us < 10 * 1000000);
	server_stop(&server);
}

static void a_helper_does_not_outlive_its_scheduler(void **state)
{
	struct fixture *f = *state;
	struct server server;
	pid_t scheduler;

	assert_true(server_start(f, silent, &server));
	scheduler = fork();
	if (scheduler == 0) {
		try_everything(
			f, arena_printf(&f->arena, "git://127.0.0.1:%d%s", server.port, f->root));
		_exit(0);
	}
	usleep(500000);
	assert_string_not_equal(fixture_shell(f, "pgrep -f '[g]it.*%s' || true", f->root), "");
	kill(scheduler, SIGKILL);
	waitpid(scheduler, NULL, 0);
	expect_no_process_left(f);
	server_stop(&server);
}

static void a_program_that_is_no_helper_is_told_so(void **state)
{
	struct fixture *f = *state;
	struct source_client *client;

	assert_int_equal(source_client_create("/no/such", f->home, &client, &f->err),
			 ERR_NOT_FOUND);
	assert_non_null(strstr(f->err.text, "/no/such"));
	assert_int_equal(source_client_create("/bin/true", f->home, &client, &f->err), ERR_SYSTEM);
	assert_non_null(strstr(f->err.text, "exit code 0"));
	assert_int_equal(source_client_create("/bin/cat", f->home, &client, &f->err), ERR_PROTOCOL);
}

static void a_helper_is_found_where_it_is_installed(void **state)
{
	struct fixture *f = *state;
	char *path;

	setenv("INGOT_HELPER", "/some/where", 1);
	assert_int_equal(source_helper_path(&path, &f->err), 0);
	assert_string_equal(path, "/some/where");
	free(path);
	unsetenv("INGOT_HELPER");
	assert_int_equal(source_helper_path(&path, &f->err), ERR_NOT_FOUND);
	assert_non_null(strstr(f->err.hint, "INGOT_HELPER"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(a_killed_helper_leaves_nothing_half),
		T(what_a_killed_git_left_locked_is_freed),
		T(two_helpers_share_a_mirror),
		T(a_call_can_be_cancelled_and_has_an_end),
		T(a_helper_does_not_outlive_its_scheduler),
		T(a_program_that_is_no_helper_is_told_so),
		T(a_helper_is_found_where_it_is_installed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
