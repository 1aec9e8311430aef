/* SPDX-License-Identifier: Apache-2.0 */
/* template.c - text with ${{ name }}: take apart, put together */
#include "scheduler/pipeline/template.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "scheduler/pipeline/shell_priv.h"

static size_t count_parts(const char *text)
{
	size_t count = 1;

	for (const char *s = text; (s = strstr(s, "${{")); s += 3)
		count += 2;
	return count;
}

/* The name between "${{" and "}}": words of [A-Za-z0-9_-] joined by dots. */
static int parse_name(struct arena *arena, const char *inside, size_t len, const char **ret,
		      struct err *err)
{
	const char *end = inside + len;

	while (inside < end && isspace((unsigned char)*inside))
		inside++;
	while (end > inside && isspace((unsigned char)end[-1]))
		end--;
	if (inside == end)
		return err_set(err, ERR_INVALID, "a name is missing between ${{ and }}");
	*ret = arena_strndup(arena, inside, (size_t)(end - inside));
	for (const char *s = *ret; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_.-", *s))
			return err_set(err, ERR_INVALID,
				       "'%.64s' is not a name; only names stand in ${{ }}", *ret);
	return 0;
}

static void add_literal(struct arena *arena, struct template_part *parts, size_t *count,
			const char *s, size_t len)
{
	if (len)
		parts[(*count)++].text = arena_strndup(arena, s, len);
}

/* Reads the template that opens at open; *ret_after is behind it. */
static int parse_part(struct arena *arena, const char *text, const char *open,
		      struct shell *shell, struct template_part *part, const char **ret_after,
		      struct err *err)
{
	const char *close = strstr(open, "}}");
	int rc;

	if (!close)
		return err_set(err, ERR_INVALID, "'${{' is not closed by '}}'");
	rc = parse_name(arena, open + 3, (size_t)(close - open - 3), &part->text, err);
	if (rc == 0 && shell)
		rc = shell_quote_here(shell, &part->quote, err);
	part->is_name = true;
	part->offset = (size_t)(open - text);
	*ret_after = close + 2;
	return rc;
}

int template_parse(struct arena *arena, const char *text, enum template_mode mode,
		   struct template *ret, size_t *ret_offset, struct err *err)
{
	struct template_part *parts = arena_array(arena, count_parts(text), sizeof(*parts));
	struct shell shell = SHELL_INIT;
	const char *s = arena_strdup(arena, text), *open, *after = s;
	struct template t = { .text = s, .mode = mode, .parts = parts };

	for (; (open = strstr(s, "${{")); s = after) {
		add_literal(arena, parts, &t.part_count, s, (size_t)(open - s));
		shell_read(&shell, s, (size_t)(open - s));
		if (parse_part(arena, t.text, open, mode == TEMPLATE_SHELL ? &shell : NULL,
			       &parts[t.part_count], &after, err) < 0) {
			if (ret_offset)
				*ret_offset = (size_t)(open - t.text);
			return ERR_INVALID;
		}
		shell_read_word(&shell);
		t.part_count++;
	}
	add_literal(arena, parts, &t.part_count, s, strlen(s));
	*ret = t;
	return 0;
}

/* One word: the quotes around the place are closed before it and opened again. */
static void quote(enum template_quote around, const char *value, struct buf *out)
{
	static const char *const mark[QUOTE_COUNT] = {
		[QUOTE_NONE] = "", [QUOTE_SINGLE] = "'", [QUOTE_DOUBLE] = "\"",
	};

	buf_str_append(out, mark[around]);
	str_shell_quote(out, value);
	buf_str_append(out, mark[around]);
}

static int render_name(const struct template *t, const struct template_part *part,
		       template_resolve *resolve, void *arg, struct buf *out, struct err *err)
{
	struct buf value = BUF_INIT;
	int rc = resolve(arg, part->text, &value, err);

	if (rc == 0 && strlen(buf_str(&value)) != value.len)
		rc = err_set(err, ERR_INVALID, "the value of ${{ %s }} holds a NUL byte",
			     part->text);
	if (rc == 0 && t->mode == TEMPLATE_SHELL)
		quote(part->quote, buf_str(&value), out);
	else if (rc == 0)
		buf_str_append(out, buf_str(&value));
	buf_finish(&value);
	return rc;
}

int template_render(const struct template *t, template_resolve *resolve, void *arg,
		    struct buf *out, struct err *err)
{
	struct buf text = BUF_INIT;
	int rc = 0;

	for (size_t i = 0; i < t->part_count && rc == 0; i++) {
		if (t->parts[i].is_name)
			rc = render_name(t, &t->parts[i], resolve, arg, &text, err);
		else
			buf_str_append(&text, t->parts[i].text);
	}
	if (rc == 0)
		buf_append(out, buf_str(&text), text.len);
	buf_finish(&text);
	return rc;
}
