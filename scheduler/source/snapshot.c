/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.c - a commit of a repository, brought into its mirror and listed
 *
 *	1. what repository is that?        a folder of this machine, or a URL
 *	2. which commit does the ref mean? asked there
 *	3. bring it into the mirror        unless it is kept there already
 *	4. --dirty: a commit of the work tree on top of it
 *	5. list its tree, read its definitions, from the mirror alone
 */
#include "scheduler/source/helper.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <git2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"
#include "scheduler/source/listing.h"
#include "scheduler/source/mirror.h"
#include "scheduler/source/origin.h"
#include "scheduler/source/remote.h"
#include "scheduler/source/resolve.h"
#include "scheduler/source/worktree.h"

enum { WARNINGS_MAX = 4 };

struct maker {
	const char *home;
	const struct source_spec *spec;
	struct arena *arena;
	struct mirror mirror;
	struct resolved resolved;
	const char *warnings[WARNINGS_MAX];
	struct source_snapshot out;
};

static void warn(struct maker *k, const char *warning)
{
	if (warning && k->out.warning_count < WARNINGS_MAX)
		k->warnings[k->out.warning_count++] = warning;
}

static char *printable(struct arena *arena, const char *s)
{
	struct buf text = BUF_INIT;
	char *lent;

	str_printable(&text, s, strlen(s));
	lent = arena_strdup(arena, buf_str(&text));
	buf_finish(&text);
	return lent;
}

static int no_repository(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_errno(err, errno, "%s", path);
	if (access(path, R_OK) < 0)
		return err_errno(err, errno, "%s", path);
	err_set(err, ERR_NOT_FOUND, "not a Git repository: %s", path);
	return err_hint(err, "git init makes one of a folder; or name another path or a URL");
}

static int owned_by_other(const char *path, struct err *err)
{
	err_set(err, ERR_DENIED, "%s is owned by another user, who could run commands as you",
		path);
	return err_hint(err, "git config --global --add safe.directory '%s', if you trust it",
			path);
}

static int open_local(const char *path, git_repository **ret, struct err *err)
{
	int rc = git_repository_open_ext(ret, path, 0, NULL);
	int code;

	if (rc == 0)
		return 0;
	code = git_failure(err, rc, "%s", path);
	if (code == ERR_DENIED)
		return owned_by_other(path, err);
	return code == ERR_NOT_FOUND ? no_repository(path, err) : code;
}

/* The folder that people call the repository: the work tree's, also of a linked one. */
static int local_identity(git_repository *repo, struct arena *arena, const char **ret,
			  struct err *err)
{
	char real[PATH_MAX];
	size_t len;

	if (!realpath(git_repository_commondir(repo), real))
		return err_errno(err, errno, "%s", git_repository_commondir(repo));
	len = strlen(real);
	if (str_ends(real, "/.git"))
		len -= strlen("/.git");
	*ret = arena_strndup(arena, real, len ? len : 1);
	return 0;
}

static void report_changes(struct maker *k, const struct worktree_changes *changes)
{
	k->out.changes = changes->named;
	k->out.change_named = changes->named_count;
	k->out.change_count = changes->count;
}

/* Replaces the commit in hand by one of the work tree. */
static int snapshot_worktree(struct maker *k, git_repository *repo,
			     const struct worktree_changes *changes, struct err *err)
{
	git_oid commit;
	int rc = mirror_lock(&k->mirror, err);

	if (rc == 0)
		rc = worktree_write(repo, changes, &k->resolved.commit, k->mirror.repo, &commit,
				    err);
	if (rc == 0)
		rc = mirror_keep(&k->mirror, &commit, err);
	if (rc == 0) {
		git_oid_cpy(&k->resolved.commit, &commit);
		k->out.dirty = true;
	}
	return rc;
}

/* Uncommitted changes matter where HEAD is what runs. */
static int look_at_worktree(struct maker *k, git_repository *repo, struct err *err)
{
	struct worktree_changes changes = { 0 };
	git_oid head;
	int rc;

	if (git_reference_name_to_id(&head, repo, "HEAD") < 0 ||
	    !git_oid_equal(&head, &k->resolved.commit)) {
		if (!k->spec->dirty)
			return 0;
		return err_set(err, ERR_INVALID,
			       "uncommitted changes are on top of HEAD, not of '%s'",
			       k->spec->ref);
	}
	if (k->spec->dirty && git_repository_is_bare(repo))
		return err_set(err, ERR_INVALID, "%s is bare: it has no work tree",
			       k->out.repository);
	rc = worktree_compare(repo, &head, k->arena, &changes, err);
	if (rc == 0)
		report_changes(k, &changes);
	if (rc == 0 && k->spec->dirty && changes.count > 0)
		rc = snapshot_worktree(k, repo, &changes, err);
	worktree_changes_finish(&changes);
	return rc;
}

