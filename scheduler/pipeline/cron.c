/* SPDX-License-Identifier: Apache-2.0 */
/* cron.c - judge a schedule: five fields of lists of ranges with steps */
#include "scheduler/pipeline/cron_priv.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

enum { NAMES_MAX = 12 };

static const struct field {
	const char *name;
	long min, max;
	const char *names[NAMES_MAX]; /* of min, min + 1 … */
} fields[] = {
	{ "minute", 0, 59, { 0 } },
	{ "hour", 0, 23, { 0 } },
	{ "day of the month", 1, 31, { 0 } },
	{ "month", 1, 12,
	  { "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" } },
	{ "day of the week", 0, 7, { "sun", "mon", "tue", "wed", "thu", "fri", "sat" } },
};

/* A number or name at *s, which is moved behind it; -1 if there is none. */
static long read_number(const struct field *f, const char **s)
{
	char *end;
	long value;

	for (int i = 0; i < NAMES_MAX && f->names[i]; i++)
		if (strncasecmp(*s, f->names[i], 3) == 0) {
			*s += 3;
			return f->min + i;
		}
	if (**s < '0' || **s > '9')
		return -1;
	value = strtol(*s, &end, 10);
	*s = end;
	return value < f->min || value > f->max ? -1 : value;
}

/* "*", "5", "1-5", each with "/2" behind it. */
static bool read_range(const struct field *f, const char **s)
{
	long from, to;

	if (**s == '*') {
		++*s;
	} else {
		from = to = read_number(f, s);
		if (from >= 0 && **s == '-') {
			++*s;
			to = read_number(f, s);
		}
		if (from < 0 || to < from)
			return false;
	}
	if (**s != '/')
		return true;
	++*s;
	to = strtol(*s, (char **)s, 10);
	return to >= 1 && to <= f->max && (*s)[-1] != '/';
}

static int judge_field(const struct field *f, const char *text, size_t len, struct err *err)
{
	const char *s = text;
	bool ok = read_range(f, &s);

	while (ok && *s == ',' && s < text + len) {
		s++;
		ok = read_range(f, &s);
	}
	if (ok && s == text + len)
		return 0;
	return err_set(err, ERR_INVALID, "'%.*s' is not a %s (%ld to %ld)",
		       (int)(len < 40 ? len : 40), text, f->name, f->min, f->max);
}

static int judge_nickname(const char *text, struct err *err)
{
	static const char *const names[] = { "@hourly", "@daily", "@midnight", "@weekly",
					     "@monthly", "@yearly", "@annually" };
	int64_t ms;

	for (size_t i = 0; i < countof(names); i++)
		if (strcmp(text, names[i]) == 0)
			return 0;
	if (str_starts(text, "@every ") && str_to_duration_ms(text + 7, &ms) == 0 && ms >= 1000)
		return 0;
	err_set(err, ERR_INVALID, "'%.64s' is not a schedule", text);
	return err_hint(err, "@hourly, @daily, @weekly, @monthly, @yearly or '@every 15m'");
}

int cron_judge(const char *text, struct err *err)
{
	const char *s = text + strspn(text, " \t");
	size_t count = 0, len;
	int rc;

	if (*s == '@')
		return judge_nickname(s, err);
	for (const char *f = s; *f; f += strspn(f, " \t"), count++)
		f += strcspn(f, " \t");
	if (count != countof(fields)) {
		err_set(err, ERR_INVALID, "a schedule has 5 fields, not %zu", count);
		return err_hint(err, "minute, hour, day of the month, month, day of the week");
	}
	for (size_t i = 0; i < countof(fields); i++) {
		len = strcspn(s, " \t");
		rc = judge_field(&fields[i], s, len, err);
		if (rc < 0)
			return rc;
		s += len + strspn(s + len, " \t");
	}
	return 0;
}
