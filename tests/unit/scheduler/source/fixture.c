/* SPDX-License-Identifier: Apache-2.0 */
/* fixture.c - a temporary folder with real repositories, and a client with a real helper */
#include "tests/unit/scheduler/source/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/blob/blob.h"

static void set_environment(struct fixture *f)
{
	char *config = mem_printf("%s/gitconfig", f->root);
	static const char settings[] = "[user]\n\tname = A U Thor\n\temail = author@example.org\n"
				       "[init]\n\tdefaultBranch = main\n"
				       "[protocol \"file\"]\n\tallow = always\n";

	assert_int_equal(fs_write_file(AT_FDCWD, config, settings, strlen(settings), 0644, NULL),
			 0);
	/* What a sanitizer says of the helper must fail the test; see fixture_teardown(). */
	setenv("ASAN_OPTIONS", arena_printf(&f->arena, "log_path=%s/sanitizer", f->root), 1);
	setenv("UBSAN_OPTIONS", arena_printf(&f->arena, "log_path=%s/sanitizer", f->root), 1);
	setenv("HOME", f->root, 1);
	setenv("GIT_CONFIG_GLOBAL", config, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	free(config);
}

struct source_client *fixture_client(struct fixture *f)
{
	struct source_client *client = NULL;

	if (source_client_create(INGOT_TEST_HELPER, f->home, &client, &f->err) < 0)
		fail_msg("%s", f->err.text);
	return client;
}

int fixture_setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));

	strcpy(f->root, "/tmp/ingot-source-XXXXXX");
	assert_non_null(mkdtemp(f->root));
	f->home = mem_printf("%s/home", f->root);
	f->repo = mem_printf("%s/repo", f->root);
	set_environment(f);
	f->client = fixture_client(f);
	*state = f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	source_client_destroy(f->client);
	assert_string_equal(fixture_shell(f, "cat sanitizer.* 2>/dev/null || true"), "");
	fs_remove_tree(AT_FDCWD, f->root, NULL);
	arena_finish(&f->arena);
	free(f->home);
	free(f->repo);
	free(f);
	return 0;
}

char *fixture_shell(struct fixture *f, const char *script, ...)
{
	struct buf text = BUF_INIT;
	struct buf out = BUF_INIT;
	char *result;
	FILE *pipe;
	va_list ap;

	buf_printf(&text, "set -eu; cd %s; ", f->root);
	va_start(ap, script);
	buf_vprintf(&text, script, ap);
	va_end(ap);
	pipe = popen(buf_str(&text), "r");
	assert_non_null(pipe);
	for (int c; (c = fgetc(pipe)) != EOF;)
		buf_char(&out, (char)c);
	if (pclose(pipe) != 0)
		fail_msg("%s", buf_str(&text));
	while (out.len > 0 && out.data[out.len - 1] == '\n')
		out.data[--out.len] = '\0';
	result = arena_strdup(&f->arena, buf_str(&out));
	buf_finish(&text);
	buf_finish(&out);
	return result;
}

void fixture_repo(struct fixture *f)
{
	fixture_shell(f, "git init -q repo; cd repo; mkdir -p src .ingot;"
			 "echo 'name: one' > ingot.yaml; echo 'name: two' > .ingot/two.yaml;"
			 "echo 'print(1)' > src/a.py; echo 'echo hi' > run.sh; chmod 755 run.sh;"
			 "ln -s src/a.py link; git add -A; git commit -qm 'first of all'");
}

struct source_snapshot fixture_snapshot(struct fixture *f, const char *repository,
					const char *ref, bool dirty)
{
	const struct source_spec spec = { repository, ref, dirty };
	struct source_snapshot s = { 0 };

	if (source_snapshot(f->client, &spec, 30000, &f->arena, &s, &f->err) < 0)
		fail_msg("%s (%s): %s", repository, ref ? ref : "HEAD", f->err.text);
	return s;
}

void fixture_refused(struct fixture *f, const char *repository, const char *ref, bool dirty,
		     int code, const char *text, const char *hint)
{
	const struct source_spec spec = { repository, ref, dirty };
	struct source_snapshot s = { 0 };
	int rc;

	err_clear(&f->err);
	rc = source_snapshot(f->client, &spec, 30000, &f->arena, &s, &f->err);
	if (rc != code || f->err.code != code || !strstr(f->err.text, text) ||
	    (hint && !strstr(f->err.hint, hint)))
		fail_msg("%s (%s): %s \"%s\" hint \"%s\" instead of %s \"%s\"", repository,
			 ref ? ref : "HEAD", err_name(rc), f->err.text, f->err.hint,
			 err_name(code), text);
	for (const char *c = f->err.text; *c; c++)
		assert_false((unsigned char)*c < ' ');
	assert_null(s.commit);
}

char *fixture_files(struct fixture *f, const struct source_list *files)
{
	char *all = arena_strdup(&f->arena, "");

	for (size_t i = 0; i < files->count; i++)
		all = arena_printf(&f->arena, "%s%s%s=%s", all, i ? " " : "",
				   files->entries[i].path,
				   source_kind_mode(files->entries[i].kind));
	return all;
}

struct blob_store *fixture_store(struct fixture *f)
{
	char *path = arena_printf(&f->arena, "%s/blobs", f->home);
	struct blob_store *store;

	fixture_shell(f, "mkdir -p home");
	assert_int_equal(blob_store_open(path, &store, NULL), 0);
	return store;
}

char *fixture_blob(struct fixture *f, const struct digest *digest)
{
	struct blob_store *store = fixture_store(f);
	struct buf content = BUF_INIT;
	char *result;

	if (blob_read(store, digest, 1 << 20, &content, &f->err) < 0)
		fail_msg("%s", f->err.text);
	result = arena_strndup(&f->arena, buf_str(&content), content.len);
	blob_store_close(store);
	buf_finish(&content);
	return result;
}

char *fixture_content(struct fixture *f, const struct source_snapshot *s, const char *path)
{
	const struct source_entry *entry = source_list_lookup(&s->files, path);
	struct source_blob blob;
	const char *oid;
	char *content;

	assert_non_null(entry);
	oid = entry->oid;
	if (source_import(f->client, s->repository, &oid, 1, 30000, &blob, &f->err) < 0)
		fail_msg("%s: %s", path, f->err.text);
	content = fixture_blob(f, &blob.digest);
	assert_int_equal(strlen(content), blob.size_bytes);
	return content;
}
