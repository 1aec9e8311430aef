/* SPDX-License-Identifier: Apache-2.0 */
/* submit.c - from words to a new run, and on to its end */
#include "cli/submit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/fields.h"
#include "cli/follow.h"
#include "cli/output/print.h"
#include "cli/talk.h"

/* "https://…", or "git@host:path" where there is no such file. */
static bool is_url(const char *text)
{
	const char *colon = strchr(text, ':');
	struct stat st;

	if (!colon || stat(text, &st) == 0)
		return false;
	return str_starts(colon, "://") || (memchr(text, '@', (size_t)(colon - text)) &&
					    !memchr(text, '/', (size_t)(colon - text)));
}

/* The scheduler's current folder is not ours. */
static int add_repository(json_t *args, const char *text, struct err *err)
{
	char *path;
	json_t *name;

	if (is_url(text)) {
		json_object_set_new(args, "repository", json_string(text));
		return 0;
	}
	path = realpath(text, NULL);
	if (!path)
		return err_set(err, ERR_NOT_FOUND, "no such folder: %s", text);
	name = json_string(path);
	free(path);
	if (!name)
		return err_set(err, ERR_INVALID, "the folder's path is no UTF-8");
	json_object_set_new(args, "repository", name);
	return 0;
}

static int add_params(json_t *args, const struct call *call, struct err *err)
{
	json_t *params = json_object();

	json_object_set_new(args, "params", params);
	for (size_t i = 0; i < call->use_count; i++) {
		const char *text = call->uses[i].value;
		const char *equals;
		char *name;

		if (!str_eq(call->uses[i].spec->name, "param"))
			continue;
		equals = strchr(text, '=');
		if (!equals || equals == text)
			return err_set(err, ERR_USAGE, "a parameter is NAME=VALUE, not '%s'", text);
		name = mem_strndup(text, (size_t)(equals - text));
		json_object_set_new(params, name, json_string(equals + 1));
		free(name);
	}
	return 0;
}

static void add_text(json_t *args, const char *name, const char *text)
{
	if (text)
		json_object_set_new(args, name, json_string(text));
}

int submit_args(const struct call *call, json_t **ret, struct err *err)
{
	json_t *args = json_pack("{s:s, s:b, s:b}", "trigger", "manual", "no_cache",
				 call_has(call, "no-cache"), "dirty", call_has(call, "dirty"));
	int rc = add_repository(args, call->arg_count > 0 ? call->args[0] : ".", err);

	if (rc == 0)
		rc = add_params(args, call, err);
	add_text(args, "ref", call_option(call, "ref"));
	add_text(args, "pipeline", call_option(call, "pipeline"));
	add_text(args, "step", call_option(call, "step"));
	/* An activated environment's python is found by it. */
	add_text(args, "path", getenv("PATH"));
	if (rc < 0)
		json_decref(args);
	else
		*ret = args;
	return rc;
}

int submit_call(struct talk *c, const char *op, json_t *args, json_t **ret, int *ret_exit,
		struct err *err)
{
	int rc = talk_call(c, op, args, ret, err);
	const char *mistakes = field_text(talk_error(c), "message");

	/* One line is any other error, and main's to print. */
	if (rc != ERR_INVALID || !strchr(mistakes, '\n'))
		return rc;
	print_lines(stderr, "", mistakes);
	*ret = NULL;
	*ret_exit = err_exit_code(rc);
	return 0;
}

void submit_warnings(const struct call *call, const json_t *result)
{
	const json_t *warning;
	size_t i;

	if (call->settings.quiet)
		return;
	json_array_foreach(json_object_get(result, "warnings"), i, warning)
		print_lines(stderr, "warning: ", json_string_value(warning));
}

static int print_run(struct talk *c, int64_t run, struct err *err)
{
	json_t *shown;
	int rc = talk_call(c, "run.show", json_pack("{s:I}", "run", (json_int_t)run), &shown, err);

	if (rc < 0)
		return rc;
	print_json(shown);
	json_decref(shown);
	return 0;
}

int submit_follow(const struct call *call, struct talk **c, const json_t *result,
		  struct err *err)
{
	int64_t run = field_int(result, "run");
	bool json = call->settings.json;
	int code = 0, rc;

	submit_warnings(call, result);
	if (!json && (call->settings.quiet || call_has(call, "detach"))) {
		printf("%lld\n", (long long)run);
		fflush(stdout);
	}
	if (!call_has(call, "detach"))
		code = follow_run(call, c, run, FOLLOW_CANCELS, -1, err);
	if (code < 0 || !json)
		return code;
	rc = print_run(*c, run, err);
	return rc < 0 ? rc : code;
}
