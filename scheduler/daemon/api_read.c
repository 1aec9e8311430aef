/* SPDX-License-Identifier: Apache-2.0 */
/* api_read.c - questions that the records answer as they are */
#include <jansson.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "store/records/query_artifacts.h"
#include "store/records/query_lineage.h"
#include "store/records/query_metrics.h"
#include "store/records/query_runs.h"
#include "store/records/query_sql.h"
#include "store/records/query_workers.h"

enum { LIST_LIMIT = 30, LIST_LIMIT_MAX = 1000, ARTIFACTS_LIMIT = 1000, COMPARED_MAX = 100 };

int api_run_arg(struct db *db, const json_t *args, const char *key, uint64_t *ret, struct err *err)
{
	const json_t *run = json_object_get(args, key);
	char number[24];

	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(run));
	return query_run_named(db, json_is_string(run) ? json_string_value(run) : number, ret, err);
}

int api_step_arg(struct db *db, const json_t *args, uint64_t *ret, struct err *err)
{
	const char *step = json_string_value(json_object_get(args, "step"));
	uint64_t run;
	int rc = api_run_arg(db, args, "run", &run, err);

	if (rc < 0)
		return rc;
	if (!step)
		return err_set(err, ERR_USAGE, "no step given");
	return query_step_named(db, run, step, ret, err);
}

int api_count_arg(const json_t *args, const char *key, int64_t max, int64_t *ret, struct err *err)
{
	const json_t *value = json_object_get(args, key);
	json_int_t number = json_integer_value(value);

	if (value && !json_is_null(value) &&
	    (!json_is_integer(value) || number < 0 || number > max))
		return err_set(err, ERR_USAGE, "%s is a number from 0 to %lld", key,
			       (long long)max);
	*ret = number;
	return 0;
}

int api_run_list(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		 struct err *err)
{
	int64_t limit, before;
	struct run_filter filter = {
		.pipeline = json_string_value(json_object_get(args, "pipeline")),
		.branch = json_string_value(json_object_get(args, "branch")),
		.state = json_string_value(json_object_get(args, "state")),
		.limit = LIST_LIMIT,
	};
	int rc = api_count_arg(args, "limit", UINT32_MAX, &limit, err);

	(void)d;
	if (rc == 0)
		rc = api_count_arg(args, "before", INT64_MAX, &before, err);
	if (rc < 0)
		return rc;
	if (limit)
		filter.limit = limit < LIST_LIMIT_MAX ? (uint32_t)limit : LIST_LIMIT_MAX;
	filter.before = (uint64_t)before;
	return query_runs(db, &filter, out, err);
}

int api_run_show(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		 struct err *err)
{
	uint64_t run;
	int rc = api_run_arg(db, args, "run", &run, err);

	(void)d;
	return rc < 0 ? rc : query_run(db, run, true, out, err);
}

int api_run_metrics(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		    struct err *err)
{
	const json_t *list = json_object_get(args, "runs");
	uint64_t runs[COMPARED_MAX];
	size_t count = json_array_size(list);
	int rc = 0;

	(void)d;
	if (count > COMPARED_MAX)
		return err_set(err, ERR_TOO_LARGE, "%zu runs; the limit is %d", count,
			       COMPARED_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		json_t *one = json_pack("{s:O}", "run", json_array_get(list, i));

		rc = api_run_arg(db, one, "run", &runs[i], err);
		json_decref(one);
	}
	if (rc < 0)
		return rc;
	buf_str_append(out, "{\"runs\":");
	rc = query_metrics(db, runs, count, out, err);
	buf_char(out, '}');
	return rc;
}

int api_step_points(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		    struct err *err)
{
	uint64_t step;
	int rc = api_step_arg(db, args, &step, err);

	(void)d;
	if (rc < 0)
		return rc;
	buf_str_append(out, "{\"series\":");
	rc = query_points(db, step, json_string_value(json_object_get(args, "series")), out, err);
	buf_char(out, '}');
	return rc;
}

int api_artifact_list(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		      struct err *err)
{
	uint64_t run = 0;
	int rc = 0;

	(void)d;
	if (!json_is_null(json_object_get(args, "run")) && json_object_get(args, "run"))
		rc = api_run_arg(db, args, "run", &run, err);
	if (rc < 0)
		return rc;
	buf_str_append(out, "{\"artifacts\":");
	rc = query_artifacts(db, run, ARTIFACTS_LIMIT, out, err);
	buf_char(out, '}');
	return rc;
}

static int address_arg(const json_t *args, const char **ret, struct err *err)
{
	*ret = json_string_value(json_object_get(args, "address"));
	return *ret ? 0 : err_set(err, ERR_USAGE, "no address given");
}

int api_artifact_resolve(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
			 struct err *err)
{
	const char *address;
	int rc = address_arg(args, &address, err);

	(void)d;
	return rc < 0 ? rc : query_artifact_json(db, address, out, err);
}

int api_artifact_lineage(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
			 struct err *err)
{
	const char *address;
	int rc = address_arg(args, &address, err);

	(void)d;
	return rc < 0 ? rc
		      : query_lineage(db, address, json_is_true(json_object_get(args, "forward")),
				      out, err);
}

int api_worker_list(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		    struct err *err)
{
	int rc;

	(void)d;
	(void)args;
	buf_str_append(out, "{\"workers\":");
	rc = query_workers(db, out, err);
	buf_char(out, '}');
	return rc;
}

int api_sql(struct daemon *d, struct db *db, const json_t *args, struct buf *out, struct err *err)
{
	const char *query = json_string_value(json_object_get(args, "query"));

	(void)d;
	return query ? query_sql(db, query, out, err)
		     : err_set(err, ERR_USAGE, "no query given");
}
