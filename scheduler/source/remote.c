/* SPDX-License-Identifier: Apache-2.0 */
/* remote.c - bringing a commit from elsewhere into a mirror
 *
 * What is asked for is always an object id that the other side has just named, so
 * that nothing is stored under a ref that may have moved meanwhile:
 *
 *	ls-remote URL REF      what is it now?
 *	(the mirror keeps it: done)
 *	fetch URL ID           bring it
 *	(refused: a server of protocol 0 gives only what it names now)
 *	fetch URL all refs     bring everything, look there
 */
#include "scheduler/source/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/git_program.h"
#include "scheduler/source/mirror.h"
#include "scheduler/source/origin.h"
#include "scheduler/source/resolve.h"

/* The history of a repository on this machine stays where it is; that of another is brought
 * along, so that an older commit needs no connection. */
#define WITHOUT_HISTORY "--depth=1"
#define WITH_HISTORY "--no-progress"

/* A ref as the other side names it. */
struct advertised {
	const char *name; /* "refs/tags/v1"; "refs/tags/v1^{}" for what a tag points to */
	git_oid id;
	const char *symref; /* of HEAD: the branch it stands for, or NULL */
};

struct advertised_list {
	struct advertised *refs;
	size_t count;
	size_t cap;
};

static const char *public_name(const char *url, struct arena *arena)
{
	struct buf name = BUF_INIT;
	const char *lent;

	origin_public_name(url, &name);
	lent = arena_strdup(arena, buf_str(&name));
	buf_finish(&name);
	return lent;
}

/* Runs git; an exit code other than 0 is an error that names the repository. */
static int run_git(struct mirror *m, const char *name, const char *const *args, struct buf *out,
		   struct err *err)
{
	struct buf messages = BUF_INIT;
	int rc = git_program_run(m->path, args, out, &messages, err);

	if (rc > 0)
		rc = git_program_explain(name, &messages, err);
	buf_finish(&messages);
	return rc;
}

static void add_advertised(struct advertised_list *list, struct arena *arena, const char *line,
			   size_t len, const char *symref)
{
	struct advertised found = { 0 };
	int valid = 0;

	if (len < GIT_OID_HEXSZ + 2 || line[GIT_OID_HEXSZ] != '\t' ||
	    git_oid_fromstrn(&found.id, line, GIT_OID_HEXSZ) < 0)
		return;
	found.name = arena_strndup(arena, line + GIT_OID_HEXSZ + 1, len - GIT_OID_HEXSZ - 1);
	if (symref && git_reference_name_is_valid(&valid, symref) == 0 && valid)
		found.symref = symref;
	list->refs = mem_grow(list->refs, &list->cap, list->count + 1, sizeof(*list->refs));
	list->refs[list->count++] = found;
}

/* Lines "<id>\t<ref>", and "ref: <branch>\tHEAD" before the one of HEAD. */
static void read_advertised(const char *text, struct arena *arena, struct advertised_list *list)
{
	const char *symref = NULL;

	while (*text) {
		size_t len = strcspn(text, "\n");

		if (str_starts(text, "ref: ")) {
			symref = arena_strndup(arena, text + 5, strcspn(text + 5, "\t\n"));
		} else {
			add_advertised(list, arena, text, len, symref);
			symref = NULL;
		}
		text += len + (text[len] == '\n');
	}
}

/* patterns end with NULL; none: every ref. The caller frees list->refs. */
static int list_refs(struct mirror *m, const char *url, const char *const *patterns,
		     struct arena *arena, struct advertised_list *list, struct err *err)
{
	const char *args[4 + 2 * RESOLVE_NAMES + 1] = { "ls-remote", "--symref", "--", url };
	struct buf out = BUF_INIT;
	int rc;

	for (size_t i = 0; patterns[i]; i++)
		args[4 + i] = patterns[i];
	rc = run_git(m, url, args, &out, err);
	if (rc == 0)
		read_advertised(buf_str(&out), arena, list);
	buf_finish(&out);
	return rc;
}

static const struct advertised *find_advertised(const struct advertised_list *list,
						const char *name)
{
	for (size_t i = 0; name && i < list->count; i++)
		if (str_eq(list->refs[i].name, name))
			return &list->refs[i];
	return NULL;
}

/* Asks for the names and for what they peel to. */
static int ask_for(struct mirror *m, const char *url, const char *const names[RESOLVE_NAMES],
		   struct arena *arena, struct advertised_list *list, struct err *err)
{
	const char *patterns[2 * RESOLVE_NAMES + 1] = { NULL };
	size_t count = 0;

	for (size_t i = 0; i < RESOLVE_NAMES; i++) {
		if (!names[i])
			continue;
		patterns[count++] = names[i];
		patterns[count++] = arena_printf(arena, "%s^{}", names[i]);
	}
	return list_refs(m, url, patterns, arena, list, err);
}

/* Brings one object, and what it points to, under a ref of its own. depth is an option
 * for how much history comes along. */
static int fetch_id(struct mirror *m, const char *name, const char *from, const char *depth,
		    const git_oid *id, struct err *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	char spec[2 * GIT_OID_HEXSZ + sizeof("+:refs/ingot/")];
	const char *const args[] = { "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
				     depth, "--", from, spec, NULL };

	git_oid_tostr(hex, sizeof(hex), id);
	snprintf(spec, sizeof(spec), "+%s:refs/ingot/%s", hex, hex);
	return run_git(m, name, args, NULL, err);
}

/* The branches and tags that are gone go first: one of them may be in the way of a new one
 * (a, then a/b). */
static int fetch_all(struct mirror *m, const char *url, struct err *err)
{
	const char *const args[] = { "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
				     "--prune", "--", url, "+refs/heads/*:refs/origin/heads/*",
				     "+refs/tags/*:refs/origin/tags/*", NULL };

	return run_git(m, url, args, NULL, err);
}

