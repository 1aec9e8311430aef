/* SPDX-License-Identifier: Apache-2.0 */
/* test_facts.c - recorded runs looked up, and why a step of one runs again */
#include "tests/lib/test.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "fill.h"
#include "scheduler/daemon/explain.h"
#include "scheduler/daemon/facts.h"
#include "store/db/db.h"
#include "store/records/query_cache.h"
#include "store/records/records.h"

struct records {
	char root[64];
	struct db *db;
	struct arena arena;
};

/* Runs 1 to 3 of fill.h. */
static int setup(void **state)
{
	struct records *r = mem_alloc(sizeof(*r));
	char *path;

	strcpy(r->root, "/tmp/ingot-facts-XXXXXX");
	assert_non_null(mkdtemp(r->root));
	path = mem_printf("%s/ingot.db", r->root);
	fill_database(path, 3);
	assert_int_equal(records_open(path, DB_READER, &r->db, NULL), 0);
	free(path);
	*state = r;
	return 0;
}

static int teardown(void **state)
{
	struct records *r = *state;

	db_close(r->db);
	fs_remove_tree(AT_FDCWD, r->root, NULL);
	arena_finish(&r->arena);
	free(r);
	return 0;
}

static void test_run(void **state)
{
	struct records *r = *state;
	struct err err = ERR_INIT;
	json_t *run = NULL;

	assert_int_equal(facts_run(r->db, 2, &run, &err), 0);
	assert_string_equal(facts_text(run, "commit"), "c2");
	assert_string_equal(facts_text(run, "no such"), "");
	assert_string_equal(facts_text(run, "id"), ""); /* no text */
	assert_int_equal(json_array_size(json_object_get(run, "steps")), FILL_STEPS);
	json_decref(run);
	assert_int_equal(facts_run(r->db, 4, &run, &err), ERR_NOT_FOUND);
	assert_int_equal(facts_step(r->db, step_id(2, FILL_STEPS), &run, &err), ERR_NOT_FOUND);
}

static void assert_origin(struct records *r, uint64_t step, uint64_t origin, uint32_t attempt)
{
	uint64_t found;
	json_t *facts;

	assert_int_equal(facts_step(r->db, step, &facts, NULL), 0);
	assert_int_equal(facts_origin(r->db, facts, &found), attempt);
	assert_int_equal(found, origin);
	json_decref(facts);
}

static void test_origin(void **state)
{
	assert_origin(*state, step_id(1, 0), step_id(1, 0), 1);
	assert_origin(*state, step_id(3, 0), step_id(1, 0), 1); /* cached */
	assert_origin(*state, step_id(2, 5), step_id(2, 5), 2); /* failed twice */
	assert_origin(*state, step_id(2, 4), step_id(2, 4), 0); /* skipped */
}

static void assert_reason(struct records *r, const char *step, uint32_t index, uint64_t before,
			  const char *key, const char *expected)
{
	const struct explain_sources sources = { .db = r->db };
	struct reasons reasons;

	explain_key(&sources, "penguins", before, step, index, key, &r->arena, &reasons);
	assert_true(reasons.count > 0);
	assert_string_equal(reasons.texts[0], expected);
}

static void test_reasons(void **state)
{
	struct records *r = *state;
	struct step_key key;

	assert_int_equal(query_step_key(r->db, step_id(3, 1), &r->arena, &key, NULL), 0);
	assert_reason(r, "new", 0, 0, key.text, "it never ran before");
	assert_reason(r, "train[rate=0.1]", 1, 1, key.text, "it never ran before");
	assert_reason(r, "train[rate=0.1]", 1, 0, key.text,
		      "nothing changed, but no earlier result can be used");
}

/* The lists of a run that is not recorded yet count, too. */
static void test_sources_of_now(void **state)
{
	static const char before_list[] =
		"100644 0123456789012345678901234567890123456789 src/a.py\n";
	static const char after_list[] =
		"100644 1123456789012345678901234567890123456789 src/a.py\n";
	const char *texts[] = { NULL, before_list, after_list };
	char hex[2][DIGEST_TEXT_SIZE];
	struct records *r = *state;
	struct digest digests[3] = { 0 };
	const struct explain_sources sources = { r->db, digests, texts, 3 };
	struct reasons reasons;

	hash_bytes(before_list, strlen(before_list), &digests[1]);
	hash_bytes(after_list, strlen(after_list), &digests[2]);
	digest_text(&digests[1], hex[0]);
	digest_text(&digests[2], hex[1]);
	explain_difference(&sources,
			   arena_printf(&r->arena, "ingot step key 1\nsources %s\n", hex[0]),
			   arena_printf(&r->arena, "ingot step key 1\nsources %s\n", hex[1]),
			   &r->arena, &reasons);
	assert_int_equal(reasons.count, 1);
	assert_string_equal(reasons.texts[0], "src/a.py changed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_run, setup, teardown),
		cmocka_unit_test_setup_teardown(test_origin, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sources_of_now, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
