/* SPDX-License-Identifier: Apache-2.0 */
/* record.c - what is durable: rows as a database would hold them
 *
 * It refuses what the schema of a database would refuse, and more: a second
 * result, a fence that falls, a step that leaves a terminal state.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/mem.h"
#include "tests/sim/sim.h"

void batch_write(struct batch *b, const struct write *w)
{
	b->writes = mem_grow(b->writes, &b->write_cap, b->write_count + 1, sizeof(*b->writes));
	b->writes[b->write_count++] = *w;
}

void batch_after(struct batch *b, const struct event *ev)
{
	b->after = mem_grow(b->after, &b->after_cap, b->after_count + 1, sizeof(*b->after));
	b->after[b->after_count++] = *ev;
}

void batch_clear(struct batch *b)
{
	b->write_count = b->after_count = 0;
}

void batch_finish(struct batch *b)
{
	free(b->writes);
	free(b->after);
	*b = (struct batch){ 0 };
}

static struct run_record *record_run(struct sim *s, uint64_t step)
{
	return &s->record[step_id_run(step) - 1];
}

struct step_record *record_step(struct sim *s, uint64_t step)
{
	return &record_run(s, step)->steps[step_id_index(step)];
}

static struct attempt_record *find_attempt(struct sim *s, uint64_t step, uint64_t fence)
{
	struct attempt_record *a = record_step(s, step)->attempts;

	while (a && a->fence != fence)
		a = a->next;
	return a;
}

const struct attempt_record *record_attempt(struct sim *s, uint64_t step, uint64_t fence)
{
	return find_attempt(s, step, fence);
}

static struct attempt_record *upsert_attempt(struct sim *s, uint64_t step, uint64_t fence)
{
	struct step_record *r = record_step(s, step);
	struct attempt_record *a = find_attempt(s, step, fence);

	if (a)
		return a;
	a = arena_alloc(&s->arena, sizeof(*a));
	a->fence = fence;
	a->next = r->attempts;
	r->attempts = a;
	return a;
}

static void write_step(struct sim *s, const struct write *w)
{
	struct step_record *r = record_step(s, w->step);
	const struct step_view *v = &w->view;

	if (v->fence < r->row.fence)
		sim_violation(s, "a fence falls in the record");
	if (step_state_is_terminal(r->row.state) && v->state != r->row.state)
		sim_violation(s, "a step leaves a terminal state in the record");
	if (v->state == STEP_STATE_SUCCEEDED && r->results != 1)
		sim_violation(s, "a step succeeds in the record without a result");
	r->row = (struct engine_step_record){
		.state = v->state, .reason = v->reason, .fence = v->fence, .attempts = v->attempts,
		.failures = v->failures, .lost = v->lost,
		.session = v->session, .pool = v->pool, .gpus = v->gpus,
	};
	if (v->is_live) {
		struct attempt_record *a = upsert_attempt(s, w->step, v->fence);

		a->session = v->session;
		a->state = v->attempt_state;
	}
}

/* The view tells what the completion made of the step. */
static void write_result(struct sim *s, const struct write *w)
{
	struct attempt_record *a = upsert_attempt(s, w->step, w->fence);
	struct step_record *r = record_step(s, w->step);

	if (a->state == ATTEMPT_STATE_FINISHED)
		sim_violation(s, "an attempt has two results");
	a->state = ATTEMPT_STATE_FINISHED;
	a->body = w->body;
	if (!step_state_is_terminal(w->view.state))
		return;
	r->results++;
	if (r->results > 1)
		sim_violation(s, "a step has two results");
}

void record_apply(struct sim *s, const struct batch *b)
{
	for (size_t i = 0; i < b->write_count; i++) {
		const struct write *w = &b->writes[i];
		struct run_record *r = record_run(s, w->step);

		switch (w->kind) {
		case WRITE_RUN_NEW:
			r->known = true;
			break;
		case WRITE_RUN:
			r->row = w->run;
			break;
		case WRITE_STEP:
			write_step(s, w);
			break;
		case WRITE_RESULT:
			write_result(s, w);
			break;
		case WRITE_ATTEMPT_ENDED:
			upsert_attempt(s, w->step, w->fence)->state = ATTEMPT_STATE_EXPIRED;
			break;
		case WRITE_COUNT:
			break;
		}
	}
}
