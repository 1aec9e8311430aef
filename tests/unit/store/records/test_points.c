/* SPDX-License-Identifier: Apache-2.0 */
/* test_points.c - live points as bytes and back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "store/records/points.h"

static const struct metric_point sample[] = {
	{ 0, 1795204800000, 0.1 },       { 1, 1795204800050, -0.0 },
	{ 2, 1795204800050, INFINITY },  { INT64_MAX, INT64_MAX, 1e300 },
	{ INT64_MIN, INT64_MIN, 5e-324 }, { -1, 0, 3 },
};
enum { SAMPLES = sizeof(sample) / sizeof(sample[0]) };

static void segments_read_as_one_sequence(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;
	struct points_reader r;
	struct metric_point p;
	points_encode(sample, 2, &b);
	points_encode(sample, 0, &b);
	points_encode(sample + 2, SAMPLES - 2, &b);
	points_reader_init(&r, b.data, b.len);
	for (int i = 0; i < SAMPLES; i++) {
		assert_true(points_next(&r, &p));
		assert_true(p.step == sample[i].step);
		assert_true(p.at == sample[i].at);
		assert_memory_equal(&p.value, &sample[i].value, sizeof(double));
	}
	assert_false(points_next(&r, &p));
	assert_false(r.is_damaged);
	buf_finish(&b);
}

static void a_steady_series_takes_ten_bytes_a_point(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;
	struct metric_point points[100];
	for (int i = 0; i < 100; i++)
		points[i] = (struct metric_point){ i * 10, 1795204800000 + i * 20, i };
	points_encode(points, 100, &b);
	assert_true(b.len <= 100 * 10 + 10);
	buf_finish(&b);
}

static void cut_bytes_are_damage_and_not_points(void **state)
{
	(void)state;
	struct buf b = BUF_INIT;
	points_encode(sample, SAMPLES, &b);
	for (size_t len = 1; len < b.len; len++) {
		struct points_reader r;
		struct metric_point p;
		int count = 0;
		points_reader_init(&r, b.data, len);
		while (points_next(&r, &p))
			count++;
		assert_true(r.is_damaged);
		assert_true(count < SAMPLES);
	}
	buf_finish(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segments_read_as_one_sequence),
		cmocka_unit_test(a_steady_series_takes_ten_bytes_a_point),
		cmocka_unit_test(cut_bytes_are_damage_and_not_points),
	};
	return cmocka_run_group_tests_name("points", tests, NULL, NULL);
}
