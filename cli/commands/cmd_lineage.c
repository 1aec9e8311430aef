/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_lineage.c - where an artifact comes from, and what was made of it */
#include "base/buf.h"
#include "base/err.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/graph.h"
#include "cli/output/color.h"
#include "cli/output/print.h"
#include "cli/talk.h"

static void show(const struct call *call, const json_t *graph)
{
	struct buf out = BUF_INIT;

	if (call->settings.json) {
		print_json(graph);
	} else if (call_has(call, "dot")) {
		graph_dot(graph, &out);
		print_buf(&out);
	} else {
		graph_print_tree(graph, call_has(call, "forward"),
				 color_wanted(call->settings.color, 1));
	}
}

static int run(const struct call *call, struct err *err)
{
	json_t *args, *graph = NULL;
	int rc;

	if (call->settings.json && call_has(call, "dot"))
		return err_set(err, ERR_USAGE, "--json and --dot: one of them");
	args = json_pack("{s:s, s:b}", "address", call->args[0], "forward",
			 call_has(call, "forward"));
	rc = talk_ask(&call->settings, "artifact.lineage", args, &graph, err);
	if (rc == 0)
		show(call, graph);
	json_decref(graph);
	return rc;
}

const struct cli_command cmd_lineage = {
	.name = "lineage",
	.group = GROUP_ARTIFACTS,
	.summary = "show where an artifact comes from, or what was made of it",
	.text = "Back to the commits, files and parameters; with --forward to everything that\n"
		"was made from it, in every run.\n",
	.args = (const struct arg_spec[]){
		{ "ADDRESS", "42/train.model, model:NAME@3, artifact:NAME@latest or sha256:…",
		  false, false, WORD_TEXT },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		{ "forward", 0, NULL, "what was made from it", WORD_TEXT },
		{ "dot", 0, NULL, "for dot(1) of graphviz", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot lineage latest/evaluate.model",
		  "which commit and parameters gave this model" },
		{ "ingot lineage model:penguins@3 --dot | dot -Tsvg > lineage.svg",
		  "as a picture" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
