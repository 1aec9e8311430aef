/* SPDX-License-Identifier: Apache-2.0 */
/* mirror.c - a bare repository of ours per repository of theirs, under repos/
 *
 * A mirror is a cache: it can be removed at any time, and what is in it was
 * verified by its ids. It is made under another name and renamed, so that there
 * is a whole one or none.
 */
#include "scheduler/source/mirror.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"
#include "scheduler/source/origin.h"

/* A pack that is still growing after this belongs to a process that is not ours. */
enum { LEFTOVER_PACK_AGE_S = 3600 };

enum { KEEP_REF_SIZE = sizeof("refs/ingot/") + GIT_OID_HEXSZ };

static void keep_ref(const git_oid *commit, char out[KEEP_REF_SIZE])
{
	char hex[GIT_OID_HEXSZ + 1];

	snprintf(out, KEEP_REF_SIZE, "refs/ingot/%s", git_oid_tostr(hex, sizeof(hex), commit));
}

static int lock_file(const char *mirror_path, int *ret_fd, struct err *err)
{
	char *path = mem_printf("%s.lock", mirror_path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc = 0;

	if (fd < 0) {
		rc = err_errno(err, errno, "%s", path);
	} else {
		while (flock(fd, LOCK_EX) < 0 && rc == 0)
			if (errno != EINTR)
				rc = err_errno(err, errno, "%s", path);
	}
	free(path);
	if (rc < 0)
		fs_close(&fd);
	else
		*ret_fd = fd;
	return rc;
}

/* No template, so no hook: a repository of ours is nothing but objects and refs. */
static int init_bare(const char *path, struct err *err)
{
	git_repository_init_options options;
	git_repository *repo = NULL;
	int rc;

	git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKDIR |
			GIT_REPOSITORY_INIT_NO_REINIT;
	options.initial_head = "refs/heads/none";
	rc = git_repository_init_ext(&repo, path, &options);
	git_repository_free(repo);
	return rc < 0 ? git_failure(err, rc, "%s", path) : 0;
}

static int create_mirror(const char *path, struct err *err)
{
	char *fresh = mem_printf("%s.new", path);
	int lock_fd = -1;
	int rc = lock_file(path, &lock_fd, err);

	if (rc == 0 && !fs_exists(AT_FDCWD, path)) {
		rc = fs_remove_tree(AT_FDCWD, fresh, err);
		if (rc == 0)
			rc = init_bare(fresh, err);
		if (rc == 0 && rename(fresh, path) < 0)
			rc = err_errno(err, errno, "%s", path);
	}
	fs_close(&lock_fd);
	free(fresh);
	return rc;
}

static int open_at(const char *repos, const char *path, bool create, struct mirror *m,
		   struct err *err)
{
	int rc = 0;

	if (!fs_exists(AT_FDCWD, path)) {
		if (!create)
			return err_set(err, ERR_NOT_FOUND, "there is no mirror %s", path);
		rc = fs_mkdirs(AT_FDCWD, repos, 0755, err);
		if (rc == 0)
			rc = create_mirror(path, err);
	}
	if (rc < 0)
		return rc;
	rc = git_repository_open_bare(&m->repo, path);
	return rc < 0 ? git_failure(err, rc, "%s", path) : 0;
}

int mirror_open(const char *home, const char *identity, bool create, struct mirror *ret,
		struct err *err)
{
	struct mirror m = MIRROR_INIT;
	char *name = origin_mirror_name(identity);
	char *repos = path_join(home, "repos");
	int rc;

	m.path = path_join(repos, name);
	rc = open_at(repos, m.path, create, &m, err);
	if (rc < 0)
		mirror_close(&m);
	else
		*ret = m;
	free(repos);
	free(name);
	return rc;
}

void mirror_close(struct mirror *m)
{
	git_repository_free(m->repo);
	free(m->path);
	fs_close(&m->lock_fd);
	*m = (struct mirror)MIRROR_INIT;
}

/* objects/00 to objects/ff */
static bool is_loose_objects(const FTSENT *folder)
{
	return folder->fts_namelen == 2 && str_eq(folder->fts_parent->fts_name, "objects");
}

static bool is_leftover(const FTSENT *entry)
{
	if (entry->fts_info != FTS_F)
		return false;
	if (str_starts(entry->fts_name, "tmp_"))
		return time(NULL) - entry->fts_statp->st_mtime > LEFTOVER_PACK_AGE_S;
	return str_ends(entry->fts_name, ".lock");
}

/* Whoever held the lock and was killed may have left lock files of git's own, which
 * would stop everybody for ever, and parts of packs. Loose objects are not looked at:
 * there may be many, and they are whole or gone. */
static void remove_leftovers(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	for (FTSENT *entry; walk && (entry = fts_read(walk)) != NULL;) {
		if (entry->fts_info == FTS_D && is_loose_objects(entry))
			fts_set(walk, entry, FTS_SKIP);
		else if (is_leftover(entry))
			unlink(entry->fts_path);
	}
	if (walk)
		fts_close(walk);
}

int mirror_lock(struct mirror *m, struct err *err)
{
	int rc;

	if (m->lock_fd >= 0)
		return 0;
	rc = lock_file(m->path, &m->lock_fd, err);
	if (rc == 0)
		remove_leftovers(m->path);
	return rc;
}

void mirror_unlock(struct mirror *m)
{
	fs_close(&m->lock_fd);
}

bool mirror_keeps(struct mirror *m, const git_oid *commit)
{
	char name[KEEP_REF_SIZE];
	git_oid target;

	keep_ref(commit, name);
	return git_reference_name_to_id(&target, m->repo, name) == 0 &&
	       git_oid_equal(&target, commit);
}

int mirror_keep(struct mirror *m, const git_oid *commit, struct err *err)
{
	git_reference *ref = NULL;
	char name[KEEP_REF_SIZE];
	int rc;

	keep_ref(commit, name);
	rc = git_reference_create(&ref, m->repo, name, commit, 1, NULL);
	git_reference_free(ref);
	return rc < 0 ? git_failure(err, rc, "%s", m->path) : 0;
}

bool mirror_reaches(struct mirror *m, const git_oid *commit)
{
	git_revwalk *walk = NULL;
	git_object *object = NULL;
	git_oid at;
	bool found = false;

	if (git_object_lookup(&object, m->repo, commit, GIT_OBJECT_COMMIT) < 0)
		return false;
	git_object_free(object);
	if (git_revwalk_new(&walk, m->repo) == 0 && git_revwalk_push_glob(walk, "refs/*") == 0)
		while (!found && git_revwalk_next(&at, walk) == 0)
			found = git_oid_equal(&at, commit);
	git_revwalk_free(walk);
	return found;
}
