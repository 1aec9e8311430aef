/* SPDX-License-Identifier: Apache-2.0 */
/* test_snapshot.c - repositories on this machine: commits, refs, work trees, mistakes */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "tests/unit/scheduler/source/fixture.h"

static void a_snapshot_tells_all_of_a_commit(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_string_equal(s.repository, f->repo);
	assert_string_equal(s.commit, fixture_shell(f, "git -C repo rev-parse HEAD"));
	assert_string_equal(s.tree, fixture_shell(f, "git -C repo rev-parse HEAD^{tree}"));
	assert_string_equal(s.ref, "refs/heads/main");
	assert_string_equal(s.branch, "main");
	assert_string_equal(s.author, "A U Thor <author@example.org>");
	assert_string_equal(s.summary, "first of all");
	assert_false(s.dirty);
	assert_int_equal(s.change_count, 0);
	assert_int_equal(s.warning_count, 0);
	assert_string_equal(fixture_files(f, &s.files),
			    ".ingot/two.yaml=100644 ingot.yaml=100644 link=120000 run.sh=100755 "
			    "src/a.py=100644");
	assert_string_equal(source_list_lookup(&s.files, "src/a.py")->oid,
			    fixture_shell(f, "git -C repo rev-parse HEAD:src/a.py"));
	assert_int_equal(s.definition_count, 2);
	assert_string_equal(s.definitions[0].path, "ingot.yaml");
	assert_string_equal(s.definitions[0].text, "name: one\n");
	assert_int_equal(s.definitions[0].len, 10);
	assert_string_equal(s.definitions[1].path, ".ingot/two.yaml");
	assert_string_equal(s.definitions[1].text, "name: two\n");
}

static void imported_files_are_in_the_store_by_their_digest(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "print(1)\n");
	assert_string_equal(fixture_content(f, &s, "link"), "src/a.py");
	assert_string_equal(fixture_content(f, &s, "run.sh"), "echo hi\n");
}

static void an_import_answers_in_the_order_of_the_question(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;
	const char *oids[3];
	struct source_blob blobs[3];
	char hex[DIGEST_HEX_SIZE];

	fixture_repo(f);
	s = fixture_snapshot(f, f->repo, NULL, false);
	oids[0] = source_list_lookup(&s.files, "run.sh")->oid;
	oids[1] = source_list_lookup(&s.files, "src/a.py")->oid;
	oids[2] = oids[0];
	assert_int_equal(source_import(f->client, s.repository, oids, 3, 30000, blobs, NULL), 0);
	digest_hex(&blobs[1].digest, hex);
	assert_string_equal(hex, fixture_shell(f, "sha256sum < repo/src/a.py | cut -d' ' -f1"));
	digest_hex(&blobs[2].digest, hex);
	assert_string_equal(hex, fixture_shell(f, "sha256sum < repo/run.sh | cut -d' ' -f1"));
	assert_int_equal(blobs[2].size_bytes, 8);
	oids[1] = "0123456789012345678901234567890123456789";
	assert_int_equal(source_import(f->client, s.repository, oids, 3, 30000, blobs, &f->err),
			 ERR_NOT_FOUND);
	assert_int_equal(source_import(f->client, "/no/such", oids, 1, 30000, blobs, &f->err),
			 ERR_NOT_FOUND);
	oids[1] = s.tree;
	assert_int_equal(source_import(f->client, s.repository, oids, 2, 30000, blobs, &f->err),
			 ERR_DAMAGED);
}

static void what_ran_stays_when_the_repository_forgets_it(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot old, again;

	fixture_repo(f);
	old = fixture_snapshot(f, f->repo, NULL, false);
	fixture_shell(f, "cd repo; echo 2 > src/a.py; git commit -qa --amend -m new;"
			 "git reflog expire --expire=now --all; git gc -q --prune=now;"
			 "cd ../home/repos/*.git; git gc -q --prune=now");
	again = fixture_snapshot(f, f->repo, NULL, false);
	assert_string_not_equal(again.commit, old.commit);
	assert_string_equal(fixture_content(f, &old, "src/a.py"), "print(1)\n");
	assert_string_equal(fixture_content(f, &again, "src/a.py"), "2\n");
}

