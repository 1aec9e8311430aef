/* SPDX-License-Identifier: Apache-2.0 */
/* test_message.c - what goes over the socket: there and back, cut short, made up */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/source/channel.h"
#include "scheduler/source/message.h"
#include "tests/lib/test.h"
#include "workers/wire/codec.h"

#define OID "0123456789abcdef0123456789abcdef01234567"

static const struct source_entry entries[] = {
	{ "a", SOURCE_FILE, OID, NULL },
	{ "b\n", SOURCE_REFUSED, OID, "has a name that no file can safely have" },
	{ "c", SOURCE_LINK, OID, NULL },
};
static const struct source_definition definitions[] = { { "ingot.yaml", "a\0b", 3 } };
static const char *const changes[] = { "x", "y" };
static const char *const warnings[] = { "one warning" };

static const struct source_snapshot whole = {
	.repository = "/r",
	.commit = OID,
	.tree = OID,
	.ref = NULL,
	.branch = NULL,
	.author = "A <a@b>",
	.summary = "",
	.committed_at_ms = -1,
	.dirty = true,
	.files = { entries, countof(entries) },
	.definitions = definitions,
	.definition_count = 1,
	.changes = changes,
	.change_named = 2,
	.change_count = 7,
	.warnings = warnings,
	.warning_count = 1,
};

static void a_snapshot_comes_out_as_it_went_in(void **state)
{
	struct arena arena = ARENA_INIT;
	struct source_snapshot s;
	struct buf payload = BUF_INIT;

	(void)state;
	message_put_snapshot(&payload, &whole);
	assert_int_equal(message_get_snapshot(&payload, &arena, &s, NULL), 0);
	assert_string_equal(s.repository, "/r");
	assert_null(s.ref);
	assert_int_equal(s.committed_at_ms, -1);
	assert_true(s.dirty);
	assert_int_equal(s.files.count, 3);
	assert_string_equal(s.files.entries[1].path, "b\n");
	assert_int_equal(s.files.entries[1].kind, SOURCE_REFUSED);
	assert_string_equal(s.files.entries[2].oid, OID);
	assert_int_equal(s.definitions[0].len, 3);
	assert_memory_equal(s.definitions[0].text, "a\0b", 4);
	assert_string_equal(s.changes[1], "y");
	assert_int_equal(s.change_count, 7);
	assert_string_equal(s.warnings[0], "one warning");
	buf_finish(&payload);
	arena_finish(&arena);
}

/* No part of a message is a message, and no byte more or other makes anything crash. */
static void a_snapshot_that_is_cut_or_changed_is_refused_or_read(void **state)
{
	struct arena rest = ARENA_INIT;
	struct buf payload = BUF_INIT;
	struct source_snapshot unread;

	(void)state;
	message_put_snapshot(&payload, &whole);
	for (size_t len = 0; len < payload.len; len++) {
		struct arena arena = ARENA_INIT;
		struct buf part = { .data = payload.data, .len = len };
		struct source_snapshot s = { 0 };

		assert_int_equal(message_get_snapshot(&part, &arena, &s, NULL), ERR_PROTOCOL);
		assert_null(s.commit);
		arena_finish(&arena);
	}
	for (size_t i = 0; i < payload.len; i++) {
		struct arena arena = ARENA_INIT;
		struct source_snapshot s;

		payload.data[i] ^= (char)0xff;
		(void)message_get_snapshot(&payload, &arena, &s, NULL);
		payload.data[i] ^= (char)0xff;
		arena_finish(&arena);
	}
	buf_char(&payload, 'x');
	assert_int_equal(message_get_snapshot(&payload, &rest, &unread, NULL), ERR_PROTOCOL);
	arena_finish(&rest);
	buf_finish(&payload);
}

static void a_helper_that_lies_about_files_is_not_believed(void **state)
{
	static const struct source_entry bad[][2] = {
		{ { "../a", SOURCE_FILE, OID, NULL }, { "b", SOURCE_FILE, OID, NULL } },
		{ { "b", SOURCE_FILE, OID, NULL }, { "a", SOURCE_FILE, OID, NULL } },
		{ { "a", SOURCE_FILE, "xyz", NULL }, { "b", SOURCE_FILE, OID, NULL } },
		{ { "a", SOURCE_REFUSED, OID, NULL }, { "b", SOURCE_FILE, OID, NULL } },
		{ { "a", SOURCE_FILE, OID, "why" }, { "b", SOURCE_FILE, OID, NULL } },
		{ { "/a", SOURCE_FILE, OID, NULL }, { "b", SOURCE_FILE, OID, NULL } },
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct arena arena = ARENA_INIT;
		struct source_snapshot s = whole;
		struct buf payload = BUF_INIT;

		s.files = (struct source_list){ bad[i], 2 };
		message_put_snapshot(&payload, &s);
		assert_int_equal(message_get_snapshot(&payload, &arena, &s, NULL), ERR_PROTOCOL);
		buf_finish(&payload);
		arena_finish(&arena);
	}
}

