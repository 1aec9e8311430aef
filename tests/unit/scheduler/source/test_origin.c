/* SPDX-License-Identifier: Apache-2.0 */
/* test_origin.c - the text that names a repository */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/origin.h"
#include "tests/lib/test.h"

struct reading {
	const char *text;
	const char *path;
	const char *url;
};

static void a_path_and_every_kind_of_url_are_told_apart(void **state)
{
	static const struct reading readings[] = {
		{ "/a/b", "/a/b", NULL },
		{ "/a:b/c", "/a:b/c", NULL },
		{ "file:///a/b", "/a/b", NULL },
		{ "file://localhost/a", "/a", NULL },
		{ "file:///a%20b%2fc%zz", "/a b/c%zz", NULL },
		{ "https://h/x.git", NULL, "https://h/x.git" },
		{ "https://h:8443/x", NULL, "https://h:8443/x" },
		{ "ssh://git@h:22/x", NULL, "ssh://git@h:22/x" },
		{ "git://h/x", NULL, "git://h/x" },
		{ "http://127.0.0.1:80/x", NULL, "http://127.0.0.1:80/x" },
		{ "http://localhost/x", NULL, "http://localhost/x" },
		{ "http://[::1]:80/x", NULL, "http://[::1]:80/x" },
		{ "http://u:p@localhost/x", NULL, "http://u:p@localhost/x" },
		{ "git@github.com:a/b.git", NULL, "git@github.com:a/b.git" },
		{ "host:path", NULL, "host:path" },
	};

	(void)state;
	for (size_t i = 0; i < countof(readings); i++) {
		struct err err = ERR_INIT;
		struct origin o;

		if (origin_parse(readings[i].text, &o, &err) < 0)
			fail_msg("%s: %s", readings[i].text, err.text);
		if (!str_eq(o.path, readings[i].path) || !str_eq(o.url, readings[i].url))
			fail_msg("%s: path %s, url %s", readings[i].text, o.path ? o.path : "-",
				 o.url ? o.url : "-");
		origin_finish(&o);
	}
}

static void what_git_could_misunderstand_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"-u/bin/sh",
		"--upload-pack=x",
		"a",
		"a/b:c",
		"../x",
		"ext::sh -c id",
		"fd::17",
		"ssh://-oProxyCommand=id/x",
		"ssh://-l@h/x",
		"https:///x",
		"https://:80/x",
		"https://u@/x",
		"http://127.0.0.1.evil.org/x",
		"http://127.0.0.1@evil.org/x",
		"http://localhost.evil.org/x",
		"http://evil.org#@127.0.0.1/",
		"http://evil.org/?@127.0.0.1/",
		"ftp://h/x",
		"HTTPS://h/x",
		"file://other/a",
		"file://a",
		"file:///a%00b",
		"file://",
		"/a\nb",
		"https://h/\x1b[m",
		"host:-oProxyCommand",
		"x\\y:z",
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct err err = ERR_INIT;
		struct origin o = { 0 };

		if (origin_parse(bad[i], &o, &err) != ERR_INVALID)
			fail_msg("was taken: %s", bad[i]);
		assert_string_not_equal(err.text, "");
		assert_null(o.path);
		assert_null(o.url);
	}
}

static void a_password_is_in_no_name(void **state)
{
	static const char *const names[][2] = {
		{ "https://user:secret@h/x", "https://h/x" },
		{ "https://secret@h:1/x", "https://h:1/x" },
		{ "https://u:se@cret@h/x", "https://h/x" },
		{ "ssh://git:secret@h/x", "ssh://git@h/x" },
		{ "ssh://git@h/x", "ssh://git@h/x" },
		{ "https://h/a@b", "https://h/a@b" },
		{ "git@h:x", "git@h:x" },
		{ "/a\x1b", "/a\\x1b" },
	};

	(void)state;
	for (size_t i = 0; i < countof(names); i++) {
		struct buf name = BUF_INIT;

		origin_public_name(names[i][0], &name);
		assert_string_equal(buf_str(&name), names[i][1]);
		buf_finish(&name);
	}
}

static void expect_mirror_name(const char *identity, const char *prefix)
{
	char *name = origin_mirror_name(identity);

	if (!str_starts(name, prefix) || !str_ends(name, ".git") || strchr(name, '/') ||
	    strlen(name) != strlen(prefix) + 12 + strlen(".git"))
		fail_msg("%s: %s", identity, name);
	free(name);
}

static void a_mirror_has_a_readable_name_of_its_own(void **state)
{
	char *one = origin_mirror_name("https://a/x.git");
	char *two = origin_mirror_name("https://b/x.git");

	(void)state;
	expect_mirror_name("https://h/group/penguins.git", "penguins-");
	expect_mirror_name("/home/me/my models", "my_models-");
	expect_mirror_name("git@h:deep", "deep-");
	expect_mirror_name("/", "-");
	expect_mirror_name("/x/..", "__-");
	assert_string_not_equal(one, two);
	free(one);
	free(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_and_every_kind_of_url_are_told_apart),
		cmocka_unit_test(what_git_could_misunderstand_is_refused),
		cmocka_unit_test(a_password_is_in_no_name),
		cmocka_unit_test(a_mirror_has_a_readable_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
