/* SPDX-License-Identifier: Apache-2.0 */
/* shell.c - follow a shell script through its quotes
 *
 * It need not understand scripts, only know when it does not: whatever shells
 * read in different ways, or this file does not follow, makes it unsure, and
 * then no value is put into the rest of the script. To refuse a good script is
 * a message; to take a wrong place for a quoted one is a command by a stranger.
 */
#include "scheduler/pipeline/shell_priv.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"

static const char *const refusals[CONTEXT_COUNT] = {
	[CONTEXT_BRACE] = "within ${…} of the shell",
	[CONTEXT_BACKQUOTE] = "within backquotes; write $(…)",
	[CONTEXT_ARITHMETIC] = "within arithmetic",
	[CONTEXT_COMMENT] = "in a comment of the script",
	[CONTEXT_HERE] = "in a here-document",
};

/* A text that is being read. */
struct cursor {
	const char *s, *end;
};

static enum shell_context context(const struct shell *s)
{
	return s->stack[s->depth];
}

/* Between "<<" and its lines parentheses open or close: shells differ. */
static void doubt_pending_here(struct shell *s)
{
	if (s->delimiter[0])
		s->unsure = "behind a here-document of this form";
}

static void push(struct shell *s, enum shell_context context)
{
	if (s->depth + 1 == SHELL_NESTING_MAX)
		s->unsure = "behind quotes and parentheses nested this deep";
	else
		s->stack[++s->depth] = context;
	s->word = 0;
}

static void pop(struct shell *s)
{
	if (s->depth)
		s->depth--;
}

static bool next_is(const struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(c->end - c->s) >= len && memcmp(c->s, text, len) == 0;
}

/* Behind "$", in a plain or double-quoted place. */
static void read_dollar(struct shell *s, struct cursor *c)
{
	if (next_is(c, "((")) {
		push(s, CONTEXT_ARITHMETIC);
		s->parens = 2;
		c->s += 2;
	} else if (next_is(c, "(")) {
		doubt_pending_here(s);
		push(s, CONTEXT_PLAIN);
		c->s++;
	} else if (next_is(c, "{")) {
		push(s, CONTEXT_BRACE);
		c->s++;
	} else if (context(s) == CONTEXT_PLAIN && next_is(c, "'")) {
		s->unsure = "behind $'…', which shells read in different ways";
	}
}

/* Behind "<<": remembers the word that will end the here-document. */
static void read_here(struct shell *s, struct cursor *c)
{
	size_t len = 0;
	char quote = 0;

	if (next_is(c, "<")) { /* <<< is a word like any other */
		c->s++;
		return;
	}
	s->strips_tabs = next_is(c, "-");
	c->s += s->strips_tabs;
	while (c->s < c->end && (*c->s == ' ' || *c->s == '\t'))
		c->s++;
	if (c->s < c->end && (*c->s == '\'' || *c->s == '"'))
		quote = *c->s++;
	while (c->s + len < c->end && (isalnum((unsigned char)c->s[len]) || c->s[len] == '_'))
		len++;
	if (len == 0 || len >= sizeof(s->delimiter) || s->delimiter[0] ||
	    (quote && (c->s + len == c->end || c->s[len] != quote)) ||
	    (c->s + len < c->end && !quote && !strchr(" \t\n;&|)<>", c->s[len]))) {
		s->unsure = "behind a here-document of this form";
		return;
	}
	s->expands = !quote;
	memcpy(s->delimiter, c->s, len);
	s->delimiter[len] = '\0';
	c->s += len + (quote != 0);
}

/* Shells look for the end of $(…), or join a line that ends with a backslash,
 * before they look for the delimiter. */
static bool may_hide_the_end(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (line[i] == '`' || line[i] == '\\' ||
		    (line[i] == '$' && i + 1 < len && strchr("({", line[i + 1])))
			return true;
	return false;
}

/* At the start of a line of a here-document: reads the whole line. */
static void read_here_line(struct shell *s, struct cursor *c)
{
	const char *stop = memchr(c->s, '\n', (size_t)(c->end - c->s));
	const char *line = c->s;
	size_t len;

	stop = stop ? stop : c->end;
	while (s->strips_tabs && line < stop && *line == '\t')
		line++;
	len = (size_t)(stop - line);
	if (len == strlen(s->delimiter) && memcmp(line, s->delimiter, len) == 0) {
		s->delimiter[0] = '\0';
		pop(s);
	} else if (s->expands && may_hide_the_end(line, len)) {
		s->unsure = "behind a here-document with commands or backslashes in it";
	}
	c->s = stop < c->end ? stop + 1 : stop;
}

static bool begins_comment(const struct shell *s)
{
	return strchr(" \t\n;&|()", s->previous) != NULL;
}

static void end_word(struct shell *s, const char *end)
{
	/* A pattern's ')' would be taken for the end of $(…). */
	if (s->depth && s->word == 4 && memcmp(end - 4, "case", 4) == 0)
		s->unsure = "behind 'case' within parentheses";
	s->word = 0;
}