/* Brings what a ref points to. The ref may have moved since: then all refs are brought. */
static int bring_advertised(struct mirror *m, const char *url, const struct advertised *found,
			    struct err *err)
{
	int rc = mirror_lock(m, err);

	if (rc == 0 && !mirror_keeps(m, &found->id))
		rc = fetch_id(m, url, url, WITH_HISTORY, &found->id, err);
	if (rc == ERR_NOT_FOUND)
		rc = fetch_all(m, url, err);
	return rc;
}

static int bring_ref(struct mirror *m, const char *url, const struct advertised_list *list,
		     const struct advertised *found, struct arena *arena, struct resolved *ret,
		     struct err *err)
{
	const char *name = found->symref ? found->symref : found->name;
	const struct advertised *peeled =
		find_advertised(list, arena_printf(arena, "%s^{}", found->name));
	char hex[GIT_OID_HEXSZ + 1];
	int rc = 0;

	ret->ref = str_eq(name, "HEAD") ? NULL : name;
	git_oid_cpy(&ret->commit, peeled ? &peeled->id : &found->id);
	if (mirror_keeps(m, &ret->commit))
		return 0;
	rc = bring_advertised(m, url, found, err);
	if (rc == 0)
		rc = resolve_id(m->repo, public_name(url, arena),
				git_oid_tostr(hex, sizeof(hex), &found->id), &ret->commit, err);
	return rc == 0 ? mirror_keep(m, &ret->commit, err) : rc;
}

/* A commit id that is no ref: a whole one is asked for, a part needs all there is. */
static int bring_id(struct mirror *m, const char *url, const char *id, struct arena *arena,
		    struct resolved *ret, struct err *err)
{
	bool whole = strlen(id) == GIT_OID_HEXSZ;
	git_oid oid;
	int rc = mirror_lock(m, err);

	if (rc < 0)
		return rc;
	rc = ERR_NOT_FOUND;
	if (whole && git_oid_fromstr(&oid, id) == 0)
		rc = fetch_id(m, url, url, WITH_HISTORY, &oid, err);
	if (rc == ERR_NOT_FOUND)
		rc = fetch_all(m, url, err);
	if (rc == 0)
		rc = resolve_id(m->repo, public_name(url, arena), id, &ret->commit, err);
	return rc == 0 ? mirror_keep(m, &ret->commit, err) : rc;
}

/* No such ref: says so, with the nearest of all there are. */
static int report_unknown(struct mirror *m, const char *url, const char *ref, struct arena *arena,
			  struct err *err)
{
	static const char *const everything[] = { NULL };
	struct advertised_list list = { 0 };
	int rc = list_refs(m, url, everything, arena, &list, err);
	const char **names = mem_array(list.count + 1, sizeof(*names));

	for (size_t i = 0; i < list.count; i++)
		names[i] = list.refs[i].name;
	if (rc == 0 && list.count == 0)
		rc = resolve_unborn(public_name(url, arena), err);
	else if (rc == 0)
		rc = resolve_unknown(public_name(url, arena), ref ? ref : "HEAD", names,
				     list.count, err);
	free(names);
	free(list.refs);
	return rc;
}

static int bring_name(struct mirror *m, const char *url, const char *ref, struct arena *arena,
		      struct resolved *ret, struct err *err)
{
	const char *names[RESOLVE_NAMES];
	struct advertised_list list = { 0 };
	const struct advertised *found = NULL;
	int rc = resolve_candidates(ref, arena, names, err);

	if (rc == 0)
		rc = ask_for(m, url, names, arena, &list, err);
	for (size_t i = 0; rc == 0 && !found && i < RESOLVE_NAMES; i++)
		found = find_advertised(&list, names[i]);
	if (found && str_eq(found->name, names[RESOLVE_TAG]) &&
	    find_advertised(&list, names[RESOLVE_BRANCH]))
		ret->warning = resolve_both_warning(ref, arena);
	if (found)
		rc = bring_ref(m, url, &list, found, arena, ret, err);
	else if (rc == 0 && ref && resolve_is_id(ref))
		rc = bring_id(m, url, ref, arena, ret, err);
	else if (rc == 0)
		rc = report_unknown(m, url, ref, arena, err);
	free(list.refs);
	return rc;
}

/* A whole id that the mirror has needs nobody else. */
static bool is_there(struct mirror *m, const char *ref, git_oid *ret)
{
	git_oid id;

	if (!ref || strlen(ref) != GIT_OID_HEXSZ || git_oid_fromstr(&id, ref) < 0)
		return false;
	if (!mirror_keeps(m, &id) && !mirror_reaches(m, &id))
		return false;
	git_oid_cpy(ret, &id);
	return true;
}

int remote_bring(struct mirror *m, const char *url, const char *ref, struct arena *arena,
		 struct resolved *ret, struct err *err)
{
	struct resolved found = { 0 };
	int rc = 0;

	if (!is_there(m, ref, &found.commit)) {
		rc = bring_name(m, url, ref, arena, &found, err);
	} else if (!mirror_keeps(m, &found.commit)) {
		rc = mirror_lock(m, err);
		if (rc == 0)
			rc = mirror_keep(m, &found.commit, err);
	}
	if (rc == 0)
		*ret = found;
	return rc;
}

int remote_bring_local(struct mirror *m, const char *name, const char *path,
		       const git_oid *commit, struct err *err)
{
	int rc = mirror_lock(m, err);

	if (rc == 0 && !mirror_keeps(m, commit))
		rc = fetch_id(m, name, path, WITHOUT_HISTORY, commit, err);
	return rc;
}
