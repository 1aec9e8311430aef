/* SPDX-License-Identifier: Apache-2.0 */
/* The log of a step: none, short, over its limit. */
#include "workers/agent/step_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "tests/lib/test.h"

enum { LIMIT = 64 << 10, LINE = 64 };

struct place {
	char path[64];
	int logs, spares;
	struct step_log log;
};

static int make(void **state)
{
	struct place *p = mem_alloc(sizeof(*p));

	strcpy(p->path, "/tmp/ingot-log-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->spares = fs_open_dir(AT_FDCWD, p->path, NULL);
	assert_int_equal(fs_mkdirs(p->spares, "logs", 0755, NULL), 0);
	p->logs = fs_open_dir(p->spares, "logs", NULL);
	step_log_init(&p->log, p->logs, p->spares, 3);
	*state = p;
	return 0;
}

static int clear(void **state)
{
	struct place *p = *state;

	step_log_finish(&p->log);
	assert_false(fs_exists(p->spares, "log-3"));
	close(p->logs);
	fs_remove_tree(AT_FDCWD, p->path, NULL);
	close(p->spares);
	free(p);
	return 0;
}

static void begin(struct place *p, const char *name)
{
	struct err err = ERR_INIT;

	if (step_log_begin(&p->log, name, LIMIT, &err) < 0)
		fail_msg("%s", err.text);
}

/* Numbered lines of LINE bytes each. */
static void write_lines(struct place *p, int from, int to)
{
	for (int i = from; i < to; i++)
		dprintf(p->log.fd, "%-*d\n", LINE - 1, i);
}

static void read_log(struct place *p, const char *name, struct buf *out)
{
	struct err err = ERR_INIT;

	if (fs_read_file(p->logs, name, 1 << 20, out, &err) < 0)
		fail_msg("%s", err.text);
}

static void an_empty_log_is_no_file_and_its_spare_serves_again(void **state)
{
	struct place *p = *state;
	int fd;

	begin(p, "1/0-1.log");
	fd = p->log.fd;
	step_log_look(&p->log);
	assert_int_equal(step_log_end(&p->log), 0);
	assert_false(fs_exists(p->logs, "1"));
	begin(p, "1/1-1.log");
	assert_int_equal(p->log.fd, fd);
	step_log_end(&p->log);
}

static void a_log_has_its_name_as_soon_as_somebody_looks(void **state)
{
	struct place *p = *state;
	struct buf text = BUF_INIT;

	begin(p, "1/0-1.log");
	dprintf(p->log.fd, "one\n");
	assert_false(fs_exists(p->logs, "1/0-1.log"));
	step_log_look(&p->log);
	assert_true(fs_exists(p->logs, "1/0-1.log"));
	dprintf(p->log.fd, "two\n");
	step_log_say(&p->log, "a number: %d", 3);
	assert_int_equal(step_log_end(&p->log), 29);
	read_log(p, "1/0-1.log", &text);
	assert_string_equal(buf_str(&text), "one\ntwo\n[ingot: a number: 3]\n");
	buf_clear(&text);
	begin(p, "1/1-1.log"); /* a new spare */
	dprintf(p->log.fd, "other\n");
	assert_int_equal(step_log_end(&p->log), 6);
	read_log(p, "1/1-1.log", &text);
	assert_string_equal(buf_str(&text), "other\n");
	buf_finish(&text);
}

static void a_log_of_just_its_limit_stays_whole(void **state)
{
	struct place *p = *state;
	struct buf text = BUF_INIT;

	begin(p, "log");
	write_lines(p, 0, LIMIT / LINE);
	assert_int_equal(step_log_end(&p->log), LIMIT);
	read_log(p, "log", &text);
	assert_null(strstr(text.data, "[ingot"));
	buf_finish(&text);
}

/* Head, marker, tail, in whole lines, and the numbers right. */
static void check_cut(struct place *p, uint64_t size, int lines)
{
	struct buf text = BUF_INIT;
	char want[80], *marker, *line;
	unsigned long left_out;
	int n;

	read_log(p, "log", &text);
	assert_int_equal(text.len, size);
	assert_true(size < LIMIT + 200);
	assert_int_equal(strlen(text.data), text.len); /* no hole is in it */
	marker = strstr(text.data, "[ingot: ");
	assert_non_null(marker);
	assert_int_equal(sscanf(marker, "[ingot: %lu bytes left out]\n", &left_out), 1);
	snprintf(want, sizeof(want), "[ingot: %lu bytes left out]\n", left_out);
	assert_int_equal(left_out, (unsigned long)lines * LINE - (size - strlen(want)));
	assert_int_equal(marker - text.data, LIMIT / 2); /* lines of 64 end there */
	for (n = 0, line = text.data; line < marker; line += LINE, n++)
		assert_int_equal(atoi(line), n);
	line = strchr(marker, '\n') + 1;
	for (n = n + (int)(left_out / LINE); n < lines; line += LINE, n++)
		assert_int_equal(atoi(line), n);
	assert_int_equal(*line, '\0');
	buf_finish(&text);
}

static void a_log_over_its_limit_keeps_head_and_tail(void **state)
{
	struct place *p = *state;

	begin(p, "log");
	write_lines(p, 0, 5000);
	check_cut(p, step_log_end(&p->log), 5000);
}

static void a_flood_is_held_down_while_it_flows(void **state)
{
	struct place *p = *state;
	struct stat st;

	begin(p, "log");
	for (int i = 0; i < 40000; i += 1000) {
		write_lines(p, i, i + 1000);
		step_log_look(&p->log);
		assert_int_equal(fstat(p->log.fd, &st), 0);
		assert_true(st.st_blocks * 512 <= 3 * LIMIT);
	}
	assert_int_equal(st.st_size, 40000 * LINE);
	check_cut(p, step_log_end(&p->log), 40000);
}

static void one_line_without_an_end_is_cut_as_well(void **state)
{
	struct place *p = *state;
	struct buf text = BUF_INIT;
	char *chunk = mem_alloc(4 * LIMIT);

	memset(chunk, 'x', 4 * LIMIT);
	begin(p, "log");
	fs_write_all(p->log.fd, chunk, 4 * LIMIT, NULL);
	assert_int_equal(step_log_end(&p->log),
			 LIMIT + strlen("\n[ingot: 196608 bytes left out]\n"));
	read_log(p, "log", &text);
	assert_memory_equal(text.data + LIMIT / 2, "\n[ingot: 196608 bytes left out]\nx", 33);
	buf_finish(&text);
	free(chunk);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, clear)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_log_is_no_file_and_its_spare_serves_again),
		TEST(a_log_has_its_name_as_soon_as_somebody_looks),
		TEST(a_log_of_just_its_limit_stays_whole),
		TEST(a_log_over_its_limit_keeps_head_and_tail),
		TEST(a_flood_is_held_down_while_it_flows),
		TEST(one_line_without_an_end_is_cut_as_well),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
