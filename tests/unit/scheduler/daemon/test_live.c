/* SPDX-License-Identifier: Apache-2.0 */
/* test_live.c - a run in thought: its conditions, gates and inputs */
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/inputs.h"
#include "scheduler/daemon/judge.h"
#include "scheduler/daemon/live.h"
#include "scheduler/expr/expr.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "tests/unit/scheduler/plan/plan_fixture.h"

struct thought {
	struct daemon daemon; /* of it: an engine of conditions, a store */
	struct fixture fixture;
	struct live_run *run;
	struct arena arena;
	char root[64];
};

static int setup(void **state)
{
	struct thought *t = mem_alloc(sizeof(*t));
	struct err err = ERR_INIT;
	char *path;

	strcpy(t->root, "/tmp/ingot-live-XXXXXX");
	assert_non_null(mkdtemp(t->root));
	path = path_join(t->root, "blobs");
	assert_int_equal(blob_store_open(path, &t->daemon.blobs, &err), 0);
	free(path);
	t->daemon.expr = expr_engine_create();
	*state = t;
	return 0;
}

static int teardown(void **state)
{
	struct thought *t = *state;

	if (t->run)
		live_destroy(t->run);
	fixture_finish(&t->fixture);
	arena_finish(&t->arena);
	expr_engine_destroy(t->daemon.expr);
	blob_store_close(t->daemon.blobs);
	fs_remove_tree(AT_FDCWD, t->root, NULL);
	free(t);
	return 0;
}

static void think(struct thought *t, const char *definition)
{
	struct err err = ERR_INIT;

	fixture_check(&t->fixture, definition);
	if (fixture_plan(&t->fixture, NULL, NULL, &err) < 0)
		fail_msg("%s", err.text);
	t->run = live_create(&t->daemon, 0, t->fixture.pipeline, t->fixture.plan);
	t->fixture.pipeline = NULL;
	t->fixture.plan = NULL;
}

static uint32_t index_of(const struct thought *t, const char *step)
{
	const struct plan_step *s = plan_step_by_name(t->run->plan, step);

	assert_non_null(s);
	return s->index;
}

static struct digest put(struct thought *t, const char *content)
{
	struct blob_batch *batch = blob_batch_create(t->daemon.blobs);
	struct digest d;

	assert_int_equal(blob_batch_bytes(batch, content, strlen(content), &d, NULL), 0);
	assert_int_equal(blob_batch_commit(batch, NULL), 0);
	blob_batch_destroy(batch);
	return d;
}

/* The step succeeded with an output `o` of this content (or none) and a metric `m`. */
static void succeed(struct thought *t, const char *step, const char *content, double m)
{
	struct output_row output = { .name = "o", .path = "out/o.json", .type = "file" };
	const struct metric_row metric = { "m", m };
	uint32_t index = index_of(t, step);

	if (content) {
		output.digest = put(t, content);
		output.size_bytes = strlen(content);
	}
	live_keep_result(t->run, index, &output, content ? 1 : 0, &metric, 1);
	t->run->steps[index].state = STEP_STATE_SUCCEEDED;
}

/* ── conditions and gates ─────────────────────────────────────────────── */

#define TWO_STEPS                                                                                  \
	"name: p\nparams: {n: 3}\nsteps:\n"                                                        \
	"  a: {run: 'true', metrics: m.json}\n"                                                    \
	"  b: {run: 'true', needs: [a], if: \""
#define END "\"}\n"

static void assert_condition(struct thought *t, const char *step, int expected)
{
	struct err err = ERR_INIT;
	bool holds;
	int rc = judge_condition(t->run, index_of(t, step), &holds, &err);

	if (expected < 0)
		assert_int_equal(rc, expected);
	else if (rc < 0 || holds != expected)
		fail_msg("%s: %d, %s", step, rc, err.text);
}

static void test_condition_on_surroundings(void **state)
{
	think(*state, TWO_STEPS "params.n > 2 and branch = 'main' and pipeline = 'p'" END);
	assert_condition(*state, "b", true);
	assert_condition(*state, "a", true); /* it has none */
}

static void test_condition_on_a_metric(void **state)
{
	think(*state, TWO_STEPS "a.m > 0.5" END);
	assert_condition(*state, "b", ERR_NOT_FOUND); /* not there yet */
	succeed(*state, "a", NULL, 0.25);
	assert_condition(*state, "b", false);
	succeed(*state, "a", NULL, 0.75);
	assert_condition(*state, "b", true);
}

/* A plan asks before it is known, and must not be told no. */
static void test_condition_on_a_state(void **state)
{
	struct thought *t = *state;

	think(t, TWO_STEPS "a.state = 'succeeded'" END);
	assert_condition(t, "b", ERR_NOT_FOUND);
	succeed(t, "a", NULL, 1);
	assert_condition(t, "b", true);
	t->run->steps[0].state = STEP_STATE_FAILED;
	assert_condition(t, "b", false);
}

