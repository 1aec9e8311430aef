/* SPDX-License-Identifier: Apache-2.0 */
/* test_settings.c - which place a setting comes from */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "cli/output/color.h"
#include "cli/output/look.h"
#include "cli/settings.h"

/* A folder that is project, configuration and data of one user. */
static char folder[] = "/tmp/ingot-settings-XXXXXX";

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int prepare(void **state)
{
	(void)state;
	if (!mkdtemp(folder) || chdir(folder) < 0 || mkdir(".ingot", 0700) < 0 ||
	    mkdir("config", 0700) < 0 || mkdir("config/ingot", 0700) < 0)
		return -1;
	setenv("XDG_CONFIG_HOME", "/nowhere", 1);
	unsetenv("INGOT_HOME");
	unsetenv("INGOT_COLOR");
	unsetenv("INGOT_WORKERS");
	return 0;
}

static int tidy(void **state)
{
	(void)state;
	return chdir("/") < 0 ? -1 : fs_remove_tree(AT_FDCWD, folder, NULL);
}

static void expect_home(const struct settings_flags *flags, const char *home)
{
	struct settings s;

	assert_int_equal(settings_resolve(flags, &s, NULL), 0);
	assert_string_equal(s.home, home);
	settings_finish(&s);
}

static void the_home_is_flag_environment_file_or_default(void **state)
{
	const struct settings_flags none = { 0 }, flag = { .home = "/flag" };
	char config[128], home[128];

	(void)state;
	setenv("XDG_DATA_HOME", "/data", 1);
	expect_home(&none, "/data/ingot");
	unsetenv("XDG_DATA_HOME");
	setenv("HOME", "/people/me", 1);
	expect_home(&none, "/people/me/.local/share/ingot");
	snprintf(config, sizeof(config), "%s/config", folder);
	setenv("XDG_CONFIG_HOME", config, 1);
	write_file("config/ingot/config", "# mine\nhome = /from/config   # here\n");
	expect_home(&none, "/from/config");
	setenv("INGOT_HOME", "state", 1);
	snprintf(home, sizeof(home), "%s/state", folder);
	expect_home(&none, home);
	expect_home(&flag, "/flag");
	unsetenv("INGOT_HOME");
}

static void a_project_comes_before_the_user(void **state)
{
	const struct settings_flags none = { 0 };
	struct settings s;

	(void)state;
	write_file(".ingot/config", "workers=3\n");
	write_file("config/ingot/config", "workers=5\ncolor = never\n");
	assert_int_equal(settings_resolve(&none, &s, NULL), 0);
	assert_int_equal(s.workers, 3);
	assert_int_equal(s.color, COLOR_NEVER);
	settings_finish(&s);
}

static void expect_refused(const char *project, int code, const char *text)
{
	const struct settings_flags none = { 0 };
	struct err err = ERR_INIT;
	struct settings s;

	write_file(".ingot/config", project);
	assert_int_equal(settings_resolve(&none, &s, &err), code);
	assert_string_equal(err.text, text);
	write_file(".ingot/config", "");
}

static void broken_files_are_named_with_the_line(void **state)
{
	(void)state;
	expect_refused("\nwokers = 3\n", ERR_INVALID, ".ingot/config:2: no such setting: wokers");
	expect_refused("workers\n", ERR_INVALID, ".ingot/config:1: not of the form 'key = value'");
	expect_refused("workers = 0\n", ERR_USAGE, "workers is a number from 1 to 1024, not '0'");
	expect_refused("color = blue\n", ERR_USAGE, "color is auto, always or never, not 'blue'");
}

static void a_project_may_not_move_the_home(void **state)
{
	(void)state;
	expect_refused("home = /tmp/theirs\n", ERR_DENIED,
		       ".ingot/config:1: a project may not say where state lives");
}

static void colour_is_flag_then_variables_then_terminal(void **state)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	setenv("TERM", "xterm", 1);
	assert_false(color_wanted(COLOR_AUTO, fd));
	setenv("CLICOLOR_FORCE", "1", 1);
	assert_true(color_wanted(COLOR_AUTO, fd));
	setenv("TERM", "dumb", 1);
	assert_true(color_wanted(COLOR_AUTO, fd));
	setenv("NO_COLOR", "1", 1);
	assert_false(color_wanted(COLOR_AUTO, fd));
	assert_true(color_wanted(COLOR_ALWAYS, fd));
	unsetenv("NO_COLOR");
	assert_false(color_wanted(COLOR_NEVER, fd));
	close(fd);
}

static void expect_ago(int64_t seconds, const char *text)
{
	const int64_t now_ms = INT64_C(1795204800000);
	struct buf out = BUF_INIT;

	look_ago(&out, now_ms - seconds * 1000, now_ms);
	assert_string_equal(buf_str(&out), text);
	buf_finish(&out);
}

static void times_are_told_from_now(void **state)
{
	(void)state;
	expect_ago(-3, "just now");
	expect_ago(4, "just now");
	expect_ago(59, "59s ago");
	expect_ago(200, "3m ago");
	expect_ago(7200, "2h ago");
	expect_ago(86400 * 30, "30d ago");
	expect_ago(86400 * 31, "2026-10-20");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_home_is_flag_environment_file_or_default),
		cmocka_unit_test(a_project_comes_before_the_user),
		cmocka_unit_test(broken_files_are_named_with_the_line),
		cmocka_unit_test(a_project_may_not_move_the_home),
		cmocka_unit_test(colour_is_flag_then_variables_then_terminal),
		cmocka_unit_test(times_are_told_from_now),
	};

	return cmocka_run_group_tests(tests, prepare, tidy);
}