static void every_kind_of_ref_finds_its_commit(void **state)
{
	struct fixture *f = *state;
	const char *first, *second;
	struct source_snapshot s;

	fixture_repo(f);
	first = fixture_shell(f, "cd repo; git tag light; git tag -am text v1.0; git tag -am t2 "
				 "nested v1.0 2>/dev/null; git rev-parse HEAD");
	second = fixture_shell(f, "cd repo; git checkout -qb feature/x; echo 2 > b; git add b;"
				  "git commit -qm second; git rev-parse HEAD");
	s = fixture_snapshot(f, f->repo, "main", false);
	assert_string_equal(s.commit, first);
	assert_string_equal(s.branch, "main");
	s = fixture_snapshot(f, f->repo, "v1.0", false);
	assert_string_equal(s.commit, first);
	assert_string_equal(s.ref, "refs/tags/v1.0");
	assert_null(s.branch);
	assert_string_equal(fixture_snapshot(f, f->repo, "light", false).commit, first);
	assert_string_equal(fixture_snapshot(f, f->repo, "nested", false).commit, first);
	s = fixture_snapshot(f, f->repo, "feature/x", false);
	assert_string_equal(s.commit, second);
	assert_string_equal(s.branch, "feature/x");
	assert_string_equal(fixture_snapshot(f, f->repo, "refs/heads/main", false).commit, first);
	assert_string_equal(fixture_snapshot(f, f->repo, "heads/main", false).branch, "main");
	s = fixture_snapshot(f, f->repo, first, false);
	assert_string_equal(s.commit, first);
	assert_null(s.ref);
	assert_string_equal(
		fixture_snapshot(f, f->repo, arena_strndup(&f->arena, first, 7), false).commit,
		first);
	assert_string_equal(fixture_snapshot(f, f->repo, "HEAD~1", false).commit, first);
	assert_string_equal(fixture_snapshot(f, f->repo, "HEAD", false).commit, second);
	fixture_shell(f, "cd repo; git checkout -q %s", first);
	assert_null(fixture_snapshot(f, f->repo, NULL, false).ref);
}

static void a_tag_wins_over_a_branch_and_says_so(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f, "cd repo; git branch both; echo 2 > b; git add b; git commit -qm 2;"
			 "git tag both");
	s = fixture_snapshot(f, f->repo, "both", false);
	assert_string_equal(s.ref, "refs/tags/both");
	assert_int_equal(s.warning_count, 1);
	assert_string_equal(s.warnings[0], "'both' is both a tag and a branch: this is the tag");
}

static void the_same_repository_is_meant_from_anywhere_in_it(void **state)
{
	struct fixture *f = *state;
	const char *url;

	fixture_repo(f);
	fixture_shell(f,
		      "ln -s repo alias; git -C repo worktree add -q ../linked -b other;"
		      "git clone -q --bare repo bare.git; git clone -q --depth 1 "
		      "file://%s/repo shallow",
		      f->root);
	assert_string_equal(
		fixture_snapshot(f, arena_printf(&f->arena, "%s/src", f->repo), NULL, false)
			.repository,
		f->repo);
	assert_string_equal(
		fixture_snapshot(f, arena_printf(&f->arena, "%s/alias", f->root), NULL, false)
			.repository,
		f->repo);
	assert_string_equal(
		fixture_snapshot(f, arena_printf(&f->arena, "%s/linked", f->root), NULL, false)
			.branch,
		"other");
	assert_string_equal(
		fixture_snapshot(f, arena_printf(&f->arena, "%s/linked", f->root), NULL, false)
			.repository,
		f->repo);
	url = arena_printf(&f->arena, "file://%s/re%%70o", f->root);
	assert_string_equal(fixture_snapshot(f, url, NULL, false).repository, f->repo);
	url = arena_printf(&f->arena, "%s/bare.git", f->root);
	assert_string_equal(fixture_snapshot(f, url, "main", false).repository, url);
	url = arena_printf(&f->arena, "%s/shallow", f->root);
	assert_string_equal(fixture_snapshot(f, url, NULL, false).repository, url);
}

