/* SPDX-License-Identifier: Apache-2.0 */
/* value.h - one scalar: of a parameter, a matrix axis, a metric, a name in a condition
 *
 * A value's text is canonical: equal values of one type have equal texts, so the
 * text may stand in cache keys, instance names and environment variables. A
 * double's text always shows that it is one ("1.0", "1e-07"), true and false
 * are written so, null is "null".
 */
#ifndef INGOT_SCHEDULER_EXPR_VALUE_H
#define INGOT_SCHEDULER_EXPR_VALUE_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct err;

enum value_type { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_DOUBLE, VALUE_TEXT, VALUE_COUNT };

struct value {
	enum value_type type;
	union {
		bool boolean;
		int64_t integer;
		double real;
	};
	const char *text; /* canonical, never NULL; the string itself for VALUE_TEXT */
};

/* "null" "boolean" "integer" "number" "string" */
const char *value_type_name(enum value_type type);

/* The canonical text is allocated in the arena; value_text copies the string. */
struct value value_null(void);
struct value value_bool(bool boolean);
struct value value_int(struct arena *arena, int64_t integer);
struct value value_double(struct arena *arena, double real); /* finite */
struct value value_text(struct arena *arena, const char *text);

/* Reads an unquoted scalar by the core schema of YAML 1.2: null, true, false,
 * decimal, 0o and 0x integers, finite decimals; everything else is a string
 * (`yes`, `on` and `1_000` too). ERR_INVALID for .inf, .nan and integers beyond
 * 64 bits: the text says what to do. */
int value_resolve(struct arena *arena, const char *text, struct value *ret, struct err *err);

/* Reads text as a value of exactly this type, as `-p epochs=50` needs it; an
 * integer is taken where a double is asked for. ERR_INVALID otherwise. */
int value_parse(struct arena *arena, enum value_type type, const char *text, struct value *ret,
		struct err *err);

bool value_eq(const struct value *a, const struct value *b); /* same type, same value */

#endif
