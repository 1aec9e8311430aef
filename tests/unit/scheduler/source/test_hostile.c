/* SPDX-License-Identifier: Apache-2.0 */
/* test_hostile.c - repositories that somebody made to do harm
 *
 * Trees are written byte by byte, as no git would. What counts: nothing comes out
 * but plain files, executables and links that stay inside; no command of theirs
 * is run; what has no end is stopped; messages carry no control bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "tests/unit/scheduler/source/fixture.h"

/* Puts an object of these bytes into root/repo, without any check; its id. */
static const char *put_object(struct fixture *f, const char *type, const void *data, size_t len)
{
	char *path = arena_printf(&f->arena, "%s/object", f->root);

	assert_int_equal(fs_write_file(AT_FDCWD, path, data, len, 0644, NULL), 0);
	return fixture_shell(f, "git -C repo hash-object --literally -w -t %s ../object", type);
}

static const char *put_blob(struct fixture *f, const char *text)
{
	return put_object(f, "blob", text, strlen(text));
}

struct raw_entry {
	const char *mode;
	const char *name;
	const char *oid;
};

static const char *put_tree(struct fixture *f, const struct raw_entry *entries, size_t count)
{
	struct buf tree = BUF_INIT;
	const char *oid;

	for (size_t i = 0; i < count; i++) {
		buf_printf(&tree, "%s %s", entries[i].mode, entries[i].name);
		buf_char(&tree, '\0');
		for (int at = 0; at < 40; at += 2) {
			unsigned byte;

			assert_int_equal(sscanf(entries[i].oid + at, "%2x", &byte), 1);
			buf_char(&tree, (char)byte);
		}
	}
	oid = put_object(f, "tree", tree.data, tree.len);
	buf_finish(&tree);
	return oid;
}

static void point_main_at(struct fixture *f, const char *tree)
{
	fixture_shell(f, "cd repo; git update-ref refs/heads/main $(git commit-tree -m hostile %s)",
		      tree);
}

/* A commit with one entry beside a good file. */
static struct source_snapshot snapshot_with(struct fixture *f, const char *mode, const char *name,
					    const char *oid)
{
	const struct raw_entry entries[] = { { mode, name, oid },
					     { "100644", "zz", put_blob(f, "good") } };

	point_main_at(f, put_tree(f, entries, countof(entries)));
	return fixture_snapshot(f, f->repo, "main", false);
}

static void expect_refused(struct fixture *f, const struct source_snapshot *s, const char *what,
			   const char *reason)
{
	const struct source_entry *entry = s->files.entries;
	struct source_list list;

	entry += str_eq(entry->path, "zz");
	if (s->files.count != 2 || entry->kind != SOURCE_REFUSED || !strstr(entry->refusal, reason))
		fail_msg("'%s': %s, not refused because it %s", what, fixture_files(f, &s->files),
			 reason);
	assert_int_equal(source_list_match(&s->files, NULL, 0, &f->arena, &list, &f->err),
			 ERR_INVALID);
	for (const char *c = f->err.text; *c; c++)
		assert_false((unsigned char)*c < ' ');
	assert_int_equal(source_list_match(&s->files, (const char *const[]){ "zz" }, 1, &f->arena,
					   &list, &f->err),
			 0);
}

static void names_that_are_git_to_some_file_system_are_refused(void **state)
{
	static const char *const names[] = {
		".git",
		".GIT",
		".Git",
		".git ",
		".git.",
		".git . ",
		"git~1",
		"GIT~1",
		".git:",
		".git::$INDEX_ALLOCATION",
		".g\xe2\x80\x8cit",
		"\xef\xbb\xbf.git",
		".gi\xe2\x80\xaet",
	};
	struct fixture *f = *state;
	const char *blob, *tree;

	fixture_shell(f, "git init -q repo");
	blob = put_blob(f, "[core]\n\tfsmonitor = touch /tmp/hit\n");
	tree = put_tree(f, &(struct raw_entry){ "100644", "config", blob }, 1);
	for (size_t i = 0; i < countof(names); i++) {
		struct source_snapshot s = snapshot_with(f, "40000", names[i], tree);

		expect_refused(f, &s, names[i], "has a name that Git keeps for itself");
	}
}

static void names_like_that_of_git_are_just_names(void **state)
{
	static const char *const names[] = { ".gitignore", ".github", "git",	".git2",
					     ".gi",	   "..git",   "git~10", ".gitmodules" };
	struct fixture *f = *state;

	fixture_shell(f, "git init -q repo");
	for (size_t i = 0; i < countof(names); i++)
		assert_int_equal(snapshot_with(f, "100644", names[i], put_blob(f, "x"))
					 .files.entries[0]
					 .kind,
				 SOURCE_FILE);
}

