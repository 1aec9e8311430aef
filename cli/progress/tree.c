/* SPDX-License-Identifier: Apache-2.0 */
/* tree.c - a run as a tree of lines, for a terminal of some size
 *
 * Three stages: rows are chosen (steps, headings of matrices), rows are left out
 * until they fit, rows are laid out in columns: name, time, note.
 */
#include "cli/progress/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/output/look.h"
#include "cli/output/text.h"
#include "cli/progress/run_view.h"

enum {
	INDENT = 2,
	SYMBOL = 2, /* and the space behind it */
	TIME_WIDTH = 8,
	NAME_MIN = 8,
	NOTE_MIN = 8, /* narrower ones say nothing */
	FRAME_LINES = 2, /* heading and footer */
};

struct row {
	int depth;
	enum step_state state;
	char *name;
	int64_t ms; /* 0: not shown */
	char *note;
	bool is_left_out;
};

struct rows {
	struct row *items;
	size_t count, cap;
	int64_t now_ms;
};

/* The instances of one step: a stretch of the view's steps. */
struct group {
	const struct view_step *steps;
	size_t count;
	size_t in_state[STEP_STATE_COUNT];
	size_t done;
};

static struct row *add_row(struct rows *rows, int depth, enum step_state state)
{
	rows->items = mem_grow(rows->items, &rows->cap, rows->count + 1, sizeof(*rows->items));
	rows->items[rows->count] = (struct row){ .depth = depth, .state = state };
	return &rows->items[rows->count++];
}

static bool is_failure(enum step_state state)
{
	return state == STEP_STATE_FAILED || state == STEP_STATE_TIMED_OUT ||
	       state == STEP_STATE_LOST;
}

/* What is worth saying of a step beside its time. */
static char *step_note(const struct view_step *step)
{
	if (step->state == STEP_STATE_CACHED && *step->cached_from)
		return mem_printf("from run %.*s%s%s", (int)strcspn(step->cached_from, "/"),
				  step->cached_from, *step->metrics ? "  " : "", step->metrics);
	if (step->state == STEP_STATE_RUNNING)
		return mem_strdup(step->tail);
	if (step->state == STEP_STATE_SUCCEEDED)
		return mem_strdup(step->metrics);
	return mem_strdup(step->message);
}

static void add_step(struct rows *rows, int depth, const struct view_step *step)
{
	struct row *row = add_row(rows, depth, step->state);

	row->name = mem_strdup(step->name);
	row->ms = view_step_ms(step, rows->now_ms);
	row->note = step_note(step);
}

static void group_count(struct group *g)
{
	for (size_t i = 0; i < g->count; i++) {
		g->in_state[g->steps[i].state]++;
		g->done += step_state_is_terminal(g->steps[i].state);
	}
}

/* The state that says most of a matrix. */
static enum step_state group_state(const struct group *g)
{
	static const enum step_state loudest[] = {
		STEP_STATE_FAILED,    STEP_STATE_TIMED_OUT, STEP_STATE_LOST,
		STEP_STATE_RUNNING,   STEP_STATE_BLOCKED,   STEP_STATE_LEASED,
		STEP_STATE_READY,     STEP_STATE_WAITING,   STEP_STATE_SUCCEEDED,
		STEP_STATE_CACHED,    STEP_STATE_CANCELLED,
	};

	for (size_t i = 0; i < countof(loudest); i++)
		if (g->in_state[loudest[i]])
			return loudest[i];
	return STEP_STATE_SKIPPED;
}

/* From the first start to the last end. */
static int64_t group_ms(const struct group *g, int64_t now_ms)
{
	int64_t first = INT64_MAX, last = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct view_step *step = &g->steps[i];
		int64_t end = step->finished_ms ? step->finished_ms : now_ms;

		if (!step->started_ms)
			continue;
		first = step->started_ms < first ? step->started_ms : first;
		last = end > last ? end : last;
	}
	return last > first ? last - first : 0;
}

static char *group_note(const struct group *g)
{
	struct buf note = BUF_INIT;

	buf_printf(&note, "%zu of %zu", g->done, g->count);
	if (g->in_state[STEP_STATE_CACHED])
		buf_printf(&note, ", %zu cached", g->in_state[STEP_STATE_CACHED]);
	if (g->in_state[STEP_STATE_RUNNING])
		buf_printf(&note, ", %zu running", g->in_state[STEP_STATE_RUNNING]);
	if (g->in_state[STEP_STATE_FAILED])
		buf_printf(&note, ", %zu failed", g->in_state[STEP_STATE_FAILED]);
	return buf_take(&note);
}

static void add_folded(struct rows *rows, const struct group *g)
{
	size_t running = 0, failed = 0;

	for (size_t i = 0; i < g->count; i++) {
		enum step_state state = g->steps[i].state;

		if ((state == STEP_STATE_RUNNING && running++ < TREE_FOLDED_SHOWN) ||
		    (is_failure(state) && failed++ < TREE_FOLDED_SHOWN))
			add_step(rows, 2, &g->steps[i]);
	}
}

static void add_group(struct rows *rows, struct group *g)
{
	struct row *row;

	if (g->count == 1) {
		add_step(rows, 1, g->steps);
		return;
	}
	group_count(g);
	row = add_row(rows, 1, group_state(g));
	row->name = mem_printf("%s (%zu)", g->steps->job, g->count);
	row->ms = group_ms(g, rows->now_ms);
	row->note = group_note(g);
	if (g->count > TREE_FOLD_ABOVE) {
		add_folded(rows, g);
		return;
	}
	for (size_t i = 0; i < g->count; i++)
		add_step(rows, 2, &g->steps[i]);
}

