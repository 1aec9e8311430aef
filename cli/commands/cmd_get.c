/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_get.c - an artifact as a file, a folder or an archive
 *
 * The scheduler says which content the address names; the content itself is read
 * from the home's blob store here. Archives are written by ingot-helper.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/commands/commands.h"
#include "cli/fields.h"
#include "cli/output/print.h"
#include "cli/talk.h"
#include "cli/unload.h"
#include "scheduler/source/source.h"
#include "store/blob/blob.h"

struct get {
	const struct call *call;
	const json_t *artifact;
	struct digest digest;
	bool is_folder;
	char *target; /* the path to make; "-" is standard output */
};

static const struct {
	const char *suffix;
	enum pack_format format;
} archives[] = {
	{ ".tar", PACK_TAR },
	{ ".tar.zst", PACK_TAR_ZST },
	{ ".zip", PACK_ZIP },
};

/* The format that the target's name asks for; PACK_FORMAT_COUNT: none. */
static enum pack_format archive_format(const struct get *g)
{
	for (size_t i = 0; g->is_folder && i < countof(archives); i++)
		if (str_ends(g->target, archives[i].suffix))
			return archives[i].format;
	return PACK_FORMAT_COUNT;
}

/* As it was called in its workspace. */
static const char *own_name(const json_t *artifact)
{
	const char *path = field_text(artifact, "path");

	return path_base(*path ? path : field_text(artifact, "name"));
}

static void choose_target(struct get *g)
{
	const char *wanted = call_option(g->call, "output");
	const char *name = own_name(g->artifact);
	struct stat st;

	if (!*name)
		name = "artifact";
	if (!wanted)
		g->target = mem_strdup(name);
	else if (!str_eq(wanted, "-") && stat(wanted, &st) == 0 && S_ISDIR(st.st_mode))
		g->target = path_join(wanted, name);
	else
		g->target = mem_strdup(wanted);
}

static int pack(const struct get *g, enum pack_format format, struct err *err)
{
	struct source_pack_spec spec = { .digest = g->digest, .is_tree = true, .format = format };
	char *folder = getcwd(NULL, 0), *path = path_join(folder, g->target), *helper = NULL;
	struct source_client *c = NULL;
	uint64_t size_bytes;
	int rc = source_helper_path(&helper, err);

	spec.path = path;
	if (rc == 0 && call_has(g->call, "force"))
		unlink(path);
	if (rc == 0)
		rc = source_client_create(helper, g->call->settings.home, &c, err);
	if (rc == 0)
		rc = source_pack(c, &spec, SOURCE_PACK_TIMEOUT_MS, &size_bytes, err);
	source_client_destroy(c);
	free(helper);
	free(path);
	free(folder);
	return rc;
}

static int write_out(const struct get *g, struct blob_store *blobs, struct err *err)
{
	enum pack_format format = archive_format(g);

	if (str_eq(g->target, "-") && g->is_folder)
		return err_set(err, ERR_USAGE, "a folder does not go to standard output: -o x.tar");
	if (str_eq(g->target, "-"))
		return unload_to_fd(blobs, &g->digest, STDOUT_FILENO, err);
	if (format != PACK_FORMAT_COUNT)
		return pack(g, format, err);
	if (g->is_folder)
		return unload_folder(blobs, &g->digest, g->target, err);
	return unload_file(blobs, &g->digest, g->target, call_has(g->call, "force"), err);
}

static void say(const struct get *g)
{
	struct buf text = BUF_INIT;

	if (g->call->settings.json) {
		print_json(g->artifact);
	} else if (!g->call->settings.quiet && !str_eq(g->target, "-")) {
		str_printable(&text, g->target, strlen(g->target));
		buf_str_append(&text, ": ");
		str_format_size(&text, (uint64_t)field_int(g->artifact, "size"));
		buf_printf(&text, ", %s\n", field_text(g->artifact, "digest"));
		print_buf(&text);
	}
}

static int get(struct get *g, struct err *err)
{
	char *path = path_join(g->call->settings.home, "blobs");
	struct blob_store *blobs = NULL;
	int rc = digest_parse(field_text(g->artifact, "digest"), &g->digest);

	g->is_folder = str_eq(field_text(g->artifact, "kind"), "folder");
	if (rc < 0)
		rc = err_set(err, ERR_PROTOCOL, "the scheduler's answer has no digest");
	choose_target(g);
	if (rc == 0)
		rc = blob_store_open(path, &blobs, err);
	if (rc == 0)
		rc = write_out(g, blobs, err);
	if (rc == ERR_EXISTS)
		err_hint(err, g->is_folder ? "give another place: -o PATH"
					   : "give another place: -o PATH, or --force");
	if (rc == 0)
		say(g);
	blob_store_close(blobs);
	free(g->target);
	free(path);
	return rc;
}

static int run(const struct call *call, struct err *err)
{
	struct get g = { .call = call };
	json_t *artifact = NULL;
	int rc = talk_ask(&call->settings, "artifact.resolve",
			    json_pack("{s:s}", "address", call->args[0]), &artifact, err);

	g.artifact = artifact;
	if (rc == 0)
		rc = get(&g, err);
	json_decref(artifact);
	return rc;
}

const struct cli_command cmd_get = {
	.name = "get",
	.group = GROUP_ARTIFACTS,
	.summary = "copy an artifact to here",
	.text = "Without -o under the name that it had in its step. A folder becomes a folder,\n"
		"or with a PATH that ends in .tar, .tar.zst or .zip an archive, which has the\n"
		"same bytes every time. Every byte is checked against the digest.\n",
	.args = (const struct arg_spec[]){
		{ "ADDRESS", "42/train.model, model:NAME@3, artifact:NAME@latest or sha256:…",
		  false, false, WORD_TEXT },
		{ 0 },
	},
	.options = (const struct option_spec[]){
		{ "output", 'o', "PATH", "file, folder or archive to make; - is standard output",
		  WORD_FILE },
		{ "force", 'f', NULL, "replace a file that is there", WORD_TEXT },
		{ 0 },
	},
	.examples = (const struct example[]){
		{ "ingot get latest/evaluate.model", "the newest model" },
		{ "ingot get 42/report.plots -o plots.zip", "a folder as an archive" },
		{ "ingot get model:penguins@3 -o - | sha256sum", "through a pipe" },
		{ 0 },
	},
	.has_json = true,
	.run = run,
};
