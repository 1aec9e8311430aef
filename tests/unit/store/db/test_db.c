/* SPDX-License-Identifier: Apache-2.0 */
/* test_db.c - opening, versions, refusals */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "store/db/db.h"
#include "store/db/stmt.h"

static const char *const migrations[] = {
	"CREATE TABLE a (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;",
	("CREATE TABLE b (id INTEGER PRIMARY KEY, n INTEGER NOT NULL) STRICT;"
	 "INSERT INTO b (n) SELECT n * 2 FROM a;"),
	"CREATE TABLE c (id INTEGER PRIMARY KEY); syntax error here;",
};

static const struct db_schema v1 = { "Test", 0x1234, migrations, 1 };
static const struct db_schema v2 = { "Test", 0x1234, migrations, 2 };
static const struct db_schema broken = { "Test", 0x1234, migrations, 3 };
static const struct db_schema foreign = { "Other", 0x4321, migrations, 1 };

struct fixture {
	char dir[64];
	char path[96];
	struct err err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	strcpy(f->dir, "/tmp/ingot-db-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chmod(f->dir, 0755), 0);
	snprintf(f->path, sizeof(f->path), "%s/test.db", f->dir);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	fs_remove_tree(AT_FDCWD, f->dir, NULL);
	free(f);
	return 0;
}

static int64_t number(struct db *db, const char *sql)
{
	struct stmt *s = db_stmt(db, sql);
	assert_int_equal(stmt_step(s, NULL), 1);
	int64_t n = stmt_i64(s, 0);
	stmt_reset(s);
	return n;
}

static void text_is(struct db *db, const char *sql, const char *want)
{
	struct stmt *s = db_stmt(db, sql);
	assert_int_equal(stmt_step(s, NULL), 1);
	assert_string_equal(stmt_text(s, 0), want);
	stmt_reset(s);
}

static void make(struct fixture *f, const struct db_schema *schema, const char *sql)
{
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, schema, &db, &f->err), 0);
	if (sql)
		assert_int_equal(db_exec(db, sql, &f->err), 0);
	db_close(db);
}

static int refused(struct fixture *f, enum db_role role, const struct db_schema *schema)
{
	struct db *db = NULL;
	int rc = db_open(f->path, role, schema, &db, &f->err);
	assert_null(db);
	assert_non_null(strstr(f->err.text, f->path));
	return rc;
}

static void file_digest(struct fixture *f, struct digest *ret)
{
	struct buf b = BUF_INIT;
	assert_int_equal(fs_read_file(AT_FDCWD, f->path, 1 << 20, &b, NULL), 0);
	hash_bytes(b.data, b.len, ret);
	buf_finish(&b);
}

static void a_writer_has_the_settings_that_its_role_asks_for(void **state)
{
	struct fixture *f = *state;
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v1, &db, &f->err), 0);
	text_is(db, "PRAGMA journal_mode", "wal");
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
	assert_int_equal(number(db, "PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(number(db, "PRAGMA mmap_size"), 0);
	assert_int_equal(number(db, "PRAGMA cell_size_check"), 1);
	assert_int_equal(number(db, "PRAGMA trusted_schema"), 0);
	db_close(db);
}

static void a_reader_cannot_write(void **state)
{
	struct fixture *f = *state;
	make(f, &v1, NULL);
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_READER, &v1, &db, &f->err), 0);
	assert_int_equal(number(db, "PRAGMA query_only"), 1);
	assert_int_equal(db_exec(db, "INSERT INTO a (n) VALUES (1)", &f->err), ERR_DENIED);
	db_close(db);
}

static void a_reader_wants_a_database_that_is_there(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(refused(f, DB_READER, &v1), ERR_NOT_FOUND);
}

static void migrations_run_once_each_and_keep_the_rows(void **state)
{
	struct fixture *f = *state;
	make(f, &v1, "INSERT INTO a (n) VALUES (21)");
	assert_int_equal(refused(f, DB_READER, &v2), ERR_VERSION);
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v2, &db, &f->err), 0);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	assert_int_equal(number(db, "SELECT n FROM b"), 42);
	db_close(db);
	make(f, &v2, NULL);
	assert_int_equal(db_open(f->path, DB_READER, &v2, &db, &f->err), 0);
	assert_int_equal(number(db, "SELECT count(*) FROM b"), 1);
	db_close(db);
}

