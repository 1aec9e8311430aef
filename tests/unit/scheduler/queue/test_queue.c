/* SPDX-License-Identifier: Apache-2.0 */
/* test_queue.c - heaps, pools, classes, limits, and who is next */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "scheduler/queue/queue.h"

enum { ITEMS_MAX = 512 };

static const int64_t GIB = (int64_t)1 << 30;

/* A machine and items by id; id 0 is none. */
struct bench {
	struct queue q;
	struct pool pool;
	struct label_set labels; /* of the worker */
	struct queue_item items[ITEMS_MAX];
	uint8_t places[ITEMS_MAX];
};

static bool describe(void *ctx, uint64_t id, struct queue_item *ret)
{
	struct bench *b = ctx;

	if (!b->items[id].id)
		return false;
	*ret = b->items[id];
	return true;
}

static struct queue_spot spot(const struct bench *b)
{
	return (struct queue_spot){ .pool = &b->pool, .labels = &b->labels };
}

static struct bench *open_bench(void)
{
	static const int64_t memories[] = { 1, 2, 1 };
	const struct pool_spec spec = {
		.name = "here", .cpu_milli = 4000, .memory_bytes = 8 * GIB, .disk_bytes = GIB,
		.gpus = 3, .gpu_memory_bytes = memories,
	};
	struct bench *b = mem_alloc(sizeof(*b));

	queue_init(&b->q, describe, b);
	pool_set(&b->pool, &spec, &b->q.labels);
	return b;
}

static void close_bench(struct bench *b)
{
	queue_finish(&b->q);
	pool_finish(&b->pool);
	label_set_finish(&b->labels);
	free(b);
}

static struct queue_item *item(struct bench *b, uint64_t id, int priority, const struct demand *d)
{
	b->items[id] = (struct queue_item){
		.id = id, .priority = priority, .class = queue_class(&b->q, d),
		.place = &b->places[id],
	};
	return &b->items[id];
}

/* Claims what is next, with its resources; 0: nothing is. */
static uint64_t claim(struct bench *b)
{
	struct queue_spot here = spot(b);
	struct queue_class *c = queue_next(&b->q, &here);

	if (!c)
		return 0;
	pool_take(&b->pool, &c->demand);
	return queue_claim(&b->q, c, &here);
}

static void end(struct bench *b, uint64_t id, uint64_t gpus)
{
	pool_give(&b->pool, &b->items[id].class->demand, gpus);
	queue_remove(&b->q, &b->items[id]);
}

/* ── Heap ─────────────────────────────────────────────────────────────── */

static void a_heap_gives_the_smallest_first(void **state)
{
	struct heap h = HEAP_INIT;
	uint64_t x = 1, last = 0;

	(void)state;
	assert_null(heap_top(&h));
	for (int i = 0; i < 5000; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		heap_push(&h, x >> 56, (uint64_t)i);
	}
	for (int i = 0; i < 5000; i++) {
		uint64_t now = heap_top(&h)->key << 32 | heap_top(&h)->id;

		assert_true(i == 0 || now > last);
		last = now;
		heap_pop(&h);
	}
	assert_null(heap_top(&h));
	heap_finish(&h);
}

/* ── Pools ────────────────────────────────────────────────────────────── */

static void devices_are_chosen_by_memory_and_never_twice(void **state)
{
	struct bench *b = open_bench();
	const struct demand big = { .gpus = 1, .gpu_memory_bytes = 2 }, two = { .gpus = 2 };
	uint64_t first = pool_take(&b->pool, &big);

	(void)state;
	assert_int_equal(first, 2);
	assert_false(pool_fits(&b->pool, &big));
	assert_true(pool_could_fit(&b->pool, &big));
	assert_int_equal(pool_take(&b->pool, &two), 5);
	pool_give(&b->pool, &big, first);
	assert_true(pool_fits(&b->pool, &big));
	close_bench(b);
}

static void a_shortage_is_told_in_words(void **state)
{
	struct bench *b = open_bench();
	const struct demand most = { .cpu_milli = 3500, .memory_bytes = 7 * GIB };
	const struct demand more = { .cpu_milli = 1000, .memory_bytes = 2 * GIB, .gpus = 4 };
	struct buf out = BUF_INIT;

	(void)state;
	pool_take(&b->pool, &most);
	assert_int_equal(pool_shortage(&b->pool, &more, &out), 3);
	assert_string_equal(buf_str(&out), "0.5 of 4 cpu free, 1 needed, "
					   "1.0 GiB of 8.0 GiB memory free, 2.0 GiB needed, "
					   "3 of 3 GPUs free, 4 needed");
	buf_finish(&out);
	close_bench(b);
}

