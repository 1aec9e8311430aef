/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - what holds for every command
 *
 * A setting is taken from the first place that has it: flag, environment,
 * project (.ingot/config), user ($XDG_CONFIG_HOME/ingot/config), system
 * (/etc/ingot/config). Such a file has lines `key = value` and comments from '#':
 *
 *	home     the folder with all state    $INGOT_HOME     (not in a project's file)
 *	color    auto, always or never        $INGOT_COLOR
 *	workers  worker processes of a run    $INGOT_WORKERS
 *
 * A repository may not say where state lives: whoever runs a stranger's pipeline
 * would otherwise hand it the database.
 */
#ifndef INGOT_CLI_SETTINGS_H
#define INGOT_CLI_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/output/color.h"

struct err;

enum { SETTINGS_WORKERS_MAX = 1024 };

struct settings {
	char *home; /* absolute; it may not exist yet */
	enum color_when color;
	int64_t workers; /* 0: the scheduler's choice */
	bool json;
	bool quiet;
};

/* What the flags said; NULL where they did not. */
struct settings_flags {
	const char *home;
	const char *color;
	bool json;
	bool quiet;
};

/* ERR_USAGE for a value that is none, ERR_INVALID for a broken file with its line.
 * After a failure *ret is not to be finished. */
int settings_resolve(const struct settings_flags *flags, struct settings *ret, struct err *err);
void settings_finish(struct settings *s);


#endif
