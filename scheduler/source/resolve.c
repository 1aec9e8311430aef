/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.c - from what a person calls a commit to the commit */
#include "scheduler/source/resolve.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"

int resolve_unborn(const char *object, struct err *err)
{
	err_set(err, ERR_STATE, "%s has no commit yet", object);
	return err_hint(err, "git add ingot.yaml && git commit");
}

const char *resolve_short_name(const char *full)
{
	static const char *const folders[] = { "refs/heads/", "refs/tags/", "refs/remotes/" };

	for (size_t i = 0; i < countof(folders); i++)
		if (str_starts(full, folders[i]))
			return full + strlen(folders[i]);
	return full;
}

int resolve_unknown(const char *object, const char *ref, const char *const *names, size_t count,
		    struct err *err)
{
	const char **shorts = mem_array(count + 1, sizeof(*shorts));
	const char *nearest;

	for (size_t i = 0; i < count; i++)
		shorts[i] = resolve_short_name(names[i]);
	nearest = str_suggest(ref, shorts, count);
	err_set(err, ERR_NOT_FOUND, "%s has no branch, tag or commit '%s'", object, ref);
	if (nearest) {
		struct buf name = BUF_INIT;

		str_printable(&name, nearest, strlen(nearest));
		err_hint(err, "did you mean '%s'?", buf_str(&name));
		buf_finish(&name);
	}
	free(shorts);
	return ERR_NOT_FOUND;
}

int resolve_candidates(const char *ref, struct arena *arena, const char *ret[RESOLVE_NAMES],
		       struct err *err)
{
	static const char *const folders[RESOLVE_NAMES] = {
		[RESOLVE_FULL] = "",
		[RESOLVE_BELOW_REFS] = "refs/",
		[RESOLVE_TAG] = "refs/tags/",
		[RESOLVE_BRANCH] = "refs/heads/",
		[RESOLVE_REMOTE] = "refs/remotes/",
	};
	bool full = ref && str_starts(ref, "refs/");
	int valid = 0;

	memset(ret, 0, RESOLVE_NAMES * sizeof(*ret));
	if (!ref || str_eq(ref, "HEAD")) {
		ret[RESOLVE_FULL] = "HEAD";
		return 0;
	}
	for (size_t i = 0; i < RESOLVE_NAMES; i++) {
		if (full != (i == RESOLVE_FULL))
			continue;
		ret[i] = arena_printf(arena, "%s%s", folders[i], ref);
		if (git_reference_name_is_valid(&valid, ret[i]) < 0 || !valid)
			return err_set(err, ERR_INVALID, "'%s' cannot be the name of a ref", ref);
	}
	return 0;
}

bool resolve_is_id(const char *ref)
{
	size_t len = strlen(ref);

	return len >= RESOLVE_PREFIX_MIN && len <= GIT_OID_HEXSZ &&
	       strspn(ref, "0123456789abcdefABCDEF") == len;
}

static int peel(git_object *object, const char *name, git_oid *ret, struct err *err)
{
	git_object *commit = NULL;
	int rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);

	if (rc == GIT_EPEEL || rc == GIT_EINVALIDSPEC || rc == GIT_EAMBIGUOUS)
		return err_set(err, ERR_INVALID, "%s is no commit", name);
	if (rc < 0)
		return git_failure(err, rc, "%s", name) == ERR_NOT_FOUND
			       ? err_set(err, ERR_DAMAGED, "%s: its commit is missing", name)
			       : ERR_DAMAGED;
	git_oid_cpy(ret, git_object_id(commit));
	git_object_free(commit);
	return 0;
}

int resolve_id(git_repository *repo, const char *object, const char *id, git_oid *ret,
	       struct err *err)
{
	git_object *found = NULL;
	git_oid prefix;
	int rc = git_oid_fromstrn(&prefix, id, strlen(id));

	if (rc == 0)
		rc = git_object_lookup_prefix(&found, repo, &prefix, strlen(id), GIT_OBJECT_ANY);
	if (rc == GIT_EAMBIGUOUS)
		return err_set(err, ERR_INVALID, "%s has more than one object '%s…'", object, id);
	if (rc == GIT_ENOTFOUND)
		return resolve_unknown(object, id, NULL, 0, err);
	if (rc < 0)
		return git_failure(err, rc, "%s: %s", object, id);
	rc = peel(found, id, ret, err);
	git_object_free(found);
	return rc;
}