static void choose_rows(struct rows *rows, const struct run_view *v)
{
	for (size_t i = 0; i < v->count;) {
		struct group g = { .steps = &v->steps[i] };

		while (i < v->count && str_eq(v->steps[i].job, g.steps->job)) {
			g.count++;
			i++;
		}
		add_group(rows, &g);
	}
}

/* How soon a row gives way: 0 first. */
static int row_rank(const struct row *row)
{
	if (is_failure(row->state))
		return 3;
	if (row->state == STEP_STATE_RUNNING || row->state == STEP_STATE_LEASED)
		return 4;
	if (!step_state_is_terminal(row->state))
		return 2;
	return row->depth > 1 ? 0 : 1;
}

/* Leaves rows out until at most `limit` are there, the line that counts them
 * included. Returns how many were. */
static size_t leave_out(struct rows *rows, size_t limit)
{
	size_t shown = rows->count;

	if (shown <= limit)
		return 0;
	limit -= limit > 0;
	for (int rank = 0; shown > limit; rank++)
		for (size_t i = 0; i < rows->count && shown > limit; i++)
			if (!rows->items[i].is_left_out && row_rank(&rows->items[i]) == rank) {
				rows->items[i].is_left_out = true;
				shown--;
			}
	return rows->count - shown;
}

/* Columns of the name: as wide as the widest name, if the terminal has it. */
static size_t name_width(const struct rows *rows, size_t width)
{
	size_t room = width > TIME_WIDTH + NAME_MIN ? width - TIME_WIDTH : NAME_MIN;
	size_t widest = NAME_MIN;

	for (size_t i = 0; i < rows->count; i++) {
		const struct row *row = &rows->items[i];
		size_t cells = (size_t)row->depth * INDENT + SYMBOL + text_cells(row->name);

		if (!row->is_left_out && cells > widest)
			widest = cells;
	}
	return widest < room ? widest : room;
}

static void write_time(struct buf *out, int64_t ms)
{
	struct buf time = BUF_INIT;

	if (ms > 0)
		str_format_duration(&time, ms);
	buf_printf(out, "%*s", TIME_WIDTH, buf_str(&time));
	buf_finish(&time);
}

static void write_note(struct buf *out, const struct row *row, const struct tree_shape *shape,
		       size_t room)
{
	bool colored = shape->colored && !is_failure(row->state);

	if (!*row->note || room < NOTE_MIN + 2)
		return;
	buf_str_append(out, "  ");
	if (colored)
		buf_str_append(out, color_start(COLOR_DIM));
	text_cut(out, row->note, room - 2);
	if (colored)
		buf_str_append(out, color_end());
}

static void write_row(struct buf *out, const struct row *row, const struct tree_shape *shape,
		      size_t name_cells, size_t width)
{
	size_t indent = (size_t)row->depth * INDENT;
	size_t used = name_cells + TIME_WIDTH;

	buf_printf(out, "%*s", (int)indent, "");
	color_append(out, shape->colored, look_step_color(row->state),
		     look_step_symbol(row->state, shape->utf8));
	buf_char(out, ' ');
	text_pad(out, row->name, name_cells - indent - SYMBOL);
	write_time(out, row->ms);
	write_note(out, row, shape, width > used ? width - used : 0);
	while (out->data[out->len - 1] == ' ')
		out->len--;
	buf_char(out, '\n');
}

void tree_counts(const struct run_view *v, struct buf *out)
{
	const char *separator = "";

	for (int state = 0; state < STEP_STATE_COUNT; state++) {
		if (!v->in_state[state])
			continue;
		buf_printf(out, "%s%zu %s", separator, v->in_state[state],
			   step_state_name((enum step_state)state));
		separator = ", ";
	}
}

static void write_head(struct buf *out, const struct run_view *v, const struct tree_shape *shape,
		       size_t width)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "%s run %lld", v->pipeline, (long long)v->run);
	if (*v->branch || *v->commit)
		buf_printf(&text, " %s %s%s%s", shape->utf8 ? "·" : "-", v->branch,
			   *v->branch && *v->commit ? " " : "", v->commit);
	text_cut(out, buf_str(&text), width);
	buf_char(out, '\n');
	buf_finish(&text);
}

static void write_foot(struct buf *out, const struct run_view *v, const struct tree_shape *shape,
		       size_t width, int64_t now_ms)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "[%zu/%zu] ", v->done, v->count);
	str_format_duration(&text, run_view_ms(v, now_ms));
	buf_str_append(&text, shape->utf8 ? " · " : " - ");
	tree_counts(v, &text);
	text_cut(out, buf_str(&text), width);
	buf_char(out, '\n');
	buf_finish(&text);
}

void tree_render(const struct run_view *v, const struct tree_shape *shape, int64_t now_ms,
		 struct buf *out)
{
	size_t width = shape->width > 1 ? shape->width - 1 : 1;
	struct rows rows = { .now_ms = now_ms };
	size_t left_out = 0, name_cells;

	choose_rows(&rows, v);
	if (shape->height > 0)
		left_out = leave_out(&rows,
				     shape->height > FRAME_LINES ? shape->height - FRAME_LINES : 1);
	name_cells = name_width(&rows, width);
	write_head(out, v, shape, width);
	if (left_out > 0)
		buf_printf(out, "  %s %zu more\n", shape->utf8 ? "…" : "...", left_out);
	for (size_t i = 0; i < rows.count; i++)
		if (!rows.items[i].is_left_out)
			write_row(out, &rows.items[i], shape, name_cells, width);
	if (shape->height > 0)
		write_foot(out, v, shape, width, now_ms);
	for (size_t i = 0; i < rows.count; i++) {
		free(rows.items[i].name);
		free(rows.items[i].note);
	}
	free(rows.items);
}
