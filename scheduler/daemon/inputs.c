/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.c - which contents a step's inputs are, once its parents are done */
#include "scheduler/daemon/inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "scheduler/daemon/live.h"
#include "scheduler/daemon/unpack.h"
#include "scheduler/daemon/value_json.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"

static void add_row(struct inputs *in, const struct input_row *row)
{
	in->rows[in->row_count++] = *row;
}

/* The instance whose metric is best; the first among equals. */
static int select_by_metric(const struct live_run *run, const struct plan_input *in,
			    uint32_t *ret, struct err *err)
{
	const struct select *select = &in->def->select;
	const struct metric_row *best = NULL;

	for (uint32_t i = 0; i < in->producer_count; i++) {
		const struct metric_row *m = live_metric(run, in->producers[i], select->metric);

		if (!m)
			continue;
		if (best && (select->mode == SELECT_MAX ? m->value <= best->value
							: m->value >= best->value))
			continue;
		best = m;
		*ret = in->producers[i];
	}
	if (!best)
		return err_set(err, ERR_NOT_FOUND,
			       "input '%s' selects by metric '%s', which no instance of %s has",
			       in->def->name, select->metric,
			       run->pipeline->steps[in->def->step].name);
	return 0;
}

/* A step that succeeded has all its outputs; who only looks, at a run that goes on or
 * that failed, may find that there is none. */
static int find_output(const struct live_run *run, const struct plan_input *in, uint32_t producer,
		       const struct output_row **ret, struct err *err)
{
	const char *name = run->pipeline->steps[in->def->step].outputs[in->def->output].name;

	*ret = live_output(run, producer, name);
	return *ret ? 0
		    : err_set(err, ERR_STATE, "input '%s': %s has no output '%s' yet", in->def->name,
			      run->plan->steps[producer].name, name);
}

/* Lineage names who computed it: never a step that was cached. */
static uint64_t computed_by(const struct live_run *run, uint32_t producer)
{
	uint64_t origin = run->steps[producer].cached_from;

	return origin ? origin : step_id(run->id, producer);
}

static int take_output(const struct live_run *run, const struct plan_input *in, uint32_t producer,
		       struct wire_input *item, struct inputs *ret, struct err *err)
{
	const struct output_row *o;
	int rc = find_output(run, in, producer, &o, err);

	if (rc < 0)
		return rc;
	item->digest = o->digest;
	item->is_tree = o->is_tree;
	add_row(ret, &(struct input_row){ .name = in->def->name,
					  .digest = o->digest,
					  .is_tree = o->is_tree,
					  .from_step = computed_by(run, producer),
					  .from_output = o->name });
	return 0;
}

/* What stands between the brackets of an instance's name, safe as a file's name,
 * with the extension of the output. */
static const char *entry_name(const struct live_run *run, uint32_t producer,
			      const struct output_row *o, struct arena *arena)
{
	const struct plan_step *s = &run->plan->steps[producer];
	const char *dot = o->is_tree ? NULL : strrchr(path_base(o->path), '.');
	char *name = arena_printf(arena, "%s%s", s->name + strlen(s->def->name) + 1,
				  dot && dot != path_base(o->path) ? dot : "");
	char *bracket = strrchr(name, ']');

	memmove(bracket, bracket + 1, strlen(bracket));
	for (char *c = name; *c; c++) {
		if (*c == '/' || (unsigned char)*c < ' ')
			*c = '_';
	}
	return name;
}

static void write_index_entry(const struct live_run *run, uint32_t producer, const char *entry,
			      struct json_writer *w)
{
	const struct plan_step *s = &run->plan->steps[producer];
	const struct live_step *live = &run->steps[producer];

	json_write_object(w, NULL);
	json_write_string(w, "entry", entry);
	json_write_string(w, "step", s->name);
	json_write_object(w, "matrix");
	for (size_t a = 0; a < s->def->matrix.axis_count; a++)
		value_json_write(w, s->def->matrix.axes[a].name, &s->matrix[a]);
	json_write_end(w);
	json_write_object(w, "metrics");
	for (uint32_t i = 0; i < live->metric_count; i++)
		json_write_double(w, live->metrics[i].name, live->metrics[i].value);
	json_write_end(w);
	json_write_end(w);
}

/* Copies the outputs of all instances. */
static int find_parts(const struct live_run *run, const struct plan_input *in,
		      struct output_row *parts, struct err *err)
{
	const struct output_row *o;

	for (uint32_t i = 0; i < in->producer_count; i++) {
		int rc = find_output(run, in, in->producers[i], &o, err);

		if (rc < 0)
			return rc;
		parts[i] = *o;
	}
	return 0;
}

static int take_all(const struct live_run *run, const struct plan_input *in, uint32_t input,
		    struct arena *arena, struct inputs *ret, struct err *err)
{
	struct composition *c = &ret->compositions[ret->composition_count];
	struct output_row *parts = arena_array(arena, in->producer_count, sizeof(*parts));
	struct buf index = BUF_INIT;
	struct json_writer w = { .out = &index };
	int rc = find_parts(run, in, parts, err);

	if (rc < 0)
		return rc;
	json_write_array(&w, NULL);
	for (uint32_t i = 0; i < in->producer_count; i++) {
		const struct output_row *o = &parts[i];

		parts[i].path = entry_name(run, in->producers[i], o, arena);
		write_index_entry(run, in->producers[i], parts[i].path, &w);
		add_row(ret, &(struct input_row){ .name = in->def->name,
						  .part = i + 1,
						  .digest = o->digest,
						  .is_tree = o->is_tree,
						  .from_step = computed_by(run, in->producers[i]),
						  .from_output = o->name });
	}
	json_write_end(&w);
	buf_char(&index, '\n');
	*c = (struct composition){ .input = input,
				   .index_json = arena_strndup(arena, index.data, index.len),
				   .part_count = in->producer_count,
				   .parts = parts };
	ret->composition_count++;
	ret->items[input].is_tree = true;
	buf_finish(&index);
	return 0;
}

