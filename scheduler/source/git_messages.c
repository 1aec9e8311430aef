/* SPDX-License-Identifier: Apache-2.0 */
/* git_messages.c - what git and ssh say when it goes wrong, as errors of ours
 *
 * They have no codes to go by but their words, which LC_ALL=C keeps the same.
 */
#include "scheduler/source/git_program.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/origin.h"

struct explanation {
	const char *sign; /* in what git wrote */
	int code;
	const char *text;
	const char *hint;
};

/* The first that fits counts. */
static const struct explanation explanations[] = {
	{ "dubious ownership", ERR_DENIED, "is owned by another user",
	  "name it as safe.directory in the git configuration, if you trust it" },
	{ "transport '", ERR_INVALID, "not a kind of URL that Ingot reads", NULL },
	{ "Could not resolve host", ERR_UNREACHABLE, "there is no such host", NULL },
	{ "unable to look up", ERR_UNREACHABLE, "there is no such host", NULL },
	{ "Connection refused", ERR_UNREACHABLE, "the host refuses connections", NULL },
	{ "Failed to connect", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "Couldn't connect", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "timed out", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "No route to host", ERR_UNREACHABLE, "the host does not answer", NULL },
	{ "Network is unreachable", ERR_UNREACHABLE, "the network is unreachable", NULL },
	{ "Host key verification failed", ERR_DENIED, "its ssh host key is not known",
	  "connect once by hand with ssh, and compare the key" },
	{ "Permission denied", ERR_DENIED, "authentication failed",
	  "git ls-remote has to work without asking for a password" },
	{ "Authentication failed", ERR_DENIED, "authentication failed",
	  "git ls-remote has to work without asking for a password" },
	{ "could not read Username", ERR_DENIED, "authentication is needed",
	  "git ls-remote has to work without asking for a password" },
	{ "could not read Password", ERR_DENIED, "authentication is needed",
	  "git ls-remote has to work without asking for a password" },
	{ "error: 401", ERR_DENIED, "authentication failed", NULL },
	{ "error: 403", ERR_DENIED, "access is forbidden", NULL },
	{ "error: 404", ERR_NOT_FOUND, "no repository there", NULL },
	{ "SSL certificate", ERR_DENIED, "its certificate is not trusted", NULL },
	{ "certificate verif", ERR_DENIED, "its certificate is not trusted", NULL },
	{ "not our ref", ERR_NOT_FOUND, "it has no such commit", NULL },
	{ "unadvertised object", ERR_NOT_FOUND, "it has no such commit", NULL },
	{ "couldn't find remote ref", ERR_NOT_FOUND, "it has no such ref", NULL },
	{ "No space left", ERR_NO_SPACE, "no space left for its mirror", NULL },
	{ "File too large", ERR_TOO_LARGE, "larger than 10 GiB", NULL },
	{ "signal 25", ERR_TOO_LARGE, "larger than 10 GiB", NULL }, /* SIGXFSZ */
	{ "repository not exported", ERR_NOT_FOUND, "no repository there", NULL },
	{ "does not appear to be a git", ERR_NOT_FOUND, "no repository there", NULL },
	{ "' not found", ERR_NOT_FOUND, "no repository there", NULL },
	{ "Repository not found", ERR_NOT_FOUND, "no repository there", NULL },
	{ "promisor remote", ERR_NOT_FOUND, "is a partial clone that lacks some of the files",
	  "git fetch --refetch --no-filter there, or the URL that it was cloned from" },
	{ "Out of memory", ERR_TOO_LARGE, "more than 4 GiB of memory needed", NULL },
	{ "out of memory", ERR_TOO_LARGE, "more than 4 GiB of memory needed", NULL },
	{ "corrupt", ERR_DAMAGED, "an object is damaged", "git fsck tells more" },
	{ "bad object", ERR_DAMAGED, "an object is damaged", "git fsck tells more" },
	{ "unable to read", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "missing", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "remote did not send all", ERR_DAMAGED, "an object is missing", "git fsck tells more" },
	{ "index-pack", ERR_DAMAGED, "what it sent is damaged", NULL },
	{ "unpack-objects", ERR_DAMAGED, "what it sent is damaged", NULL },
	{ "hung up", ERR_UNREACHABLE, "the host closed the connection", NULL },
	{ "unable to access", ERR_UNREACHABLE, "the host does not answer as a Git server", NULL },
};

/* The last line that says "fatal:" or "error:", else the last one. */
static void append_last_words(const struct buf *messages, struct buf *out)
{
	const char *chosen = "git said nothing";
	size_t chosen_len = strlen(chosen);
	bool chosen_is_fatal = false;
	const char *line = buf_str(messages);

	while (*line) {
		size_t len = strcspn(line, "\n");
		bool fatal = str_starts(line, "fatal:") || str_starts(line, "error:");

		if (len > 0 && (fatal || !chosen_is_fatal)) {
			chosen = line;
			chosen_len = len;
			chosen_is_fatal = fatal;
		}
		line += len + (line[len] == '\n');
	}
	str_printable(out, chosen, chosen_len);
}

int git_program_explain(const char *repository, const struct buf *messages, struct err *err)
{
	struct buf text = BUF_INIT;
	int code = ERR_FAILED;

	origin_public_name(repository, &text);
	buf_str_append(&text, ": ");
	for (size_t i = 0; i < countof(explanations); i++) {
		const struct explanation *e = &explanations[i];

		if (!strstr(buf_str(messages), e->sign))
			continue;
		code = err_set(err, e->code, "%s%s", buf_str(&text), e->text);
		if (e->hint)
			err_hint(err, "%s", e->hint);
		break;
	}
	if (code == ERR_FAILED) {
		append_last_words(messages, &text);
		err_set(err, ERR_FAILED, "%s", buf_str(&text));
	}
	buf_finish(&text);
	return code;
}
