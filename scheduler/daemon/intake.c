/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c - from what a client asks for to a checked pipeline with its sources
 *
 * Everything behind "in a thread" below touches the intake alone, and of the
 * daemon only the helper, the reader and the blob store, which guard themselves.
 */
#include "scheduler/daemon/intake.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/helper.h"
#include "scheduler/daemon/pin.h"

enum { CHANGES_NAMED = 5 };

/* Bytes that a client may say; a worker's environment has to hold them. */
enum {
	NAMES_MAX = 4096, /* paths, refs, instances */
	WORD_MAX = 64,
	SEARCH_PATH_MAX = 128 * 1024 - 64, /* Linux takes no longer variable */
	PARAM_MAX = 64 * 1024,
	WORKERS_MAX = 1024,
};

static int get_text(const json_t *args, const char *key, size_t max, struct arena *a,
		    const char **ret, struct err *err)
{
	const json_t *value = json_object_get(args, key);

	*ret = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value))
		return err_set(err, ERR_USAGE, "%s is a text", key);
	if (json_string_length(value) > max)
		return err_set(err, ERR_TOO_LARGE, "%s has %zu bytes; the limit is %zu", key,
			       json_string_length(value), max);
	*ret = arena_strdup(a, json_string_value(value));
	return 0;
}

int intake_path(const json_t *args, struct arena *arena, const char **ret, struct err *err)
{
	return get_text(args, "path", SEARCH_PATH_MAX, arena, ret, err);
}

static int get_texts(struct intake *in, const json_t *args, struct err *err)
{
	struct intake_request *r = &in->request;
	const struct {
		const char *key;
		size_t max;
		const char **ret;
	} texts[] = {
		{ "repository", NAMES_MAX, &r->repository }, { "ref", NAMES_MAX, &r->ref },
		{ "pipeline", NAMES_MAX, &r->pipeline },     { "step", NAMES_MAX, &r->step },
		{ "trigger", WORD_MAX, &r->trigger },
	};
	int rc = intake_path(args, &in->arena, &r->path, err);

	for (size_t i = 0; rc == 0 && i < countof(texts); i++)
		rc = get_text(args, texts[i].key, texts[i].max, &in->arena, texts[i].ret, err);
	return rc;
}

static int get_params(struct intake *in, const json_t *args, struct err *err)
{
	json_t *params = json_object_get(args, "params");
	struct plan_override *list;
	const char *name;
	json_t *value;

	if (params && !json_is_null(params) && !json_is_object(params))
		return err_set(err, ERR_USAGE, "params is an object of texts");
	list = arena_array(&in->arena, json_object_size(params), sizeof(*list));
	json_object_foreach(params, name, value) {
		if (!json_is_string(value))
			return err_set(err, ERR_USAGE, "parameter %s: its value must be a text", name);
		if (json_string_length(value) > PARAM_MAX)
			return err_set(err, ERR_TOO_LARGE, "parameter %s: its value is over %d bytes",
				       name, PARAM_MAX);
		list[in->request.param_count].name = arena_strdup(&in->arena, name);
		list[in->request.param_count++].text =
			arena_strdup(&in->arena, json_string_value(value));
	}
	in->request.params = list;
	return 0;
}

static struct intake *intake_alloc(struct daemon *d)
{
	struct intake *in = mem_alloc(sizeof(*in));

	in->daemon = d;
	return in;
}

int intake_create(struct daemon *d, const json_t *args, struct intake **ret, struct err *err)
{
	struct intake *in = intake_alloc(d);
	struct intake_request *r = &in->request;
	int64_t workers = 0;
	int rc = get_texts(in, args, err);

	r->no_cache = json_is_true(json_object_get(args, "no_cache"));
	r->dirty = json_is_true(json_object_get(args, "dirty"));
	if (!r->trigger)
		r->trigger = "manual";
	if (rc == 0)
		rc = api_count_arg(args, "workers", WORKERS_MAX, &workers, err);
	r->workers = (uint32_t)workers;
	if (rc == 0)
		rc = get_params(in, args, err);
	if (rc == 0 && !r->repository)
		rc = err_set(err, ERR_USAGE, "no repository given");
	if (rc < 0)
		intake_destroy(in);
	else
		*ret = in;
	return rc;
}

