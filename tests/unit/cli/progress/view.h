/* SPDX-License-Identifier: Apache-2.0 */
/* view.h - runs to render, for tests: at T0 + seconds everything is known */
#ifndef INGOT_TESTS_UNIT_CLI_PROGRESS_VIEW_H
#define INGOT_TESTS_UNIT_CLI_PROGRESS_VIEW_H

#include <jansson.h>
#include <stdlib.h>

#include "cli/progress/run_view.h"

/* 2026-11-20T20:00:00Z */
#define T0 INT64_C(1795204800000)

#define RUN                                                                                        \
	"\"run\":{\"id\":42,\"pipeline\":\"penguins\",\"state\":\"running\",\"branch\":\"main\","  \
	"\"commit\":\"3f2a91c07d55e1\",\"created_at\":\"2026-11-20T20:00:00.000Z\"}"
/* An object of a step; more: further fields, each with a comma before it. */
#define STEP(name, job, state, more)                                                               \
	"{\"name\":\"" name "\",\"job\":\"" job "\",\"state\":\"" state "\"" more "}"
#define SPAN(start, end)                                                                           \
	",\"started_at\":\"2026-11-20T20:00:" start "Z\",\"finished_at\":\"2026-11-20T20:00:" end  \
	"Z\""
#define SINCE(start) ",\"attempt\":1,\"started_at\":\"2026-11-20T20:00:" start "Z\""

static inline void view_feed(struct run_view *v, const char *event, run_view_changed *changed,
			     void *arg)
{
	json_error_t error;
	json_t *json = json_loads(event, 0, &error);

	if (!json)
		abort();
	run_view_event(v, json, changed, arg);
	json_decref(json);
}

#endif