static void names_that_lead_outside_or_drive_a_terminal_are_refused(void **state)
{
	static const char *const names[] = { "..",	  ".",	  "a/b",      "../x",
					     "/etc/x",	  "a\nb", "\x1b[31m", "\x7f",
					     "a/../../x", "\r",	  "a\\/b" };
	struct fixture *f = *state;
	struct source_snapshot s;
	char overlong[300];

	fixture_shell(f, "git init -q repo");
	for (size_t i = 0; i < countof(names); i++) {
		s = snapshot_with(f, "100644", names[i], put_blob(f, "x"));
		expect_refused(f, &s, names[i], "has a name that no file can safely have");
	}
	memset(overlong, 'a', sizeof(overlong) - 1);
	overlong[sizeof(overlong) - 1] = '\0';
	s = snapshot_with(f, "100644", overlong, put_blob(f, "x"));
	expect_refused(f, &s, "overlong", "has a name that no file can safely have");
}

static void a_folder_called_dotdot_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;
	const char *tree;

	fixture_shell(f, "git init -q repo");
	tree = put_tree(f, &(struct raw_entry){ "100644", "passwd", put_blob(f, "x") }, 1);
	s = snapshot_with(f, "40000", "..", tree);
	expect_refused(f, &s, "..", "has a name that no file can safely have");
}

static void links_that_lead_outside_are_refused(void **state)
{
	static const char *const targets[] = { "/etc/passwd", "..",	"../x",
					       "a/../../x",   "./../x", "" };
	struct fixture *f = *state;
	struct source_snapshot s;
	struct buf overlong = BUF_INIT;

	fixture_shell(f, "git init -q repo");
	for (size_t i = 0; i < countof(targets); i++) {
		s = snapshot_with(f, "120000", "link", put_blob(f, targets[i]));
		expect_refused(f, &s, targets[i], "is a symbolic link that leads outside");
	}
	s = snapshot_with(f, "120000", "link", put_object(f, "blob", "zz\0/etc", 7));
	expect_refused(f, &s, "a NUL", "is a symbolic link that leads outside");
	for (int i = 0; i < 5000; i++)
		buf_char(&overlong, 'x');
	s = snapshot_with(f, "120000", "link", put_blob(f, buf_str(&overlong)));
	expect_refused(f, &s, "overlong", "is a symbolic link with too long a target");
	s = snapshot_with(f, "120000", "link", put_blob(f, "zz"));
	assert_int_equal(s.files.entries[0].kind, SOURCE_LINK);
	buf_finish(&overlong);
}

static void modes_are_reduced_to_three(void **state)
{
	static const char *const modes[][2] = {
		{ "104755", "100755" }, { "106755", "100755" }, { "102644", "100644" },
		{ "101777", "100755" }, { "100664", "100644" }, { "100600", "100644" },
		{ "100111", "100755" }, { "120777", "120000" },
	};
	static const char *const others[] = { "10644", "60644", "20644", "140755", "0" };
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_shell(f, "git init -q repo");
	for (size_t i = 0; i < countof(modes); i++) {
		s = snapshot_with(f, modes[i][0], "file", put_blob(f, "zz"));
		assert_string_equal(source_kind_mode(s.files.entries[0].kind), modes[i][1]);
	}
	for (size_t i = 0; i < countof(others); i++) {
		s = snapshot_with(f, others[i], "file", put_blob(f, "zz"));
		expect_refused(f, &s, others[i], "is of no kind that Git has");
	}
}

static void a_submodule_is_refused_and_never_fetched(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_shell(f, "git init -q repo");
	s = snapshot_with(f, "160000", "sub", "0123456789012345678901234567890123456789");
	expect_refused(f, &s, "sub", "is a submodule");
	assert_int_equal(source_list_match(&s.files, NULL, 0, &f->arena, &s.files, &f->err),
			 ERR_INVALID);
	assert_string_equal(f->err.hint, "leave it out: sources: [\"**\", \"!/sub\"]");
}

