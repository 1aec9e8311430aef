/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.c - cut a condition into tokens
 *
 * It knows no token for `;`, comments, parameters or bitwise operators, so that
 * none of them reaches SQLite, and it tells what to write instead of && || !.
 */
#include "scheduler/expr/lexer_priv.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "scheduler/expr/expr.h"

/* What is written, and what it is taken for; the longer ones first. */
static const struct {
	const char *written, *sign;
} signs[] = {
	{ "${{", "(" }, { "}}", ")" },	{ "==", "=" }, { "!=", "!=" }, { "<>", "!=" },
	{ "<=", "<=" }, { ">=", ">=" }, { "=", "=" },  { "<", "<" },   { ">", ">" },
	{ "+", "+" },	{ "-", "-" },	{ "*", "*" },  { "/", "/" },   { "%", "%" },
	{ "(", "(" },	{ ")", ")" },	{ ",", "," },
};

/* What people write who come from elsewhere. */
static const struct {
	const char *written, *hint;
} strangers[] = {
	{ "&&", "write 'and'" },
	{ "||", "write 'or'" },
	{ "&", "write 'and'" },
	{ "|", "write 'or'" },
	{ "!", "write 'not'" },
	{ "--", "there are no comments in a condition" },
	{ "/*", "there are no comments in a condition" },
	{ ";", "a condition is one expression; join two with 'and'" },
	{ "?", "write the name of the value" },
	{ ":", "write the name of the value" },
	{ "@", "write the name of the value" },
	{ "$", "write the name alone, or ${{ name }}" },
	{ "[", "write (…) for a list, `…` for a name with odd characters" },
	{ "\\", "double a quote within a string: 'it''s'" },
};

static const char *const keywords[] = {
	"and", "or", "not", "in", "between", "like", "glob", "is", "null", "true", "false",
};

int expr_fail(struct expr_error *e, size_t offset, size_t length, const char *hint,
	      const char *fmt, ...)
{
	va_list ap;

	e->offset = offset;
	e->length = length ? length : 1;
	va_start(ap, fmt);
	vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
	snprintf(e->hint, sizeof(e->hint), "%s", hint ? hint : "");
	return ERR_INVALID;
}

static bool is_name_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A dot or a hyphen belongs to a name if name characters stand on both sides:
 * step-1.state is a name, a - b a difference. */
static size_t name_length(const char *s)
{
	size_t n = 1;

	while (is_name_char(s[n]) || ((s[n] == '.' || s[n] == '-') && is_name_char(s[n + 1])))
		n++;
	return n;
}

static const char *keyword(const char *s, size_t len)
{
	for (size_t i = 0; i < countof(keywords); i++)
		if (strlen(keywords[i]) == len && strncasecmp(keywords[i], s, len) == 0)
			return keywords[i];
	return NULL;
}

static void lex_word(struct arena *arena, const char *s, struct token *t)
{
	t->length = name_length(s);
	t->text = keyword(s, t->length);
	t->kind = t->text ? TOKEN_KEYWORD : TOKEN_NAME;
	if (!t->text)
		t->text = arena_strndup(arena, s, t->length);
}

static int lex_number(struct arena *arena, const char *s, struct token *t, struct expr_error *e)
{
	size_t n = strspn(s, "0123456789");

	if (s[n] == '.')
		n += 1 + strspn(s + n + 1, "0123456789");
	if ((s[n] == 'e' || s[n] == 'E') &&
	    isdigit((unsigned char)s[n + 1 + (s[n + 1] == '-' || s[n + 1] == '+')]))
		n += 2 + strspn(s + n + 2, "0123456789");
	if (is_name_char(s[n]) || s[n] == '.')
		return expr_fail(e, t->offset, n + 1, NULL, "'%.*s' is not a number", (int)n + 1,
				 s);
	t->kind = TOKEN_NUMBER;
	t->length = n;
	t->text = arena_strndup(arena, s, n);
	return 0;
}

/* The length with both quotes, a doubled one standing for one; 0 if it never ends. */
static size_t quoted_length(const char *s)
{
	for (size_t n = 1; s[n]; n++) {
		if (s[n] != *s)
			continue;
		if (s[n + 1] != *s)
			return n + 1;
		n++;
	}
	return 0;
}

static int lex_quoted(struct arena *arena, const char *s, struct token *t, struct expr_error *e)
{
	size_t length = quoted_length(s);
	char *value, *out;

	if (!length)
		return expr_fail(e, t->offset, 1, NULL, "the quote %c is not closed", *s);
	if (*s == '`' && length == 2)
		return expr_fail(e, t->offset, 2, NULL, "an empty name");
	value = out = arena_alloc(arena, length);
	for (size_t n = 1; n < length - 1; n++) {
		*out++ = s[n];
		n += s[n] == *s;
	}
	t->kind = *s == '`' ? TOKEN_NAME : TOKEN_STRING;
	t->length = length;
	t->text = value;
	return 0;
}

static int lex_sign(const char *s, struct token *t, struct expr_error *e)
{
	size_t n = 1;

	for (size_t i = 0; i < countof(signs); i++) {
		if (strncmp(s, "--", 2) == 0 || strncmp(s, "/*", 2) == 0)
			break;
		if (strncmp(s, signs[i].written, strlen(signs[i].written)) != 0)
			continue;
		t->kind = TOKEN_SIGN;
		t->text = signs[i].sign;
		t->length = strlen(signs[i].written);
		return 0;
	}
	for (size_t i = 0; i < countof(strangers); i++)
		if (strncmp(s, strangers[i].written, strlen(strangers[i].written)) == 0)
			return expr_fail(e, t->offset, strlen(strangers[i].written),
					 strangers[i].hint, "'%s' has no meaning here",
					 strangers[i].written);
	while ((s[n] & 0xc0) == 0x80) /* a whole UTF-8 character */
		n++;
	if ((unsigned char)*s < 0x20 || *s == 0x7f)
		return expr_fail(e, t->offset, 1, NULL, "a control character");
	return expr_fail(e, t->offset, n, NULL, "'%.*s' has no meaning here", (int)n, s);
}

int lexer_next(struct arena *arena, const char *text, size_t *offset, struct token *ret,
	       struct expr_error *ret_error)
{
	struct token t = { .kind = TOKEN_END, .text = "the end" };
	const char *s;
	int rc = 0;

	t.offset = *offset + strspn(text + *offset, " \t\r\n");
	s = text + t.offset;
	if (is_name_start(*s))
		lex_word(arena, s, &t);
	else if (isdigit((unsigned char)*s) || (*s == '.' && isdigit((unsigned char)s[1])))
		rc = lex_number(arena, s, &t, ret_error);
	else if (*s == '\'' || *s == '"' || *s == '`')
		rc = lex_quoted(arena, s, &t, ret_error);
	else if (*s)
		rc = lex_sign(s, &t, ret_error);
	if (rc < 0)
		return rc;
	*offset = t.offset + t.length;
	*ret = t;
	return 0;
}
