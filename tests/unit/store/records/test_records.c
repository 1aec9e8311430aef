/* SPDX-License-Identifier: Apache-2.0 */
/* test_records.c - the schema: made whole or not at all, its words, newer ones */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/db/stmt.h"
#include "store/records/records.h"
#include "store/records/states.h"

struct fixture {
	char dir[64];
	char path[96];
	struct db *db;
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	strcpy(f->dir, "/tmp/ingot-records-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/ingot.db", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static void word_is(struct db *db, const char *kind, int number, const char *name)
{
	struct stmt *s = db_stmt(db, "SELECT name FROM word WHERE kind = ?1 AND number = ?2");
	stmt_bind_text(s, 1, kind);
	stmt_bind_i64(s, 2, number);
	assert_int_equal(stmt_step(s, NULL), 1);
	assert_string_equal(stmt_text(s, 0), name);
	stmt_reset(s);
}

static void the_words_are_those_of_the_program(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	for (int i = 0; i < RUN_STATE_COUNT; i++)
		word_is(f->db, "run_state", i, run_state_name((enum run_state)i));
	for (int i = 0; i < STEP_STATE_COUNT; i++)
		word_is(f->db, "step_state", i, step_state_name((enum step_state)i));
	for (int i = 0; i < ATTEMPT_STATE_COUNT; i++)
		word_is(f->db, "attempt_state", i, attempt_state_name((enum attempt_state)i));
	for (int i = 0; i < REASON_COUNT; i++)
		word_is(f->db, "reason", i, reason_name((enum reason)i));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		word_is(f->db, "outcome", i, outcome_name((enum outcome)i));
}

static void words_that_a_newer_program_has_are_added(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	assert_int_equal(
		db_exec(f->db, "DELETE FROM word WHERE kind = 'reason' AND number > 5", NULL), 0);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	word_is(f->db, "reason", REASON_RETRY, "retry");
}

static void a_newer_schema_is_refused(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	assert_int_equal(db_exec(f->db, "PRAGMA user_version = 99", &f->err), 0);
	db_close(f->db);
	f->db = NULL;
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), ERR_VERSION);
	assert_non_null(strstr(f->err.text, "schema version 99, made by a newer Ingot"));
}

static void a_kill_while_the_schema_is_made_leaves_all_or_nothing(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			records_open(f->path, DB_WRITER, &f->db, NULL);
			_exit(0);
		}
		usleep((useconds_t)(i * 100));
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
		assert_int_equal(db_quick_check(f->db, &f->err), 0);
		word_is(f->db, "outcome", OUTCOME_RETRY, "retry");
		db_close(f->db);
		f->db = NULL;
		assert_int_equal(fs_remove_tree(AT_FDCWD, f->dir, NULL), 0);
		assert_int_equal(fs_mkdirs(AT_FDCWD, f->dir, 0700, NULL), 0);
	}
}

/* "`id`, `pipeline`, …": as the table of views writes a view's columns. */
static void columns_of(struct db *db, const char *view, struct buf *out)
{
	struct stmt *s = db_stmt(db, "SELECT group_concat('`' || name || '`', ', ')"
				     " FROM pragma_table_info(?1)");
	stmt_bind_text(s, 1, view);
	assert_int_equal(stmt_step(s, NULL), 1);
	buf_printf(out, "| `%s` | %s |\n", view, stmt_text(s, 0));
	stmt_reset(s);
}

static void format_md_tells_every_table_and_the_columns_of_every_view(void **state)
{
	struct fixture *f = *state;
	struct buf format = BUF_INIT, line = BUF_INIT;
	int rc;
	assert_int_equal(fs_read_file(AT_FDCWD, FORMAT_FILE, 1 << 20, &format, &f->err), 0);
	assert_int_equal(records_open(f->path, DB_WRITER, &f->db, &f->err), 0);
	struct stmt *s =
		db_stmt(f->db, "SELECT type, name FROM sqlite_schema"
			       " WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'");
	while ((rc = stmt_step(s, &f->err)) > 0) {
		buf_clear(&line);
		if (strcmp(stmt_text(s, 0), "view") == 0)
			columns_of(f->db, stmt_text(s, 1), &line);
		else
			buf_printf(&line, "`%s`", stmt_text(s, 1));
		if (!strstr(buf_str(&format), buf_str(&line)))
			fail_msg("store/FORMAT.md lacks %s", buf_str(&line));
	}
	assert_int_equal(rc, 0);
	buf_finish(&format);
	buf_finish(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(the_words_are_those_of_the_program),
		TEST(words_that_a_newer_program_has_are_added),
		TEST(a_newer_schema_is_refused),
		TEST(format_md_tells_every_table_and_the_columns_of_every_view),
		TEST(a_kill_while_the_schema_is_made_leaves_all_or_nothing),
	};
	return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