static void test_condition_on_a_matrix(void **state)
{
	struct thought *t = *state;

	think(t, "name: p\nsteps:\n  a: {run: 'true', matrix: {x: [1, 2]}}\n"
		 "  b: {run: 'true', finally: true, needs: [a], if: \"a.state = 'failed'\"}\n");
	succeed(t, "a[x=1]", NULL, 1);
	assert_condition(t, "b", ERR_NOT_FOUND);
	t->run->steps[index_of(t, "a[x=2]")].state = STEP_STATE_FAILED;
	assert_condition(t, "b", true); /* one is enough */
	succeed(t, "a[x=2]", NULL, 1);
	assert_condition(t, "b", false);
}

static void test_gates(void **state)
{
	const struct metric_row good[] = { { "m", 0.75 }, { "loss", 0.1 } };
	const struct metric_row bad[] = { { "m", 0.75 }, { "loss", 0.5 } };
	struct thought *t = *state;
	struct err err = ERR_INIT;

	think(t, "name: p\nsteps:\n  a: {run: 'true', metrics: m.json,"
		 " gates: ['m > 0.5', 'loss < 0.2']}\n  b: {run: 'true'}\n");
	assert_int_equal(judge_gates(t->run, 0, good, 2, &err), 0);
	assert_int_equal(judge_gates(t->run, 0, bad, 2, &err), ERR_GATE);
	assert_non_null(strstr(err.text, "loss"));
	assert_non_null(strstr(err.text, "0.5"));
	assert_int_equal(judge_gates(t->run, 0, good, 1, &err), ERR_GATE); /* one is missing */
	assert_non_null(strstr(err.text, "loss"));
	assert_int_equal(judge_gates(t->run, 1, NULL, 0, &err), 0);
}

/* ── inputs ───────────────────────────────────────────────────────────── */

#define MATRIX                                                                                     \
	"name: p\nsteps:\n"                                                                        \
	"  a:\n    run: 'true'\n    matrix: {x: [0.5, 1.5], y: [u/v, w]}\n"                       \
	"    outputs: {o: out/o.json}\n    metrics: m.json\n"                                     \
	"  b:\n    run: 'true'\n    inputs: {in: "

static const char *const instances[] = { "a[x=0.5,y=u/v]", "a[x=0.5,y=w]", "a[x=1.5,y=u/v]",
					 "a[x=1.5,y=w]" };

static void succeed_all(struct thought *t, const double metrics[4])
{
	static const char *const contents[] = { "c0", "c1", "c2", "c3" };

	for (int i = 0; i < 4; i++)
		succeed(t, instances[i], contents[i], metrics[i]);
}

static void assert_chosen(struct thought *t, const char *step)
{
	uint32_t chosen = index_of(t, step);
	struct err err = ERR_INIT;
	struct inputs in;

	if (inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(in.count, 1);
	assert_int_equal(in.row_count, 1);
	assert_int_equal(in.composition_count, 0);
	assert_int_equal(in.rows[0].from_step, step_id(0, chosen));
	assert_true(digest_eq(&in.items[0].digest, &t->run->steps[chosen].outputs[0].digest));
}

static void test_select_by_metric(void **state)
{
	static const double distinct[] = { 1, 4, 3, 2 }, ties[] = { 1, 7, 7, 1 };
	struct thought *t = *state;

	think(t, MATRIX "{from: a.o, select: {metric: m, mode: max}}}\n");
	succeed_all(t, distinct);
	assert_chosen(t, instances[1]);
	succeed_all(t, ties);
	assert_chosen(t, instances[1]); /* the first of the best */
}

static void test_select_smallest(void **state)
{
	static const double ties[] = { 7, 1, 7, 1 };
	struct thought *t = *state;

	think(t, MATRIX "{from: a.o, select: {metric: m, mode: min}}}\n");
	succeed_all(t, ties);
	assert_chosen(t, instances[1]);
}

static void test_select_by_a_metric_that_nobody_has(void **state)
{
	struct thought *t = *state;
	struct err err = ERR_INIT;
	struct inputs in;

	think(t, MATRIX "{from: a.o, select: {metric: other, mode: max}}}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err),
			 ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "other"));
}

static void test_select_by_value(void **state)
{
	struct thought *t = *state;

	think(t, MATRIX "{from: a.o, select: {matrix: {x: 1.5, y: w}}}}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	assert_chosen(t, instances[3]);
}

static void test_outputs_that_are_not_there(void **state)
{
	struct thought *t = *state;
	struct err err = ERR_INIT;
	struct inputs in;

	think(t, MATRIX "a.o}\n");
	succeed(t, instances[0], "c0", 1);
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err), ERR_STATE);
	assert_non_null(strstr(err.text, "a[x=0.5,y=w] has no output 'o' yet"));
	assert_int_equal(in.composition_count, 0);
}

