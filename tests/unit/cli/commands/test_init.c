/* SPDX-License-Identifier: Apache-2.0 */
/* test_init.c - init and check; a scheduler is not needed */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "tests/unit/cli/fake.h"

static void enter(struct fake *f)
{
	fake_init(f);
	assert_int_equal(chdir(f->home), 0);
}

static void leave(struct fake *f)
{
	assert_int_equal(chdir("/"), 0);
	fake_finish(f);
}

static void a_first_definition_is_right_and_is_not_written_over(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	enter(&f);
	fake_run(&f, &said, "init", NULL);
	assert_int_equal(said.code, 0);
	assert_non_null(strstr(said.out, "  git init\n  git add ingot.yaml"));
	fake_run(&f, &said, "check", NULL);
	assert_string_equal(said.out, "ingot.yaml: pipeline first, 3 steps, no mistake\n");
	assert_int_equal(said.code, 0);
	fake_run(&f, &said, "init", NULL);
	assert_int_equal(said.code, 1);
	assert_string_equal(said.err,
			    "ingot: ingot.yaml exists already\nhint: it is left as it is\n");
	leave(&f);
}

static void the_demo_is_a_clean_repository_with_one_commit(void **state)
{
	struct buf script = BUF_INIT;
	struct said said;
	struct fake f;
	struct stat st;

	(void)state;
	enter(&f);
	/* Neither configuration nor identity: a fresh machine. */
	setenv("HOME", f.home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_DIR", "/elsewhere", 1);
	fake_run(&f, &said, "init", "--demo", "here", NULL);
	unsetenv("GIT_DIR");
	assert_string_equal(said.err, "");
	assert_int_equal(said.code, 0);
	assert_int_equal(fs_read_file(AT_FDCWD, "here/deploy.sh", 100000, &script, NULL), 0);
	assert_true(script.len > 100);
	assert_int_equal(stat("here/deploy.sh", &st), 0);
	assert_true(st.st_mode & S_IXUSR);
	assert_int_equal(stat("here/data/penguins.csv", &st), 0);
	assert_false(st.st_mode & S_IXUSR);
	assert_int_equal(system("cd here && test \"$(git log --format=%an)\" = Ingot && "
				"test \"$(git branch --show-current)\" = main && "
				"test -z \"$(git status --porcelain)\""), 0);
	fake_run(&f, &said, "check", "here", NULL);
	assert_int_equal(said.code, 0);
	fake_run(&f, &said, "init", "--demo", "here", NULL);
	assert_int_equal(said.code, 1);
	buf_finish(&script);
	leave(&f);
}

static void mistakes_are_shown_with_exit_code_2(void **state)
{
	static const char bad[] = "name: x\nsteps:\n  a:\n    rnu: echo\n    timeout: soon\n";
	struct said said;
	struct fake f;

	(void)state;
	enter(&f);
	assert_int_equal(fs_write_file(AT_FDCWD, "ingot.yaml", bad, sizeof(bad) - 1, 0644, NULL),
			 0);
	fake_run(&f, &said, "check", NULL);
	assert_int_equal(said.code, 2);
	assert_non_null(strstr(said.out, "ingot.yaml:4:5: error["));
	assert_non_null(strstr(said.out, "did you mean 'run'?"));
	assert_non_null(strstr(said.out, "ingot.yaml:5:14: error["));
	fake_run(&f, &said, "check", "--json", NULL);
	assert_int_equal(said.code, 2);
	assert_non_null(strstr(said.out, "\"line\":4"));
	leave(&f);
}

static void a_folder_without_a_definition_says_what_to_do(void **state)
{
	struct said said;
	struct fake f;

	(void)state;
	enter(&f);
	fake_run(&f, &said, "check", NULL);
	assert_int_equal(said.code, 1);
	assert_string_equal(said.err, "ingot: no ingot.yaml and no .ingot/NAME.yaml in .\n"
				      "hint: 'ingot init' writes a first one\n");
	fake_run(&f, &said, "check", "nowhere.yaml", NULL);
	assert_int_equal(said.code, 1);
	leave(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_first_definition_is_right_and_is_not_written_over),
		cmocka_unit_test(the_demo_is_a_clean_repository_with_one_commit),
		cmocka_unit_test(mistakes_are_shown_with_exit_code_2),
		cmocka_unit_test(a_folder_without_a_definition_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