/* A ref that may be symbolic. Returns 1 if there is one, 0 if not. */
static int resolve_ref(git_repository *repo, const char *object, const char *name,
		       struct arena *arena, struct resolved *ret, struct err *err)
{
	git_reference *ref = NULL, *direct = NULL;
	git_object *target = NULL;
	int rc = git_reference_lookup(&ref, repo, name);

	if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC)
		return 0;
	if (rc == 0)
		rc = git_reference_resolve(&direct, ref);
	if (rc == GIT_ENOTFOUND)
		rc = resolve_unborn(object, err);
	else if (rc < 0)
		rc = git_failure(err, rc, "%s: %s", object, name);
	else if (git_object_lookup(&target, repo, git_reference_target(direct),
				   GIT_OBJECT_ANY) < 0)
		rc = err_set(err, ERR_DAMAGED, "%s: the object of %s is missing or damaged",
			     object, name);
	else
		rc = peel(target, name, &ret->commit, err);
	if (rc == 0 && !str_eq(git_reference_name(direct), "HEAD"))
		ret->ref = arena_strdup(arena, git_reference_name(direct));
	git_object_free(target);
	git_reference_free(direct);
	git_reference_free(ref);
	return rc < 0 ? rc : 1;
}

/* "HEAD~2", "main^": an expression of revisions, of which ^ and ~ are safe to offer. */
static int resolve_expression(git_repository *repo, const char *object, const char *ref,
			      git_oid *ret, struct err *err)
{
	git_object *found = NULL;
	int rc;

	if (strpbrk(ref, ":@{}\\?*[ ") || git_revparse_single(&found, repo, ref) < 0)
		return err_set(err, ERR_NOT_FOUND, "%s has no commit '%s'", object, ref);
	rc = peel(found, ref, ret, err);
	git_object_free(found);
	return rc;
}

static int unknown_local(git_repository *repo, const char *object, const char *ref,
			 struct err *err)
{
	git_strarray names = { 0 };
	int rc;

	git_reference_list(&names, repo);
	rc = resolve_unknown(object, ref, (const char *const *)names.strings, names.count, err);
	git_strarray_dispose(&names);
	return rc;
}

/* Returns 1 if there is such a ref, 0 if not. */
static int resolve_name(git_repository *repo, const char *object, const char *ref,
			struct arena *arena, struct resolved *ret, struct err *err)
{
	const char *names[RESOLVE_NAMES];
	git_oid branch;
	int rc = resolve_candidates(ref, arena, names, err);

	for (size_t i = 0; rc == 0 && i < RESOLVE_NAMES; i++)
		if (names[i])
			rc = resolve_ref(repo, object, names[i], arena, ret, err);
	if (rc == 1 && ret->ref && str_eq(ret->ref, names[RESOLVE_TAG]) &&
	    git_reference_name_to_id(&branch, repo, names[RESOLVE_BRANCH]) == 0)
		ret->warning = resolve_both_warning(ref, arena);
	return rc;
}

const char *resolve_both_warning(const char *ref, struct arena *arena)
{
	return arena_printf(arena, "'%s' is both a tag and a branch: this is the tag", ref);
}

int resolve_local(git_repository *repo, const char *object, const char *ref, struct arena *arena,
		  struct resolved *ret, struct err *err)
{
	struct resolved found = { 0 };
	int rc;

	if (ref && strpbrk(ref, "^~")) {
		rc = resolve_expression(repo, object, ref, &found.commit, err);
	} else {
		rc = resolve_name(repo, object, ref, arena, &found, err);
		if (rc == 0 && ref && resolve_is_id(ref))
			rc = resolve_id(repo, object, ref, &found.commit, err);
		else if (rc == 0)
			rc = unknown_local(repo, object, ref ? ref : "HEAD", err);
	}
	if (rc < 0)
		return rc;
	*ret = found;
	return 0;
}