static void one_name_for_two_things_is_refused(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;
	const char *blob, *tree;

	fixture_shell(f, "git init -q repo");
	blob = put_blob(f, "x");
	tree = put_tree(f, &(struct raw_entry){ "100644", "x", blob }, 1);
	point_main_at(f, put_tree(f,
				  (const struct raw_entry[]){ { "100644", "a", blob },
							      { "120000", "a", blob },
							      { "100644", "b", blob } },
				  3));
	s = fixture_snapshot(f, f->repo, "main", false);
	assert_string_equal(fixture_files(f, &s.files), "a=refused a=refused b=100644");
	point_main_at(f, put_tree(f,
				  (const struct raw_entry[]){ { "120000", "a", blob },
							      { "100644", "a-b", blob },
							      { "40000", "a", tree } },
				  3));
	s = fixture_snapshot(f, f->repo, "main", false);
	assert_string_equal(fixture_files(f, &s.files), "a=120000 a-b=100644 a/x=refused");
}

static void a_deep_tree_ends_somewhere(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_shell(
		f, "git init -q repo; cd repo; o=$(echo x | git hash-object -w --stdin);"
		   "git update-index --add --cacheinfo 100644,$o,$(printf 'a/%%.0s' $(seq 1500))x"
		   " --cacheinfo 100644,$o,zz; git commit -qm deep");
	s = fixture_snapshot(f, f->repo, NULL, false);
	expect_refused(f, &s, "deep", "is too deep in folders");
}

/* Ten folders that are one, ten levels deep; at the bottom that, or nothing at all. */
static void make_bomb(struct fixture *f, const char *bottom)
{
	fixture_shell(f,
		      "git init -q repo; cd repo; t=$(%s);"
		      "for i in $(seq 12); do t=$(for n in 0 1 2 3 4 5 6 7 8 9; do "
		      "printf '040000 tree %%s\\tn%%s\\n' $t $n; done | git mktree); done;"
		      "git update-ref refs/heads/main $(git commit-tree -m bomb $t)",
		      bottom);
}

static void a_tree_bomb_is_stopped(void **state)
{
	struct fixture *f = *state;
	time_t begin = time(NULL);

	make_bomb(f, "o=$(echo | git hash-object -w --stdin); printf '100644 blob %s\\tf\\n' $o | "
		     "git mktree");
	fixture_refused(f, f->repo, NULL, false, ERR_TOO_LARGE, "more than 200000 files", NULL);
	fixture_shell(f, "rm -rf repo");
	make_bomb(f, "git mktree < /dev/null");
	fixture_refused(f, f->repo, NULL, false, ERR_TOO_LARGE, "more than 200000 files", NULL);
	assert_true(time(NULL) - begin < 10);
}

static void no_command_of_the_repository_is_run(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f,
		      "printf '#!/bin/sh\\necho $0 >> %s/hit\\ncat\\n' > evil; chmod 755 evil;"
		      "cd repo; for h in post-checkout reference-transaction pre-receive update "
		      "post-index-change fsmonitor-watchman; do cp ../evil .git/hooks/$h; done;"
		      "for k in core.fsmonitor core.sshCommand core.askPass core.editor core.pager "
		      "uploadpack.packObjectsHook filter.x.clean filter.x.smudge filter.x.process "
		      "diff.external core.alternateRefsCommand credential.helper; do "
		      "git config $k %s/evil; done; echo '* filter=x diff=x' > .gitattributes;"
		      "echo changed > src/a.py",
		      f->root, f->root);
	s = fixture_snapshot(f, f->repo, NULL, true);
	assert_true(s.dirty);
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "changed\n");
	assert_string_equal(fixture_shell(f, "cat hit 2>/dev/null || echo none"), "none");
	assert_string_equal(fixture_shell(f, "find home/repos -path '*hooks/*' ! -name '*.sample'"),
			    "");
}

static void a_repository_of_somebody_else_is_refused(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0) {
		print_message("SKIP: only root can give a repository away\n");
		skip();
	}
	fixture_repo(f);
	fixture_shell(f, "chown -R 65534 repo");
	fixture_refused(f, f->repo, NULL, false, ERR_DENIED, "is owned by another user",
			"safe.directory");
	setenv("GIT_CONFIG_GLOBAL", "/no/such", 1);
	setenv("HOME", "/no/such", 1);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
	fixture_refused(f, f->repo, NULL, false, ERR_DENIED, "is owned by another user",
			"safe.directory");
}