static void take_pin(const struct plan_input *in, struct wire_input *item, struct inputs *ret)
{
	item->digest = in->pin->digest;
	item->is_tree = in->pin->is_tree;
	add_row(ret, &(struct input_row){ .name = in->def->name,
					  .digest = in->pin->digest,
					  .is_tree = in->pin->is_tree,
					  .address = in->pin->address });
}

static int find_content(const struct live_run *run, const struct plan_input *in, uint32_t input,
			struct arena *arena, struct inputs *ret, struct err *err)
{
	struct wire_input *item = &ret->items[input];
	uint32_t producer = 0;
	int rc;

	item->name = in->def->name;
	item->path = in->def->path;
	if (in->def->form == INPUT_ADDRESS) {
		take_pin(in, item, ret);
		return 0;
	}
	if (in->def->select.kind == SELECT_METRIC) {
		rc = select_by_metric(run, in, &producer, err);
		return rc < 0 ? rc : take_output(run, in, producer, item, ret, err);
	}
	if (run->pipeline->steps[in->def->step].matrix.axis_count &&
	    in->def->select.kind == SELECT_NONE)
		return take_all(run, in, input, arena, ret, err);
	return take_output(run, in, in->producers[0], item, ret, err);
}

static int gather_one(const struct live_run *run, const struct plan_input *in, uint32_t input,
		      struct arena *arena, struct inputs *ret, struct err *err)
{
	int rc = find_content(run, in, input, arena, ret, err);

	if (rc < 0 || !in->def->unpack)
		return rc;
	if (ret->items[input].is_tree)
		return err_set(err, ERR_INVALID,
			       "input '%s' is a folder already: leave 'unpack' out", in->def->name);
	ret->archives[ret->archive_count++] = input;
	ret->items[input].is_tree = true;
	return 0;
}

int inputs_gather(const struct live_run *run, uint32_t index, struct arena *arena,
		  struct inputs *ret, struct err *err)
{
	const struct plan_step *s = &run->plan->steps[index];
	uint32_t count = (uint32_t)s->def->input_count;
	size_t rows = 0;
	int rc = 0;

	for (uint32_t i = 0; i < count; i++)
		rows += s->inputs[i].producer_count ? s->inputs[i].producer_count : 1;
	*ret = (struct inputs){ .count = count };
	ret->items = arena_array(arena, count, sizeof(*ret->items));
	ret->rows = arena_array(arena, rows, sizeof(*ret->rows));
	ret->compositions = arena_array(arena, count, sizeof(*ret->compositions));
	ret->archives = arena_array(arena, count, sizeof(*ret->archives));
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = gather_one(run, &s->inputs[i], i, arena, ret, err);
	return rc;
}

static int add_part(struct blob_store *blobs, struct tree *t, const struct output_row *part,
		    struct err *err)
{
	struct tree sub = TREE_INIT;
	int rc;

	if (!part->is_tree)
		return tree_add_file(t, part->path, false, &part->digest, part->size_bytes, err);
	rc = tree_load(blobs, &part->digest, &sub, err);
	if (rc == 0)
		rc = tree_add_tree(t, part->path, &sub, err);
	tree_finish(&sub);
	return rc;
}

static int compose_one(struct blob_store *blobs, struct blob_batch *batch,
		       const struct composition *c, struct digest *ret, struct err *err)
{
	struct tree t = TREE_INIT;
	struct digest index;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < c->part_count; i++)
		rc = add_part(blobs, &t, &c->parts[i], err);
	if (rc == 0)
		rc = blob_batch_bytes(batch, c->index_json, strlen(c->index_json), &index, err);
	if (rc == 0)
		rc = tree_add_file(&t, "index.json", false, &index, strlen(c->index_json), err);
	if (rc == 0)
		rc = tree_seal(&t, err);
	if (rc == 0)
		rc = tree_put(batch, &t, ret, err);
	tree_finish(&t);
	return rc;
}

static int compose_all(struct blob_store *blobs, struct inputs *in, struct err *err)
{
	struct blob_batch *batch = blob_batch_create(blobs);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < in->composition_count; i++) {
		const struct composition *c = &in->compositions[i];

		rc = compose_one(blobs, batch, c, &in->items[c->input].digest, err);
	}
	if (rc == 0)
		rc = blob_batch_commit(batch, err);
	blob_batch_destroy(batch);
	return rc;
}

static int unpack_one(struct unpacks *unpacks, struct wire_input *item, struct err *err)
{
	char *label = mem_printf("input '%s'", item->name);
	int rc = unpacks_need(unpacks, &item->digest, label, &item->digest, err);

	free(label);
	return rc;
}

bool inputs_are_made(const struct inputs *in)
{
	return in->composition_count == 0 && in->archive_count == 0;
}

int inputs_make(struct blob_store *blobs, struct unpacks *unpacks, struct inputs *in,
		struct err *err)
{
	int rc = in->composition_count ? compose_all(blobs, in, err) : 0;

	for (uint32_t i = 0; rc == 0 && i < in->archive_count; i++)
		rc = unpack_one(unpacks, &in->items[in->archives[i]], err);
	return rc;
}
