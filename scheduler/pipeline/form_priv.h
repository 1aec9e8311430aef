/* SPDX-License-Identifier: Apache-2.0 */
/* form_priv.h - the forms of strings in a definition: names, paths, durations … */
#ifndef INGOT_SCHEDULER_PIPELINE_FORM_PRIV_H
#define INGOT_SCHEDULER_PIPELINE_FORM_PRIV_H

#include <stdint.h>

#include "scheduler/pipeline/shape_priv.h"

extern const struct form form_text;      /* not empty, not only white space */
extern const struct form form_name;      /* path_is_name() */
extern const struct form form_step_name; /* and not one that conditions use */
extern const struct form form_env;       /* an environment variable that is free */
extern const struct form form_duration;
extern const struct form form_size;
extern const struct form form_cpu;       /* "500m" */
extern const struct form form_path;      /* inside the workspace; one '/' may end it */
extern const struct form form_workdir;   /* the same, or "." */
extern const struct form form_glob;
extern const struct form form_cron;
extern const struct form form_timezone;
extern const struct form form_url;       /* http or https */
extern const struct form form_model;     /* NAME or NAME@ALIAS */
extern const struct form form_from;      /* STEP.OUTPUT or an address */
extern const struct form form_metric;    /* accuracy, val.f1 */
extern const struct form form_label;     /* gpu, zone=eu */

/* "500m" to 500; the form has been checked. */
int64_t form_cpu_milli(const char *text);

#endif
