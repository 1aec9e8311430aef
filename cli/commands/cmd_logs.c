/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_logs.c - what steps wrote to standard output and error
 *
 * Without STEP all steps are read at once over the one connection; each answer is
 * known by its question's number. Not followed they come one after another.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/log_lines.h"
#include "cli/talk.h"
#include "cli/words.h"
#include "store/records/states.h"

/* The log of one step. */
struct stream {
	char *step;
	char *prefix; /* NULL: it is alone */
	struct log_lines lines;
	uint32_t id;
	bool is_over;
};

struct logs {
	const struct call *call;
	struct talk *client;
	json_t *run;
	int64_t attempt; /* 0: the latest */
	bool follows;
	struct stream *streams;
	size_t count, cap;
};

static void add_stream(struct logs *l, const char *step, bool is_alone)
{
	struct stream *s;

	l->streams = mem_grow(l->streams, &l->cap, l->count + 1, sizeof(*l->streams));
	s = &l->streams[l->count++];
	*s = (struct stream){ .step = mem_strdup(step) };
	s->prefix = is_alone ? NULL : mem_printf("%s | ", step);
	log_lines_init(&s->lines, stdout, s->prefix, isatty(1));
}

static void finish(struct logs *l)
{
	for (size_t i = 0; i < l->count; i++) {
		log_lines_finish(&l->streams[i].lines);
		free(l->streams[i].step);
		free(l->streams[i].prefix);
	}
	free(l->streams);
	json_decref(l->run);
	talk_close(l->client);
}

/* Whether there is, or will be, something to read. */
static bool has_log(const struct logs *l, const json_t *step)
{
	enum step_state state;

	if (field_int(step, "attempt") > 0)
		return true;
	return l->follows && step_state_parse(field_text(step, "state"), &state) == 0 &&
	       !step_state_is_terminal(state);
}

static int add_all(struct logs *l, struct err *err)
{
	json_t *shown = NULL;
	const json_t *steps, *step;
	size_t i;
	int rc = talk_call(l->client, "run.show", json_pack("{s:O}", "run", l->run), &shown, err);

	if (rc < 0)
		return rc;
	steps = json_object_get(shown, "steps");
	json_array_foreach(steps, i, step)
		if (has_log(l, step))
			add_stream(l, field_text(step, "name"), json_array_size(steps) == 1);
	if (l->count == 0)
		fprintf(stderr, "no step of run %lld has written anything\n",
			(long long)field_int(shown, "id"));
	json_decref(shown);
	return 0;
}

static int ask(struct logs *l, struct stream *s, struct err *err)
{
	json_t *args = json_pack("{s:O, s:s, s:b}", "run", l->run, "step", s->step, "follow",
				 l->follows);

	if (l->attempt > 0)
		json_object_set_new(args, "attempt", json_integer(l->attempt));
	return talk_request(l->client, "log.read", args, &s->id, err);
}

static struct stream *find(struct logs *l, uint32_t id)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->streams[i].id == id)
			return &l->streams[i];
	return NULL;
}

/* Takes in messages until that stream is over. */
static int read_until(struct logs *l, const struct stream *last, struct err *err)
{
	struct talk_message m;
	json_t *result;
	int rc = 0;

	while (rc >= 0 && !last->is_over) {
		struct stream *s;

		rc = talk_next(l->client, -1, -1, &m, err);
		s = rc >= 0 ? find(l, m.id) : NULL;
		if (s && m.kind == TALK_DATA)
			log_lines_write(&s->lines, m.data, m.len);
		if (s && m.kind == TALK_REPLY) {
			s->is_over = true;
			rc = talk_result(&m, &result, err);
		}
	}
	return rc;
}

static int read_all(struct logs *l, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < l->count; i++) {
		rc = ask(l, &l->streams[i], err);
		if (rc >= 0 && !l->follows)
			rc = read_until(l, &l->streams[i], err);
	}
	for (size_t i = 0; rc >= 0 && i < l->count; i++)
		rc = read_until(l, &l->streams[i], err);
	return rc;
}

static int run(const struct call *call, struct err *err)
{
	struct logs l = { .call = call, .follows = call_has(call, "follow") };
	int rc = call_number(call, "attempt", 1, 1000, 0, &l.attempt, err);

	if (rc == 0)
		rc = word_run(call->args[0], strlen(call->args[0]), &l.run, err);
	if (rc == 0)
		rc = talk_open(&call->settings, &l.client, err);
	if (rc == 0 && call->arg_count > 1)
		add_stream(&l, call->args[1], true);
	else if (rc == 0)
		rc = add_all(&l, err);
	if (rc == 0)
		rc = read_all(&l, err);
	finish(&l);
	return rc;
}

const struct cli_command cmd_logs = {
	.name = "logs",
	.group = GROUP_RUNS,
	.summary = "print what steps wrote",
	.text = "Standard output and error of a step, as they came. Without STEP that of every\n"
		"step, each line with the step's name before it. In a pipe the bytes of one\n"
		"step's log are untouched.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ "STEP", "one step, such as train or 'train[rate=0.1]'", true, false, WORD_TEXT },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		{ "follow", 'f', NULL, "go on until the step has ended", WORD_TEXT },
		{ "attempt", 0, "N", "of an earlier attempt (the latest)", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot logs latest train -f", "watch train" },
		{ "ingot logs 42 | grep -i warning", "through all logs of a run" },
		{ 0 },
	},
	.run = run,
};
