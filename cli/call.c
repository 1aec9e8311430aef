/* SPDX-License-Identifier: Apache-2.0 */
/* call.c - one use of a command: its words, read by its table
 *
 * getopt_long() reads twice: what stands before the command's name, and what
 * stands behind it. Its tables are made from ours; its messages are ours too,
 * because its own know no suggestions.
 */
#include "cli/call.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	OPTIONS_MAX = 32,  /* of one command and the global ones */
	LONG_VALUE = 1000, /* getopt's value of the first long option, above every letter */
};

enum { GLOBAL_HOME, GLOBAL_COLOR, GLOBAL_QUIET, GLOBAL_HELP, GLOBAL_COUNT };

const struct option_spec call_globals[] = {
	[GLOBAL_HOME] = { "home", 0, "DIR", "where runs, artifacts and logs are kept",
			  WORD_FOLDER },
	[GLOBAL_COLOR] = { "color", 0, "auto|always|never", "whether to colour", WORD_CHOICE },
	[GLOBAL_QUIET] = { "quiet", 'q', NULL, "say only what was asked for", WORD_TEXT },
	[GLOBAL_HELP] = { "help", 'h', NULL, "-h: in short; --help: with text and examples",
			  WORD_TEXT },
	[GLOBAL_COUNT] = { 0 },
};

const struct option_spec call_json_option[] = {
	{ "json", 0, NULL, "print records as JSON", WORD_TEXT },
	{ 0 },
};

static const struct option_spec version_option[] = {
	{ "version", 'V', NULL, "print the version", WORD_TEXT },
	{ 0 },
};

/* The options of one reading: ours, and getopt's view of them. */
struct reading {
	const struct option_spec *specs[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
	size_t count;
};

static void reading_add(struct reading *r, const struct option_spec *specs)
{
	for (; specs && specs->name; specs++) {
		BUG_ON(r->count == OPTIONS_MAX);
		r->specs[r->count] = specs;
		r->longs[r->count] = (struct option){
			.name = specs->name,
			.has_arg = specs->value ? required_argument : no_argument,
			.val = LONG_VALUE + (int)r->count,
		};
		r->count++;
	}
}

/* "+" stops at the first word that is no option, ":" tells a missing value. */
static void reading_letters(struct reading *r, bool stops)
{
	char *out = r->letters;

	if (stops)
		*out++ = '+';
	*out++ = ':';
	for (size_t i = 0; i < r->count; i++) {
		if (!r->specs[i]->letter)
			continue;
		*out++ = r->specs[i]->letter;
		if (r->specs[i]->value)
			*out++ = ':';
	}
}

/* By what getopt_long() returned; NULL if it was an error. */
static const struct option_spec *reading_find(const struct reading *r, int got)
{
	if (got >= LONG_VALUE)
		return r->specs[got - LONG_VALUE];
	for (size_t i = 0; i < r->count; i++)
		if (r->specs[i]->letter == got)
			return r->specs[i];
	return NULL;
}

static int refuse_option(const struct reading *r, const char *word, struct err *err)
{
	const char *names[OPTIONS_MAX];
	const char *nearest;
	char *name;

	if (optopt && optopt < LONG_VALUE)
		return err_set(err, ERR_USAGE, "unknown option: -%c", optopt);
	if (optopt)
		return err_set(err, ERR_USAGE, "--%s takes no value",
			       r->specs[optopt - LONG_VALUE]->name);
	for (size_t i = 0; i < r->count; i++)
		names[i] = r->specs[i]->name;
	err_set(err, ERR_USAGE, "unknown option: %s", word);
	name = mem_strndup(word + 2, strcspn(word + 2, "="));
	nearest = str_suggest(name, names, r->count);
	free(name);
	return nearest ? err_hint(err, "did you mean '--%s'?", nearest) : ERR_USAGE;
}

static int refuse_missing(const struct reading *r, const char *word, struct err *err)
{
	const struct option_spec *spec = reading_find(r, optopt);

	return err_set(err, ERR_USAGE, "%s needs a value: %s", word, spec->value);
}

static void keep_use(struct call *call, const struct option_spec *spec, const char *value)
{
	call->uses = mem_grow(call->uses, &call->use_cap, call->use_count + 1, sizeof(*call->uses));
	call->uses[call->use_count++] = (struct option_use){ spec, value };
}

/* Help and errors do not wait for the settings, which refuse a wrong word. */
static void take_color(struct call *call, struct settings_flags *flags, const char *word)
{
	flags->color = word;
	color_when_parse(word, &call->settings.color);
}

static void take_option(struct call *call, struct settings_flags *flags,
			const struct option_spec *spec, const char *value, bool by_letter)
{
	if (spec == &call_globals[GLOBAL_HOME])
		flags->home = value;
	else if (spec == &call_globals[GLOBAL_COLOR])
		take_color(call, flags, value);
	else if (spec == &call_globals[GLOBAL_QUIET])
		flags->quiet = true;
	else if (spec == &call_globals[GLOBAL_HELP])
		call->help = by_letter ? HELP_SHORT : HELP_LONG;
	else if (spec == call_json_option)
		flags->json = true;
	else if (spec == version_option)
		call->version = true;
	else
		keep_use(call, spec, value);
}

/* Reads options until getopt has no more; optind is then the first other word. */
static int read_options(struct call *call, struct settings_flags *flags, struct reading *r,
			int argc, char **argv, struct err *err)
{
	int got;

	optind = 0;
	opterr = 0;
	while ((got = getopt_long(argc, argv, r->letters, r->longs, NULL)) != -1) {
		if (got == '?')
			return refuse_option(r, argv[optind - 1], err);
		if (got == ':')
			return refuse_missing(r, argv[optind - 1], err);
		take_option(call, flags, reading_find(r, got), optarg, got < LONG_VALUE);
	}
	return 0;
}

static int check_args(const struct call *call, struct err *err)
{
	const struct arg_spec *specs = call->command->args;
	size_t count = arg_spec_count(specs);
	bool repeats = count > 0 && specs[count - 1].repeats;

	if (call->arg_count > count && !repeats) {
		err_set(err, ERR_USAGE, "one word too many: %s", call->args[count]);
		return err_hint(err, "'ingot %s -h' shows its words", call->command->name);
	}
	if (call->arg_count < count && !specs[call->arg_count].is_optional) {
		err_set(err, ERR_USAGE, "%s needs %s: %s", call->command->name,
			specs[call->arg_count].name, specs[call->arg_count].text);
		return err_hint(err, "'ingot %s -h' shows its words", call->command->name);
	}
	return 0;
}

/* What stands before the command's name. */
static int read_front(struct call *call, struct settings_flags *flags, int argc, char **argv,
		      struct err *err)
{
	struct reading r = { .count = 0 };

