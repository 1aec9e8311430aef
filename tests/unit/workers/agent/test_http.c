/* SPDX-License-Identifier: Apache-2.0 */
/* One GET: what is asked, what counts as an answer. */
#include "workers/agent/http.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/workers/agent/server.h"

static int get(const char *answer, struct err *err)
{
	const char *const answers[] = { answer, NULL };
	struct server s;
	int status;

	server_start(&s, answers);
	err_clear(err);
	status = http_get(s.url, 300, err);
	server_stop(&s);
	return status;
}

static void the_status_is_what_counts(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(get("HTTP/1.0 200 OK\r\n\r\nfine", &err), 200);
	assert_int_equal(get("HTTP/1.1 204 \r\n\r\n", &err), 204);
	assert_int_equal(get("HTTP/1.1 503 Service Unavailable\r\n\r\n", &err), 503);
}

static void what_is_no_answer_says_so(void **state)
{
	struct err err = ERR_INIT;
	int64_t since_us;

	(void)state;
	assert_int_equal(get("SSH-2.0-OpenSSH_9.2\r\n", &err), ERR_PROTOCOL);
	assert_string_equal(err.text, "the answer is no HTTP");
	assert_int_equal(get("HTTP/1.1 999 Odd\r\n\r\n", &err), ERR_PROTOCOL);
	assert_int_equal(get("", &err), ERR_PROTOCOL);
	assert_string_equal(err.text, "the connection was closed without an answer");
	since_us = clock_mono_us();
	assert_int_equal(get("-", &err), ERR_TIMEOUT);
	assert_in_range(clock_mono_us() - since_us, 280000, 2000000);
}

static void nobody_there_is_said(void **state)
{
	const char *const answers[] = { "", NULL };
	struct err err = ERR_INIT;
	struct server s;

	(void)state;
	server_start(&s, answers);
	server_stop(&s);
	assert_int_equal(http_get(s.url, 300, &err), ERR_UNREACHABLE);
	assert_string_equal(err.text, "Connection refused");
}

static void the_request_names_host_and_path(void **state)
{
	const char *const answers[] = { "HTTP/1.0 200 OK\r\n\r\n", NULL };
	static const char *const paths[] = { "", "/", "/a/b?c=d#e", "?q" };
	static const char *const lines[] = { "GET / HTTP/1.0", "GET / HTTP/1.0",
					     "GET /a/b?c=d HTTP/1.0", "GET /?q HTTP/1.0" };
	struct server s;

	(void)state;
	server_start(&s, answers);
	for (size_t i = 0; i < countof(paths); i++) {
		char url[128], request[512], want[256];
		ssize_t len;

		snprintf(url, sizeof(url), "%s%s", s.url, paths[i]);
		assert_int_equal(http_get(url, 1000, NULL), 200);
		len = read(s.requests, request, sizeof(request) - 1);
		assert_true(len > 0);
		request[len] = '\0';
		snprintf(want, sizeof(want),
			 "%s\r\nHost: 127.0.0.1:%d\r\nUser-Agent: ingot\r\n\r\n", lines[i], s.port);
		assert_string_equal(request, want);
	}
	server_stop(&s);
}

static void only_whole_http_urls_are_taken(void **state)
{
	static const char *const wrong[] = {
		"https://127.0.0.1/",
		"127.0.0.1",
		"http://",
		"http:///x",
		"http://127.0.0.1:80x/",
		"http://127.0.0.1:/",
		"http://user@127.0.0.1/",
		"http://a b/",
		"http://127.0.0.1/\r\nX: y",
		"http://[::1/",
		"",
	};
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < countof(wrong); i++) {
		if (http_get(wrong[i], 100, &err) != ERR_INVALID)
			fail_msg("'%s' is taken: %s", wrong[i], err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_status_is_what_counts),
		cmocka_unit_test(what_is_no_answer_says_so),
		cmocka_unit_test(nobody_there_is_said),
		cmocka_unit_test(the_request_names_host_and_path),
		cmocka_unit_test(only_whole_http_urls_are_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
