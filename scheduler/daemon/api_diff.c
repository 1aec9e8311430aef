/* SPDX-License-Identifier: Apache-2.0 */
/* api_diff.c - two runs side by side: what differs, and whether it came out the same */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/explain.h"
#include "scheduler/daemon/facts.h"
#include "scheduler/source/source_list.h"
#include "store/records/load.h"
#include "store/records/query_cache.h"

/* Two runs, read. */
struct pair {
	struct db *db;
	json_t *a, *b;
	struct arena arena;
	struct json_writer w;
};

static int pair_read(struct pair *p, struct db *db, const json_t *args, struct buf *out,
		     struct err *err)
{
	uint64_t a, b;
	int rc = api_run_arg(db, args, "a", &a, err);

	*p = (struct pair){ .db = db, .w = { .out = out } };
	if (rc == 0)
		rc = api_run_arg(db, args, "b", &b, err);
	if (rc == 0)
		rc = facts_run(db, a, &p->a, err);
	if (rc == 0)
		rc = facts_run(db, b, &p->b, err);
	return rc;
}

static void pair_finish(struct pair *p)
{
	json_decref(p->a);
	json_decref(p->b);
	arena_finish(&p->arena);
}

static const json_t *step_of(const json_t *run, const char *name)
{
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(run, "steps"), i, step) {
		if (str_eq(facts_text(step, "name"), name))
			return step;
	}
	return NULL;
}

static void write_both(struct json_writer *w, const char *key, const json_t *a, const json_t *b)
{
	char *texts[2] = { a ? json_dumps(a, JSON_ENCODE_ANY) : NULL,
			   b ? json_dumps(b, JSON_ENCODE_ANY) : NULL };

	json_write_array(w, key);
	for (int i = 0; i < 2; i++) {
		json_write_raw(w, NULL, texts[i] ? texts[i] : "null");
		free(texts[i]);
	}
	json_write_end(w);
}

/* The members of two objects that differ. */
static void write_differences(struct json_writer *w, const char *key, json_t *a, json_t *b)
{
	const char *name;
	json_t *value;

	json_write_object(w, key);
	json_object_foreach(a, name, value) {
		if (!json_equal(value, json_object_get(b, name)))
			write_both(w, name, value, json_object_get(b, name));
	}
	json_object_foreach(b, name, value) {
		if (!json_object_get(a, name))
			write_both(w, name, NULL, value);
	}
	json_write_end(w);
}

static void write_run_fields(struct pair *p)
{
	static const char *const fields[] = { "pipeline", "repository", "commit", "ref",
					      "branch",   "trigger",    "state" };

	json_write_object(&p->w, "run");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		json_t *a = json_object_get(p->a, fields[i]), *b = json_object_get(p->b, fields[i]);

		if (!json_equal(a, b))
			write_both(&p->w, fields[i], a, b);
	}
	json_write_end(&p->w);
}

/* ── files ────────────────────────────────────────────────────────────── */

static int parse_sources(const struct loaded_document *doc, struct arena *arena,
			 struct source_list *ret)
{
	*ret = (struct source_list){ 0 };
	return doc ? source_list_parse(doc->text, doc->len, arena, ret, NULL) : 0;
}

static const struct loaded_document *document_of(const struct loaded_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->document_count; i++) {
		if (str_eq(run->documents[i].name, name))
			return &run->documents[i];
	}
	return NULL;
}

/* Adds the changes between two lists to path -> change. */
static void add_changes(struct pair *p, const struct loaded_document *before,
			const struct loaded_document *after, struct map *changed)
{
	struct source_list a, b;
	struct source_changes changes;

	if (parse_sources(before, &p->arena, &a) < 0 ||
	    parse_sources(after, &p->arena, &b) < 0)
		return;
	source_list_diff(&a, &b, &p->arena, &changes);
	for (size_t i = 0; i < changes.count; i++)
		map_set(changed, changes.changes[i].path,
			(void *)source_change_name(changes.changes[i].kind));
}

static void write_files(struct pair *p)
{
	uint64_t ids[2] = { (uint64_t)json_integer_value(json_object_get(p->a, "id")),
			    (uint64_t)json_integer_value(json_object_get(p->b, "id")) };
	struct loaded_run a, b;
	struct map changed = MAP_INIT;
	struct map_entry *e;

	json_write_array(&p->w, "files");
	if (load_run(p->db, ids[0], &p->arena, &a, NULL) == 0 &&
	    load_run(p->db, ids[1], &p->arena, &b, NULL) == 0) {
		for (uint32_t i = 0; i < b.document_count; i++) {
			if (str_starts(b.documents[i].name, "sources/"))
				add_changes(p, document_of(&a, b.documents[i].name),
					    &b.documents[i], &changed);
		}
	}
	for (size_t i = 0; map_next(&changed, &i, &e);) {
		json_write_object(&p->w, NULL);
		json_write_string(&p->w, "path", e->key);
		json_write_string(&p->w, "change", e->value);
		json_write_end(&p->w);
	}
	json_write_end(&p->w);
	map_finish(&changed);
}

