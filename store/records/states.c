/* SPDX-License-Identifier: Apache-2.0 */
/* states.c - the name tables behind states.h, and what follows from a state */
#include "store/records/states.h"

#include <string.h>

#include "base/err.h"
#include "base/log.h"

static const char *const run_states[RUN_STATE_COUNT] = {
#define XX(name, text) [RUN_STATE_##name] = text,
	RUN_STATE_TABLE(XX)
#undef XX
};

static const char *const step_states[STEP_STATE_COUNT] = {
#define XX(name, text, terminal) [STEP_STATE_##name] = text,
	STEP_STATE_TABLE(XX)
#undef XX
};

static const bool step_terminal[STEP_STATE_COUNT] = {
#define XX(name, text, terminal) [STEP_STATE_##name] = terminal,
	STEP_STATE_TABLE(XX)
#undef XX
};

static const char *const attempt_states[ATTEMPT_STATE_COUNT] = {
#define XX(name, text) [ATTEMPT_STATE_##name] = text,
	ATTEMPT_STATE_TABLE(XX)
#undef XX
};

static const struct {
	const char *name;
	const char *sentence;
} reasons[REASON_COUNT] = {
#define XX(name, text, sentence) [REASON_##name] = { text, sentence },
	REASON_TABLE(XX)
#undef XX
};

static const char *const outcomes[OUTCOME_COUNT] = {
	[OUTCOME_SUCCEEDED] = "succeeded",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_SKIPPED] = "skipped",
	[OUTCOME_RETRY] = "retry",
	[OUTCOME_TIMED_OUT] = "timed_out",
	[OUTCOME_CANCELLED] = "cancelled",
};

const char *run_state_name(enum run_state s)
{
	BUG_ON((unsigned)s >= RUN_STATE_COUNT);
	return run_states[s];
}

const char *step_state_name(enum step_state s)
{
	BUG_ON((unsigned)s >= STEP_STATE_COUNT);
	return step_states[s];
}

const char *attempt_state_name(enum attempt_state s)
{
	BUG_ON((unsigned)s >= ATTEMPT_STATE_COUNT);
	return attempt_states[s];
}

const char *reason_name(enum reason r)
{
	BUG_ON((unsigned)r >= REASON_COUNT);
	return reasons[r].name;
}

const char *reason_sentence(enum reason r)
{
	BUG_ON((unsigned)r >= REASON_COUNT);
	return reasons[r].sentence;
}

const char *outcome_name(enum outcome o)
{
	BUG_ON((unsigned)o >= OUTCOME_COUNT);
	return outcomes[o];
}

bool run_state_is_terminal(enum run_state s)
{
	return s == RUN_STATE_SUCCEEDED || s == RUN_STATE_FAILED || s == RUN_STATE_CANCELLED;
}

bool step_state_is_terminal(enum step_state s)
{
	BUG_ON((unsigned)s >= STEP_STATE_COUNT);
	return step_terminal[s];
}

bool step_state_is_success(enum step_state s)
{
	return s == STEP_STATE_SUCCEEDED || s == STEP_STATE_CACHED;
}

/* The index of name among names[0..count), or -1. */
static int name_index(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

int run_state_parse(const char *name, enum run_state *ret)
{
	int i = name_index(name, run_states, RUN_STATE_COUNT);
	if (i < 0)
		return ERR_NOT_FOUND;
	*ret = (enum run_state)i;
	return 0;
}

int step_state_parse(const char *name, enum step_state *ret)
{
	int i = name_index(name, step_states, STEP_STATE_COUNT);
	if (i < 0)
		return ERR_NOT_FOUND;
	*ret = (enum step_state)i;
	return 0;
}
