/* SPDX-License-Identifier: Apache-2.0 */
/* keys.c - the format of a definition, as one table
 *
 * Every key with its shape, the field that it fills, where it may stand and a
 * line about it. The checker, the readers and the JSON Schema all come from
 * here; FORMAT.md tells it to people. A new key is a line here, and a filler
 * if none of those in reader_priv.h fits.
 */
#include "base/mem.h"
#include "scheduler/pipeline/form_priv.h"
#include "scheduler/pipeline/reader_priv.h"
#include "scheduler/pipeline/words_priv.h"

#define KEYS(...) (const struct key[]){ __VA_ARGS__, { .name = NULL } }
#define WORDS(table) .words = table, .word_count = countof(table)

enum {
	COUNT_MAX = 1000, /* of what is only counted: retries, GPUs, a group's limit */
	LIST_MAX = 1000,  /* inputs, outputs, words: they are compared with each other */
	ENV_MAX = 128,    /* variables; every step gets those of `defaults` */
	MATRIX_MAX = 36,  /* axes and keys of a matrix; every entry of exclude has room for all */
	ALL_NAMES = NAMES_RUN | NAMES_STEP | NAMES_PATHS,
};

/* Plain values */

static const struct shape text = { ACCEPT_STRING, "a text", fill_string, .form = &form_text,
				   .names = NAMES_FREELY };
static const struct shape name = { ACCEPT_STRING, "a name", fill_string, .form = &form_name };
static const struct shape metric_name = { ACCEPT_STRING, "the name of a metric", fill_string,
					  .form = &form_metric };
static const struct shape boolean = { .accepts = ACCEPT_BOOL, "true or false", fill_bool };
static const struct shape path = { ACCEPT_STRING, "a path", fill_path, .form = &form_path };
static const struct shape workdir = { ACCEPT_STRING, "a path", fill_path, .form = &form_workdir };
static const struct shape duration = { ACCEPT_STRING, "a duration such as 90s, 10m or 2h",
				       fill_duration, .form = &form_duration };
static const struct shape size = { ACCEPT_STRING, "a size such as 512MiB or 2GiB", fill_size,
				   .form = &form_size };
static const struct shape count = { ACCEPT_INT, "an integer", fill_int, .min = 1,
				    .max = COUNT_MAX };
static const struct shape natural = { ACCEPT_INT, "an integer", fill_int, .min = 0,
				      .max = COUNT_MAX };
static const struct shape priority = { ACCEPT_INT, "an integer", fill_int, .min = -1000,
				       .max = 1000 };
static const struct shape max_parallel = { ACCEPT_INT, "an integer", fill_int, .min = 1,
					   .max = PIPELINE_STEP_INSTANCES_MAX };
static const struct shape cpu = { ACCEPT_NUMBER | ACCEPT_STRING, "a number such as 2 or 0.5",
				  fill_cpu, .form = &form_cpu, .min = 0, .max = 4096 };

/* Words of a list; fill_words reads the list itself. */

static const struct shape name_item = { ACCEPT_STRING, "a name", .form = &form_name };
static const struct shape names = { ACCEPT_STRING | ACCEPT_LIST, "a name or a list of names",
				    fill_words, .form = &form_name, .item = &name_item,
				    .max_items = LIST_MAX };
static const struct shape model_item = { ACCEPT_STRING, "MODEL or MODEL@ALIAS",
					 .form = &form_model };
static const struct shape model_names = { ACCEPT_STRING | ACCEPT_LIST,
					  "MODEL, MODEL@ALIAS or a list",
					  fill_words, .form = &form_model, .item = &model_item,
					  .max_items = LIST_MAX };
static const struct shape glob_item = { ACCEPT_STRING, "a pattern", .form = &form_glob };
static const struct shape globs = { ACCEPT_STRING | ACCEPT_LIST, "a pattern or a list of patterns",
				    fill_words, .form = &form_glob, .item = &glob_item,
				    .max_items = LIST_MAX };
