/* SPDX-License-Identifier: Apache-2.0 */
/* err.c - one shape for every failure
 *
 * All that is known of a code stands in ERR_TABLE; this file only looks it up.
 */
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

enum { NAME_SIZE = 16, REASON_SIZE = 128 };

static const struct row {
	const char *text;
	enum err_class class;
	int exit_code;
	int http;
} table[ERR_ORDINAL_COUNT] = {
#define XX(name, describe, kind, exit, status)                                                     \
	[ERR_ORDINAL_##name] = { describe, ERR_CLASS_##kind, exit, status },
	ERR_TABLE(XX)
#undef XX
};

/* Written in the table as the enum has them, spoken in lower case. */
static char names[ERR_ORDINAL_COUNT][NAME_SIZE] = {
#define XX(name, describe, kind, exit, status) [ERR_ORDINAL_##name] = #name,
	ERR_TABLE(XX)
#undef XX
};
static pthread_once_t names_once = PTHREAD_ONCE_INIT;

static void lower_names(void)
{
	for (size_t i = 0; i < countof(names); i++)
		for (char *c = names[i]; *c; c++)
			*c = (char)tolower(*c);
}

static const struct row *row_of(int code)
{
	return code < 0 && code >= -ERR_ORDINAL_COUNT ? &table[-code - 1] : NULL;
}

int err_set(struct err *err, int code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	str_vformat(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	errno = saved;
	return code;
}

static int code_of_errno(int errnum)
{
	switch (errnum) {
	case ENOSPC:
	case EDQUOT:
		return ERR_NO_SPACE;
	case ENOENT:
		return ERR_NOT_FOUND;
	case EACCES:
	case EPERM:
		return ERR_DENIED;
	default:
		return ERR_IO;
	}
}

int err_errno(struct err *err, int errnum, const char *fmt, ...)
{
	int saved = errno;
	int code = code_of_errno(errnum);
	char text[ERR_TEXT_SIZE - REASON_SIZE]; /* so that the reason is never cut off */
	char reason[REASON_SIZE];
	va_list ap;

	va_start(ap, fmt);
	str_vformat(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_set(err, code, "%s: %s", text, strerror_r(errnum, reason, sizeof(reason)));
	errno = saved;
	return code;
}

int err_hint(struct err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (!err)
		return ERR_FAILED;
	va_start(ap, fmt);
	str_vformat(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	errno = saved;
	return err->code;
}

void err_clear(struct err *err)
{
	if (!err)
		return;
	err->code = ERR_OK;
	err->text[0] = '\0';
	err->hint[0] = '\0';
}

int err_copy(struct err *dst, const struct err *src)
{
	if (!src)
		return err_set(dst, ERR_FAILED, "%s", err_describe(ERR_FAILED));
	if (dst)
		*dst = *src;
	return src->code;
}

const char *err_name(int code)
{
	if (code == ERR_OK)
		return "ok";
	if (!row_of(code))
		return "unknown";
	pthread_once(&names_once, lower_names);
	return names[-code - 1];
}

const char *err_describe(int code)
{
	const struct row *row = row_of(code);

	if (code == ERR_OK)
		return "ok";
	return row ? row->text : "unknown error";
}

enum err_class err_class_of(int code)
{
	const struct row *row = row_of(code);

	return row ? row->class : ERR_CLASS_PERMANENT;
}

int err_exit_code(int code)
{
	const struct row *row = row_of(code);

	if (code >= 0)
		return 0;
	return row ? row->exit_code : table[ERR_ORDINAL_SYSTEM].exit_code;
}

int err_http_status(int code)
{
	const struct row *row = row_of(code);

	if (code >= 0)
		return 200;
	return row ? row->http : table[ERR_ORDINAL_SYSTEM].http;
}

int err_from_name(const char *name)
{
	for (int i = 0; i < ERR_ORDINAL_COUNT; i++)
		if (str_eq(name, err_name(-(i + 1))))
			return -(i + 1);
	return ERR_FAILED;
}
