/* SPDX-License-Identifier: Apache-2.0 */
/* form.c - judge the strings of a definition
 *
 * Beside each rule stands a regular expression for the JSON Schema. It takes
 * everything that the rule takes; where it takes more, the rule is what counts.
 */
#include "scheduler/pipeline/form_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "scheduler/pipeline/address.h"
#include "scheduler/pipeline/cron_priv.h"

#define NAME_PATTERN "^[A-Za-z_][A-Za-z0-9_-]{0,63}$"

static int judge_text(const char *text, struct err *err)
{
	if (text[strspn(text, " \t\r\n")])
		return 0;
	return err_set(err, ERR_INVALID, "the text is empty");
}

static int judge_name(const char *text, struct err *err)
{
	if (path_is_name(text))
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a name", text);
	return err_hint(err, "letters, digits, '_' and '-', not a digit first, at most 64");
}

static int judge_step_name(const char *text, struct err *err)
{
	if (strcmp(text, "params") == 0 || strcmp(text, "matrix") == 0)
		return err_set(err, ERR_INVALID, "a step cannot be called '%s'", text);
	return judge_name(text, err);
}

static int judge_env(const char *text, struct err *err)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	if (len == 0 || text[len] || isdigit((unsigned char)*text) || len > 128) {
		err_set(err, ERR_INVALID, "'%.80s' is not the name of an environment variable",
			text);
		return err_hint(err, "letters, digits and '_', not a digit first");
	}
	if (str_starts(text, "INGOT_"))
		return err_set(err, ERR_INVALID,
			       "'%.80s': names that begin with INGOT_ are set by Ingot", text);
	return 0;
}

static int judge_duration(const char *text, struct err *err)
{
	int64_t ms;

	if (str_to_duration_ms(text, &ms) == 0 && ms <= (int64_t)365 * 24 * 3600 * 1000)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a duration", text);
	return err_hint(err, "write 90s, 10m, 2h or 1h30m; a year at most");
}

static int judge_size(const char *text, struct err *err)
{
	uint64_t bytes;

	if (str_to_size(text, &bytes) == 0 && bytes <= INT64_MAX)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a size", text);
	return err_hint(err, "write 512MiB, 2GiB or 100MB");
}

static int judge_cpu(const char *text, struct err *err)
{
	size_t len = strspn(text, "0123456789");

	if (len && len <= 7 && strcmp(text + len, "m") == 0)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a number of processors", text);
	return err_hint(err, "write 2, 0.5 or 500m");
}

int64_t form_cpu_milli(const char *text)
{
	return strtoll(text, NULL, 10);
}

static int judge_path(const char *text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	size_t len = strlen(text);
	bool ok = path_is_inside(
		arena_strndup(&arena, text, len - (len > 1 && text[len - 1] == '/')));

	arena_finish(&arena);
	if (ok)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a path inside the workspace", text);
	return err_hint(err, "%s", *text == '/' ? "paths are relative to the step's folder" :
			 strstr(text, "..") ? "'..' leads out of the step's folder" :
					      "as in out/model.json, without '.' and empty parts");
}

static int judge_workdir(const char *text, struct err *err)
{
	return strcmp(text, ".") == 0 ? 0 : judge_path(text, err);
}

/* As in .gitignore, from the root of the repository. */
static int judge_glob(const char *text, struct err *err)
{
	const char *s = text + (*text == '!');

	if (!*s)
		return err_set(err, ERR_INVALID, "the pattern is empty");
	if (strcmp(s, "..") == 0 || str_starts(s, "../") || strstr(s, "/../") || str_ends(s, "/.."))
		return err_set(err, ERR_INVALID, "the pattern '%.80s' leads out of the repository",
			       text);
	for (const char *c = s; *c; c++) {
		if (iscntrl((unsigned char)*c))
			return err_set(err, ERR_INVALID, "a pattern with a control character");
		if (*c == '\\' && !*++c)
			return err_set(err, ERR_INVALID,
				       "the pattern '%.80s' ends with a backslash", text);
		if (*c == '[' && !strchr(c, ']'))
			return err_set(err, ERR_INVALID,
				       "the '[' of the pattern '%.80s' is not closed", text);
	}
	return 0;
}

