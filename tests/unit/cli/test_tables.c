/* SPDX-License-Identifier: Apache-2.0 */
/* test_tables.c - what is made of the tables of commands: help, man, completion */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/completion/completion.h"
#include "cli/help.h"
#include "cli/manual.h"

static void every_command_has_a_summary_and_an_example(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++) {
		const struct cli_command *c = commands[i];

		assert_non_null(c->run);
		assert_non_null(c->summary);
		assert_int_not_equal(c->summary[strlen(c->summary) - 1], '.');
		assert_non_null(c->examples);
		assert_non_null(c->examples->line);
		assert_true(!c->text || c->text[strlen(c->text) - 1] == '\n');
		assert_ptr_equal(command_lookup(commands, c->name), c);
	}
}

/* Two rows of one letter: getopt would never give the second. */
static void no_command_has_an_option_twice(void **state)
{
	(void)state;
	for (size_t i = 0; commands[i]; i++)
		for (const struct option_spec *a = commands[i]->options; a && a->name; a++) {
			for (const struct option_spec *b = a + 1; b->name; b++) {
				assert_string_not_equal(a->name, b->name);
				assert_true(!a->letter || a->letter != b->letter);
			}
			for (const struct option_spec *g = call_globals; g->name; g++) {
				assert_string_not_equal(a->name, g->name);
				assert_true(!a->letter || a->letter != g->letter);
			}
		}
}

static void the_overview_names_every_command_that_is_not_hidden(void **state)
{
	struct buf out = BUF_INIT;
	char row[64];

	(void)state;
	help_overview(&out, commands, false);
	for (size_t i = 0; commands[i]; i++) {
		snprintf(row, sizeof(row), "\n  %s ", commands[i]->name);
		if (commands[i]->group == GROUP_HIDDEN)
			assert_null(strstr(buf_str(&out), row));
		else
			assert_non_null(strstr(buf_str(&out), row));
	}
	buf_finish(&out);
}

static void short_help_fits_a_screen_and_long_help_adds_the_text(void **state)
{
	struct buf brief = BUF_INIT, full = BUF_INIT;

	(void)state;
	help_command(&brief, &cmd_run, false, false);
	help_command(&full, &cmd_run, true, false);
	assert_non_null(strstr(buf_str(&brief), "Usage: ingot run [REPO] [options]\n"));
	assert_non_null(strstr(buf_str(&brief), "  -p, --param NAME=VALUE"));
	assert_null(strstr(buf_str(&brief), "Ctrl-C"));
	assert_non_null(strstr(buf_str(&full), "Ctrl-C cancels the run"));
	assert_true(full.len > brief.len);
	buf_finish(&brief);
	buf_finish(&full);
}

static void a_man_page_escapes_what_roff_would_read(void **state)
{
	const struct cli_command odd = {
		.name = "odd",
		.summary = "a \\ and a - in a summary",
		.text = ".not a request\n'nor this\n\nnew paragraph\n",
	};
	struct buf out = BUF_INIT;

	(void)state;
	manual_command(&out, &odd);
	assert_non_null(strstr(buf_str(&out), "a \\e and a \\- in a summary\n"));
	assert_non_null(
		strstr(buf_str(&out), "\n\\&.not a request\n\\&'nor this\n.PP\nnew paragraph\n"));
	buf_finish(&out);
}

static void completion_is_there_for_three_shells(void **state)
{
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;

	(void)state;
	assert_int_equal(completion_script("zsh", commands, &out, &err), 0);
	assert_non_null(strstr(buf_str(&out), "'*--ref[branch, tag or commit (HEAD)]:REF: '"));
	buf_clear(&out);
	assert_int_equal(completion_script("fish", commands, &out, &err), 0);
	assert_non_null(strstr(buf_str(&out), "-n '__fish_seen_subcommand_from run' -l ref -r -d "
					      "'branch, tag or commit (HEAD)'\n"));
	buf_clear(&out);
	assert_int_equal(completion_script("tcsh", commands, &out, &err), ERR_USAGE);
	assert_string_equal(buf_str(&out), "");
	buf_finish(&out);
}

