/* SPDX-License-Identifier: Apache-2.0 */
/* test_stmt.c - kept statements and their values */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "store/db/db.h"
#include "store/db/stmt.h"

static const char *const migrations[] = {
	"CREATE TABLE v (i INTEGER, d REAL, t TEXT, b BLOB, u INTEGER UNIQUE) STRICT;"
};
static const struct db_schema schema = { "Test", 7, migrations, 1 };

static char dir[] = "/tmp/ingot-stmt-XXXXXX";
static struct db *db;

static int open_database(void **state)
{
	(void)state;
	char path[64];
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/test.db", dir);
	return db_open(path, DB_WRITER, &schema, &db, NULL);
}

static int close_database(void **state)
{
	(void)state;
	db_close(db);
	return fs_remove_tree(AT_FDCWD, dir, NULL);
}

static void values_come_back_as_they_went(void **state)
{
	(void)state;
	struct digest d, back;
	hash_bytes("x", 1, &d);
	struct stmt *s = db_stmt(db, "INSERT INTO v (i, d, t, b) VALUES (?1, ?2, ?3, ?4)");
	stmt_bind_i64(s, 1, INT64_MIN);
	stmt_bind_double(s, 2, 0.1);
	stmt_bind_text(s, 3, "grün");
	stmt_bind_digest(s, 4, &d);
	assert_int_equal(stmt_run(s, NULL), 1);

	s = db_stmt(db, "SELECT i, d, t, b, u FROM v");
	assert_int_equal(stmt_step(s, NULL), 1);
	assert_true(stmt_i64(s, 0) == INT64_MIN);
	assert_true(stmt_double(s, 1) == 0.1);
	assert_string_equal(stmt_text(s, 2), "grün");
	assert_true(stmt_digest(s, 3, &back));
	assert_true(digest_eq(&d, &back));
	assert_true(stmt_is_null(s, 4));
	assert_null(stmt_text(s, 4));
	assert_false(stmt_digest(s, 4, &back));
	assert_true(digest_is_zero(&back));
	assert_int_equal(stmt_step(s, NULL), 0);
}

static void a_statement_is_kept_and_comes_without_its_old_bindings(void **state)
{
	(void)state;
	struct stmt *s = db_stmt(db, "SELECT ?1 IS NULL");
	stmt_bind_i64(s, 1, 5);
	assert_int_equal(stmt_step(s, NULL), 1);
	assert_int_equal(stmt_i64(s, 0), 0);
	stmt_reset(s);
	assert_ptr_equal(db_stmt(db, "SELECT ?1 IS NULL"), s);
	assert_int_equal(stmt_step(s, NULL), 1);
	assert_int_equal(stmt_i64(s, 0), 1);
	stmt_reset(s);
}

static void what_cannot_be_prepared_or_bound_fails_at_the_first_step(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	struct stmt *s = db_stmt(db, "SELECT x FROM nowhere");
	stmt_bind_i64(s, 1, 5);
	assert_int_equal(stmt_step(s, &err), ERR_INVALID);
	assert_non_null(strstr(err.text, "no such table: nowhere"));
	s = db_stmt(db, "SELECT ?1");
	stmt_bind_i64(s, 2, 5);
	assert_int_equal(stmt_step(s, &err), ERR_IO);
	assert_non_null(strstr(err.text, "out of range"));
}

static void a_broken_rule_is_a_conflict_and_leaves_the_statement_usable(void **state)
{
	(void)state;
	struct err err = ERR_INIT;
	for (int i = 0; i < 3; i++) {
		struct stmt *s = db_stmt(db, "INSERT INTO v (u) VALUES (?1)");
		stmt_bind_i64(s, 1, i < 2 ? 1 : 2);
		assert_int_equal(stmt_run(s, &err), i == 1 ? ERR_CONFLICT : 1);
	}
	assert_non_null(strstr(err.text, "v.u"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_went),
		cmocka_unit_test(a_statement_is_kept_and_comes_without_its_old_bindings),
		cmocka_unit_test(what_cannot_be_prepared_or_bound_fails_at_the_first_step),
		cmocka_unit_test(a_broken_rule_is_a_conflict_and_leaves_the_statement_usable),
	};
	return cmocka_run_group_tests_name("stmt", tests, open_database, close_database);
}
