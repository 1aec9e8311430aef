/* SPDX-License-Identifier: Apache-2.0 */
/* git_border.c - the border where libgit2's errors become ours */
#include "scheduler/source/git_border.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Where no git configuration exists libgit2 1.5 reports a repository of somebody else as
 * "not found", meaning the setting; so its text decides. */
static int code_of(int git_rc, const git_error *last)
{
	if (git_rc == GIT_EOWNER || (last && strstr(last->message, "safe.directory")))
		return ERR_DENIED;
	if (last && last->klass == GIT_ERROR_OS && errno == EACCES)
		return ERR_DENIED;
	if (last && last->klass == GIT_ERROR_OS && (errno == ENOSPC || errno == EDQUOT))
		return ERR_NO_SPACE;
	if (last && strstr(last->message, "unsupported extension"))
		return ERR_VERSION;
	if (last && last->klass == GIT_ERROR_NOMEMORY)
		return ERR_TOO_LARGE;
	return git_rc == GIT_ENOTFOUND ? ERR_NOT_FOUND : ERR_DAMAGED;
}

static void append_last_message(struct buf *text)
{
	const git_error *last = git_error_last();

	if (!last)
		return;
	buf_str_append(text, ": ");
	str_printable(text, last->message, strlen(last->message));
}

int git_failure(struct err *err, int git_rc, const char *fmt, ...)
{
	int code = code_of(git_rc, git_error_last());
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	append_last_message(&text);
	err_set(err, code, "%s", buf_str(&text));
	buf_finish(&text);
	return code;
}

int git_failure_object(struct err *err, const char *fmt, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_str_append(&text, " is missing or damaged");
	append_last_message(&text);
	err_set(err, ERR_DAMAGED, "%s", buf_str(&text));
	err_hint(err, "git fsck tells more");
	buf_finish(&text);
	return ERR_DAMAGED;
}

int git_read_blob(git_odb *odb, const char *label, const git_oid *oid, size_t limit_bytes,
		  git_odb_object **ret, struct err *err)
{
	git_odb_object *object = NULL;
	git_object_t type;
	size_t size;

	if (git_odb_read_header(&size, &type, odb, oid) < 0)
		return git_failure_object(err, "%s", label);
	if (type != GIT_OBJECT_BLOB)
		return err_set(err, ERR_DAMAGED, "%s is no file but a %s", label,
			       git_object_type2string(type));
	if (size > limit_bytes)
		return err_set(err, ERR_TOO_LARGE, "%s has %zu bytes, the limit is %zu", label,
			       size, limit_bytes);
	if (git_odb_read(&object, odb, oid) < 0)
		return git_failure_object(err, "%s", label);
	*ret = object;
	return 0;
}