static void read_plain(struct shell *s, struct cursor *c, char byte)
{
	if (isalnum((unsigned char)byte) || byte == '_') {
		s->word++;
		return;
	}
	end_word(s, c->s - 1);
	switch (byte) {
	case '\'':
		push(s, CONTEXT_SINGLE);
		break;
	case '"':
		push(s, CONTEXT_DOUBLE);
		break;
	case '`':
		push(s, CONTEXT_BACKQUOTE);
		break;
	case '$':
		read_dollar(s, c);
		break;
	case '(':
		doubt_pending_here(s);
		push(s, next_is(c, "(") ? CONTEXT_ARITHMETIC : CONTEXT_PLAIN);
		s->parens = 1;
		break;
	case ')':
		doubt_pending_here(s);
		pop(s);
		break;
	case '<':
		if (next_is(c, "<")) {
			c->s++;
			read_here(s, c);
		}
		break;
	case '#':
		if (begins_comment(s))
			push(s, CONTEXT_COMMENT);
		break;
	case '\n':
		if (s->delimiter[0])
			push(s, CONTEXT_HERE);
		break;
	default:
		break;
	}
}

static void read_double(struct shell *s, struct cursor *c, char byte)
{
	if (byte == '"')
		pop(s);
	else if (byte == '$')
		read_dollar(s, c);
	else if (byte == '`')
		push(s, CONTEXT_BACKQUOTE);
}

static void read_brace(struct shell *s, char byte)
{
	if (byte == '}')
		pop(s);
	else if (strchr("'\"`$\\{", byte))
		s->unsure = "behind an expansion ${…} with quotes in it";
}

static void read_arithmetic(struct shell *s, char byte)
{
	if (byte == '(')
		s->parens++;
	else if (byte == ')' && --s->parens == 0)
		pop(s);
	else if (strchr("'\"`\\", byte))
		s->unsure = "behind arithmetic with quotes in it";
}

/* A comment's newline belongs to the script around it. */
static void read_comment(struct shell *s, struct cursor *c, char byte)
{
	if (byte != '\n')
		return;
	pop(s);
	read_plain(s, c, byte);
}

static void read_byte(struct shell *s, struct cursor *c)
{
	char byte = *c->s++;

	if (s->is_escaped) {
		s->is_escaped = false;
		s->word = 0;
		s->previous = 'x';
		return;
	}
	if (byte == '\n' && context(s) != CONTEXT_PLAIN && context(s) != CONTEXT_COMMENT)
		doubt_pending_here(s);
	switch (context(s)) {
	case CONTEXT_PLAIN:
		read_plain(s, c, byte);
		break;
	case CONTEXT_SINGLE:
		if (byte == '\'')
			pop(s);
		break;
	case CONTEXT_DOUBLE:
		read_double(s, c, byte);
		break;
	case CONTEXT_BRACE:
		read_brace(s, byte);
		break;
	case CONTEXT_BACKQUOTE:
		if (byte == '`')
			pop(s);
		break;
	case CONTEXT_ARITHMETIC:
		read_arithmetic(s, byte);
		break;
	case CONTEXT_COMMENT:
		read_comment(s, c, byte);
		break;
	case CONTEXT_HERE:
	case CONTEXT_COUNT:
		break;
	}
	s->is_escaped =
		byte == '\\' && context(s) != CONTEXT_SINGLE && context(s) != CONTEXT_COMMENT;
	s->previous = c->s[-1];
}

void shell_read(struct shell *s, const char *text, size_t len)
{
	struct cursor c = { .s = text, .end = text + len };

	while (c.s < c.end && !s->unsure) {
		if (context(s) == CONTEXT_HERE)
			read_here_line(s, &c);
		else
			read_byte(s, &c);
	}
}

void shell_read_word(struct shell *s)
{
	s->previous = 'x';
	s->word = 0;
}

static int refuse(const char *where, struct err *err)
{
	err_set(err, ERR_INVALID, "${{ }} cannot stand %s: no quoting would hold there", where);
	return err_hint(err, "put it into a variable first: x=${{ name }}");
}

int shell_quote_here(const struct shell *s, enum template_quote *ret, struct err *err)
{
	if (s->unsure)
		return refuse(s->unsure, err);
	if (refusals[context(s)])
		return refuse(refusals[context(s)], err);
	if (s->is_escaped)
		return refuse("behind a backslash", err);
	if (s->previous == '$')
		return refuse("behind '$'", err);
	*ret = context(s) == CONTEXT_SINGLE ? QUOTE_SINGLE :
	       context(s) == CONTEXT_DOUBLE ? QUOTE_DOUBLE :
					      QUOTE_NONE;
	return 0;
}

bool shell_is_posix(const char *program)
{
	static const char *const shells[] = { "sh",  "bash", "dash", "ash",
					      "ksh", "mksh", "zsh",  "busybox" };

	for (size_t i = 0; i < countof(shells); i++)
		if (strcmp(path_base(program), shells[i]) == 0)
			return true;
	return false;
}