static void describe_commit(struct maker *k, git_commit *commit)
{
	const git_signature *author = git_commit_author(commit);
	const char *summary = git_commit_summary(commit);
	char hex[GIT_OID_HEXSZ + 1];

	git_oid_tostr(hex, sizeof(hex), git_commit_id(commit));
	k->out.commit = arena_strdup(k->arena, hex);
	git_oid_tostr(hex, sizeof(hex), git_commit_tree_id(commit));
	k->out.tree = arena_strdup(k->arena, hex);
	k->out.author = printable(
		k->arena, arena_printf(k->arena, "%s <%s>", author->name, author->email));
	k->out.summary = printable(k->arena, summary ? summary : "");
	k->out.committed_at_ms = git_commit_time(commit) * INT64_C(1000);
}

/* Describes the commit in hand, as the mirror has it. What was kept there was whole once: damage
 * came later, and the mirror can be made again. */
static int list_commit(struct maker *k, struct err *err)
{
	git_commit *commit = NULL;
	int rc;

	if (git_commit_lookup(&commit, k->mirror.repo, &k->resolved.commit) < 0) {
		rc = git_failure_object(err, "the commit");
	} else {
		describe_commit(k, commit);
		rc = listing_make(k->mirror.repo, git_commit_tree_id(commit), k->arena,
				  &k->out.files, err);
	}
	git_commit_free(commit);
	if (rc == ERR_DAMAGED)
		err_hint(err, "rm -r '%s' and try again: it is a copy", k->mirror.path);
	return rc;
}

static int bring_local(struct maker *k, git_repository *repo, struct err *err)
{
	const char *object;
	int rc = local_identity(repo, k->arena, &k->out.repository, err);

	if (rc < 0)
		return rc;
	object = printable(k->arena, k->out.repository);
	rc = resolve_local(repo, object, k->spec->ref, k->arena, &k->resolved, err);
	if (rc == 0)
		rc = mirror_open(k->home, k->out.repository, true, &k->mirror, err);
	if (rc == 0 && !mirror_keeps(&k->mirror, &k->resolved.commit))
		rc = remote_bring_local(&k->mirror, k->out.repository, git_repository_path(repo),
					&k->resolved.commit, err);
	/* Listed first: it has limits, which the comparison has not. */
	if (rc == 0)
		rc = list_commit(k, err);
	if (rc == 0)
		rc = look_at_worktree(k, repo, err);
	return rc == 0 && k->out.dirty ? list_commit(k, err) : rc;
}

static int bring_path(struct maker *k, const char *path, struct err *err)
{
	git_repository *repo = NULL;
	int rc = open_local(path, &repo, err);

	if (rc == 0)
		rc = bring_local(k, repo, err);
	git_repository_free(repo);
	return rc;
}

static int bring_url(struct maker *k, const char *url, struct err *err)
{
	struct buf name = BUF_INIT;
	int rc;

	if (k->spec->dirty)
		return err_set(err, ERR_INVALID, "uncommitted changes need a path, not a URL");
	origin_public_name(url, &name);
	k->out.repository = arena_strdup(k->arena, buf_str(&name));
	buf_finish(&name);
	rc = mirror_open(k->home, k->out.repository, true, &k->mirror, err);
	if (rc == 0)
		rc = remote_bring(&k->mirror, url, k->spec->ref, k->arena, &k->resolved, err);
	mirror_unlock(&k->mirror);
	return rc == 0 ? list_commit(k, err) : rc;
}

static void describe_ref(struct maker *k)
{
	static const char branches[] = "refs/heads/";

	k->out.ref = k->resolved.ref;
	if (k->out.ref && str_starts(k->out.ref, branches))
		k->out.branch = k->out.ref + strlen(branches);
	warn(k, k->resolved.warning);
}

static int read_special_files(struct maker *k, struct err *err)
{
	struct source_snapshot *out = &k->out;
	int rc = listing_definitions(k->mirror.repo, &out->files, k->arena, &out->definitions,
				     &out->definition_count, err);

	if (rc == 0 && listing_uses_lfs(k->mirror.repo, &out->files))
		warn(k, "files that Git LFS keeps are seen as their pointers");
	return rc;
}

int snapshot_make(const char *home, const struct source_spec *spec, struct arena *arena,
		  struct source_snapshot *ret, struct err *err)
{
	struct maker k = { .home = home, .spec = spec, .arena = arena, .mirror = MIRROR_INIT };
	struct origin origin;
	int rc = origin_parse(spec->repository, &origin, err);

	if (rc < 0)
		return rc;
	rc = origin.path ? bring_path(&k, origin.path, err) : bring_url(&k, origin.url, err);
	mirror_unlock(&k.mirror);
	if (rc == 0)
		rc = read_special_files(&k, err);
	if (rc == 0) {
		describe_ref(&k);
		k.out.warnings = arena_copy(arena, k.warnings, sizeof(k.warnings));
		*ret = k.out;
	}
	mirror_close(&k.mirror);
	origin_finish(&origin);
	return rc;
}