/* ── Order ────────────────────────────────────────────────────────────── */

static void priority_then_age_across_classes(void **state)
{
	struct bench *b = open_bench();
	const struct demand one = { .cpu_milli = 500 }, other = { .cpu_milli = 600 };

	(void)state;
	queue_add(item(b, 5, 0, &one));
	queue_add(item(b, 4, 0, &other));
	queue_add(item(b, 9, 3, &other));
	queue_add(item(b, 1, -400, &one)); /* as -127 */
	assert_int_equal(claim(b), 9);
	assert_int_equal(claim(b), 4);
	assert_int_equal(claim(b), 5);
	assert_int_equal(claim(b), 1);
	assert_int_equal(claim(b), 0);
	close_bench(b);
}

static void what_is_removed_is_not_claimed(void **state)
{
	struct bench *b = open_bench();
	const struct demand one = { .cpu_milli = 500 };

	(void)state;
	for (uint64_t id = 1; id <= 3; id++)
		queue_add(item(b, id, 0, &one));
	queue_remove(&b->q, &b->items[1]);
	b->items[2].id = 0; /* gone altogether, as with its run */
	b->items[2].class->live--;
	assert_int_equal(claim(b), 3);
	assert_int_equal(claim(b), 0);
	close_bench(b);
}

static void labels_have_to_be_there_all(void **state)
{
	static const char *const fast[] = { "ssd", "a100" };
	struct bench *b = open_bench();
	const struct demand d = { .labels = fast, .label_count = 2 };
	struct queue_spot here = spot(b);

	(void)state;
	label_set_add(&b->labels, &b->q.labels, fast, 1);
	queue_add(item(b, 1, 0, &d));
	assert_int_equal(claim(b), 0);
	assert_false(queue_class_could_fit(b->items[1].class, &here));
	label_set_add(&b->labels, &b->q.labels, fast, 2);
	here = spot(b);
	assert_int_equal(claim(b), 1);
	/* The same labels in another order are the same class. */
	static const char *const turned[] = { "a100", "ssd", "ssd" };
	const struct demand same = { .labels = turned, .label_count = 3 };
	assert_ptr_equal(queue_class(&b->q, &same), b->items[1].class);
	close_bench(b);
}

static void a_large_step_is_overtaken_only_so_often(void **state)
{
	struct bench *b = open_bench();
	const struct demand small = { .cpu_milli = 1000 }, large = { .cpu_milli = 4000 };
	uint64_t overtakers = 0, running;

	(void)state;
	queue_add(item(b, 1, 0, &small));
	running = claim(b);
	queue_add(item(b, 2, 0, &large));
	for (uint64_t id = 3; id < 3 + 2 * QUEUE_OVERTAKEN_MAX; id++)
		queue_add(item(b, id, 0, &small));
	for (uint64_t next; (next = claim(b)); running = next) {
		overtakers++;
		end(b, running, 0);
	}
	assert_int_equal(overtakers, QUEUE_OVERTAKEN_MAX);
	end(b, running, 0);
	assert_int_equal(claim(b), 2);
	close_bench(b);
}

/* ── Limits ───────────────────────────────────────────────────────────── */

static void a_limit_parks_and_lets_the_best_in(void **state)
{
	struct bench *b = open_bench();
	const struct demand none = { 0 };
	struct queue_limit *limit = queue_limit_ref(&b->q, QUEUE_LIMIT_MATRIX, NULL, 2);

	(void)state;
	for (uint64_t id = 1; id <= 4; id++) {
		item(b, id, id == 4, &none)->limits[QUEUE_LIMIT_MATRIX] = limit;
		queue_add(&b->items[id]);
	}
	assert_int_equal(claim(b), 1);
	assert_int_equal(claim(b), 2);
	assert_int_equal(claim(b), 0);
	assert_int_equal(b->places[3], QUEUE_PLACE_PARKED + QUEUE_LIMIT_MATRIX);
	end(b, 1, 0);
	assert_int_equal(claim(b), 4);
	queue_remove(&b->q, &b->items[3]); /* cancelled while parked: it has no token */
	assert_int_equal(limit->used, 2);
	end(b, 2, 0);
	end(b, 4, 0);
	assert_int_equal(limit->used, 0);
	queue_limit_unref(&b->q, limit);
	close_bench(b);
}

