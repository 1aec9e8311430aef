/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_schema.c - the definition's format as a JSON Schema */
#include "base/buf.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/output/print.h"
#include "scheduler/pipeline/pipeline.h"

static int run(const struct call *call, struct err *err)
{
	struct buf schema = BUF_INIT;

	(void)call;
	(void)err;
	pipeline_schema(&schema);
	if (schema.len > 0 && schema.data[schema.len - 1] != '\n')
		buf_char(&schema, '\n');
	print_buf(&schema);
	return 0;
}

const struct cli_command cmd_schema = {
	.name = "schema",
	.group = GROUP_CARE,
	.summary = "print the JSON Schema of a definition, for editors",
	.examples = (const struct example[]){
		{ "ingot schema > ingot.schema.json",
		  "then name it in the editor's YAML settings" },
		{ 0 },
	},
	.run = run,
};