static const struct shape sources = { ACCEPT_LIST, "a list of paths and patterns", fill_sources,
				      .item = &glob_item, .max_items = LIST_MAX };
static const struct shape label_item = { ACCEPT_STRING, "a label", .form = &form_label };
static const struct shape labels = { ACCEPT_STRING | ACCEPT_LIST, "a label or a list of labels",
				     fill_words, .form = &form_label, .item = &label_item,
				     .max_items = LIST_MAX };
static const struct shape secret_item = { ACCEPT_STRING, "the name of a secret",
					  .form = &form_env };
static const struct shape secrets = { ACCEPT_LIST, "a list of names", fill_words,
				      .item = &secret_item, .max_items = ENV_MAX };
static const struct shape shell_item = { ACCEPT_STRING, "a word", .form = &form_text };
static const struct shape shell = { ACCEPT_STRING | ACCEPT_LIST, "a program with its options",
				    fill_shell, .form = &form_text, .item = &shell_item,
				    .min_items = 1 };

/* Commands, templates, conditions */

static const struct shape argv_item = { ACCEPT_SCALAR, "a word", .names = ALL_NAMES };
static const struct shape command = { ACCEPT_STRING | ACCEPT_LIST, "a script or a list of words",
				      fill_command, .form = &form_text, .names = ALL_NAMES,
				      .item = &argv_item, .min_items = 1 };
static const struct shape plain_item = { .accepts = ACCEPT_SCALAR, "a word" };
static const struct shape fingerprint = { ACCEPT_STRING | ACCEPT_LIST,
					  "a script or a list of words",
					  fill_command, .form = &form_text, .item = &plain_item,
					  .min_items = 1 };
static const struct shape env_value = { ACCEPT_SCALAR, "a string or a number", fill_template,
					.names = ALL_NAMES };
static const struct shape env = { ACCEPT_MAP, "a mapping of variables to values", fill_env,
				  .others = &env_value, .others_form = &form_env,
				  .thing = "the environment", .max_items = ENV_MAX };
static const struct shape gate = { ACCEPT_STRING, "a condition", fill_condition, .form = &form_text,
				   .names = NAMES_GATE };
static const struct shape gates = { ACCEPT_STRING | ACCEPT_LIST,
				    "a condition or a list of conditions",
				    fill_gates, .form = &form_text, .names = NAMES_GATE,
				    .item = &gate, .max_items = LIST_MAX };
static const struct shape condition = { ACCEPT_STRING, "a condition", fill_condition,
					.form = &form_text, .names = NAMES_IF };

/* Parameters, matrix */

static const struct shape param = { ACCEPT_SCALAR, "a string, a number, true or false",
				    .names = NAMES_FREELY };
static const struct shape params = { ACCEPT_MAP, "a mapping of names to values", fill_params,
				     .others = &param, .others_form = &form_name,
				     .thing = "the list of parameters" };
static const struct shape axis_value = { .accepts = ACCEPT_SCALAR,
					 "a string, a number, true or false" };
static const struct shape axis = { ACCEPT_LIST, "a list of values", .item = &axis_value,
				   .min_items = 1 };
static const struct shape combination = { ACCEPT_MAP, "a mapping of axes to values",
					  .others = &axis_value, .others_form = &form_name,
					  .min_items = 1, .thing = "an entry",
					  .max_items = MATRIX_MAX };
static const struct shape combinations = { ACCEPT_LIST, "a list of mappings",
					   .item = &combination,
					   .max_items = PIPELINE_STEP_INSTANCES_MAX };