static void limits_are_taken_in_one_order(void **state)
{
	struct bench *b = open_bench();
	const struct demand none = { 0 };
	struct queue_limit *matrix = queue_limit_ref(&b->q, QUEUE_LIMIT_MATRIX, NULL, 1);
	struct queue_limit *target = queue_limit_ref(&b->q, QUEUE_LIMIT_ENVIRONMENT, "prod", 1);
	struct buf out = BUF_INIT;

	(void)state;
	assert_ptr_equal(queue_limit_ref(&b->q, QUEUE_LIMIT_ENVIRONMENT, "prod", 1), target);
	queue_limit_unref(&b->q, target);
	item(b, 1, 0, &none)->limits[QUEUE_LIMIT_ENVIRONMENT] = target;
	for (uint64_t id = 2; id <= 3; id++) {
		item(b, id, 0, &none)->limits[QUEUE_LIMIT_MATRIX] = matrix;
		b->items[id].limits[QUEUE_LIMIT_ENVIRONMENT] = target;
	}
	for (uint64_t id = 1; id <= 3; id++)
		queue_add(&b->items[id]);
	assert_int_equal(b->places[2], QUEUE_PLACE_PARKED + QUEUE_LIMIT_ENVIRONMENT);
	assert_int_equal(b->places[3], QUEUE_PLACE_PARKED + QUEUE_LIMIT_MATRIX);
	queue_why(&b->q, &b->items[2], NULL, 0, &out);
	assert_string_equal(buf_str(&out),
			    "another deployment of the environment prod is under way");
	assert_int_equal(claim(b), 1);
	end(b, 1, 0);
	assert_int_equal(claim(b), 2);
	end(b, 2, 0);
	assert_int_equal(claim(b), 3);
	end(b, 3, 0);
	buf_finish(&out);
	queue_limit_unref(&b->q, matrix);
	queue_limit_unref(&b->q, target);
	close_bench(b);
}

/* ── Time ─────────────────────────────────────────────────────────────── */

static void a_delayed_item_comes_when_it_is_due(void **state)
{
	struct bench *b = open_bench();
	const struct demand none = { 0 };

	(void)state;
	queue_delay(&b->q, item(b, 1, 0, &none), 900);
	queue_delay(&b->q, item(b, 2, 0, &none), 500);
	assert_int_equal(queue_next_due(&b->q), 500);
	queue_remove(&b->q, &b->items[2]);
	queue_tick(&b->q, 899);
	assert_int_equal(claim(b), 0);
	queue_tick(&b->q, 900);
	assert_int_equal(claim(b), 1);
	assert_int_equal(queue_next_due(&b->q), INT64_MAX);
	close_bench(b);
}

static void what_is_short_is_given_ahead(void **state)
{
	struct bench *b = open_bench();
	const struct demand cpu = { .cpu_milli = 1 }, gpu = { .gpus = 1 };
	struct queue_class *c = queue_class(&b->q, &cpu), *g = queue_class(&b->q, &gpu);

	(void)state;
	assert_int_equal(queue_class_ahead(c), 0);
	queue_class_observe(c, 1);
	queue_class_observe(g, 1);
	assert_int_equal(queue_class_ahead(c), 16);
	assert_int_equal(queue_class_ahead(g), 0);
	for (int i = 0; i < 100; i++)
		queue_class_observe(c, 30);
	assert_int_equal(queue_class_ahead(c), 2);
	for (int i = 0; i < 100; i++)
		queue_class_observe(c, 400);
	assert_int_equal(queue_class_ahead(c), 0);
	close_bench(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_heap_gives_the_smallest_first),
		cmocka_unit_test(devices_are_chosen_by_memory_and_never_twice),
		cmocka_unit_test(a_shortage_is_told_in_words),
		cmocka_unit_test(priority_then_age_across_classes),
		cmocka_unit_test(what_is_removed_is_not_claimed),
		cmocka_unit_test(labels_have_to_be_there_all),
		cmocka_unit_test(a_large_step_is_overtaken_only_so_often),
		cmocka_unit_test(a_limit_parks_and_lets_the_best_in),
		cmocka_unit_test(limits_are_taken_in_one_order),
		cmocka_unit_test(a_delayed_item_comes_when_it_is_due),
		cmocka_unit_test(what_is_short_is_given_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