static void a_failed_migration_leaves_the_version_before_it(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(refused(f, DB_WRITER, &broken), ERR_INVALID);
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v2, &db, &f->err), 0);
	assert_int_equal(number(db, "PRAGMA user_version"), 2);
	assert_int_equal(number(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'"), 0);
	db_close(db);
}

static void a_newer_database_is_refused_and_not_touched(void **state)
{
	struct fixture *f = *state;
	make(f, &v2, "INSERT INTO a (n) VALUES (1)");
	struct digest before, after;
	file_digest(f, &before);
	assert_int_equal(refused(f, DB_WRITER, &v1), ERR_VERSION);
	assert_non_null(strstr(f->err.text, "schema version 2, made by a newer Test"));
	assert_int_equal(refused(f, DB_READER, &v1), ERR_VERSION);
	file_digest(f, &after);
	assert_true(digest_eq(&before, &after));
}

static void a_database_of_another_program_is_refused(void **state)
{
	struct fixture *f = *state;
	make(f, &v1, NULL);
	assert_int_equal(refused(f, DB_WRITER, &foreign), ERR_VERSION);
	assert_non_null(strstr(f->err.text, "not a database of Other"));
}

static void text_and_torn_files_are_called_damaged(void **state)
{
	struct fixture *f = *state;
	char text[8192];
	memset(text, 'x', sizeof(text));
	assert_int_equal(fs_write_file(AT_FDCWD, f->path, text, sizeof(text), 0644, NULL), 0);
	assert_int_equal(refused(f, DB_WRITER, &v1), ERR_DAMAGED);
	assert_int_equal(refused(f, DB_READER, &v1), ERR_DAMAGED);
}

static void quick_check_finds_a_damaged_page(void **state)
{
	struct fixture *f = *state;
	make(f, &v1,
	     "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < 5000)"
	     "INSERT INTO a SELECT i, i FROM k");
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_READER, &v1, &db, &f->err), 0);
	assert_int_equal(db_quick_check(db, &f->err), 0);
	db_close(db);

	int fd = open(f->path, O_RDWR);
	char noise[512];
	memset(noise, 0xee, sizeof(noise));
	assert_int_equal(pwrite(fd, noise, sizeof(noise), 4 * 4096), sizeof(noise));
	close(fd);
	assert_int_equal(db_open(f->path, DB_READER, &v1, &db, &f->err), 0);
	assert_int_equal(db_quick_check(db, &f->err), ERR_DAMAGED);
	assert_non_null(strstr(f->err.text, f->path));
	db_close(db);
}

/* In a child without root's rights, which would open anything for writing. */
static void a_read_only_database_is_refused_by_name(void **state)
{
	struct fixture *f = *state;
	make(f, &v1, NULL);
	assert_int_equal(chmod(f->path, 0444), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (geteuid() == 0 && seteuid(65534) < 0)
			_exit(2);
		struct db *db = NULL;
		int rc = db_open(f->path, DB_WRITER, &v1, &db, &f->err);
		_exit(rc == ERR_DENIED && strstr(f->err.text, "read-only") ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_locked_database_is_busy(void **state)
{
	struct fixture *f = *state;
	make(f, &v1, NULL);
	struct db *one = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v1, &one, &f->err), 0);
	assert_int_equal(db_begin(one, &f->err), 0);
	struct db *two = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v1, &two, &f->err), 0);
	assert_int_equal(db_begin(two, &f->err), ERR_BUSY);
	db_close(two);
	db_rollback(one);
	db_close(one);
}

static void a_reader_sees_one_moment_and_runs_out_of_time(void **state)
{
	struct fixture *f = *state;
	struct db *w = NULL, *r = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v1, &w, &f->err), 0);
	assert_int_equal(db_open(f->path, DB_READER, &v1, &r, &f->err), 0);
	assert_int_equal(db_read_begin(r, 60000, &f->err), 0);
	assert_int_equal(number(r, "SELECT count(*) FROM a"), 0);
	assert_int_equal(db_exec(w, "INSERT INTO a (n) VALUES (1)", &f->err), 0);
	assert_int_equal(number(r, "SELECT count(*) FROM a"), 0);
	db_read_end(r);
	assert_int_equal(number(r, "SELECT count(*) FROM a"), 1);

	assert_int_equal(db_read_begin(r, 20, &f->err), 0);
	struct stmt *s =
		db_stmt(r, "WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k)"
			   "SELECT max(i) FROM k");
	assert_int_equal(stmt_step(s, &f->err), ERR_TIMEOUT);
	assert_string_equal(f->err.text, "the query took longer than 20 ms");
	db_read_end(r);
	db_close(r);
	db_close(w);
}

static void closing_the_writer_empties_the_wal(void **state)
{
	struct fixture *f = *state;
	char wal[128];
	struct stat st;
	snprintf(wal, sizeof(wal), "%s-wal", f->path);
	struct db *db = NULL;
	assert_int_equal(db_open(f->path, DB_WRITER, &v1, &db, &f->err), 0);
	assert_int_equal(db_exec(db, "INSERT INTO a (n) VALUES (1)", &f->err), 0);
	assert_true(db_wal_pages(db) > 0);
	assert_int_equal(stat(wal, &st), 0);
	assert_true(st.st_size > 0);
	db_close(db);
	if (stat(wal, &st) == 0)
		assert_int_equal(st.st_size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		TEST(a_writer_has_the_settings_that_its_role_asks_for),
		TEST(a_reader_cannot_write),
		TEST(a_reader_wants_a_database_that_is_there),
		TEST(migrations_run_once_each_and_keep_the_rows),
		TEST(a_failed_migration_leaves_the_version_before_it),
		TEST(a_newer_database_is_refused_and_not_touched),
		TEST(a_database_of_another_program_is_refused),
		TEST(text_and_torn_files_are_called_damaged),
		TEST(quick_check_finds_a_damaged_page),
		TEST(a_read_only_database_is_refused_by_name),
		TEST(a_locked_database_is_busy),
		TEST(a_reader_sees_one_moment_and_runs_out_of_time),
		TEST(closing_the_writer_empties_the_wal),
	};
	return cmocka_run_group_tests_name("db", tests, NULL, NULL);
}