static int judge_timezone(const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (const char *s = text; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_+-/", *s))
			len = 0;
	if (len && len <= 64 && *text != '/')
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a time zone", text);
	return err_hint(err, "as in Europe/Berlin or UTC");
}

static int judge_url(const char *text, struct err *err)
{
	const char *host = str_starts(text, "http://")	? text + 7 :
			   str_starts(text, "https://") ? text + 8 :
							  "";

	if (isalnum((unsigned char)*host) || *host == '[') {
		while (*host && !isspace((unsigned char)*host) && !iscntrl((unsigned char)*host))
			host++;
		if (!*host)
			return 0;
	}
	err_set(err, ERR_INVALID, "'%.80s' is not a URL", text);
	return err_hint(err, "as in http://127.0.0.1:8090/health");
}

static int judge_model(const char *text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	const char *at = strchr(text, '@');
	bool ok = path_is_name(
			  arena_strndup(&arena, text, at ? (size_t)(at - text) : strlen(text))) &&
		  (!at || path_is_name(at + 1));

	arena_finish(&arena);
	if (ok)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is neither a model nor MODEL@ALIAS", text);
	return err_hint(err, "as in penguins or penguins@champion");
}

/* Whether the step and the output exist is for later. */
static int judge_from(const char *text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct address address;
	const char *dot = strchr(text, '.');
	int rc = 0;

	if (address_is_one(text)) {
		rc = address_parse(&arena, text, &address, err);
	} else if (!dot || !path_is_name(dot + 1) ||
		   !path_is_name(arena_strndup(&arena, text, (size_t)(dot - text)))) {
		err_set(err, ERR_INVALID, "'%.80s' is neither STEP.OUTPUT nor an address", text);
		rc = err_hint(err, "as in prepare.train, model:penguins@3 or https://…#sha256=…");
	}
	arena_finish(&arena);
	return rc;
}

static int judge_metric(const char *text, struct err *err)
{
	for (const char *s = text; *s; s++)
		if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s))
			return err_set(err, ERR_INVALID, "'%.80s' is not the name of a metric",
				       text);
	return *text ? 0 : err_set(err, ERR_INVALID, "the name of the metric is empty");
}

static int judge_label(const char *text, struct err *err)
{
	size_t len = strlen(text);

	for (const char *s = text; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("._=/-", *s))
			len = 0;
	if (len && len <= 128)
		return 0;
	err_set(err, ERR_INVALID, "'%.80s' is not a label", text);
	return err_hint(err, "as in a100 or zone=eu");
}

const struct form form_text = { "bad-value", "\\S", judge_text, NULL };
const struct form form_name = { "bad-name", NAME_PATTERN, judge_name, NULL };
const struct form form_step_name = { "bad-name", NAME_PATTERN, judge_step_name, NULL };
const struct form form_env = { "bad-name", "^(?!INGOT_)[A-Za-z_][A-Za-z0-9_]{0,127}$", judge_env,
			       NULL };
const struct form form_duration = { "bad-duration", "^([0-9]+(ms|s|m|h|d))+$", judge_duration,
				    "write the unit, as in 90s" };
const struct form form_size = { "bad-size", "^[0-9]+(\\.[0-9]+)? ?([KMGTP]i?)?B?$", judge_size,
				"write the unit, as in 512MiB" };
const struct form form_cpu = { "bad-value", "^[0-9]{1,7}m$", judge_cpu, NULL };
const struct form form_path = { "bad-path", "^(?!/)(?!(.*/)?\\.\\.?(/|$)).+$", judge_path, NULL };
const struct form form_workdir = { "bad-path", "^(\\.|(?!/)(?!(.*/)?\\.\\.?(/|$)).+)$",
				   judge_workdir, NULL };
const struct form form_glob = { "bad-glob", "^(?!!?$)(?!!?(.*/)?\\.\\.(/|$)).+$", judge_glob,
				NULL };
const struct form form_cron = { "bad-cron", "^(@.+|\\s*\\S+(\\s+\\S+){4}\\s*)$", cron_judge, NULL };
const struct form form_timezone = { "bad-timezone", "^[A-Za-z0-9_+-][A-Za-z0-9_+/-]{0,63}$",
				    judge_timezone, NULL };
const struct form form_url = { "bad-url", "^https?://\\S+$", judge_url, NULL };
const struct form form_model = { "bad-name",
				 "^[A-Za-z_][A-Za-z0-9_-]{0,63}(@[A-Za-z_][A-Za-z0-9_-]{0,63})?$",
				 judge_model, NULL };
const struct form form_from = {
	"bad-address",
	"^([A-Za-z_][A-Za-z0-9_-]*\\.[A-Za-z_][A-Za-z0-9_-]*|model:.+@.+|"
	"artifact:.+@.+|sha256:[0-9a-f]{64}|https?://.+#sha256=[0-9a-f]{64}|s3://.+)$",
	judge_from, NULL
};
const struct form form_metric = { "bad-name", "^\\S+$", judge_metric, NULL };
const struct form form_label = { "bad-name", "^[A-Za-z0-9._=/-]{1,128}$", judge_label, NULL };