static const struct shape matrix = {
	ACCEPT_MAP, "a mapping of axes to lists", fill_matrix,
	.others = &axis, .others_form = &form_name, .thing = "the matrix", .max_items = MATRIX_MAX,
	.keys = KEYS(
		{ "include", &combinations, .about = "instances beside the product of the axes" },
		{ "exclude", &combinations, .about = "combinations that are left out" },
		{ "max_parallel", &max_parallel, offsetof(struct matrix, max_parallel),
		  .about = "how many instances may run at once" },
		{ "fail_fast", &boolean, offsetof(struct matrix, fail_fast),
		  .about = "cancel the other instances when one fails; false unless written" })
};

/* Inputs and outputs */

static const struct shape select_values = { ACCEPT_MAP, "a mapping of axes to values",
					    .others = &axis_value, .others_form = &form_name,
					    .min_items = 1, .thing = "the choice",
					    .max_items = MATRIX_MAX };
static const struct shape select_mode = { ACCEPT_STRING, "min or max", fill_word,
					  WORDS(select_mode_names) };
static const struct shape selection = {
	ACCEPT_MAP, "a mapping", fill_select, .thing = "a selection",
	.keys = KEYS(
		{ "metric", &metric_name, offsetof(struct select, metric),
		  .about = "the instance with the least or greatest value of this metric" },
		{ "mode", &select_mode, offsetof(struct select, mode), .about = "min or max" },
		{ "matrix", &select_values, .about = "the instance with these values" })
};
static const struct shape from = { ACCEPT_STRING, "STEP.OUTPUT or an address", fill_string,
				   .form = &form_from };
static const struct shape input = {
	ACCEPT_STRING | ACCEPT_MAP, "STEP.OUTPUT, an address or a mapping", fill_input,
	.form = &form_from, .thing = "the input",
	.keys = KEYS(
		{ "from", &from, offsetof(struct input, address.text), KEY_REQUIRED,
		  "STEP.OUTPUT or an address" },
		{ "path", &path, offsetof(struct input, path),
		  .about = "where it is put; inputs/NAME unless written" },
		{ "select", &selection, offsetof(struct input, select),
		  .about = "which instance of a matrix step; all as a folder unless written" },
		{ "unpack", &boolean, offsetof(struct input, unpack),
		  .about = "the step gets what is in the archive; false unless written" })
};
static const struct shape inputs = { ACCEPT_MAP, "a mapping of names to inputs", fill_inputs,
				     .others = &input, .others_form = &form_name,
				     .thing = "the list of inputs", .max_items = LIST_MAX };
static const struct shape output_path = { ACCEPT_STRING, "a path", fill_template,
					  .form = &form_path,
					  .names = NAMES_RUN | NAMES_STEP };
static const struct shape output_type = { ACCEPT_STRING, "a type", fill_word,
					  WORDS(output_type_names) };
static const struct shape output = {
	ACCEPT_STRING | ACCEPT_MAP, "a path or a mapping", fill_output, .form = &form_path,
	.names = NAMES_RUN | NAMES_STEP, .thing = "the output",
	.keys = KEYS(
		{ "path", &output_path, offsetof(struct output, path), KEY_REQUIRED,
		  "the file or folder that the step makes" },
		{ "type", &output_type, offsetof(struct output, type),
		  .about = "data, model, report or file; file unless written" },
		{ "name", &name, offsetof(struct output, registered),
		  .about = "versions accumulate under this name across runs" })
};
static const struct shape outputs = { ACCEPT_MAP, "a mapping of names to paths", fill_outputs,
				      .others = &output, .others_form = &form_name,
				      .thing = "the list of outputs", .max_items = LIST_MAX };

/* How a step runs */

