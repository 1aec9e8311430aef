/* SPDX-License-Identifier: Apache-2.0 */
/* str.c - strings: tests, UTF-8, distances, and what is read from them
 *
 * Numbers are read strictly: what strtol() would skip, ignore or wrap is
 * refused. Writing numbers and words is str_format.c's.
 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

bool str_eq(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(s);
	size_t suffix_len = strlen(suffix);

	return len >= suffix_len && strcmp(s + len - suffix_len, suffix) == 0;
}

/* By first byte: 0 for one that cannot start a character. */
static size_t utf8_len(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

size_t str_utf8_next(const char *s, size_t len, uint32_t *ret)
{
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t size = len ? utf8_len((unsigned char)s[0]) : 0;
	uint32_t c;

	if (size == 0 || size > len)
		return 0;
	c = (unsigned char)s[0];
	if (size > 1)
		c &= 0x7fu >> size;
	for (size_t i = 1; i < size; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (c < smallest[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (ret)
		*ret = c;
	return size;
}

bool str_is_utf8(const char *s, size_t len)
{
	while (len > 0) {
		size_t size = str_utf8_next(s, len, NULL);

		if (size == 0)
			return false;
		s += size;
		len -= size;
	}
	return true;
}

size_t str_distance(const char *a, const char *b)
{
	size_t width = strlen(b) + 1;
	size_t *before = mem_array(width, sizeof(*before)); /* the row before the row above */
	size_t *above = mem_array(width, sizeof(*above));
	size_t *row = mem_array(width, sizeof(*row));
	size_t distance;

	for (size_t j = 0; j < width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *oldest = before;

		before = above;
		above = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j < width; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	distance = row[width - 1];
	free(before);
	free(above);
	free(row);
	return distance;
}

const char *str_suggest(const char *word, const char *const *names, size_t count)
{
	const char *nearest = NULL;
	size_t word_len = strlen(word);
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(names[i]);
		size_t limit = len < 3 ? 1 : len / 3;
		size_t distance;

		/* No use to compare what differs too much in length alone. */
		if (word_len > len + limit || len > word_len + limit)
			continue;
		distance = str_distance(word, names[i]);
		if (distance <= limit && distance < best) {
			best = distance;
			nearest = names[i];
		}
	}
	return nearest;
}

int str_to_i64(const char *s, int64_t *ret)
{
	long long value;
	char *end;

	if (!isdigit((unsigned char)s[s[0] == '-']))
		return ERR_INVALID;
	errno = 0;
	value = strtoll(s, &end, 10);
	if (errno || *end)
		return ERR_INVALID;
	*ret = value;
	return 0;
}

int str_to_u64(const char *s, uint64_t *ret)
{
	unsigned long long value;
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return ERR_INVALID;
	errno = 0;
	value = strtoull(s, &end, 10);
	if (errno || *end)
		return ERR_INVALID;
	*ret = value;
	return 0;
}

int str_to_double(const char *s, double *ret)
{
	double value;
	char *end;

	/* strtod() would also take blanks, "+1", "0x10", "inf" and "nan". */
	if (s[0] == '+' || s[strspn(s, "0123456789+-.eE")])
		return ERR_INVALID;
	value = strtod(s, &end);
	if (end == s || *end || !isfinite(value))
		return ERR_INVALID;
	*ret = value;
	return 0;
}

/* Reads digits at *s and steps over them; ERR_INVALID if there are none or too many. */
static int take_digits(const char **s, uint64_t *ret)
{
	uint64_t value = 0;
	const char *c = *s;

	for (; isdigit((unsigned char)*c); c++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value))
			return ERR_INVALID;
	if (c == *s)
		return ERR_INVALID;
	*s = c;
	*ret = value;
	return 0;
}

struct unit {
	const char *name;
	uint64_t factor;
};

/* From big to small, as they are written behind one another. */
static const struct unit durations[] = {
	{ "d", 24 * 60 * 60 * 1000 },
	{ "h", 60 * 60 * 1000 },
	{ "m", 60 * 1000 },
	{ "s", 1000 },
	{ "ms", 1 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "TB", 1000000000000 },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ "TiB", 1ull << 40 },
};

static const struct unit *find_unit(const struct unit *units, size_t count, const char *name,
				    size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(units[i].name) == len && memcmp(units[i].name, name, len) == 0)
			return &units[i];
	return NULL;
}

int str_to_duration_ms(const char *s, int64_t *ret_ms)
{
	const struct unit *last = NULL;
	int64_t total = 0;

	do {
		const struct unit *unit;
		uint64_t count;
		int64_t ms;
		size_t len;

		if (take_digits(&s, &count) < 0)
			return ERR_INVALID;
		for (len = 0; isalpha((unsigned char)s[len]); len++)
			;
		unit = find_unit(durations, countof(durations), s, len);
		/* Each unit once, and none behind a smaller one: "1m30s". */
		if (!unit || (last && unit <= last) ||
		    __builtin_mul_overflow(count, unit->factor, &ms) ||
		    __builtin_add_overflow(total, ms, &total))
			return ERR_INVALID;
		last = unit;
		s += len;
	} while (*s);
	*ret_ms = total;
	return 0;
}

int str_to_size(const char *s, uint64_t *ret_bytes)
{
	enum { FRACTION_DIGITS = 6 };
	const struct unit *unit;
	uint64_t bytes;
	uint64_t whole;
	uint64_t fraction = 0;
	uint64_t scale = 1;

	if (take_digits(&s, &whole) < 0)
		return ERR_INVALID;
	if (*s == '.') {
		const char *digits = ++s;

		if (take_digits(&s, &fraction) < 0 || s - digits > FRACTION_DIGITS)
			return ERR_INVALID;
		for (; digits < s; digits++)
			scale *= 10;
	}
	unit = find_unit(sizes, countof(sizes), s, strlen(s));
	if (!unit || (scale > 1 && unit->factor == 1) ||
	    __builtin_mul_overflow(whole, unit->factor, &bytes) ||
	    __builtin_add_overflow(bytes, fraction * unit->factor / scale, &bytes))
		return ERR_INVALID;
	*ret_bytes = bytes;
	return 0;
}
