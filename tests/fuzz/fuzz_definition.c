/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_definition.c - any bytes as a definition: refused with places, or checked whole
 *
 * What must hold besides: there are mistakes or a pipeline, never both and never
 * neither; every mistake has a place; the steps stand in an order that their
 * dependencies allow.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/pipeline/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mistakes(const struct diagnostics *mistakes)
{
	struct buf shown = BUF_INIT;

	for (size_t i = 0; i < mistakes->count; i++)
		BUG_ON(mistakes->items[i].pos.line < 1 || mistakes->items[i].pos.column < 1);
	diagnostics_render(mistakes, &shown);
	BUG_ON(mistakes->count && shown.len == 0);
	buf_finish(&shown);
}

static void check_pipeline(const struct pipeline *p)
{
	size_t *place = mem_array(p->step_count, sizeof(*place));

	BUG_ON(p->step_count == 0);
	for (size_t i = 0; i < p->step_count; i++)
		place[p->order[i]] = i;
	for (size_t i = 0; i < p->step_count; i++)
		for (size_t k = 0; k < p->steps[i].dep_count; k++)
			BUG_ON(place[p->steps[i].deps[k]] >= place[i]);
	for (size_t i = 0; i < p->step_count; i++)
		BUG_ON(p->steps[i].run.form == COMMAND_NONE);
	free(place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct pipeline *p = NULL;
	int rc = pipeline_check((const char *)data, size, "ingot.yaml", &p, &mistakes);

	BUG_ON((rc == 0) != (p != NULL) || (rc == 0) != (mistakes.count == 0));
	check_mistakes(&mistakes);
	if (p)
		check_pipeline(p);
	diagnostics_finish(&mistakes);
	pipeline_destroy(p);
	return 0;
}