static const struct shape resources = {
	ACCEPT_MAP, "a mapping", fill_map, .thing = "resources",
	.keys = KEYS(
		{ "cpu", &cpu, offsetof(struct resources, cpu_milli),
		  .about = "processors; 1 unless written" },
		{ "memory", &size, offsetof(struct resources, memory_bytes), .about = "memory" },
		{ "gpu", &natural, offsetof(struct resources, gpu_count), .about = "GPUs" },
		{ "gpu_memory", &size, offsetof(struct resources, gpu_memory_bytes),
		  .about = "memory of each GPU" },
		{ "disk", &size, offsetof(struct resources, disk_bytes), .about = "disk space" },
		{ "labels", &labels, offsetof(struct resources, labels),
		  .about = "labels that the worker must carry" })
};
static const struct shape retry_on_item = { ACCEPT_STRING | ACCEPT_INT,
					    "failed, lost, timed_out or an exit code",
					    WORDS(retry_on_names), .min = 1, .max = 255 };
static const struct shape retry_on = { ACCEPT_LIST, "a list", fill_retry_on,
				       .item = &retry_on_item };
static const struct shape retry = {
	ACCEPT_INT | ACCEPT_MAP, "a number of retries or a mapping", fill_retry, .min = 0,
	.max = COUNT_MAX, .thing = "retry",
	.keys = KEYS(
		{ "max", &natural, offsetof(struct retry, max),
		  .about = "attempts after the first" },
		{ "backoff", &duration, offsetof(struct retry, backoff_ms),
		  .about = "wait before the first retry, then doubled; 1s unless written" },
		{ "on", &retry_on,
		  .about = "after failed, lost, timed_out, exit codes; all unless written" })
};
static const struct shape on_lost = { ACCEPT_STRING, "retry or manual", fill_word,
				      WORDS(on_lost_names) };
static const struct shape group = { ACCEPT_STRING, "the name of a group", fill_template,
				    .form = &form_text, .names = NAMES_RUN };
static const struct shape step_group = { ACCEPT_STRING, "the name of a group", fill_template,
					 .form = &form_text, .names = NAMES_RUN | NAMES_STEP };
static const struct shape policy = { ACCEPT_STRING, "a policy", fill_word,
				     WORDS(concurrency_policy_names) };

#define CONCURRENCY(group_shape, places)                                                           \
	ACCEPT_STRING | ACCEPT_MAP, "a group or a mapping", fill_concurrency, .form = &form_text,  \
	.names = places, .thing = "concurrency",                                                   \
	.keys = KEYS(                                                                              \
		{ "group", group_shape, offsetof(struct concurrency, group), KEY_REQUIRED,         \
		  "those of one group exclude each other" },                                       \
		{ "limit", &count, offsetof(struct concurrency, limit),                            \
		  .about = "how many of the group may run at once; 1 unless written" },            \
		{ "policy", &policy, offsetof(struct concurrency, policy),                         \
		  .about = "queue, cancel_running, replace_pending or skip; queue unless written" })

static const struct shape run_concurrency = { CONCURRENCY(&group, NAMES_RUN) };
static const struct shape step_concurrency = { CONCURRENCY(&step_group, NAMES_RUN | NAMES_STEP) };

/* Deployment */

static const struct shape approval = { ACCEPT_STRING, "required or none", fill_approval,
				       WORDS(approval_names) };
static const struct shape model = {
	ACCEPT_MAP, "a mapping", fill_map, .thing = "the model",
	.keys = KEYS(
		{ "name", &name, offsetof(struct deployment, model_name), KEY_REQUIRED,
		  "the model that gets a new version" },
		{ "from", &name, offsetof(struct deployment, model_from), KEY_REQUIRED,
		  "an output or an input of this step" },
		{ "alias", &name, offsetof(struct deployment, model_alias),
		  .about = "moved to the new version" })
};
static const struct shape verify_http = { ACCEPT_STRING, "a URL", fill_verify_http,
					  .form = &form_url };
static const struct shape verify_run = { ACCEPT_STRING | ACCEPT_LIST, "a script or a list of words",
					 fill_verify_run, .form = &form_text, .names = ALL_NAMES,
					 .item = &argv_item, .min_items = 1 };