static void requests_come_out_as_they_went_in(void **state)
{
	static const char *const oids[] = { OID, "b" };
	const struct source_spec spec = { "/r", NULL, true };
	const struct message_import import = { "/r", oids, 2 };
	const struct source_url url = { "https://x", { { 7 } }, 12, true };
	const struct source_pack_spec pack = { { { 8 } }, false, "n", PACK_ZIP, "/o" };
	struct arena arena = ARENA_INIT;
	struct source_spec spec2;
	struct message_import import2;
	struct source_url url2;
	struct source_pack_spec pack2;
	struct buf payload = BUF_INIT;

	(void)state;
	message_put_spec(&payload, &spec);
	assert_int_equal(message_get_spec(&payload, &spec2, NULL), 0);
	assert_null(spec2.ref);
	assert_true(spec2.dirty);
	buf_clear(&payload);
	message_put_import(&payload, &import);
	assert_int_equal(message_get_import(&payload, &arena, &import2, NULL), 0);
	assert_int_equal(import2.count, 2);
	assert_string_equal(import2.oids[1], "b");
	buf_clear(&payload);
	message_put_url(&payload, &url);
	assert_int_equal(message_get_url(&payload, &url2, NULL), 0);
	assert_int_equal(url2.max_bytes, 12);
	assert_true(digest_eq(&url2.expected, &url.expected));
	buf_clear(&payload);
	message_put_pack(&payload, &pack);
	assert_int_equal(message_get_pack(&payload, &pack2, NULL), 0);
	assert_int_equal(pack2.format, PACK_ZIP);
	assert_string_equal(pack2.name, "n");
	buf_finish(&payload);
	arena_finish(&arena);
}

static void a_failure_keeps_its_code_text_and_hint(void **state)
{
	struct err failure = ERR_INIT, err = ERR_INIT;
	struct buf payload = BUF_INIT;

	(void)state;
	err_set(&failure, ERR_UNREACHABLE, "no such host");
	err_hint(&failure, "try another");
	message_put_failure(&payload, &failure);
	assert_int_equal(message_get_failure(&payload, &err), ERR_UNREACHABLE);
	assert_string_equal(err.text, "no such host");
	assert_string_equal(err.hint, "try another");
	payload.len--;
	assert_int_equal(message_get_failure(&payload, &err), ERR_PROTOCOL);
	buf_finish(&payload);
}

static void frames_go_through_a_socket_in_one_piece(void **state)
{
	struct buf sent = BUF_INIT, received = BUF_INIT;
	enum channel_type type;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	buf_str_append(&sent, "payload");
	assert_int_equal(channel_send(pair[0], CHANNEL_HELPER_DONE, &sent, NULL), 0);
	buf_clear(&sent);
	assert_int_equal(channel_send(pair[0], CHANNEL_CLIENT_HELLO, &sent, NULL), 0);
	assert_int_equal(channel_receive(pair[1], CHANNEL_NO_DEADLINE, &type, &received, NULL), 0);
	assert_int_equal(type, CHANNEL_HELPER_DONE);
	assert_string_equal(buf_str(&received), "payload");
	assert_int_equal(channel_receive(pair[1], CHANNEL_NO_DEADLINE, &type, &received, NULL), 0);
	assert_int_equal(type, CHANNEL_CLIENT_HELLO);
	assert_int_equal(received.len, 0);
	assert_int_equal(channel_receive(pair[1], clock_mono_us() + 20000, &type, &received, NULL),
			 ERR_TIMEOUT);
	close(pair[0]);
	assert_int_equal(channel_receive(pair[1], CHANNEL_NO_DEADLINE, &type, &received, NULL),
			 ERR_UNREACHABLE);
	assert_int_equal(channel_send(pair[1], CHANNEL_HELPER_DONE, &sent, NULL), ERR_UNREACHABLE);
	close(pair[1]);
	buf_finish(&sent);
	buf_finish(&received);
}

static void a_frame_that_cannot_be_is_refused_at_its_head(void **state)
{
	static const char bad[][CHANNEL_HEADER_SIZE] = {
		{ 0, 0, 0, 0, CHANNEL_COUNT },
		{ '\xff', '\xff', '\xff', '\xff', 0 },
		{ 1, 0, 0, 16, 0 },
	};

	(void)state;
	for (size_t i = 0; i < countof(bad); i++) {
		struct buf received = BUF_INIT;
		enum channel_type type;
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		assert_int_equal(write(pair[0], bad[i], sizeof(bad[i])), sizeof(bad[i]));
		assert_int_equal(
			channel_receive(pair[1], CHANNEL_NO_DEADLINE, &type, &received, NULL),
			ERR_PROTOCOL);
		close(pair[0]);
		close(pair[1]);
		buf_finish(&received);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snapshot_comes_out_as_it_went_in),
		cmocka_unit_test(a_snapshot_that_is_cut_or_changed_is_refused_or_read),
		cmocka_unit_test(a_helper_that_lies_about_files_is_not_believed),
		cmocka_unit_test(requests_come_out_as_they_went_in),
		cmocka_unit_test(a_failure_keeps_its_code_text_and_hint),
		cmocka_unit_test(frames_go_through_a_socket_in_one_piece),
		cmocka_unit_test(a_frame_that_cannot_be_is_refused_at_its_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
