/* SPDX-License-Identifier: Apache-2.0 */
/* points.c - live metrics: JSON lines, as they come
 *
 * Bytes come cut anywhere. A line that lies whole in them is read where it is;
 * only the piece behind the last line end is kept until the rest comes.
 */
#include "workers/workspace/points.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "base/str.h"
#include "workers/workspace/numbers.h"

static const double STEP_LIMIT = 9007199254740992.0; /* 2^53: whole numbers are exact below */

struct line {
	struct points *points;
	int64_t step;
};

void points_init(struct points *p,
		 void (*each)(void *arg, const char *series, int64_t step, double value),
		 void *arg)
{
	*p = (struct points){ .each = each, .arg = arg };
}

void points_finish(struct points *p)
{
	buf_finish(&p->rest);
}

static int give(void *arg, const char *name, double value)
{
	struct line *line = arg;

	if (!str_eq(name, "step"))
		line->points->each(line->points->arg, name, line->step, value);
	return 0;
}

static int read_step(const struct points *p, json_t *object, int64_t *ret, struct err *err)
{
	json_t *step = json_object_get(object, "step");
	double value = json_number_value(step);

	if (!step) {
		*ret = p->next_step;
		return 0;
	}
	if (!json_is_number(step) || value <= -STEP_LIMIT || value >= STEP_LIMIT ||
	    value != (double)(int64_t)value)
		return err_set(err, ERR_INVALID, "\"step\" is not a whole number");
	*ret = (int64_t)value;
	return 0;
}

/* A line gives all its points or, if it is broken, none. */
static int take_object(struct points *p, json_t *object, struct err *err)
{
	struct line line = { .points = p };
	int rc;

	if (!json_is_object(object))
		return err_set(err, ERR_INVALID, "not an object with names and numbers");
	rc = read_step(p, object, &line.step, err);
	if (rc == 0)
		rc = numbers_walk(object, NULL, NULL, err);
	if (rc < 0)
		return rc;
	p->next_step = line.step + 1;
	return numbers_walk(object, give, &line, NULL);
}

static int take_text(struct points *p, const char *text, size_t len, struct err *err)
{
	json_t *object;
	int rc = json_parse(text, len, &object, err);

	if (rc < 0)
		return rc;
	rc = take_object(p, object, err);
	json_decref(object);
	return rc;
}

static void note_broken(struct points *p, const char *reason)
{
	const char *where = "line 1"; /* what json_parse() says of a text of one line */
	const char *sep = ": ";

	if (str_starts(reason, where)) {
		reason += strlen(where);
		sep = "";
	}
	if (p->broken++ == 0)
		snprintf(p->reason, sizeof(p->reason), "line %llu%s%s",
			 (unsigned long long)p->lines, sep, reason);
}

static bool is_blank(const char *line, size_t len)
{
	while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t' || line[len - 1] == '\r'))
		len--;
	return len == 0;
}

static void take_line(struct points *p, const char *line, size_t len)
{
	struct err err = ERR_INIT;

	p->lines++;
	if (p->is_overlong || len > POINTS_LINE_MAX)
		note_broken(p, "longer than 64 KiB");
	else if (!is_blank(line, len) && take_text(p, line, len, &err) < 0)
		note_broken(p, err.text);
	p->is_overlong = false;
}

static void keep(struct points *p, const char *data, size_t len)
{
	if (p->is_overlong)
		return;
	if (p->rest.len + len > POINTS_LINE_MAX) {
		p->is_overlong = true;
		buf_clear(&p->rest);
	} else {
		buf_append(&p->rest, data, len);
	}
}

void points_feed(struct points *p, const char *data, size_t len)
{
	const char *end;

	while ((end = memchr(data, '\n', len))) {
		size_t line = (size_t)(end - data);

		if (p->rest.len > 0 || p->is_overlong) {
			keep(p, data, line);
			take_line(p, buf_str(&p->rest), p->rest.len);
			buf_clear(&p->rest);
		} else {
			take_line(p, data, line);
		}
		data += line + 1;
		len -= line + 1;
	}
	keep(p, data, len);
}

void points_end(struct points *p)
{
	if (p->rest.len > 0 || p->is_overlong)
		take_line(p, buf_str(&p->rest), p->rest.len);
	buf_clear(&p->rest);
}
