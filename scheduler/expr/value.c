/* SPDX-License-Identifier: Apache-2.0 */
/* value.c - scalars: reading them as YAML 1.2's core schema does, their canonical texts */
#include "scheduler/expr/value.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

static const char *const type_names[VALUE_COUNT] = {
	[VALUE_NULL] = "null",     [VALUE_BOOL] = "boolean", [VALUE_INT] = "integer",
	[VALUE_DOUBLE] = "number", [VALUE_TEXT] = "string",
};

const char *value_type_name(enum value_type type)
{
	return type_names[type];
}

struct value value_null(void)
{
	return (struct value){ .type = VALUE_NULL, .text = "null" };
}

struct value value_bool(bool boolean)
{
	return (struct value){ .type = VALUE_BOOL,
			       .boolean = boolean,
			       .text = boolean ? "true" : "false" };
}

struct value value_int(struct arena *arena, int64_t integer)
{
	return (struct value){ .type = VALUE_INT,
			       .integer = integer,
			       .text = arena_printf(arena, "%lld", (long long)integer) };
}

struct value value_double(struct arena *arena, double real)
{
	struct value v = { .type = VALUE_DOUBLE, .real = real == 0 ? 0 : real };
	struct buf text = BUF_INIT;

	str_format_double(&text, v.real);
	if (!strpbrk(buf_str(&text), ".e"))
		buf_str_append(&text, ".0");
	v.text = arena_strdup(arena, buf_str(&text));
	buf_finish(&text);
	return v;
}

struct value value_text(struct arena *arena, const char *text)
{
	return (struct value){ .type = VALUE_TEXT, .text = arena_strdup(arena, text) };
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static bool is_null(const char *text)
{
	static const char *const words[] = { "", "~", "null", "Null", "NULL" };

	return is_one_of(text, words, countof(words));
}

static bool read_bool(const char *text, bool *ret)
{
	static const char *const yes[] = { "true", "True", "TRUE" };
	static const char *const no[] = { "false", "False", "FALSE" };

	*ret = is_one_of(text, yes, countof(yes));
	return *ret || is_one_of(text, no, countof(no));
}

/* 0 for what is no integer at all, else its base. */
static int integer_base(const char *text)
{
	const char *digits = text + (*text == '-' || *text == '+');

	if (text[0] == '0' && text[1] == 'x' && text[2])
		return text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] ? 0 : 16;
	if (text[0] == '0' && text[1] == 'o' && text[2])
		return text[2 + strspn(text + 2, "01234567")] ? 0 : 8;
	return *digits && !digits[strspn(digits, "0123456789")] ? 10 : 0;
}

static int read_integer(struct arena *arena, const char *text, int base, struct value *ret,
			struct err *err)
{
	long long integer;

	errno = 0;
	integer = strtoll(base == 10 ? text : text + 2, NULL, base);
	if (errno == ERANGE)
		return err_set(err, ERR_INVALID,
			       "the integer %s does not fit into 64 bits; in quotes it is a string",
			       text);
	*ret = value_int(arena, integer);
	return 0;
}

/* [-+]? (\.[0-9]+ | [0-9]+(\.[0-9]*)?) ([eE][-+]?[0-9]+)? */
static bool is_decimal(const char *s)
{
	size_t whole, fraction = 0;

	s += *s == '-' || *s == '+';
	s += whole = strspn(s, "0123456789");
	if (*s == '.')
		s += 1 + (fraction = strspn(s + 1, "0123456789"));
	if (whole + fraction == 0)
		return false;
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '-' || s[1] == '+');
		if (!isdigit((unsigned char)*s))
			return false;
		s += strspn(s, "0123456789");
	}
	return *s == '\0';
}

static bool is_not_finite(const char *text)
{
	static const char *const words[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" };

	return is_one_of(text + (*text == '-' || *text == '+'), words, countof(words));
}

static int read_decimal(struct arena *arena, const char *text, struct value *ret, struct err *err)
{
	double real = is_not_finite(text) ? INFINITY : strtod(text, NULL);

	if (!isfinite(real))
		return err_set(err, ERR_INVALID, "%s is not a finite number", text);
	*ret = value_double(arena, real);
	return 0;
}

int value_resolve(struct arena *arena, const char *text, struct value *ret, struct err *err)
{
	bool boolean;
	int base = integer_base(text);

	if (base)
		return read_integer(arena, text, base, ret, err);
	if (is_decimal(text) || is_not_finite(text))
		return read_decimal(arena, text, ret, err);
	if (is_null(text))
		*ret = value_null();
	else if (read_bool(text, &boolean))
		*ret = value_bool(boolean);
	else
		*ret = value_text(arena, text);
	return 0;
}

int value_parse(struct arena *arena, enum value_type type, const char *text, struct value *ret,
		struct err *err)
{
	struct value v;
	int rc;

	if (type == VALUE_TEXT) {
		*ret = value_text(arena, text);
		return 0;
	}
	rc = value_resolve(arena, text, &v, err);
	if (rc < 0)
		return rc;
	if (type == VALUE_DOUBLE && v.type == VALUE_INT)
		v = value_double(arena, (double)v.integer);
	if (v.type != type)
		return err_set(err, ERR_INVALID, "'%s' is not %s %s", text,
			       type == VALUE_INT ? "an" : "a", value_type_name(type));
	*ret = v;
	return 0;
}

bool value_eq(const struct value *a, const struct value *b)
{
	return a->type == b->type && strcmp(a->text, b->text) == 0;
}