static void uncommitted_changes_are_named(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f, "cd repo; echo 2 > src/a.py; echo new > new; rm run.sh;"
			 "echo '*.log' > .git/info/exclude; echo x > x.log");
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_false(s.dirty);
	assert_int_equal(s.change_count, 3);
	assert_int_equal(s.change_named, 3);
	assert_string_equal(s.changes[0], "new");
	assert_string_equal(s.changes[1], "run.sh");
	assert_string_equal(s.changes[2], "src/a.py");
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "print(1)\n");
	fixture_shell(f, "cd repo; git tag t HEAD; git commit -qam second");
	assert_int_equal(fixture_snapshot(f, f->repo, "t", false).change_count, 0);
	fixture_shell(f, "cd repo; for i in $(seq 50); do echo > f$i; done");
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_int_equal(s.change_count, 51);
	assert_int_equal(s.change_named, SOURCE_CHANGES_NAMED);
}

static void dirty_takes_the_work_tree_as_git_would_commit_it(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot clean, s, again;

	fixture_repo(f);
	clean = fixture_snapshot(f, f->repo, NULL, true);
	assert_false(clean.dirty);
	fixture_shell(f, "cd repo; printf '*.log\\nout/\\n' > .gitignore; echo t > kept.log;"
			 "git add -f kept.log; echo x > x.log; mkdir out sub; echo o > out/o;"
			 "echo s > sub/s; chmod +x src/a.py; echo 3 >> src/a.py; git rm -q run.sh;"
			 "rm link; ln -s src link; git init -q inner; echo i > inner/i");
	s = fixture_snapshot(f, f->repo, NULL, true);
	assert_true(s.dirty);
	assert_string_equal(s.branch, "main");
	assert_string_not_equal(s.commit, clean.commit);
	assert_string_equal(fixture_files(f, &s.files),
			    ".gitignore=100644 .ingot/two.yaml=100644 ingot.yaml=100644 "
			    "kept.log=100644 link=120000 src/a.py=100755 sub/s=100644");
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "print(1)\n3\n");
	assert_string_equal(fixture_content(f, &s, "link"), "src");
	fixture_shell(f, "touch -d yesterday repo/src/a.py; touch repo/sub/s");
	again = fixture_snapshot(f, f->repo, NULL, true);
	assert_string_equal(again.commit, s.commit);
	fixture_shell(f, "cd repo; rm -r inner; git add -A; git commit -qm all");
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).tree, s.tree);
	assert_string_equal(fixture_shell(f, "git -C repo status --short"), "");
}

static void a_file_may_become_a_folder_and_a_folder_a_file(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f,
		      "cd repo; rm -r run.sh src; mkdir run.sh; echo 1 > run.sh/x; echo f > src");
	s = fixture_snapshot(f, f->repo, NULL, true);
	assert_string_equal(fixture_files(f, &s.files),
			    ".ingot/two.yaml=100644 ingot.yaml=100644 link=120000 "
			    "run.sh/x=100644 src=100644");
}

static void a_sparse_checkout_is_whole(void **state)
{
	struct fixture *f = *state;
	const char *sparse = arena_printf(&f->arena, "%s/sparse", f->root);
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f, "git clone -q repo sparse; cd sparse; git sparse-checkout set --no-cone "
			 "ingot.yaml; test ! -e src");
	s = fixture_snapshot(f, sparse, NULL, true);
	assert_int_equal(s.change_count, 0);
	fixture_shell(f, "echo new >> sparse/ingot.yaml");
	s = fixture_snapshot(f, sparse, NULL, true);
	assert_int_equal(s.change_count, 1);
	assert_string_equal(fixture_files(f, &s.files),
			    ".ingot/two.yaml=100644 ingot.yaml=100644 link=120000 run.sh=100755 "
			    "src/a.py=100644");
}

static void what_is_no_file_is_not_in_a_work_tree(void **state)
{
	struct fixture *f = *state;

	fixture_repo(f);
	fixture_shell(f, "mkfifo repo/fifo");
	assert_false(fixture_snapshot(f, f->repo, NULL, true).dirty);
}

static void repositories_that_cannot_be_read_say_why(void **state)
{
	struct fixture *f = *state;

	fixture_repo(f);
	fixture_shell(f,
		      "git -C repo config uploadpack.allowFilter true;"
		      "git clone -q --no-checkout --filter=blob:none file://%s/repo partial;"
		      "git init -q --object-format=sha256 sha256",
		      f->root);
	fixture_refused(f, arena_printf(&f->arena, "%s/partial", f->root), NULL, false,
			ERR_NOT_FOUND, "is a partial clone", "--refetch");
	fixture_refused(f, arena_printf(&f->arena, "%s/sha256", f->root), NULL, false, ERR_VERSION,
			"objectformat", NULL);
}