static const struct shape verify = {
	ACCEPT_MAP, "a mapping", fill_placed_map, .thing = "verify",
	.keys = KEYS(
		{ "http", &verify_http, .about = "a URL that must answer with 2xx" },
		{ "run", &verify_run, .about = "a command that must exit with 0" },
		{ "within", &duration, offsetof(struct verify, within_ms),
		  .about = "how long it may take; 30s unless written" })
};

/* Steps */

static const struct shape kind = { ACCEPT_STRING, "a kind", fill_word, WORDS(step_kind_names) };

/* Offset 0: the filler takes the whole step. */
#define STEP(field) offsetof(struct step, field)

static const struct key step_keys[] = {
	{ "kind", &kind, STEP(kind), 0, "data, train, eval or deploy" },
	{ "run", &command, STEP(run), KEY_REQUIRED,
	  "a shell script, or a list of words run without a shell" },
	{ "sources", &sources, 0, KEY_DEFAULTS,
	  "what the step sees of the repository; all unless written" },
	{ "inputs", &inputs, 0, 0, "outputs of other steps, or addresses" },
	{ "outputs", &outputs, 0, 0, "the files and folders that the step makes" },
	{ "needs", &names, STEP(needs), 0, "steps that must be over before this one" },
	{ "matrix", &matrix, STEP(matrix), 0,
	  "one instance of the step for each combination of values" },
	{ "metrics", &path, STEP(metrics), 0, "a JSON file with numbers, read at the end" },
	{ "gates", &gates, 0, 0, "conditions on the metrics that must hold" },
	{ "if", &condition, STEP(condition), 0, "the step is skipped where this is false" },
	{ "resources", &resources, STEP(resources), KEY_DEFAULTS, "what a worker must have free" },
	{ "retry", &retry, STEP(retry), KEY_DEFAULTS, "when a failed attempt is made again" },
	{ "timeout", &duration, STEP(timeout_ms), KEY_DEFAULTS, "how long an attempt may take" },
	{ "grace", &duration, STEP(grace_ms), KEY_DEFAULTS,
	  "from TERM to KILL; 10s unless written" },
	{ "priority", &priority, STEP(priority), KEY_DEFAULTS,
	  "higher goes first; 0 unless written" },
	{ "allow_failure", &boolean, STEP(allow_failure), KEY_DEFAULTS,
	  "its failure does not fail the run" },
	{ "on_lost", &on_lost, STEP(on_lost), 0,
	  "what follows when the worker is lost; manual for deploy" },
	{ "env", &env, 0, KEY_DEFAULTS, "environment variables" },
	{ "secrets", &secrets, STEP(secrets), KEY_DEFAULTS,
	  "secrets that become environment variables" },
	{ "workdir", &workdir, STEP(workdir), KEY_DEFAULTS,
	  "where in the workspace the command starts" },
	{ "shell", &shell, STEP(shell), KEY_DEFAULTS,
	  "what runs the script; sh -eu unless written" },
	{ "cache", &boolean, STEP(cache), KEY_DEFAULTS, "false: run even if nothing changed" },
	{ "finally", &boolean, STEP(finally), 0,
	  "run when all others are over, whatever became of them" },
	{ "fingerprint", &fingerprint, STEP(fingerprint), KEY_DEFAULTS,
	  "a command whose output belongs to the cache key" },
	{ "concurrency", &step_concurrency, STEP(concurrency), 0,
	  "steps that exclude each other across runs" },
	{ "environment", &name, STEP(deployment.environment), KEY_DEPLOY, "where it deploys to" },
	{ "approval", &approval, STEP(deployment.approval_required), KEY_DEPLOY,
	  "required: a person must say yes" },
	{ "model", &model, STEP(deployment), KEY_DEPLOY, "the model version that is registered" },
	{ "verify", &verify, STEP(deployment.verify), KEY_DEPLOY, "how to tell that it works" },
	{ "rollback", &command, STEP(deployment.rollback), KEY_DEPLOY,
	  "the command that takes it back" },
	{ .name = NULL },
};

