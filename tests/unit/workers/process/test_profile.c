/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "workers/process/profile.h"

static void a_profile_reads_as_its_parts(void **state)
{
	char text[PROFILE_TEXT_SIZE];

	(void)state;
	profile_text(0, text);
	assert_string_equal(text, "");
	profile_text(PROFILE_BIT(SUBREAPER), text);
	assert_string_equal(text, "subreaper");
	profile_text(PROFILE_BIT(PIDNS) | PROFILE_BIT(USERNS) | PROFILE_BIT(CGROUP_V2), text);
	assert_string_equal(text, "userns+pidns+cgroup-v2");
}

static void all_parts_fit(void **state)
{
	char text[PROFILE_TEXT_SIZE];

	(void)state;
	profile_text(PROFILE_ALL, text);
	assert_true(strlen(text) < PROFILE_TEXT_SIZE);
	assert_non_null(strstr(text, "+cpu"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_profile_reads_as_its_parts),
		cmocka_unit_test(all_parts_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