static void mistakes_have_clear_messages(void **state)
{
	struct fixture *f = *state;
	char *other = mem_printf("%s/other", f->root);
	char *none = mem_printf("%s/none", f->root);
	char *bare = mem_printf("%s/bare.git", f->root);

	fixture_repo(f);
	fixture_shell(f, "mkdir other; git clone -q --bare repo bare.git; git init -q unborn;"
			 "cd repo; git tag tree HEAD^{tree}");
	fixture_refused(f, other, NULL, false, ERR_NOT_FOUND, "not a Git repository: /tmp/",
			"git init");
	fixture_refused(f, none, NULL, false, ERR_NOT_FOUND, "No such file", NULL);
	fixture_refused(f, f->repo, "mian", false, ERR_NOT_FOUND,
			"has no branch, tag or commit 'mian'", "did you mean 'main'?");
	fixture_refused(f, f->repo, "abcdef0123", false, ERR_NOT_FOUND, "'abcdef0123'", NULL);
	fixture_refused(f, f->repo, "HEAD~9", false, ERR_NOT_FOUND, "'HEAD~9'", NULL);
	fixture_refused(f, f->repo, "a..b", false, ERR_INVALID, "cannot be the name", NULL);
	fixture_refused(f, f->repo, "tree", false, ERR_INVALID, "is no commit", NULL);
	fixture_refused(f, bare, NULL, true, ERR_INVALID, "is bare", NULL);
	fixture_refused(f, arena_printf(&f->arena, "%s/unborn", f->root), NULL, false, ERR_STATE,
			"has no commit yet", "git commit");
	fixture_refused(f, "relative/path", NULL, false, ERR_INVALID, "neither an absolute path",
			NULL);
	fixture_refused(f, "--upload-pack=/bin/sh", NULL, false, ERR_INVALID, "'-'", NULL);
	fixture_refused(f, "ext::sh -c id", NULL, false, ERR_INVALID, "ext::sh", NULL);
	fixture_refused(f, "http://example.org/x.git", NULL, false, ERR_INVALID, "http", "https");
	fixture_refused(f, "ftp://example.org/x.git", NULL, false, ERR_INVALID, "not a kind",
			"ssh");
	fixture_refused(f, "ssh://-oProxyCommand=id/x", NULL, false, ERR_INVALID, "not a host",
			NULL);
	fixture_refused(f, "https://example.org/\x1b[31m", NULL, false, ERR_INVALID, "control",
			NULL);
	fixture_refused(f, "https://127.0.0.1/x.git", NULL, true, ERR_INVALID, "need a path", NULL);
	free(other);
	free(none);
	free(bare);
}

/* Without a git program in PATH nothing can be fetched. */
static void a_commit_that_is_there_needs_no_git_program(void **state)
{
	struct fixture *f = *state;
	char *path = mem_strdup(getenv("PATH"));
	const char *first;

	fixture_repo(f);
	first = fixture_snapshot(f, f->repo, NULL, false).commit;
	setenv("PATH", "/no/such/folder", 1);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).commit, first);
	setenv("PATH", path, 1);
	fixture_shell(f, "cd repo; echo 2 > src/a.py; git commit -qam 2");
	fixture_refused(f, f->repo, NULL, false, ERR_NOT_FOUND, "no git program in PATH", NULL);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(a_snapshot_tells_all_of_a_commit),
		T(imported_files_are_in_the_store_by_their_digest),
		T(an_import_answers_in_the_order_of_the_question),
		T(what_ran_stays_when_the_repository_forgets_it),
		T(every_kind_of_ref_finds_its_commit),
		T(a_tag_wins_over_a_branch_and_says_so),
		T(the_same_repository_is_meant_from_anywhere_in_it),
		T(uncommitted_changes_are_named),
		T(dirty_takes_the_work_tree_as_git_would_commit_it),
		T(a_file_may_become_a_folder_and_a_folder_a_file),
		T(a_sparse_checkout_is_whole),
		T(what_is_no_file_is_not_in_a_work_tree),
		T(repositories_that_cannot_be_read_say_why),
		T(mistakes_have_clear_messages),
		T(a_commit_that_is_there_needs_no_git_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
