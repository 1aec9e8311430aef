/* SPDX-License-Identifier: Apache-2.0 */
/* states.h - the words for what can be true of a run, a step, an attempt
 *
 * The names are those of the API, the columns and the pages. The numbers are
 * stored: new ones go to the end.
 */
#ifndef INGOT_STORE_RECORDS_STATES_H
#define INGOT_STORE_RECORDS_STATES_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_STATE_TABLE(XX)                                                                        \
	XX(QUEUED, "queued")                                                                       \
	XX(RUNNING, "running")                                                                     \
	XX(SUCCEEDED, "succeeded")                                                                 \
	XX(FAILED, "failed")                                                                       \
	XX(CANCELLED, "cancelled")

/* XX(name, text, is terminal) */
#define STEP_STATE_TABLE(XX)                                                                       \
	XX(WAITING, "waiting", false)                                                              \
	XX(READY, "ready", false)                                                                  \
	XX(LEASED, "leased", false)                                                                \
	XX(RUNNING, "running", false)                                                              \
	XX(SUCCEEDED, "succeeded", true)                                                           \
	XX(CACHED, "cached", true)                                                                 \
	XX(FAILED, "failed", true)                                                                 \
	XX(SKIPPED, "skipped", true)                                                               \
	XX(CANCELLED, "cancelled", true)                                                           \
	XX(TIMED_OUT, "timed_out", true)                                                           \
	XX(LOST, "lost", true)                                                                     \
	XX(BLOCKED, "blocked", false)

#define ATTEMPT_STATE_TABLE(XX)                                                                    \
	XX(GRANTED, "granted")                                                                     \
	XX(RUNNING, "running")                                                                     \
	XX(FINISHED, "finished")                                                                   \
	XX(EXPIRED, "expired")

/* Why a step (or the run) is in its state. XX(name, text, sentence) */
#define REASON_TABLE(XX)                                                                           \
	XX(NONE, "", "")                                                                           \
	XX(EXIT_CODE, "exit_code", "the command exited with a code other than 0")                  \
	XX(SIGNAL, "signal", "the command was ended by a signal")                                  \
	XX(NOT_STARTED, "not_started", "the command could not be started")                         \
	XX(TIMEOUT, "timeout", "it ran longer than its timeout")                                   \
	XX(OOM_KILLED, "oom_killed", "it used more memory than its limit")                         \
	XX(OUTPUT, "output", "a declared output is missing or cannot be taken")                    \
	XX(METRICS, "metrics", "a declared metrics file is missing or cannot be read")             \
	XX(GATE, "gate", "a gate was not met")                                                     \
	XX(CONDITION, "condition", "its condition is false")                                       \
	XX(CONDITION_ERROR, "condition_error", "its condition cannot be judged")                   \
	XX(UPSTREAM, "upstream", "a step that it needs did not succeed")                           \
	XX(FAIL_FAST, "fail_fast", "another instance of the matrix failed")                        \
	XX(RUN_CANCELLED, "run_cancelled", "the run was cancelled")                                \
	XX(SUPERSEDED, "superseded", "a newer run of its concurrency group took its place")        \
	XX(SELF_SKIPPED, "self_skipped", "the command exited with 77")                             \
	XX(WORKER_LOST, "worker_lost", "its worker was lost")                                      \
	XX(NO_WORKER_FITS, "no_worker_fits", "it needs more than any worker has")                  \
	XX(INPUT, "input", "an input cannot be had")                                               \
	XX(WORKSPACE, "workspace", "its workspace could not be built")                             \
	XX(VERIFY, "verify", "the deployment was not verified")                                    \
	XX(DISK_FULL, "disk_full", "no space was left")                                            \
	XX(FINGERPRINT, "fingerprint", "its fingerprint command failed")                           \
	XX(REPLAN, "replan", "the program was replaced by one that plans otherwise")               \
	XX(RETRY, "retry", "an earlier attempt failed and it is tried again")                      \
	XX(GROUP_BUSY, "group_busy", "another run of its concurrency group is under way")

enum run_state {
#define XX(name, text) RUN_STATE_##name,
	RUN_STATE_TABLE(XX)
#undef XX
	RUN_STATE_COUNT
};

enum step_state {
#define XX(name, text, terminal) STEP_STATE_##name,
	STEP_STATE_TABLE(XX)
#undef XX
	STEP_STATE_COUNT
};

enum attempt_state {
#define XX(name, text) ATTEMPT_STATE_##name,
	ATTEMPT_STATE_TABLE(XX)
#undef XX
	ATTEMPT_STATE_COUNT
};

enum reason {
#define XX(name, text, sentence) REASON_##name,
	REASON_TABLE(XX)
#undef XX
	REASON_COUNT
};

/* What a worker says of an attempt that ended. */
enum outcome {
	OUTCOME_SUCCEEDED,
	OUTCOME_FAILED,
	OUTCOME_SKIPPED,   /* exit 77 */
	OUTCOME_RETRY,     /* exit 75 */
	OUTCOME_TIMED_OUT,
	OUTCOME_CANCELLED,
	OUTCOME_COUNT
};

const char *run_state_name(enum run_state s);
const char *step_state_name(enum step_state s);
const char *attempt_state_name(enum attempt_state s);
const char *reason_name(enum reason r);
const char *reason_sentence(enum reason r);
const char *outcome_name(enum outcome o);
bool run_state_is_terminal(enum run_state s);
bool step_state_is_terminal(enum step_state s);
/* Terminal in a way that lets children go on: succeeded, cached. */
bool step_state_is_success(enum step_state s);
/* Returns 0 or ERR_NOT_FOUND. */
int run_state_parse(const char *name, enum run_state *ret);
int step_state_parse(const char *name, enum step_state *ret);

/* The id of a step instance. */
enum { STEP_INDEX_BITS = 24 };
static inline uint64_t step_id(uint64_t run, uint32_t index)
{
	return run << STEP_INDEX_BITS | index;
}
static inline uint64_t step_id_run(uint64_t id)
{
	return id >> STEP_INDEX_BITS;
}
static inline uint32_t step_id_index(uint64_t id)
{
	return (uint32_t)(id & ((1u << STEP_INDEX_BITS) - 1));
}

#endif
