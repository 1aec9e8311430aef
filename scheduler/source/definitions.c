/* SPDX-License-Identifier: Apache-2.0 */
/* definitions.c - the files of a commit that the snapshot itself has to read
 *
 * Pipeline definitions go along with the snapshot, so that a run needs one
 * question less; and .gitattributes tells whether Git LFS is used.
 */
#include "scheduler/source/listing.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"

enum { READ_MAX_BYTES = 16 << 20 }; /* a file that is larger is no definition at all */

static bool is_definition(const char *path)
{
	static const char folder[] = ".ingot/";

	if (str_eq(path, "ingot.yaml"))
		return true;
	return str_starts(path, folder) && str_ends(path, ".yaml") &&
	       !strchr(path + strlen(folder), '/');
}

static int read_file(git_odb *odb, const struct source_entry *entry, struct arena *arena,
		     struct source_definition *ret, struct err *err)
{
	git_odb_object *object = NULL;
	git_oid oid;
	size_t len;
	int rc;

	git_oid_fromstr(&oid, entry->oid);
	rc = git_read_blob(odb, entry->path, &oid, READ_MAX_BYTES, &object, err);
	if (rc < 0)
		return rc;
	len = git_odb_object_size(object);
	if (len > SOURCE_DEFINITION_MAX_BYTES + 1)
		len = SOURCE_DEFINITION_MAX_BYTES + 1;
	ret->path = entry->path;
	ret->len = len;
	ret->text = memcpy(arena_alloc(arena, len + 1), git_odb_object_data(object), len);
	git_odb_object_free(object);
	return 0;
}

static int read_definitions(git_odb *odb, const struct source_list *files, struct arena *arena,
			    struct source_definition *out, size_t *ret_count, struct err *err)
{
	size_t count = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < files->count; i++) {
		const struct source_entry *entry = &files->entries[i];

		if (entry->kind > SOURCE_EXECUTABLE || !is_definition(entry->path))
			continue;
		if (count == LISTING_DEFINITIONS_MAX)
			return err_set(err, ERR_TOO_LARGE, ".ingot/ has more than %d definitions",
				       LISTING_DEFINITIONS_MAX);
		rc = read_file(odb, entry, arena, &out[count++], err);
	}
	*ret_count = count;
	return rc;
}

/* "ingot.yaml" sorts behind ".ingot/…", but it is what is looked for first. */
static void put_root_first(struct source_definition *definitions, size_t count)
{
	struct source_definition last;

	if (count == 0 || !str_eq(definitions[count - 1].path, "ingot.yaml"))
		return;
	last = definitions[count - 1];
	memmove(definitions + 1, definitions, (count - 1) * sizeof(*definitions));
	definitions[0] = last;
}

int listing_definitions(git_repository *repo, const struct source_list *files,
			struct arena *arena, const struct source_definition **ret,
			size_t *ret_count, struct err *err)
{
	struct source_definition *found = mem_array(LISTING_DEFINITIONS_MAX, sizeof(*found));
	git_odb *odb = NULL;
	size_t count = 0;
	int rc = git_repository_odb(&odb, repo);

	rc = rc < 0 ? git_failure(err, rc, "mirror")
		    : read_definitions(odb, files, arena, found, &count, err);
	if (rc == 0) {
		put_root_first(found, count);
		*ret = arena_copy(arena, found, count * sizeof(*found));
		*ret_count = count;
	}
	git_odb_free(odb);
	free(found);
	return rc;
}

bool listing_uses_lfs(git_repository *repo, const struct source_list *files)
{
	const struct source_entry *entry = source_list_lookup(files, ".gitattributes");
	git_odb_object *object = NULL;
	git_odb *odb = NULL;
	git_oid oid;
	bool uses = false;

	if (!entry || entry->kind > SOURCE_EXECUTABLE || git_repository_odb(&odb, repo) < 0)
		return false;
	git_oid_fromstr(&oid, entry->oid);
	if (git_read_blob(odb, entry->path, &oid, READ_MAX_BYTES, &object, NULL) == 0)
		uses = memmem(git_odb_object_data(object), git_odb_object_size(object),
			      "filter=lfs", strlen("filter=lfs")) != NULL;
	git_odb_object_free(object);
	git_odb_free(odb);
	return uses;
}
