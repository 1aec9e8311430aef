/* SPDX-License-Identifier: Apache-2.0 */
/* run_view.c - what is known of a run that is being followed */
#include "cli/progress/run_view.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/fields.h"

enum { COMMIT_DIGITS = 10 };

/* Replaces *slot by a printable copy. */
static void keep_text(char **slot, const char *text, size_t len)
{
	struct buf b = BUF_INIT;

	str_printable(&b, text, len);
	free(*slot);
	*slot = buf_take(&b);
}

static void keep_field(char **slot, const json_t *object, const char *name)
{
	const char *text = field_text(object, name);

	keep_text(slot, text, strlen(text));
}

static void keep_metrics(char **slot, const json_t *metrics)
{
	struct buf b = BUF_INIT;

	field_metrics(&b, metrics);
	free(*slot);
	*slot = buf_take(&b);
}

void run_view_init(struct run_view *v, int64_t run)
{
	*v = (struct run_view){ .run = run };
	run_view_run(v, NULL);
}

void run_view_finish(struct run_view *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->steps[i].name);
		free(v->steps[i].job);
		free(v->steps[i].message);
		free(v->steps[i].cached_from);
		free(v->steps[i].metrics);
		free(v->steps[i].tail);
	}
	free(v->steps);
	free(v->pipeline);
	free(v->branch);
	free(v->commit);
	free(v->reason);
	map_finish(&v->by_name);
}

void run_view_run(struct run_view *v, const json_t *run)
{
	const char *commit = field_text(run, "commit");

	keep_field(&v->pipeline, run, "pipeline");
	keep_field(&v->branch, run, "branch");
	keep_field(&v->reason, run, "reason");
	keep_text(&v->commit, commit, strnlen(commit, COMMIT_DIGITS));
	run_state_parse(field_text(run, "state"), &v->state);
	v->created_ms = field_time_ms(run, "created_at");
	v->started_ms = field_time_ms(run, "started_at");
	v->finished_ms = field_time_ms(run, "finished_at");
}

static struct view_step *find_step(struct run_view *v, const char *name)
{
	size_t place = (size_t)(uintptr_t)map_get(&v->by_name, name);

	return place ? &v->steps[place - 1] : NULL;
}

static void add_step(struct run_view *v, const json_t *from)
{
	struct view_step *step;

	v->steps = mem_grow(v->steps, &v->cap, v->count + 1, sizeof(*v->steps));
	step = &v->steps[v->count++];
	*step = (struct view_step){ .state = STEP_STATE_COUNT, .tail = mem_strdup("") };
	keep_field(&step->name, from, "name");
	keep_field(&step->job, from, "job");
	map_set(&v->by_name, field_text(from, "name"), (void *)(uintptr_t)v->count);
}

static void count_state(struct run_view *v, enum step_state state, bool leaves)
{
	if (state == STEP_STATE_COUNT)
		return;
	v->in_state[state] += leaves ? -1 : 1;
	if (step_state_is_terminal(state))
		v->done += leaves ? -1 : 1;
}

static void take_step(struct run_view *v, const json_t *from, run_view_changed *changed, void *arg)
{
	struct view_step *step = find_step(v, field_text(from, "name"));
	enum step_state before = step->state;

	if (step_state_parse(field_text(from, "state"), &step->state) < 0)
		step->state = STEP_STATE_WAITING;
	step->attempt = field_int(from, "attempt");
	step->started_ms = field_time_ms(from, "started_at");
	step->finished_ms = field_time_ms(from, "finished_at");
	keep_text(&step->message, field_why(from), strlen(field_why(from)));
	keep_field(&step->cached_from, from, "cached_from");
	keep_metrics(&step->metrics, json_object_get(from, "metrics"));
	if (step->state == before)
		return;
	count_state(v, before, true);
	count_state(v, step->state, false);
	if (changed)
		changed(arg, v, step, before);
}

/* A tool that draws its own progress ends its lines with CR: what stands behind
 * the last one is what its terminal would show. */
static void take_tail(struct run_view *v, const json_t *tail)
{
	struct view_step *step = find_step(v, field_text(tail, "step"));
	const char *line = field_text(tail, "line");
	size_t len = strlen(line);
	const char *cr;

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	cr = memrchr(line, '\r', len);
	if (cr) {
		len -= (size_t)(cr + 1 - line);
		line = cr + 1;
	}
	if (step)
		keep_text(&step->tail, line, len);
}

void run_view_event(struct run_view *v, const json_t *event, run_view_changed *changed, void *arg)
{
	const json_t *run = json_object_get(event, "run");
	const json_t *steps = json_object_get(event, "steps");
	const json_t *item;
	size_t i;

	if (run)
		run_view_run(v, run);
	/* All are there before the first is told of: "1 of 12" has to be true. */
	json_array_foreach(steps, i, item)
		if (!find_step(v, field_text(item, "name")))
			add_step(v, item);
	json_array_foreach(steps, i, item)
		take_step(v, item, changed, arg);
	json_array_foreach(json_object_get(event, "tails"), i, item)
		take_tail(v, item);
}

static int64_t span_ms(int64_t started_ms, int64_t finished_ms, int64_t now_ms)
{
	int64_t end_ms = finished_ms ? finished_ms : now_ms;

	return started_ms && end_ms > started_ms ? end_ms - started_ms : 0;
}

int64_t view_step_ms(const struct view_step *step, int64_t now_ms)
{
	return span_ms(step->started_ms, step->finished_ms, now_ms);
}

int64_t run_view_ms(const struct run_view *v, int64_t now_ms)
{
	return span_ms(v->created_ms, v->finished_ms, now_ms);
}