struct intake *intake_again(struct daemon *d, const struct intake_request *request)
{
	struct intake *in = intake_alloc(d);
	struct intake_request *r = &in->request;
	struct plan_override *params;

	*r = *request;
	r->repository = arena_strdup(&in->arena, request->repository);
	r->ref = arena_strdup(&in->arena, request->ref);
	r->pipeline = arena_strdup(&in->arena, request->pipeline);
	r->step = arena_strdup(&in->arena, request->step);
	r->trigger = arena_strdup(&in->arena, request->trigger);
	r->path = arena_strdup(&in->arena, request->path);
	params = arena_array(&in->arena, request->param_count, sizeof(*params));
	for (size_t i = 0; i < request->param_count; i++) {
		params[i].name = arena_strdup(&in->arena, request->params[i].name);
		params[i].text = arena_strdup(&in->arena, request->params[i].text);
	}
	r->params = params;
	return in;
}

void intake_destroy(struct intake *in)
{
	if (!in)
		return;
	pipeline_destroy(in->pipeline);
	free(in->mistakes);
	arena_finish(&in->arena);
	free(in);
}

/* ── in a thread ──────────────────────────────────────────────────────── */

/* "train" for ".ingot/train.yaml"; NULL for ingot.yaml. */
static const char *definition_name(struct intake *in, const struct source_definition *d)
{
	const char *base;

	if (!str_starts(d->path, ".ingot/"))
		return NULL;
	base = d->path + strlen(".ingot/");
	return arena_strndup(&in->arena, base, strlen(base) - strlen(".yaml"));
}

static int no_definition(struct intake *in)
{
	struct buf names = BUF_INIT;
	int rc;

	for (size_t i = 0; i < in->snapshot.definition_count; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", in->snapshot.definitions[i].path);
	if (names.len == 0) {
		rc = err_set(&in->err, ERR_NOT_FOUND, "%s has no ingot.yaml at %.12s",
			     in->request.repository, in->snapshot.commit);
		err_hint(&in->err, "write one with 'ingot init' and commit it");
	} else if (in->request.pipeline) {
		rc = err_set(&in->err, ERR_NOT_FOUND, "no pipeline '%s' in %s at %.12s",
			     in->request.pipeline, in->request.repository, in->snapshot.commit);
		err_hint(&in->err, "there are: %s", names.data);
	} else {
		rc = err_set(&in->err, ERR_USAGE, "%s has several pipelines",
			     in->request.repository);
		err_hint(&in->err, "choose one with --pipeline: %s", names.data);
	}
	buf_finish(&names);
	return rc;
}

static int check_definition(struct intake *in, const struct source_definition *def)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct buf text = BUF_INIT;
	int rc = pipeline_check(def->text, def->len, def->path, &in->pipeline, &mistakes);

	if (rc < 0) {
		diagnostics_render(&mistakes, &text);
		in->mistakes = buf_take(&text);
		err_set(&in->err, ERR_INVALID, "%s at %.12s is not valid", def->path,
			in->snapshot.commit);
	}
	diagnostics_finish(&mistakes);
	return rc;
}

/* Chooses by --pipeline (the file's or the pipeline's name), else the only one. */
static int choose_definition(struct intake *in)
{
	const struct source_snapshot *s = &in->snapshot;
	const char *wanted = in->request.pipeline;

	for (size_t i = 0; wanted && i < s->definition_count; i++) {
		if (str_eq(definition_name(in, &s->definitions[i]), wanted) ||
		    str_eq(s->definitions[i].path, wanted)) {
			in->definition = &s->definitions[i];
			return check_definition(in, in->definition);
		}
	}
	for (size_t i = 0; i < s->definition_count; i++) {
		bool is_root = !definition_name(in, &s->definitions[i]);
		int rc;

		if (!wanted && !is_root && s->definition_count > 1)
			continue;
		if (wanted && !is_root)
			continue;
		in->definition = &s->definitions[i];
		rc = check_definition(in, in->definition);
		if (rc < 0 || !wanted || str_eq(in->pipeline->name, wanted))
			return rc;
		pipeline_destroy(in->pipeline);
		in->pipeline = NULL;
		break;
	}
	return no_definition(in);
}

