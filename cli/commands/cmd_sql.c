/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_sql.c - a SELECT over the records */
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/output/table.h"
#include "cli/talk.h"

enum { QUERY_MAX_BYTES = 1 << 20 };

static struct table *make_table(const struct call *call, const json_t *names)
{
	size_t count = json_array_size(names);
	struct table_column *columns = mem_array(count + 1, sizeof(*columns));
	struct table *t;

	for (size_t i = 0; i < count; i++)
		columns[i].title = json_string_value(json_array_get(names, i));
	t = table_create(columns, color_wanted(call->settings.color, 1));
	free(columns);
	return t;
}

static void print_rows(const struct call *call, const json_t *result)
{
	struct table *t = make_table(call, json_object_get(result, "columns"));
	struct buf text = BUF_INIT;
	const json_t *cells, *cell;
	size_t i, column;

	json_array_foreach(json_object_get(result, "rows"), i, cells) {
		struct table_row *row = table_row(t, NULL);

		json_array_foreach(cells, column, cell) {
			buf_clear(&text);
			field_plain(&text, cell);
			table_cell(row, (int)column, COLOR_NONE, buf_str(&text));
		}
	}
	table_print(t);
	table_destroy(t);
	buf_finish(&text);
}

/* As programs want it: an array of objects. */
static json_t *objects(const json_t *result)
{
	const json_t *names = json_object_get(result, "columns"), *cells;
	json_t *all = json_array(), *object, *cell;
	size_t i, column;
	const char *name;

	json_array_foreach(json_object_get(result, "rows"), i, cells) {
		object = json_object();
		json_array_foreach((json_t *)cells, column, cell) {
			name = json_string_value(json_array_get(names, column));
			json_object_set(object, name, cell);
		}
		json_array_append_new(all, object);
	}
	return all;
}

/* The first word, or standard input for "-". */
static int read_query(const struct call *call, struct buf *query, struct err *err)
{
	if (!str_eq(call->args[0], "-")) {
		buf_str_append(query, call->args[0]);
		return 0;
	}
	return fs_read_fd(STDIN_FILENO, QUERY_MAX_BYTES, query, err);
}

static int run(const struct call *call, struct err *err)
{
	struct buf query = BUF_INIT;
	json_t *result = NULL, *printed;
	int rc = read_query(call, &query, err);

	if (rc == 0)
		rc = talk_ask(&call->settings, "sql", json_pack("{s:s}", "query", buf_str(&query)),
				&result, err);
	buf_finish(&query);
	if (rc < 0)
		return rc;
	if (call->settings.json) {
		printed = objects(result);
		print_json(printed);
		json_decref(printed);
	} else {
		print_rows(call, result);
	}
	json_decref(result);
	return 0;
}

const struct cli_command cmd_sql = {
	.name = "sql",
	.group = GROUP_CARE,
	.summary = "ask the records in SQL, reading only",
	.text = "One statement that only reads, for 10 seconds and 100,000 rows at most. The\n"
		"views runs, steps, attempts, artifacts, metrics, params, models, lineage and\n"
		"workers have the names of --json; `ingot sql \"SELECT name FROM sqlite_schema\n"
		"WHERE type = 'view'\"` lists them all.\n",
	.args = (const struct arg_spec[]){
		{ "QUERY", "a SELECT; - reads it from standard input", false, false, WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot sql 'SELECT pipeline, count(*) FROM runs GROUP BY 1'",
		  "runs of each pipeline" },
		{ "ingot sql --json - < report.sql", "a longer one, for a program" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