static const struct shape step = { ACCEPT_MAP, "a mapping", fill_step, .keys = step_keys,
				   .thing = "a step" };
static const struct shape steps = { ACCEPT_MAP, "a mapping of names to steps", fill_steps,
				    .others = &step, .others_form = &form_step_name, .min_items = 1,
				    .thing = "the list of steps" };
static const struct shape defaults = { ACCEPT_MAP, "a mapping", fill_defaults, .keys = step_keys,
				       .only = KEY_DEFAULTS, .thing = "defaults" };

/* Triggers */

static const struct shape push = {
	ACCEPT_NULL | ACCEPT_MAP, "a mapping", fill_push, .thing = "push",
	.keys = KEYS(
		{ "branches", &globs, offsetof(struct triggers, branches),
		  .about = "of these branches" },
		{ "tags", &globs, offsetof(struct triggers, tags), .about = "of these tags" },
		{ "paths", &globs, offsetof(struct triggers, paths),
		  .about = "that change one of these files" })
};
static const struct shape cron = { ACCEPT_STRING, "a schedule", fill_string, .form = &form_cron };
static const struct shape timezone_name = { ACCEPT_STRING, "a time zone", fill_string,
					    .form = &form_timezone };
static const struct shape schedule = {
	ACCEPT_STRING | ACCEPT_MAP, "a schedule or a mapping",
	.form = &form_cron, .thing = "a schedule",
	.keys = KEYS(
		{ "cron", &cron, offsetof(struct schedule, cron), KEY_REQUIRED,
		  "minute, hour, day of the month, month, day of the week; or @daily, @every 15m" },
		{ "timezone", &timezone_name, offsetof(struct schedule, timezone),
		  .about = "as in Europe/Berlin; UTC unless written" })
};
static const struct shape schedules = { ACCEPT_STRING | ACCEPT_LIST,
					"a schedule or a list of schedules",
					fill_schedules, .form = &form_cron, .item = &schedule,
					.min_items = 1, .max_items = LIST_MAX };
static const struct shape event = { ACCEPT_STRING, "a trigger", WORDS(trigger_names) };
static const struct shape triggers = {
	ACCEPT_STRING | ACCEPT_LIST | ACCEPT_MAP, "a trigger, a list or a mapping", fill_triggers,
	WORDS(trigger_names), .item = &event, .thing = "on",
	.keys = KEYS(
		{ "push", &push, 0, 0, "a push to the repository" },
		{ "schedule", &schedules, 0, 0, "at these times" },
		{ "artifact", &names, offsetof(struct triggers, artifacts), 0,
		  "a new version of one of these artifacts" },
		{ "model", &model_names, offsetof(struct triggers, models), 0,
		  "a new version of one of these models, or MODEL@ALIAS was moved" },
		{ "pipeline", &names, offsetof(struct triggers, pipelines), 0,
		  "a run of one of these pipelines succeeded" },
		{ "manual", &boolean, offsetof(struct triggers, manual), 0,
		  "may be started by a person; true unless written" })
};

const struct shape shape_pipeline = {
	ACCEPT_MAP, "a mapping", fill_map, .thing = "a pipeline",
	.keys = KEYS(
		{ "name", &name, offsetof(struct pipeline, name), 0,
		  "the pipeline's name; the file's unless written" },
		{ "description", &text, offsetof(struct pipeline, description), 0, "for people" },
		{ "on", &triggers, offsetof(struct pipeline, triggers), 0, "what starts a run" },
		{ "params", &params, 0, 0,
		  "parameters with their defaults; -p NAME=VALUE overrides" },
		{ "concurrency", &run_concurrency, offsetof(struct pipeline, concurrency), 0,
		  "runs that exclude each other" },
		{ "defaults", &defaults, 0, 0, "what all steps have unless they say otherwise" },
		{ "steps", &steps, 0, KEY_REQUIRED, "the steps, by name" })
};