static int list_sources(struct intake *in, size_t index)
{
	const struct step *step = &in->pipeline->steps[index];
	const char **patterns = NULL;
	struct source_list list;
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int rc;

	if (step->has_sources) {
		patterns = arena_array(&in->arena, step->sources.count + 1, sizeof(*patterns));
		for (size_t i = 0; i < step->sources.count; i++)
			patterns[i] = step->sources.items[i].text;
	}
	rc = source_list_match(&in->snapshot.files, patterns, step->sources.count, &in->arena, &list,
			       &err);
	if (rc < 0) {
		err_set(&in->err, rc, "%s:%d: sources of step '%s': %s", in->pipeline->file,
			step->pos.line, step->name, err.text);
		if (err.hint[0])
			err_hint(&in->err, "%s", err.hint);
		return rc;
	}
	if (list.count == 0)
		return 0;
	source_list_text(&list, &text);
	in->source_texts[index] = arena_strndup(&in->arena, text.data, text.len);
	hash_bytes(text.data, text.len, &in->source_digests[index]);
	buf_finish(&text);
	return 0;
}

static int list_all_sources(struct intake *in)
{
	size_t count = in->pipeline->step_count;
	int rc = 0;

	in->source_texts = arena_array(&in->arena, count, sizeof(*in->source_texts));
	in->source_digests = arena_array(&in->arena, count, sizeof(*in->source_digests));
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = list_sources(in, i);
	return rc;
}

static int take_snapshot(struct intake *in, struct source_client *client)
{
	const struct source_spec spec = { .repository = in->request.repository,
					  .ref = in->request.ref,
					  .dirty = in->request.dirty };

	return source_snapshot(client, &spec, SOURCE_SNAPSHOT_TIMEOUT_MS, &in->arena, &in->snapshot,
			       &in->err);
}

void intake_work(struct intake *in)
{
	struct source_client *client;

	in->rc = helper_take(in->daemon->helper, &client, &in->err);
	if (in->rc < 0)
		return;
	in->rc = take_snapshot(in, client);
	if (in->rc == 0)
		in->rc = choose_definition(in);
	if (in->rc == 0)
		in->rc = plan_params(in->pipeline, in->request.params, in->request.param_count,
				     &in->arena, &in->params, &in->err);
	if (in->rc == 0)
		in->rc = list_all_sources(in);
	if (in->rc == 0)
		in->rc = pin_inputs(in, client);
	helper_give(in->daemon->helper, client, in->rc == 0);
}

/* ── on the loop again ────────────────────────────────────────────────── */

static void write_changes(const struct intake *in, struct json_writer *w)
{
	const struct source_snapshot *s = &in->snapshot;
	struct buf text = BUF_INIT;

	if (in->request.dirty || s->change_count == 0)
		return;
	buf_str_append(&text, "uncommitted changes are not in this run: ");
	for (size_t i = 0; i < s->change_named && i < CHANGES_NAMED; i++)
		buf_printf(&text, "%s%s", i ? ", " : "", s->changes[i]);
	if (s->change_count > CHANGES_NAMED)
		buf_printf(&text, " and %zu more", s->change_count - CHANGES_NAMED);
	buf_str_append(&text, "; --dirty runs them");
	json_write_string(w, NULL, buf_str(&text));
	buf_finish(&text);
}

void intake_write_warnings(const struct intake *in, struct json_writer *w, const char *key)
{
	json_write_array(w, key);
	for (size_t i = 0; i < in->snapshot.warning_count; i++)
		json_write_string(w, NULL, in->snapshot.warnings[i]);
	write_changes(in, w);
	json_write_end(w);
}

void intake_context(struct intake *in, uint64_t run, struct plan_context *ret)
{
	*ret = (struct plan_context){
		.run = run,
		.commit = in->snapshot.commit,
		.ref = in->snapshot.ref ? in->snapshot.ref : in->snapshot.commit,
		.branch = in->snapshot.branch ? in->snapshot.branch : "",
		.trigger = in->request.trigger,
		.only = in->request.step,
		.sources = in->source_digests,
		.pins = in->pins,
		.pin_count = in->pin_count,
	};
}