/* What bash offers for a line; the cursor stands behind its last word. */
static void expect_offers(const char *words, int word, const char *offers)
{
	struct buf command = BUF_INIT;
	char said[4096], path[] = "/tmp/ingot-completion-XXXXXX";
	int fd = mkstemp(path);
	size_t len;
	FILE *f;

	assert_int_equal(completion_script("bash", commands, &command, NULL), 0);
	assert_int_equal(fs_write_all(fd, command.data, command.len, NULL), 0);
	close(fd);
	buf_clear(&command);
	buf_printf(&command,
		   "bash -c '. %s; ingot() { echo 7; echo 6; }; "
		   "COMP_WORDS=(%s); COMP_CWORD=%d; _ingot; echo \"${COMPREPLY[@]}\"'",
		   path, words, word);
	f = popen(buf_str(&command), "r");
	assert_non_null(f);
	len = fread(said, 1, sizeof(said) - 1, f);
	said[len] = '\0';
	assert_int_equal(pclose(f), 0);
	assert_string_equal(said, offers);
	buf_finish(&command);
	remove(path);
}

static void bash_completes_commands_options_values_and_runs(void **state)
{
	(void)state;
	expect_offers("ingot sch", 1, "schema\n");
	expect_offers("ingot --home /tmp sch", 3, "schema\n");
	expect_offers("ingot run --no", 2, "--no-cache\n");
	expect_offers("ingot --color a", 2, "auto always\n");
	expect_offers("ingot runs --state ca", 3, "cancelled\n");
	expect_offers("ingot show \"\"", 2, "latest 7 6\n");
	expect_offers("ingot run --ref x", 3, "\n");
}

/* The text between a command's heading in docs/cli.md and the next one. */
static char *section_of(const char *docs, const char *command)
{
	char *heading = mem_printf("\n## ingot %s", command);
	const char *start = strstr(docs, heading);
	const char *end;

	while (start && start[strlen(heading)] != ' ' && start[strlen(heading)] != '\n')
		start = strstr(start + 1, heading);
	free(heading);
	if (!start)
		return NULL;
	end = strstr(start + 1, "\n## ");
	return end ? mem_strndup(start, (size_t)(end - start)) : mem_strdup(start);
}

static void the_book_has_every_command_and_option(void **state)
{
	struct buf docs = BUF_INIT;

	(void)state;
	assert_int_equal(fs_read_file(AT_FDCWD, INGOT_SOURCE "/docs/cli.md", 1 << 20, &docs, NULL),
			 0);
	for (size_t i = 0; commands[i]; i++) {
		char *section = section_of(buf_str(&docs), commands[i]->name);

		if (!section)
			fail_msg("docs/cli.md has no section 'ingot %s'", commands[i]->name);
		/* The options of run are those of plan. */
		for (const struct option_spec *o = commands[i]->options; o && o->name; o++) {
			char *option = mem_printf("`--%s", o->name);

			if (!strstr(section, option) && !strstr(section, "Options of `plan`"))
				fail_msg("docs/cli.md: ingot %s has no --%s", commands[i]->name,
					 o->name);
			free(option);
		}
		free(section);
	}
	buf_finish(&docs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_has_a_summary_and_an_example),
		cmocka_unit_test(no_command_has_an_option_twice),
		cmocka_unit_test(the_overview_names_every_command_that_is_not_hidden),
		cmocka_unit_test(short_help_fits_a_screen_and_long_help_adds_the_text),
		cmocka_unit_test(a_man_page_escapes_what_roff_would_read),
		cmocka_unit_test(completion_is_there_for_three_shells),
		cmocka_unit_test(bash_completes_commands_options_values_and_runs),
		cmocka_unit_test(the_book_has_every_command_and_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
