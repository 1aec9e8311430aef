/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - the invariants, judged from outside
 *
 * From the definitions, the record, and what machines do: nothing here reads the
 * engine but by its views and its own engine_check.
 */
#include <string.h>

#include "base/str.h"
#include "tests/sim/sim.h"

static bool is_live(const struct step_view *v)
{
	return v->state == STEP_STATE_LEASED || v->state == STEP_STATE_RUNNING;
}

/* ── Grants and answers ───────────────────────────────────────────────── */

/* Parents first: whatever has an edge to the step has ended, and well, as far as
 * the edge asks for it. */
static void watch_parents(struct sim *s, uint64_t step)
{
	const struct definition *d = definition_of(s, step);
	uint32_t index = step_id_index(step);

	for (uint32_t i = d->parent_at[index]; i < d->parent_at[index + 1]; i++) {
		uint32_t parent = d->parents[i] & RUN_PARENT_INDEX;
		const struct run_step_spec *spec = &d->specs[d->spec_of[parent]];
		bool order_only = !(d->parents[i] & RUN_PARENT_DATA);
		struct step_view v;

		engine_step_view(s->daemon.e, step_id(step_id_run(step), parent), &v);
		if (!step_state_is_terminal(v.state))
			sim_violation(s, "a step was granted before a parent had ended");
		if (step_state_is_success(v.state) ||
		    (order_only && (spec->allow_failure || d->specs[d->spec_of[index]].is_finally)))
			continue;
		sim_violation(s, "a step was granted whose parent did not succeed");
	}
}

static void watch_finally(struct sim *s, uint64_t step)
{
	const struct definition *d = definition_of(s, step);

	if (!d->specs[d->spec_of[step_id_index(step)]].is_finally)
		return;
	for (uint32_t i = 0; i < d->submission.run.step_count; i++) {
		struct step_view v;

		engine_step_view(s->daemon.e, step_id(step_id_run(step), i), &v);
		if (!d->specs[d->spec_of[i]].is_finally && !step_state_is_terminal(v.state))
			sim_violation(s, "a finally step was granted before the others had ended");
	}
}

void watch_grant(struct sim *s, const struct decision *g)
{
	struct definition *d = definition_of(s, g->step);
	uint32_t index = step_id_index(g->step);
	const struct engine_placement *p = &d->placements[d->spec_of[index]];

	if (g->fence <= d->top_fence[index])
		sim_violation(s, "a fence does not rise");
	d->top_fence[index] = g->fence;
	if (d->acked_fence[index])
		sim_violation(s, "a step was granted whose result was acknowledged");
	if (s->record[step_id_run(g->step) - 1].row.cancel &&
	    !d->specs[d->spec_of[index]].is_finally)
		sim_violation(s, "a step of a cancelled run was granted");
	if ((uint32_t)__builtin_popcountll(g->gpus) != p->demand.gpus)
		sim_violation(s, "a grant has another number of GPUs than was asked for");
	watch_parents(s, g->step);
	watch_finally(s, g->step);
}

/* An answer "recorded" leaves: from here on it must be true for ever. */
void watch_ack(struct sim *s, uint64_t step, uint64_t fence, uint64_t body)
{
	struct definition *d = definition_of(s, step);
	const struct attempt_record *a = record_attempt(s, step, fence);
	const struct step_record *r = record_step(s, step);
	uint32_t index = step_id_index(step);

	if (!a || a->state != ATTEMPT_STATE_FINISHED || a->body != body)
		sim_violation(s, "a result was acknowledged that is not recorded");
	if (r->results == 0 || r->row.fence != fence)
		return; /* that attempt did not end its step */
	if (d->acked_fence[index] && d->acked_fence[index] != fence)
		sim_violation(s, "two results of a step were acknowledged");
	d->acked_fence[index] = fence;
	d->acked_body[index] = body;
}

void watch_restart(struct sim *s)
{
	for (uint32_t run = 0; run < s->definition_count; run++) {
		const struct definition *d = &s->definitions[run];

		for (uint32_t i = 0; i < d->submission.run.step_count; i++) {
			const struct step_record *r = &s->record[run].steps[i];
			const struct attempt_record *a;

			if (!d->acked_fence[i])
				continue;
			a = record_attempt(s, step_id(run + 1, i), d->acked_fence[i]);
			if (!a || a->body != d->acked_body[i] || r->results != 1 ||
			    !step_state_is_terminal(r->row.state))
				sim_violation(s, "an acknowledged result is lost");
		}
	}
}

/* ── Limits ───────────────────────────────────────────────────────────── */

struct tally {
	uint32_t live[SIM_SPECS_MAX];
	const char *names[SIM_RUNS_MAX * SIM_STEPS_MAX * 2]; /* of what is live, one each */
	uint32_t limits[SIM_RUNS_MAX * SIM_STEPS_MAX * 2];
	size_t count;
};

static void tally_name(struct tally *t, const char *name, uint32_t limit)
{
	if (!name)
		return;
	t->names[t->count] = name;
	t->limits[t->count++] = limit;
}

