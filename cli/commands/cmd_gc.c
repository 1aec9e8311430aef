/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_gc.c - removes contents that nothing refers to any more */
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/talk.h"

enum { KEEP_MAX = 1000000 };

static void print_collected(const json_t *result, bool dry_run)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "%lld blobs %s, ", (long long)field_int(result, "removed"),
		   dry_run ? "would be removed" : "removed");
	str_format_size(&text, (uint64_t)field_int(result, "bytes"));
	buf_printf(&text, "; %lld stay\n", (long long)field_int(result, "kept"));
	print_buf(&text);
}

static int run(const struct call *call, struct err *err)
{
	bool dry_run = call_has(call, "dry-run");
	json_t *args, *result = NULL;
	int64_t keep;
	int rc = call_number(call, "keep-runs", 1, KEEP_MAX, 0, &keep, err);

	if (rc < 0)
		return rc;
	args = json_pack("{s:b}", "dry_run", dry_run);
	if (keep > 0)
		json_object_set_new(args, "keep_runs", json_integer(keep));
	rc = talk_ask(&call->settings, "gc", args, &result, err);
	if (rc == 0 && call->settings.json)
		print_json(result);
	else if (rc == 0 && !call->settings.quiet)
		print_collected(result, dry_run);
	json_decref(result);
	return rc;
}

const struct cli_command cmd_gc = {
	.name = "gc",
	.group = GROUP_CARE,
	.summary = "remove contents that nothing needs any more",
	.text = "Of each pipeline the newest runs keep their artifacts, and so do versions of\n"
		"models and named artifacts, always. Of older runs the record stays and the\n"
		"contents go. What was written within the last hour stays.\n",
	.options = (const struct option_spec[]){
		{ "dry-run", 'n', NULL, "say what would go, remove nothing", WORD_TEXT },
		{ "keep-runs", 0, "N", "runs of each pipeline that keep their artifacts (100)",
		  WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot gc --dry-run", "how much room would that make?" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
