/* SPDX-License-Identifier: Apache-2.0 */
/* test_schema.c - the JSON Schema and the checker agree
 *
 * Over the files of the fuzz corpus, by their names:
 *	good-…        both accept
 *	structure-…   both refuse
 *	meaning-…     the checker refuses what no schema can see: references,
 *	              cycles, names in templates
 * The schema's word comes from Python's jsonschema; without it that part is
 * skipped, and only the checker's half is held.
 */
#include "definition.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/str.h"
#include "scheduler/pipeline/node_priv.h"

static void read_corpus(const char *name, struct buf *text)
{
	char path[512];
	struct err err = ERR_INIT;

	snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
	if (fs_read_file(AT_FDCWD, path, 1 << 20, text, &err) < 0)
		fail_msg("%s", err.text);
}

static bool checker_accepts(const struct buf *text)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct pipeline *p = NULL;
	int rc = pipeline_check(buf_str(text), text->len, "ingot.yaml", &p, &mistakes);

	pipeline_destroy(p);
	diagnostics_finish(&mistakes);
	return rc == 0;
}

static void write_node(struct json_writer *w, const char *key, const struct node *n)
{
	if (n->kind == NODE_SCALAR) {
		if (n->value.type == VALUE_TEXT)
			json_write_string(w, key, n->text);
		else
			json_write_raw(w, key, n->value.text);
		return;
	}
	if (n->kind == NODE_MAP)
		json_write_object(w, key);
	else
		json_write_array(w, key);
	for (const struct node *child = n->first; child; child = child->next)
		write_node(w, child->key ? child->key->text : NULL, child);
	json_write_end(w);
}

/* The definition as JSON, in a file of the folder; how the checker reads YAML is
 * not what is compared here. */
static void write_as_json(const struct buf *text, const char *folder, const char *name)
{
	struct diagnostics mistakes = DIAGNOSTICS_INIT;
	struct arena arena = ARENA_INIT;
	struct buf json = BUF_INIT;
	struct json_writer w = { .out = &json };
	char path[512];
	struct err err = ERR_INIT;
	struct node *root;

	mistakes.source = buf_str(text);
	mistakes.source_len = text->len;
	root = node_parse(buf_str(text), text->len, &arena, &mistakes);
	assert_non_null(root);
	write_node(&w, NULL, root);
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(fs_write_file(AT_FDCWD, path, json.data, json.len, 0600, &err), 0);
	buf_finish(&json);
	arena_finish(&arena);
	diagnostics_finish(&mistakes);
}

static bool is_judged(const char *name)
{
	return str_starts(name, "good-") || str_starts(name, "structure-") ||
	       str_starts(name, "meaning-");
}

/* The checker's verdict on every file must be what its name says. */
static int judge_corpus(const char *folder)
{
	DIR *corpus = opendir(CORPUS);
	int count = 0;

	assert_non_null(corpus);
	for (struct dirent *e; (e = readdir(corpus));) {
		struct buf text = BUF_INIT;

		if (!is_judged(e->d_name))
			continue;
		read_corpus(e->d_name, &text);
		if (checker_accepts(&text) != str_starts(e->d_name, "good-"))
			fail_msg("the checker is wrong about %s", e->d_name);
		write_as_json(&text, folder, e->d_name);
		buf_finish(&text);
		count++;
	}
	closedir(corpus);
	return count;
}

/* Holds the validator's lines against the names; returns how many there were. */
static int judge_lines(FILE *lines)
{
	char line[512];
	int count = 0;

	while (fgets(line, sizeof(line), lines)) {
		const char *name = strrchr(line, '/') + 1;

		if (str_starts(line, "accept") != !str_starts(name, "structure-"))
			fail_msg("the schema says %s", line);
		count++;
	}
	return count;
}

static void the_schema_and_the_checker_agree(void **state)
{
	char folder[] = "/tmp/ingot-schema-XXXXXX", command[1024], path[512];
	struct buf schema = BUF_INIT;
	struct err err = ERR_INIT;
	int expected, count, status;
	FILE *lines;
	(void)state;

	assert_non_null(mkdtemp(folder));
	expected = judge_corpus(folder);
	assert_true(expected >= 20);
	pipeline_schema(&schema);
	snprintf(path, sizeof(path), "%s/schema.json", folder);
	assert_int_equal(fs_write_file(AT_FDCWD, path, schema.data, schema.len, 0600, &err), 0);
	snprintf(command, sizeof(command), "python3 -W ignore '%s' '%s' %s/*.yaml", VALIDATE, path,
		 folder);
	lines = popen(command, "r");
	assert_non_null(lines);
	count = judge_lines(lines);
	status = pclose(lines);
	fs_remove_tree(AT_FDCWD, folder, &err);
	buf_finish(&schema);
	if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
		print_message("SKIP: python3 with jsonschema is not here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(count, expected);
}

static json_t *at(json_t *schema, const char *path)
{
	char *copy = mem_strdup(path), *rest = copy;

	for (char *key; schema && (key = strsep(&rest, "/"));)
		schema = json_object_get(schema, key);
	free(copy);
	return schema;
}

static void the_schema_says_what_the_table_says(void **state)
{
	struct buf text = BUF_INIT;
	struct json_t *schema = NULL;
	struct err err = ERR_INIT;
	json_t *step;
	(void)state;

	pipeline_schema(&text);
	if (json_parse(buf_str(&text), text.len, &schema, &err) < 0)
		fail_msg("%s", err.text);
	step = at(schema, "properties/steps/additionalProperties");
	assert_string_equal(json_string_value(json_array_get(at(step, "required"), 0)), "run");
	assert_string_equal(json_string_value(at(step, "properties/kind/pattern")),
			    "^(data|train|eval|deploy)$");
	assert_int_equal(json_integer_value(at(step, "properties/priority/maximum")), 1000);
	assert_non_null(at(step, "properties/environment"));
	assert_null(at(schema, "properties/defaults/properties/environment"));
	assert_non_null(at(schema, "properties/defaults/properties/timeout"));
	assert_true(json_is_false(at(step, "else/properties/environment")));
	assert_true(json_is_false(at(step, "additionalProperties")));
	json_decref(schema);
	buf_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_and_the_checker_agree),
		cmocka_unit_test(the_schema_says_what_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
