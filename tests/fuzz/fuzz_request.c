/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_request.c - what a client may say, and what a run's context may hold
 *
 * The first byte chooses who reads the rest, as JSON: the arguments of a submission,
 * a recorded context, or one of the questions that records answer (three runs of
 * tests/unit/store/records/fill.h). Whatever is answered must be JSON itself.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/context.h"
#include "scheduler/daemon/intake.h"
#include "store/db/db.h"
#include "store/records/records.h"
#include "tests/unit/store/records/fill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static api_query *const queries[] = {
	api_run_list,	  api_run_show,		api_run_metrics,      api_run_diff,
	api_run_compare,  api_step_points,	api_artifact_list,    api_artifact_resolve,
	api_artifact_lineage, api_worker_list,	api_sql,
};

/* Opened once; the files are gone by name as soon as they are open. */
static struct db *records(void)
{
	static struct db *db;
	char root[] = "/tmp/ingot-fuzz-XXXXXX", *path;

	if (db)
		return db;
	if (!mkdtemp(root))
		abort();
	path = mem_printf("%s/ingot.db", root);
	fill_database(path, 3);
	if (records_open(path, DB_READER, &db, NULL) < 0)
		abort();
	fs_remove_tree(AT_FDCWD, root, NULL);
	free(path);
	return db;
}

static void submit(const json_t *args)
{
	struct err err = ERR_INIT;
	struct intake *in;
	int64_t number;

	if (intake_create(NULL, args, &in, &err) == 0) {
		if (!in->request.repository || !in->request.trigger)
			abort();
		intake_destroy(in);
	} else if (err.code == 0 || !err.text[0]) {
		abort();
	}
	if (api_count_arg(args, "limit", 7, &number, &err) == 0 && (number < 0 || number > 7))
		abort();
}

static void recall(const char *text, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct context c;

	if (context_read(text, len, &arena, &c, NULL) == 0 && !c.file)
		abort();
	arena_finish(&arena);
}

static void ask(api_query *query, const json_t *args)
{
	struct buf out = BUF_INIT;
	struct err err = ERR_INIT;
	json_t *answer;

	if (query(NULL, records(), args, &out, &err) >= 0) {
		if (json_parse(out.data, out.len, &answer, NULL) < 0)
			abort();
		json_decref(answer);
	} else if (!err.text[0]) {
		abort();
	}
	buf_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	json_t *args;

	if (size == 0)
		return 0;
	recall(text, size - 1);
	if (json_parse(text, size - 1, &args, NULL) < 0)
		return 0;
	submit(args);
	ask(queries[data[0] % countof(queries)], args);
	json_decref(args);
	return 0;
}
