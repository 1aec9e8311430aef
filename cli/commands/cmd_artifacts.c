/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_artifacts.c - what steps left */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"
#include "cli/words.h"

enum { DIGEST_DIGITS = sizeof("sha256:") - 1 + 12 };

enum { ADDRESS, TYPE, SIZE, DIGEST, VERSIONS };

static const struct table_column columns[] = {
	[ADDRESS] = { "ARTIFACT", 0 },
	[TYPE] = { "TYPE", 0 },
	[SIZE] = { "SIZE", COLUMN_RIGHT },
	[DIGEST] = { "DIGEST", 0 },
	[VERSIONS] = { "VERSIONS", COLUMN_CUT },
	{ 0 },
};

static void add_artifact(struct table *t, const json_t *artifact)
{
	struct table_row *row = table_row(t, NULL);
	struct buf text = BUF_INIT;
	const json_t *version;
	size_t i;

	table_cell(row, ADDRESS, COLOR_NONE, field_text(artifact, "address"));
	table_cell(row, TYPE, COLOR_NONE, field_text(artifact, "type"));
	str_format_size(&text, (uint64_t)field_int(artifact, "size"));
	table_cell(row, SIZE, COLOR_NONE, buf_str(&text));
	buf_clear(&text);
	buf_printf(&text, "%.*s", DIGEST_DIGITS, field_text(artifact, "digest"));
	table_cell(row, DIGEST, COLOR_DIM, buf_str(&text));
	buf_clear(&text);
	json_array_foreach(json_object_get(artifact, "versions"), i, version) {
		buf_str_append(&text, i > 0 ? " " : "");
		field_plain(&text, version);
	}
	table_cell(row, VERSIONS, COLOR_NONE, buf_str(&text));
	buf_finish(&text);
}

static void print_artifacts(const struct call *call, const json_t *artifacts)
{
	struct table *t = table_create(columns, color_wanted(call->settings.color, 1));
	const json_t *artifact;
	size_t i;

	json_array_foreach(artifacts, i, artifact)
		add_artifact(t, artifact);
	table_print(t);
	table_destroy(t);
	if (json_array_size(artifacts) == 0)
		puts("no artifacts");
}

static int run(const struct call *call, struct err *err)
{
	json_t *args = json_object(), *result = NULL, *number = NULL;
	const json_t *artifacts;
	int rc = 0;

	if (call->arg_count > 0)
		rc = word_run(call->args[0], strlen(call->args[0]), &number, err);
	if (number)
		json_object_set_new(args, "run", number);
	if (rc == 0)
		rc = talk_ask(&call->settings, "artifact.list", json_incref(args), &result, err);
	artifacts = json_object_get(result, "artifacts");
	if (rc == 0 && call->settings.json)
		print_json(artifacts);
	else if (rc == 0)
		print_artifacts(call, artifacts);
	json_decref(args);
	json_decref(result);
	return rc;
}

const struct cli_command cmd_artifacts = {
	.name = "artifacts",
	.group = GROUP_ARTIFACTS,
	.summary = "list the artifacts of a run, or of all",
	.args = (const struct arg_spec[]){
		{ "RUN", "a run's number, or latest; without it the newest of all runs",
		  true, false, WORD_RUN },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot artifacts latest", "what the newest run left" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
