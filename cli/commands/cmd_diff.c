/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_diff.c - what differs between two runs */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/color.h"
#include "cli/output/print.h"
#include "cli/talk.h"
#include "cli/words.h"

static void write_title(struct buf *out, bool colored, const char *title)
{
	buf_str_append(out, out->len > 0 ? "\n" : "");
	color_append(out, colored, COLOR_BOLD, title);
	buf_char(out, '\n');
}

/* One value of a pair; what is not there is a dash. */
static void write_value(struct buf *out, const json_t *value)
{
	if (!value || json_is_null(value))
		buf_char(out, '-');
	else
		field_plain(out, value);
}

static void write_pairs(struct buf *out, const char *indent, const json_t *pairs)
{
	const char *name;
	json_t *pair;

	json_object_foreach((json_t *)pairs, name, pair) {
		buf_str_append(out, indent);
		str_printable(out, name, strlen(name));
		buf_str_append(out, "  ");
		write_value(out, json_array_get(pair, 0));
		buf_str_append(out, " -> ");
		write_value(out, json_array_get(pair, 1));
		buf_char(out, '\n');
	}
}

static void write_section(struct buf *out, bool colored, const char *title, const json_t *pairs)
{
	if (json_object_size(pairs) == 0)
		return;
	write_title(out, colored, title);
	write_pairs(out, "  ", pairs);
}

static void write_files(struct buf *out, bool colored, const json_t *files)
{
	const json_t *file;
	size_t i;

	if (json_array_size(files) > 0)
		write_title(out, colored, "Files");
	json_array_foreach(files, i, file) {
		buf_printf(out, "  %-9s ", field_text(file, "change"));
		field_plain(out, json_object_get(file, "path"));
		buf_char(out, '\n');
	}
}

static void write_step(struct buf *out, const json_t *step)
{
	const json_t *changes = json_object_get(step, "changes");
	const json_t *metrics = json_object_get(step, "metrics");
	const json_t *change;
	size_t i;

	if (json_array_size(changes) == 0 && json_object_size(metrics) == 0)
		return;
	buf_str_append(out, "  ");
	field_plain(out, json_object_get(step, "step"));
	buf_char(out, '\n');
	json_array_foreach(changes, i, change) {
		buf_str_append(out, "    ");
		field_plain(out, change);
		buf_char(out, '\n');
	}
	write_pairs(out, "    ", metrics);
}

static void print_diff(const json_t *diff, bool colored)
{
	struct buf out = BUF_INIT, steps = BUF_INIT;
	const json_t *step;
	size_t i;

	write_section(&out, colored, "Run", json_object_get(diff, "run"));
	write_section(&out, colored, "Parameters", json_object_get(diff, "params"));
	write_files(&out, colored, json_object_get(diff, "files"));
	json_array_foreach(json_object_get(diff, "steps"), i, step)
		write_step(&steps, step);
	if (steps.len > 0) {
		write_title(&out, colored, "Steps");
		buf_append(&out, steps.data, steps.len);
	}
	if (out.len == 0)
		buf_str_append(&out, "no difference\n");
	print_buf(&out);
	buf_finish(&steps);
}

static int run(const struct call *call, struct err *err)
{
	json_t *a = NULL, *b = NULL, *diff = NULL;
	int rc = word_run(call->args[0], strlen(call->args[0]), &a, err);

	if (rc == 0)
		rc = word_run(call->args[1], strlen(call->args[1]), &b, err);
	if (rc == 0)
		rc = talk_ask(&call->settings, "run.diff", json_pack("{s:O, s:O}", "a", a, "b", b),
				&diff, err);
	if (rc == 0 && call->settings.json)
		print_json(diff);
	else if (rc == 0)
		print_diff(diff, color_wanted(call->settings.color, 1));
	json_decref(a);
	json_decref(b);
	json_decref(diff);
	return rc;
}

const struct cli_command cmd_diff = {
	.name = "diff",
	.group = GROUP_ARTIFACTS,
	.summary = "show what differs between two runs",
	.text = "Commit, parameters, files that steps saw, and step by step what made them run\n"
		"anew and how their metrics moved.\n",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest", false, false, WORD_RUN },
		{ "RUN", "the run to compare with", false, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot diff 41 42", "what moved the metric" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