/* Lineage names the step that computed it. */
static void test_cached_producer(void **state)
{
	struct thought *t = *state;
	struct err err = ERR_INIT;
	struct inputs in;

	think(t, MATRIX "{from: a.o, select: {matrix: {x: 1.5, y: w}}}}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	t->run->steps[index_of(t, instances[3])].cached_from = step_id(5, 9);
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err), 0);
	assert_int_equal(in.rows[0].from_step, step_id(5, 9));
}

static void assert_entry(const struct tree *tree, const char *path, struct thought *t,
			 const char *content)
{
	const struct tree_entry *e = tree_find(tree, path);
	struct digest d = put(t, content);

	if (!e)
		fail_msg("no %s", path);
	assert_int_equal(e->size_bytes, strlen(content));
	assert_true(digest_eq(&e->digest, &d));
}

static void test_all_instances_make_a_folder(void **state)
{
	static const char index[] =
		"[{\"entry\":\"x=0.5,y=u_v.json\",\"step\":\"a[x=0.5,y=u/v]\","
		"\"matrix\":{\"x\":0.5,\"y\":\"u/v\"},\"metrics\":{\"m\":1}},"
		"{\"entry\":\"x=0.5,y=w.json\",\"step\":\"a[x=0.5,y=w]\","
		"\"matrix\":{\"x\":0.5,\"y\":\"w\"},\"metrics\":{\"m\":2}},"
		"{\"entry\":\"x=1.5,y=u_v.json\",\"step\":\"a[x=1.5,y=u/v]\","
		"\"matrix\":{\"x\":1.5,\"y\":\"u/v\"},\"metrics\":{\"m\":3}},"
		"{\"entry\":\"x=1.5,y=w.json\",\"step\":\"a[x=1.5,y=w]\","
		"\"matrix\":{\"x\":1.5,\"y\":\"w\"},\"metrics\":{\"m\":4}}]\n";
	struct thought *t = *state;
	struct tree tree = TREE_INIT;
	struct err err = ERR_INIT;
	struct inputs in;
	struct buf text = BUF_INIT;

	think(t, MATRIX "a.o}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err), 0);
	assert_int_equal(in.composition_count, 1);
	assert_true(in.items[0].is_tree);
	assert_int_equal(in.row_count, 4);
	assert_int_equal(in.rows[0].part, 1);
	assert_int_equal(in.rows[3].part, 4);
	if (inputs_make(t->daemon.blobs, NULL, &in, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(tree_load(t->daemon.blobs, &in.items[0].digest, &tree, &err), 0);
	assert_int_equal(tree.count, 5);
	assert_entry(&tree, "x=0.5,y=u_v.json", t, "c0");
	assert_entry(&tree, "x=0.5,y=w.json", t, "c1");
	assert_entry(&tree, "x=1.5,y=u_v.json", t, "c2");
	assert_entry(&tree, "x=1.5,y=w.json", t, "c3");
	assert_int_equal(blob_read(t->daemon.blobs, &tree_find(&tree, "index.json")->digest, 4096,
				   &text, &err),
			 0);
	assert_string_equal(buf_str(&text), index);
	buf_finish(&text);
	tree_finish(&tree);
}

/* The digest of the folder is not known yet; lineage has the archive's. */
static void test_an_archive_is_unpacked(void **state)
{
	struct thought *t = *state;
	struct digest archive = put(t, "c3");
	struct err err = ERR_INIT;
	struct inputs in;

	think(t, MATRIX "{from: a.o, unpack: true, select: {matrix: {x: 1.5, y: w}}}}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err), 0);
	assert_false(inputs_are_made(&in));
	assert_int_equal(in.archive_count, 1);
	assert_int_equal(in.archives[0], 0);
	assert_true(in.items[0].is_tree);
	assert_false(in.rows[0].is_tree);
	assert_true(digest_eq(&in.rows[0].digest, &archive));
}

static void test_a_folder_is_not_unpacked(void **state)
{
	struct thought *t = *state;
	struct err err = ERR_INIT;
	struct inputs in;
	struct output_row *o;

	think(t, MATRIX "{from: a.o, unpack: true, select: {matrix: {x: 1.5, y: w}}}}\n");
	succeed_all(t, (const double[]){ 1, 2, 3, 4 });
	o = (struct output_row *)t->run->steps[index_of(t, instances[3])].outputs;
	o->is_tree = true;
	assert_int_equal(inputs_gather(t->run, index_of(t, "b"), &t->arena, &in, &err),
			 ERR_INVALID);
	assert_non_null(strstr(err.text, "input 'in' is a folder already"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_condition_on_surroundings),
		TEST(test_condition_on_a_metric),
		TEST(test_condition_on_a_state),
		TEST(test_condition_on_a_matrix),
		TEST(test_gates),
		TEST(test_select_by_metric),
		TEST(test_select_smallest),
		TEST(test_select_by_a_metric_that_nobody_has),
		TEST(test_select_by_value),
		TEST(test_outputs_that_are_not_there),
		TEST(test_cached_producer),
		TEST(test_all_instances_make_a_folder),
		TEST(test_an_archive_is_unpacked),
		TEST(test_a_folder_is_not_unpacked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
