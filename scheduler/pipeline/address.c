/* SPDX-License-Identifier: Apache-2.0 */
/* address.c - read the address of an artifact */
#include "scheduler/pipeline/address.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

static const struct scheme {
	const char *prefix;
	enum address_kind kind;
} schemes[] = {
	{ "model:", ADDRESS_MODEL },   { "artifact:", ADDRESS_ARTIFACT },
	{ "sha256:", ADDRESS_DIGEST }, { "https://", ADDRESS_HTTP },
	{ "http://", ADDRESS_HTTP },   { "s3://", ADDRESS_S3 },
};

static const struct scheme *scheme_of(const char *text)
{
	for (size_t i = 0; i < countof(schemes); i++)
		if (str_starts(text, schemes[i].prefix))
			return &schemes[i];
	return NULL;
}

bool address_is_one(const char *text)
{
	return scheme_of(text) || strstr(text, "://");
}

/* NAME@3 or NAME@ALIAS */
static int parse_version(struct arena *arena, const char *rest, struct address *a, struct err *err)
{
	const char *at = strchr(rest, '@');
	uint64_t version;

	if (!at)
		return err_set(err, ERR_INVALID, "'%s' does not say which version: %s@latest, %s@3",
			       a->text, a->text, a->text);
	a->name = arena_strndup(arena, rest, (size_t)(at - rest));
	if (!path_is_name(a->name))
		return err_set(err, ERR_INVALID, "'%s' is no name of %s", a->name,
			       a->kind == ADDRESS_MODEL ? "a model" : "an artifact");
	if (str_to_u64(at + 1, &version) == 0) {
		if (version < 1 || version > INT32_MAX)
			return err_set(err, ERR_INVALID, "'%s': versions count from 1", a->text);
		a->version = (int64_t)version;
		return 0;
	}
	a->alias = arena_strdup(arena, at + 1);
	if (!path_is_name(a->alias))
		return err_set(err, ERR_INVALID, "'%s' is neither a version number nor an alias",
			       at + 1);
	return 0;
}

static int parse_digest(const char *hex, struct address *a, struct err *err)
{
	if (digest_parse(hex, &a->digest) < 0)
		return err_set(err, ERR_INVALID,
			       "'%s': behind 'sha256' stand 64 hexadecimal digits in lower case",
			       a->text);
	a->has_digest = true;
	return 0;
}

/* A host, and no space or control byte anywhere. */
static bool is_url(const char *rest)
{
	for (const char *s = rest; *s; s++)
		if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s))
			return false;
	return isalnum((unsigned char)*rest) || *rest == '[';
}

static int parse_url(struct arena *arena, const char *rest, struct address *a, struct err *err)
{
	static const char mark[] = "#sha256=";
	const char *fragment = strchr(a->text, '#');

	if (!is_url(rest))
		return err_set(err, ERR_INVALID, "'%s' is no address of a file", a->text);
	if (!fragment && a->kind == ADDRESS_HTTP)
		return err_set(err, ERR_INVALID,
			       "'%s' needs its digest, #sha256=…, so that a run can be repeated",
			       a->text);
	if (!strchr(rest, '/'))
		return err_set(err, ERR_INVALID, "'%s' names no file", a->text);
	a->url = fragment ? arena_strndup(arena, a->text, (size_t)(fragment - a->text)) : a->text;
	if (!fragment)
		return 0;
	if (!str_starts(fragment, mark))
		return err_set(err, ERR_INVALID, "'%s': only #sha256=… may stand behind it",
			       a->text);
	return parse_digest(fragment + strlen(mark), a, err);
}

int address_parse(struct arena *arena, const char *text, struct address *ret, struct err *err)
{
	const struct scheme *scheme = scheme_of(text);
	struct address a = { .text = arena_strdup(arena, text) };
	int rc = ERR_INVALID;

	if (!scheme)
		return err_set(err, ERR_INVALID,
			       "'%s' is no address: model:NAME@3, artifact:NAME@latest, sha256:…, "
			       "https://…#sha256=… or s3://…",
			       text);
	a.kind = scheme->kind;
	switch (a.kind) {
	case ADDRESS_MODEL:
	case ADDRESS_ARTIFACT:
		rc = parse_version(arena, text + strlen(scheme->prefix), &a, err);
		break;
	case ADDRESS_DIGEST:
		rc = parse_digest(text + strlen(scheme->prefix), &a, err);
		break;
	case ADDRESS_HTTP:
	case ADDRESS_S3:
		rc = parse_url(arena, text + strlen(scheme->prefix), &a, err);
		break;
	case ADDRESS_COUNT:
		break;
	}
	if (rc == 0)
		*ret = a;
	return rc;
}