/* ── steps ────────────────────────────────────────────────────────────── */

static bool key_of(struct pair *p, const json_t *step, struct step_key *ret)
{
	uint64_t id;

	facts_origin(p->db, step, &id);
	return query_step_key(p->db, id, &p->arena, ret, NULL) == 0;
}

/* Whether a result was computed or taken from the cache is no difference of it. */
static const char *ended_as(const json_t *step)
{
	const char *state = facts_text(step, "state");

	return str_eq(state, "cached") ? "succeeded" : state;
}

static void write_changes(struct pair *p, const json_t *a, const json_t *b)
{
	const struct explain_sources sources = { .db = p->db };
	struct step_key before, after;
	struct reasons reasons = { 0 };

	json_write_array(&p->w, "changes");
	if (!a)
		json_write_string(&p->w, NULL, "only in the second run");
	else if (!str_eq(ended_as(a), ended_as(b)))
		json_write_string(&p->w, NULL,
				  arena_printf(&p->arena, "state %s -> %s", facts_text(a, "state"),
					       facts_text(b, "state")));
	if (a && key_of(p, a, &before) && key_of(p, b, &after))
		explain_difference(&sources, before.text, after.text, &p->arena, &reasons);
	for (size_t i = 0; i < reasons.count; i++)
		json_write_string(&p->w, NULL, reasons.texts[i]);
	json_write_end(&p->w);
}

static void write_step(struct pair *p, const json_t *a, const json_t *b)
{
	json_write_object(&p->w, NULL);
	json_write_string(&p->w, "step", facts_text(b, "name"));
	write_changes(p, a, b);
	write_differences(&p->w, "metrics", a ? json_object_get(a, "metrics") : NULL,
			  json_object_get(b, "metrics"));
	json_write_end(&p->w);
}

static void write_steps(struct pair *p)
{
	const json_t *step;
	size_t i;

	json_write_array(&p->w, "steps");
	json_array_foreach(json_object_get(p->b, "steps"), i, step)
		write_step(p, step_of(p->a, facts_text(step, "name")), step);
	json_array_foreach(json_object_get(p->a, "steps"), i, step) {
		if (step_of(p->b, facts_text(step, "name")))
			continue;
		json_write_object(&p->w, NULL);
		json_write_string(&p->w, "step", facts_text(step, "name"));
		json_write_array(&p->w, "changes");
		json_write_string(&p->w, NULL, "only in the first run");
		json_write_end(&p->w);
		json_write_object(&p->w, "metrics");
		json_write_end(&p->w);
		json_write_end(&p->w);
	}
	json_write_end(&p->w);
}

int api_run_diff(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		 struct err *err)
{
	struct pair p;
	int rc = pair_read(&p, db, args, out, err);

	(void)d;
	if (rc == 0) {
		json_write_object(&p.w, NULL);
		write_run_fields(&p);
		write_differences(&p.w, "params", json_object_get(p.a, "params"),
				  json_object_get(p.b, "params"));
		write_files(&p);
		write_steps(&p);
		json_write_end(&p.w);
	}
	pair_finish(&p);
	return rc;
}

/* ── compare ──────────────────────────────────────────────────────────── */

static const char *digest_of(const json_t *step, const char *output)
{
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(step, "outputs"), i, o) {
		if (str_eq(facts_text(o, "name"), output))
			return facts_text(o, "digest");
	}
	return NULL;
}

static bool write_comparison(struct pair *p, const json_t *a, const json_t *b)
{
	bool identical = true;
	const json_t *o;
	size_t i;

	json_array_foreach(json_object_get(a, "outputs"), i, o) {
		const char *name = facts_text(o, "name"), *before = facts_text(o, "digest");
		const char *after = b ? digest_of(b, name) : NULL;
		bool same = after && str_eq(before, after);

		json_write_object(&p->w, NULL);
		json_write_string(&p->w, "step", facts_text(a, "name"));
		json_write_string(&p->w, "name", name);
		json_write_string(&p->w, "a", before);
		json_write_string(&p->w, "b", after);
		json_write_bool(&p->w, "same", same);
		json_write_end(&p->w);
		identical = identical && same;
	}
	return identical;
}

int api_run_compare(struct daemon *d, struct db *db, const json_t *args, struct buf *out,
		    struct err *err)
{
	bool identical = true;
	const json_t *step;
	struct pair p;
	size_t i;
	int rc = pair_read(&p, db, args, out, err);

	(void)d;
	if (rc == 0) {
		json_write_object(&p.w, NULL);
		json_write_array(&p.w, "outputs");
		json_array_foreach(json_object_get(p.a, "steps"), i, step) {
			if (!write_comparison(&p, step, step_of(p.b, facts_text(step, "name"))))
				identical = false;
		}
		json_write_end(&p.w);
		json_write_bool(&p.w, "identical", identical);
		json_write_end(&p.w);
	}
	pair_finish(&p);
	return rc;
}
