/* SPDX-License-Identifier: Apache-2.0 */
/* complete.c - the only place where a result is born
 *
 * An attempt's completion is taken once: while its lease is alive. What comes
 * again is told apart by a tag of its body, 64 bits of the digest: of the attempt
 * that ended its step it is kept in the step, of others in e->finished. Attempts
 * of older epochs are not remembered; their rows answer.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "scheduler/engine/engine_priv.h"

static const char *const verdict_names[COMPLETE_VERDICT_COUNT] = {
	[COMPLETE_ACCEPTED] = "accepted", [COMPLETE_RECORDED] = "recorded",
	[COMPLETE_CONFLICT] = "conflict", [COMPLETE_FENCED] = "fenced",
	[COMPLETE_PAST] = "past",
};

const char *complete_verdict_name(enum complete_verdict v)
{
	return (size_t)v < countof(verdict_names) ? verdict_names[v] : "unknown";
}

static uint64_t body_tag(const struct digest *body)
{
	uint64_t tag;

	memcpy(&tag, body->bytes, sizeof(tag));
	return tag ? tag : 1;
}

static void finished_remember(struct engine *e, uint64_t step, uint64_t fence, uint64_t body)
{
	struct finished *f = mem_alloc(sizeof(*f));

	f->fence = fence;
	f->body = body;
	f->next = idmap_get(&e->finished, step);
	idmap_set(&e->finished, step, f);
}

void finished_forget(struct engine *e, uint64_t step)
{
	struct finished *f = idmap_remove(&e->finished, step);

	while (f) {
		struct finished *next = f->next;

		free(f);
		f = next;
	}
}

/* The tag of an attempt's completion; 0: it is not known to have one. */
static uint64_t known_body(const struct engine *e, uint64_t step, uint64_t fence)
{
	uint32_t index;
	const struct engine_run *er = engine_step(e, step, &index);

	for (const struct finished *f = idmap_get(&e->finished, step); f; f = f->next)
		if (f->fence == fence)
			return f->body;
	return er->run->steps[index].fence == fence ? er->run->steps[index].body : 0;
}

enum complete_verdict engine_complete_check(const struct engine *e, uint64_t step, uint64_t fence,
					    uint64_t session, const struct digest *body)
{
	uint32_t index;
	const struct engine_run *er = engine_step(e, step, &index);
	const struct lease *l = lease_find(e, step, fence, session);
	uint64_t known;

	if (!er)
		return COMPLETE_PAST;
	if (l && l->strict && !l->started)
		return COMPLETE_FENCED;
	if (l)
		return COMPLETE_ACCEPTED;
	known = PLANTED(e, NOT_IDEMPOTENT) ? 0 : known_body(e, step, fence);
	if (known)
		return known == body_tag(body) ? COMPLETE_RECORDED : COMPLETE_CONFLICT;
	return fence >> ENGINE_FENCE_BITS < e->epoch ? COMPLETE_PAST : COMPLETE_FENCED;
}

/* The one attempt that counts: its lease is over, its step moves. */
static void accept(struct engine *e, struct lease *l, const struct completion *c)
{
	uint64_t step = l->step, fence = l->fence;
	uint32_t index;
	struct engine_run *er = engine_step(e, step, &index);
	struct run_step *s = &er->run->steps[index];
	enum step_event event = run_outcome_event(er->run, index, c->outcome, c->reason,
						  c->exit_code);
	enum reason reason = c->reason;

	if (event == STEP_EVENT_STOPPED && s->cancel)
		reason = s->reason;
	if (event == STEP_EVENT_RETRIED)
		reason = REASON_RETRY;
	queue_class_observe(l->class, c->run_ms);
	l->worker->no_ahead = false;
	lease_end(e, l);
	if (event != STEP_EVENT_RETRIED)
		s->body = body_tag(c->body);
	else if (!PLANTED(e, RETRY_FORGETS))
		finished_remember(e, step, fence, body_tag(c->body));
	engine_apply(e, step, event, reason);
}

enum complete_verdict engine_complete(struct engine *e, uint64_t step, uint64_t fence,
				      uint64_t session, const struct completion *c, int64_t now_ms)
{
	enum complete_verdict v = engine_complete_check(e, step, fence, session, c->body);
	struct lease *l = lease_find(e, step, fence, session);

	engine_now(e, now_ms);
	if (v != COMPLETE_ACCEPTED)
		return v;
	/* Its start was not heard of. It is over, so it needs no resources any more. */
	if (!l->started) {
		l->started = true;
		engine_apply(e, step, STEP_EVENT_STARTED, REASON_NONE);
	}
	accept(e, l, c);
	return v;
}
