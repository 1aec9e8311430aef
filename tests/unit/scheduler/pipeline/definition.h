/* SPDX-License-Identifier: Apache-2.0 */
/* definition.h - what the tests of definitions share */
#ifndef INGOT_TEST_DEFINITION_H
#define INGOT_TEST_DEFINITION_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/pipeline/pipeline.h"

/* A definition that must be good; the caller destroys it. */
static inline struct pipeline *good_definition(const char *text)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct buf shown = BUF_INIT;
	struct pipeline *p = NULL;

	pipeline_check(text, strlen(text), "ingot.yaml", &p, &mistakes);
	diagnostics_render(&mistakes, &shown);
	if (!p)
		fail_msg("%s\n%s", text, buf_str(&shown));
	buf_finish(&shown);
	diagnostics_finish(&mistakes);
	return p;
}

#endif