static void damage_is_found_and_named(void **state)
{
	struct fixture *f = *state;
	const char *blob, *tree;

	fixture_repo(f);
	fixture_shell(f, "cd repo; git gc -q; p=$(ls .git/objects/pack/*.pack); chmod +w $p;"
			 "printf xxxx | dd of=$p bs=1 seek=40 conv=notrunc 2>/dev/null");
	fixture_refused(f, f->repo, NULL, false, ERR_DAMAGED, "", NULL);
	fixture_shell(f, "rm -rf repo; git init -q repo");
	blob = put_blob(f, "gone");
	point_main_at(f, put_tree(f, &(struct raw_entry){ "100644", "file", blob }, 1));
	fixture_shell(f, "rm repo/.git/objects/$(echo %s | sed 's,^..,&/,')", blob);
	fixture_refused(f, f->repo, NULL, false, ERR_DAMAGED, "an object is", "git fsck");
	tree = put_object(f, "tree", "100644 no-end", 13);
	point_main_at(f, tree);
	fixture_refused(f, f->repo, NULL, false, ERR_DAMAGED, "", NULL);
}

static void a_damaged_mirror_can_be_thrown_away(void **state)
{
	struct fixture *f = *state;
	const char *commit;

	fixture_repo(f);
	commit = fixture_snapshot(f, f->repo, NULL, false).commit;
	fixture_shell(f,
		      "cd home/repos/*.git; t=objects/$(git rev-parse %s: | sed 's,^..,&/,');"
		      "chmod +w $t; echo x > $t",
		      commit);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
	fixture_refused(f, f->repo, NULL, false, ERR_DAMAGED, "missing or damaged", "rm -r '");
	*strstr(f->err.hint, " and try") = '\0';
	fixture_shell(f, "%s", f->err.hint);
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).commit, commit);
}

static void what_a_commit_says_of_itself_is_made_printable(void **state)
{
	static const char commit[] = "tree %s\nauthor Bad\x1b[31m\xff Name <a@b> 12 +0000\n"
				     "committer C <a@b> 1700000000 +0000\n\nsum\x1b]0;x\x07\n";
	struct fixture *f = *state;
	struct source_snapshot s;
	char *text;

	fixture_repo(f);
	text = arena_printf(&f->arena, commit, fixture_shell(f, "git -C repo rev-parse HEAD:"));
	fixture_shell(f, "git -C repo update-ref refs/heads/bad %s",
		      put_object(f, "commit", text, strlen(text)));
	s = fixture_snapshot(f, f->repo, "bad", false);
	assert_string_equal(s.author, "Bad\\x1b[31m\\xff Name <a@b>");
	assert_string_equal(s.summary, "sum\\x1b]0;x\\x07");
	assert_int_equal(s.committed_at_ms, 1700000000000);
}

static void definitions_have_limits(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f, "cd repo; head -c 300000 /dev/zero > ingot.yaml; rm .ingot/two.yaml;"
			 "ln -s ../ingot.yaml .ingot/link.yaml; mkdir .ingot/sub; echo > "
			 ".ingot/sub/x.yaml; git add -A; git commit -qm 2");
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_int_equal(s.definition_count, 1);
	assert_int_equal(s.definitions[0].len, SOURCE_DEFINITION_MAX_BYTES + 1);
	fixture_shell(f, "cd repo; for i in $(seq 300); do echo > .ingot/$i.yaml; done;"
			 "git add -A; git commit -qm 3");
	fixture_refused(f, f->repo, NULL, false, ERR_TOO_LARGE, "more than 256 definitions", NULL);
}

static void large_files_elsewhere_are_their_pointers(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot s;

	fixture_repo(f);
	fixture_shell(f, "cd repo; echo '*.bin filter=lfs diff=lfs merge=lfs -text' > "
			 ".gitattributes; git add -A; git commit -qm lfs");
	s = fixture_snapshot(f, f->repo, NULL, false);
	assert_int_equal(s.warning_count, 1);
	assert_non_null(strstr(s.warnings[0], "Git LFS"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(names_that_are_git_to_some_file_system_are_refused),
		T(names_like_that_of_git_are_just_names),
		T(names_that_lead_outside_or_drive_a_terminal_are_refused),
		T(a_folder_called_dotdot_is_refused_whole),
		T(links_that_lead_outside_are_refused),
		T(modes_are_reduced_to_three),
		T(a_submodule_is_refused_and_never_fetched),
		T(one_name_for_two_things_is_refused),
		T(a_deep_tree_ends_somewhere),
		T(a_tree_bomb_is_stopped),
		T(no_command_of_the_repository_is_run),
		T(a_repository_of_somebody_else_is_refused),
		T(damage_is_found_and_named),
		T(a_damaged_mirror_can_be_thrown_away),
		T(what_a_commit_says_of_itself_is_made_printable),
		T(definitions_have_limits),
		T(large_files_elsewhere_are_their_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
