/* SPDX-License-Identifier: Apache-2.0 */
/* glob.c - one pattern of a source list: reading it, holding it against a path
 *
 * Patterns come from anybody, so matching must not be exponential in their
 * stars. Within a name it is enough to go back to the last "*", and among the
 * parts of a path to the last "**": an earlier one that took more would leave
 * less to a later one that can take anything. That makes it quadratic at worst.
 */
#include "scheduler/source/glob.h"

#include <ctype.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "scheduler/source/source_list.h"

struct slice {
	const char *at;
	const char *end;
};

static struct slice first_part(struct slice s)
{
	const char *slash = memchr(s.at, '/', (size_t)(s.end - s.at));

	return (struct slice){ s.at, slash ? slash : s.end };
}

/* What is behind the first part and its slash. */
static struct slice other_parts(struct slice s)
{
	const char *end = first_part(s).end;

	return (struct slice){ end < s.end ? end + 1 : end, s.end };
}

static bool is_empty(struct slice s)
{
	return s.at >= s.end;
}

static bool is(struct slice s, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(s.end - s.at) == len && memcmp(s.at, word, len) == 0;
}

struct class {
	const char *name;
	int (*holds)(int c);
};

static const struct class classes[] = {
	{ "[:alnum:]", isalnum }, { "[:alpha:]", isalpha }, { "[:blank:]", isblank },
	{ "[:cntrl:]", iscntrl }, { "[:digit:]", isdigit }, { "[:graph:]", isgraph },
	{ "[:lower:]", islower }, { "[:print:]", isprint }, { "[:punct:]", ispunct },
	{ "[:space:]", isspace }, { "[:upper:]", isupper }, { "[:xdigit:]", isxdigit },
};

static const struct class *class_at(struct slice p)
{
	for (size_t i = 0; i < countof(classes); i++) {
		size_t len = strlen(classes[i].name);

		if ((size_t)(p.end - p.at) >= len && memcmp(p.at, classes[i].name, len) == 0)
			return &classes[i];
	}
	return NULL;
}

/* One end of a range: a character, perhaps behind a backslash. */
static unsigned char range_end(struct slice *p)
{
	if (*p->at == '\\' && p->at + 1 < p->end)
		p->at++;
	return (unsigned char)*p->at++;
}

/* One item of a set: a class, a character or a range. */
static bool item_holds(struct slice *p, unsigned char c)
{
	const struct class *class = class_at(*p);
	unsigned char low, high;

	if (class) {
		p->at += strlen(class->name);
		return class->holds(c) != 0;
	}
	low = high = range_end(p);
	if (p->end - p->at >= 2 && p->at[0] == '-' && p->at[1] != ']') {
		p->at++;
		high = range_end(p);
	}
	return low <= c && c <= high;
}

/* p is behind "["; on return behind "]". A set that is not closed holds nothing. */
static bool set_holds(struct slice *p, unsigned char c, bool *ret_closed)
{
	bool inverted = !is_empty(*p) && (*p->at == '!' || *p->at == '^');
	bool holds = false;

	if (inverted)
		p->at++;
	for (bool first = true; !is_empty(*p) && (first || *p->at != ']'); first = false)
		holds |= item_holds(p, c);
	*ret_closed = !is_empty(*p);
	if (*ret_closed)
		p->at++;
	return *ret_closed && holds != inverted;
}

/* Whether the first element of p, which is not "*", matches c; moves p behind it. */
static bool element_matches(struct slice *p, char c)
{
	bool closed;

	switch (*p->at++) {
	case '?':
		return true;
	case '[':
		return set_holds(p, (unsigned char)c, &closed);
	case '\\':
		return !is_empty(*p) && *p->at++ == c;
	default:
		return p->at[-1] == c;
	}
}

/* One part of a pattern against one part of a path. */
static bool part_matches(struct slice p, struct slice s)
{
	struct slice retry_p = { 0 };
	struct slice retry_s = s;

	while (!is_empty(s)) {
		if (!is_empty(p) && *p.at == '*') {
			p.at++;
			retry_p = p;
			retry_s = s;
			continue;
		}
		if (!is_empty(p) && element_matches(&p, *s.at)) {
			s.at++;
			continue;
		}
		if (!retry_p.at)
			return false;
		p = retry_p;
		s = retry_s;
		retry_s.at = ++s.at;
	}
	while (!is_empty(p) && *p.at == '*')
		p.at++;
	return is_empty(p);
}

