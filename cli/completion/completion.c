/* SPDX-License-Identifier: Apache-2.0 */
/* completion.c - completion scripts, made from the tables */
#include "cli/completion/completion.h"

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/completion/shells_priv.h"

static const struct {
	const char *name;
	void (*write)(const struct cli_command *const *table, struct buf *out);
} shells[] = {
	{ "bash", completion_bash },
	{ "fish", completion_fish },
	{ "zsh", completion_zsh },
};

int completion_script(const char *shell, const struct cli_command *const *table, struct buf *out,
		      struct err *err)
{
	for (size_t i = 0; i < countof(shells); i++)
		if (str_eq(shell, shells[i].name)) {
			shells[i].write(table, out);
			return 0;
		}
	return err_set(err, ERR_USAGE, "no completion for '%s': there is bash, zsh and fish",
		       shell);
}

const struct option_spec *completion_options(const struct cli_command *command, int *list)
{
	const struct option_spec *options = NULL;

	while (!options && *list < 3) {
		if (*list == 0)
			options = command->options;
		else if (*list == 1)
			options = command->has_json ? call_json_option : NULL;
		else
			options = call_globals;
		++*list;
	}
	return options;
}

void completion_choices(struct buf *out, const char *bars)
{
	for (; *bars; bars++)
		buf_char(out, *bars == '|' ? ' ' : *bars);
}

void completion_quoted(struct buf *out, const char *text, const char *quote)
{
	for (; *text; text++)
		if (*text == '\'')
			buf_str_append(out, quote);
		else
			buf_char(out, *text);
}