static void watch_names(struct sim *s, const struct tally *t)
{
	for (size_t i = 0; i < t->count; i++) {
		uint32_t same = 0, limit = 0;

		for (size_t j = 0; j < t->count; j++) {
			if (!str_eq(t->names[i], t->names[j]))
				continue;
			same++;
			if (t->limits[j] > limit)
				limit = t->limits[j];
		}
		if (same > limit)
			sim_violation(s, "a concurrency group or environment is over its limit");
	}
}

static bool is_attended(const struct sim *s, const struct step_view *v)
{
	for (uint32_t i = 0; i < s->worker_count; i++) {
		const struct sim_worker *w = &s->workers[i];

		for (size_t n = 0; w->session == v->session && n < w->job_count; n++)
			if (w->jobs[n].step == v->step && w->jobs[n].fence == v->fence)
				return true;
	}
	return false;
}

/* No live attempt without a lease that a worker renews or that is about to expire.
 * While things go wrong the scheduler may be down, and a while longer hear late words. */
static void watch_lease(struct sim *s, struct definition *d, const struct step_view *v)
{
	uint32_t index = step_id_index(v->step);
	bool quiet = s->healed && s->now > s->healed_at + SIM_SLOW_MS;

	if (!quiet || !is_live(v) || is_attended(s, v)) {
		d->alone_fence[index] = 0;
	} else if (d->alone_fence[index] != v->fence) {
		d->alone_fence[index] = v->fence;
		d->alone_since[index] = s->now;
	} else if (s->now - d->alone_since[index] > SIM_ALONE_MS) {
		sim_violation(s, "a lease that nobody renews does not expire");
	}
}

static void watch_run(struct sim *s, uint32_t run, struct tally *t)
{
	struct definition *d = &s->definitions[run];

	memset(t->live, 0, sizeof(t->live));
	for (uint32_t i = 0; i < d->submission.run.step_count; i++) {
		uint32_t spec = d->spec_of[i];
		const struct engine_placement *p = &d->placements[spec];
		struct step_view v;

		if (engine_step_view(s->daemon.e, step_id(run + 1, i), &v) < 0)
			return;
		watch_lease(s, d, &v);
		if (!is_live(&v))
			continue;
		if (p->max_parallel && ++t->live[spec] > p->max_parallel)
			sim_violation(s, "max_parallel is exceeded");
		tally_name(t, p->environment, 1);
		/* The newest run's limit counts, and may be above this one's. */
		tally_name(t, d->step_groups[i], 2);
	}
}

static void watch_groups(struct sim *s)
{
	const char *active[SIM_RUNS_MAX];
	size_t count = 0;

	for (uint32_t run = 0; run < s->definition_count; run++) {
		const char *group = s->definitions[run].submission.group;
		struct run_view v;

		if (!group || engine_run_view(s->daemon.e, run + 1, &v) < 0 ||
		    v.state != RUN_STATE_RUNNING)
			continue;
		for (size_t i = 0; i < count; i++)
			if (str_eq(active[i], group))
				sim_violation(s, "two runs of a group are under way");
		active[count++] = group;
	}
}

void watch_engine(struct sim *s)
{
	const char *broken = engine_check(s->daemon.e);
	struct tally t = { 0 };

	if (broken)
		sim_violation(s, broken);
	for (uint32_t run = 0; run < s->definition_count; run++)
		watch_run(s, run, &t);
	watch_names(s, &t);
	watch_groups(s);
}

/* ── Machines ─────────────────────────────────────────────────────────── */

/* Whether the engine knows of this command: after a crash it may not, until the
 * worker is told. */
static bool is_known(struct sim *s, const struct sim_worker *w, const struct job *j)
{
	struct step_view v;

	return s->daemon.e && engine_step_view(s->daemon.e, j->step, &v) == 0 && v.is_live &&
	       v.fence == j->fence && v.session == w->session;
}

static void watch_pool(struct sim *s, uint32_t pool)
{
	int64_t cpu_milli = 0, memory_bytes = 0;
	uint64_t gpus = 0;

	for (uint32_t i = 0; i < s->worker_count; i++) {
		const struct sim_worker *w = &s->workers[i];
		uint32_t running = 0;

		for (size_t n = 0; w->pool == pool && n < w->job_count; n++) {
			const struct job *j = &w->jobs[n];
			const struct definition *d = definition_of(s, j->step);
			const struct demand *demand =
				&d->placements[d->spec_of[step_id_index(j->step)]].demand;

			if (!j->physical)
				continue;
			if (gpus & j->gpus)
				sim_violation(s, "two commands use one GPU");
			gpus |= j->gpus;
			running++;
			if (!is_known(s, w, j))
				continue;
			cpu_milli += demand->cpu_milli;
			memory_bytes += demand->memory_bytes;
		}
		if (running > w->slots)
			sim_violation(s, "more commands than slots");
	}
	if (cpu_milli > s->pools[pool].cpu_milli || memory_bytes > s->pools[pool].memory_bytes)
		sim_violation(s, "a machine is over-committed");
}

void watch_machines(struct sim *s)
{
	for (uint32_t i = 0; i < SIM_POOLS; i++)
		watch_pool(s, i);
}

bool watch_all_ended(struct sim *s)
{
	for (uint32_t i = 0; i < s->definition_count; i++)
		if (!s->record[i].known || !run_state_is_terminal(s->record[i].row.state))
			return false;
	return true;
}
