/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - what a command is: a row of a table
 *
 * Parsing, help, suggestions, completion and man pages are all made from these
 * rows, so that none of them can forget an option. Lists end with an empty row.
 */
#ifndef INGOT_CLI_COMMAND_H
#define INGOT_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct call;
struct err;

/* What a word stands for: how completion fills it in. */
enum word_kind {
	WORD_TEXT,
	WORD_FILE,
	WORD_FOLDER,
	WORD_RUN,
	WORD_COMMAND, /* of ingot */
	WORD_CHOICE,  /* one of the words that the value's name lists, between bars */
	WORD_COUNT
};

struct option_spec {
	const char *name;  /* the long form: "ref" */
	char letter;       /* the short form; 0: none */
	const char *value; /* what it takes: "REF"; NULL: a flag */
	const char *text;  /* one line, no capital, no full stop */
	enum word_kind kind;
};

struct arg_spec {
	const char *name; /* "REPO" */
	const char *text;
	bool is_optional;
	bool repeats; /* the last one only */
	enum word_kind kind;
};

struct example {
	const char *line; /* what to type */
	const char *text; /* what it does */
};

enum command_group {
	GROUP_START,
	GROUP_RUNS,
	GROUP_ARTIFACTS,
	GROUP_CARE,
	GROUP_HIDDEN, /* works, but is not listed */
	GROUP_COUNT
};

struct cli_command {
	const char *name;
	enum command_group group;
	const char *summary; /* one line, no capital, no full stop */
	const char *text;    /* paragraphs of `--help`, each ending in a newline; NULL: none */
	const struct arg_spec *args;
	const struct option_spec *options;
	const struct example *examples;
	bool has_json; /* prints records, and takes --json */
	/* Does it. Returns an exit code, or a negative code with err filled, which main
	 * prints and turns into an exit code. */
	int (*run)(const struct call *call, struct err *err);
};

/* Number of rows before the empty one; NULL has none. */
size_t option_spec_count(const struct option_spec *options);
size_t arg_spec_count(const struct arg_spec *args);

const char *command_group_title(enum command_group group);
/* NULL if there is none. The table ends with NULL. */
const struct cli_command *command_lookup(const struct cli_command *const *table, const char *name);
/* The same for a word that somebody typed: ERR_USAGE, with a suggestion. */
int command_find(const struct cli_command *const *table, const char *word,
		 const struct cli_command **ret, struct err *err);

#endif