	reading_add(&r, call_globals);
	reading_add(&r, version_option);
	reading_letters(&r, true);
	return read_options(call, flags, &r, argc, argv, err);
}

static int read_back(struct call *call, struct settings_flags *flags, int argc, char **argv,
		     struct err *err)
{
	struct reading r = { .count = 0 };
	int rc;

	reading_add(&r, call->command->options);
	reading_add(&r, call_globals);
	if (call->command->has_json)
		reading_add(&r, call_json_option);
	reading_letters(&r, false);
	rc = read_options(call, flags, &r, argc, argv, err);
	if (rc < 0)
		return rc;
	call->args = argv + optind;
	call->arg_count = (size_t)(argc - optind);
	return 0;
}

/* What goes to the scheduler goes as JSON, which is UTF-8. */
static int check_words(int argc, char **argv, struct err *err)
{
	for (int i = 0; i < argc; i++)
		if (!str_is_utf8(argv[i], strlen(argv[i])))
			return err_set(err, ERR_USAGE, "word %d of the command line is no UTF-8",
				       i);
	return 0;
}

int call_parse(struct call *call, const struct cli_command *const *table, int argc, char **argv,
	       struct err *err)
{
	struct settings_flags flags = { 0 };
	int rc;

	*call = (struct call){ .table = table };
	rc = check_words(argc, argv, err);
	if (rc == 0)
		rc = read_front(call, &flags, argc, argv, err);
	if (rc < 0 || optind == argc || call->help || call->version)
		return rc;
	argc -= optind;
	argv += optind;
	rc = command_find(table, argv[0], &call->command, err);
	if (rc < 0)
		return rc;
	rc = read_back(call, &flags, argc, argv, err);
	if (rc < 0 || call->help)
		return rc;
	rc = check_args(call, err);
	if (rc < 0)
		return rc;
	return settings_resolve(&flags, &call->settings, err);
}

void call_finish(struct call *call)
{
	free(call->uses);
	settings_finish(&call->settings);
}

static const struct option_use *last_use(const struct call *call, const char *name)
{
	for (size_t i = call->use_count; i > 0; i--)
		if (str_eq(call->uses[i - 1].spec->name, name))
			return &call->uses[i - 1];
	return NULL;
}

const char *call_option(const struct call *call, const char *name)
{
	const struct option_use *use = last_use(call, name);

	return use ? use->value : NULL;
}

bool call_has(const struct call *call, const char *name)
{
	return last_use(call, name) != NULL;
}

int call_number(const struct call *call, const char *name, int64_t min, int64_t max,
		int64_t fallback, int64_t *ret, struct err *err)
{
	const char *text = call_option(call, name);
	int64_t value = fallback;

	if (text && (str_to_i64(text, &value) < 0 || value < min || value > max))
		return err_set(err, ERR_USAGE, "--%s is a number from %lld to %lld, not '%s'", name,
			       (long long)min, (long long)max, text);
	*ret = value;
	return 0;
}
