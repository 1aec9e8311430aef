/* SPDX-License-Identifier: Apache-2.0 */
/* words_priv.h - the words of a definition for the enums of step.h, in their order
 *
 * "" stands for a value that cannot be written.
 */
#ifndef INGOT_SCHEDULER_PIPELINE_WORDS_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_WORDS_PRIV_H

#include "scheduler/pipeline/step.h"

extern const char *const step_kind_names[STEP_KIND_COUNT];
extern const char *const select_mode_names[SELECT_MODE_COUNT];
extern const char *const output_type_names[OUTPUT_TYPE_COUNT];
extern const char *const on_lost_names[ON_LOST_COUNT];
extern const char *const concurrency_policy_names[CONCURRENCY_POLICY_COUNT];
extern const char *const retry_on_names[3];
extern const char *const trigger_names[2];
extern const char *const approval_names[2];

#endif
