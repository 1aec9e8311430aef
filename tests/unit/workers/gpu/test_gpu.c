/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/mem.h"
#include "workers/gpu/gpu.h"

#define FAKE(mood) LIBRARIES #mood ".so"

enum { LONG_MS = 10000 };

static struct gpu_list list;
static struct err err;

static void a_machine_without_nvml_has_none(void **state)
{
	(void)state;
	list.count = 99;
	assert_int_equal(gpu_probe("libno-such-nvml.so.1", LONG_MS, &list, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(gpu_probe(FAKE(no_driver), LONG_MS, &list, &err), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(gpu_probe(FAKE(none), LONG_MS, &list, &err), 0);
	assert_int_equal(list.count, 0);
}

static void nvml_is_asked_for_each(void **state)
{
	(void)state;
	assert_int_equal(gpu_probe(FAKE(two), LONG_MS, &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.gpus[1].index, 1);
	assert_string_equal(list.gpus[1].uuid, "GPU-fake-1");
	assert_string_equal(list.gpus[1].name, "Fake 1");
	assert_int_equal(list.gpus[0].memory_bytes, 1000);
	assert_int_equal(list.gpus[1].memory_bytes, 2000);
}

static void a_driver_that_hangs_costs_the_timeout(void **state)
{
	int64_t began_us = clock_mono_us();

	(void)state;
	list.count = 99;
	assert_int_equal(gpu_probe(FAKE(hangs), 100, &list, &err), ERR_TIMEOUT);
	assert_string_equal(err.text, "NVML gave no answer within 100 ms");
	assert_in_range(clock_mono_us() - began_us, 100 * 1000, 5000 * 1000);
	assert_int_equal(list.count, 99); /* untouched */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* and no child left */
}

static void a_driver_that_crashes_or_refuses_is_told(void **state)
{
	(void)state;
	assert_int_equal(gpu_probe(FAKE(crashes), LONG_MS, &list, &err), ERR_SYSTEM);
	assert_string_equal(err.text, "NVML crashed while it was asked for the GPUs");
	assert_int_equal(gpu_probe(FAKE(refuses), LONG_MS, &list, &err), ERR_SYSTEM);
	assert_string_equal(err.text, "NVML: a device's handle: GPU is lost");
	assert_int_equal(gpu_probe(FAKE(old), LONG_MS, &list, &err), ERR_SYSTEM);
	assert_string_equal(err.text, "NVML lacks nvmlInit_v2");
}

static void gpus_can_be_pretended(void **state)
{
	(void)state;
	assert_int_equal(gpu_inventory("3", &list, &err), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.gpus[2].index, 2);
	assert_int_equal(list.gpus[0].memory_bytes, 16ull << 30);
	assert_string_not_equal(list.gpus[0].uuid, list.gpus[2].uuid);
	assert_int_equal(gpu_inventory("2x24GiB", &list, &err), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.gpus[1].memory_bytes, 24ull << 30);
	assert_int_equal(gpu_inventory("0", &list, &err), 0);
	assert_int_equal(list.count, 0);
}

static void the_environment_is_the_second_choice(void **state)
{
	(void)state;
	setenv("INGOT_GPUS", "4", 1);
	assert_int_equal(gpu_inventory(NULL, &list, &err), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(gpu_inventory("1", &list, &err), 0);
	assert_int_equal(list.count, 1);
	unsetenv("INGOT_GPUS");
}

static void nonsense_is_refused(void **state)
{
	static const char *const nonsense[] = { "two", "-1", "65", "2x", "x2", "2xbig", "1,2" };

	(void)state;
	list.count = 99;
	for (size_t i = 0; i < countof(nonsense); i++)
		assert_int_equal(gpu_inventory(nonsense[i], &list, &err), ERR_USAGE);
	assert_string_equal(err.text, "'1,2' is no number of GPUs");
	assert_int_equal(list.count, 99);
}

static void a_step_sees_exactly_what_it_holds(void **state)
{
	const size_t which[] = { 2, 0 };
	struct buf value = BUF_INIT;

	(void)state;
	assert_int_equal(gpu_inventory("3", &list, &err), 0);
	gpu_visible_devices(&list, which, 2, &value);
	assert_string_equal(buf_str(&value), "GPU-00000000-0000-0000-0000-000000000002,"
					     "GPU-00000000-0000-0000-0000-000000000000");
	buf_clear(&value);
	gpu_visible_devices(&list, which, 0, &value);
	assert_string_equal(buf_str(&value), "");
	buf_finish(&value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_without_nvml_has_none),
		cmocka_unit_test(nvml_is_asked_for_each),
		cmocka_unit_test(a_driver_that_hangs_costs_the_timeout),
		cmocka_unit_test(a_driver_that_crashes_or_refuses_is_told),
		cmocka_unit_test(gpus_can_be_pretended),
		cmocka_unit_test(the_environment_is_the_second_choice),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(a_step_sees_exactly_what_it_holds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
