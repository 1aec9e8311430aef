/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - the words of a definition for the enums of step.h */
#include "scheduler/pipeline/words_priv.h"

const char *const step_kind_names[STEP_KIND_COUNT] = {
	[STEP_NONE] = "",     [STEP_DATA] = "data",     [STEP_TRAIN] = "train",
	[STEP_EVAL] = "eval", [STEP_DEPLOY] = "deploy",
};

const char *const select_mode_names[SELECT_MODE_COUNT] = {
	[SELECT_MIN] = "min",
	[SELECT_MAX] = "max",
};

const char *const output_type_names[OUTPUT_TYPE_COUNT] = {
	[OUTPUT_FILE] = "file",
	[OUTPUT_DATA] = "data",
	[OUTPUT_MODEL] = "model",
	[OUTPUT_REPORT] = "report",
};

const char *const on_lost_names[ON_LOST_COUNT] = {
	[ON_LOST_RETRY] = "retry",
	[ON_LOST_MANUAL] = "manual",
};

const char *const concurrency_policy_names[CONCURRENCY_POLICY_COUNT] = {
	[CONCURRENCY_QUEUE] = "queue",
	[CONCURRENCY_CANCEL_RUNNING] = "cancel_running",
	[CONCURRENCY_REPLACE_PENDING] = "replace_pending",
	[CONCURRENCY_SKIP] = "skip",
};

const char *const retry_on_names[3] = { "failed", "lost", "timed_out" };
const char *const trigger_names[2] = { "push", "manual" };
const char *const approval_names[2] = { "none", "required" };

const char *step_kind_name(enum step_kind kind)
{
	return step_kind_names[kind];
}

const char *output_type_name(enum output_type type)
{
	return output_type_names[type];
}

const char *on_lost_name(enum on_lost on_lost)
{
	return on_lost_names[on_lost];
}

const char *concurrency_policy_name(enum concurrency_policy policy)
{
	return concurrency_policy_names[policy];
}