/* A whole pattern against a whole path. */
static bool parts_match(struct slice p, struct slice s, bool anywhere)
{
	bool may_retry = anywhere;
	struct slice retry_p = p;
	struct slice retry_s = s;

	while (!is_empty(s)) {
		struct slice part = first_part(p);

		if (is(part, "**") && !anywhere) {
			p = other_parts(p);
			if (is_empty(p))
				return true;
			may_retry = true;
			retry_p = p;
			retry_s = s;
			continue;
		}
		if (!is_empty(p) && part_matches(part, first_part(s))) {
			p = other_parts(p);
			s = other_parts(s);
			continue;
		}
		if (!may_retry)
			return false;
		p = retry_p;
		s = retry_s = other_parts(retry_s);
	}
	return is_empty(p);
}

/* The usual pattern is a path: no need to look at it part by part. */
static bool literal_covers(const struct glob *g, const char *path)
{
	if (strncmp(path, g->text, g->len) != 0)
		return false;
	return path[g->len] == '/' || (path[g->len] == '\0' && !g->folders_only);
}

bool glob_covers(const struct glob *g, const char *path)
{
	struct slice pattern = { g->text, g->text + g->len };

	if (g->literal)
		return literal_covers(g, path);
	for (const char *end = strchr(path, '/'); end; end = strchr(end + 1, '/'))
		if (parts_match(pattern, (struct slice){ path, end }, g->anywhere))
			return true;
	return !g->folders_only &&
	       parts_match(pattern, (struct slice){ path, path + strlen(path) }, g->anywhere);
}

/* The elements of one part: every "[" closed, something behind every backslash. */
static int check_elements(struct slice part, const char *pattern, struct err *err)
{
	while (!is_empty(part)) {
		bool closed = true;
		char c = *part.at++;

		if (c == '[')
			set_holds(&part, 0, &closed);
		if (!closed)
			return err_set(err, ERR_INVALID, "pattern '%s' has a '[' without ']'",
				       pattern);
		if (c == '\\' && is_empty(part))
			return err_set(err, ERR_INVALID,
				       "pattern '%s' has a backslash with nothing behind it",
				       pattern);
		if (c == '\\')
			part.at++;
	}
	return 0;
}

static int check_parts(struct slice rest, const char *pattern, struct err *err)
{
	do {
		struct slice part = first_part(rest);
		int rc;

		if (is_empty(part) || is(part, ".") || is(part, ".."))
			return err_set(err, ERR_INVALID,
				       "pattern '%s' has a part that is empty, '.' or '..'",
				       pattern);
		rc = check_elements(part, pattern, err);
		if (rc < 0)
			return rc;
		rest = other_parts(rest);
	} while (!is_empty(rest));
	return 0;
}

static int check_bytes(const char *pattern, struct err *err)
{
	if (strlen(pattern) > SOURCE_PATTERN_MAX_BYTES)
		return err_set(err, ERR_INVALID, "a pattern is longer than %d bytes",
			       SOURCE_PATTERN_MAX_BYTES);
	for (const char *c = pattern; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return err_set(err, ERR_INVALID, "a pattern has a control byte in it");
	return 0;
}

int glob_parse(const char *pattern, struct glob *ret, struct err *err)
{
	struct glob g = { .text = pattern, .negated = *pattern == '!' };
	bool anchored;
	int rc = check_bytes(pattern, err);

	if (rc < 0)
		return rc;
	g.text += g.negated;
	while (g.text[0] == '.' && g.text[1] == '/')
		g.text += 2;
	anchored = *g.text == '/';
	g.text += anchored;
	g.len = strlen(g.text);
	g.folders_only = g.len > 0 && g.text[g.len - 1] == '/';
	g.len -= g.folders_only;
	g.literal = strcspn(g.text, "*?[\\") >= g.len;
	g.anywhere = !anchored && !memchr(g.text, '/', g.len) && !g.literal;
	if (g.len == 0)
		return err_set(err, ERR_INVALID, "pattern '%s' names nothing", pattern);
	rc = check_parts((struct slice){ g.text, g.text + g.len }, pattern, err);
	if (rc < 0)
		return rc;
	*ret = g;
	return 0;
}
