/* SPDX-License-Identifier: Apache-2.0 */
/* worktree.c - what a work tree has that its commit has not
 *
 * libgit2's difference of HEAD and work tree decides, with the index as its
 * memory of what is tracked and unchanged: so a file that is tracked though
 * ignored is seen, as by git, and a large tree is not hashed again. The files that
 * differ are read as they are, without line-end conversion or any other filter.
 */
#include "scheduler/source/worktree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/git_border.h"
#include "scheduler/source/source.h"

enum { FILE_MAX_BYTES = 1 << 30 }; /* a larger one is no source, but data that wants a store */

static const char *changed_path(const git_diff_delta *delta)
{
	return delta->new_file.path ? delta->new_file.path : delta->old_file.path;
}

static const char *const *name_changes(const struct worktree_changes *changes,
				       struct arena *arena)
{
	const char **names = arena_array(arena, changes->named_count, sizeof(*names));
	struct buf name = BUF_INIT;

	for (size_t i = 0; i < changes->named_count; i++) {
		const char *path = changed_path(changes->all[i]);

		buf_clear(&name);
		str_printable(&name, path, strlen(path));
		names[i] = arena_strdup(arena, buf_str(&name));
	}
	buf_finish(&name);
	return names;
}

/* A file that is missing because a sparse checkout left it out is no change. */
static bool is_left_out(git_index *index, const git_diff_delta *delta)
{
	const git_index_entry *entry;

	if (delta->status != GIT_DELTA_DELETED)
		return false;
	entry = git_index_get_bypath(index, delta->old_file.path, 0);
	return entry && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE);
}

static int choose_changes(git_repository *repo, struct worktree_changes *changes, struct err *err)
{
	size_t count = git_diff_num_deltas(changes->diff);
	git_index *index = NULL;
	int rc = git_repository_index(&index, repo);

	if (rc < 0)
		return git_failure(err, rc, "%s", git_repository_workdir(repo));
	changes->all = mem_array(count, sizeof(const git_diff_delta *));
	for (size_t i = 0; i < count; i++) {
		const git_diff_delta *delta = git_diff_get_delta(changes->diff, i);

		if (!is_left_out(index, delta))
			changes->all[changes->count++] = delta;
	}
	git_index_free(index);
	return 0;
}

static int diff_head(git_repository *repo, const git_oid *head, git_diff **ret, struct err *err)
{
	git_diff_options options;
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	int rc = git_commit_lookup(&commit, repo, head);

	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS |
			GIT_DIFF_IGNORE_SUBMODULES | GIT_DIFF_INCLUDE_TYPECHANGE |
			GIT_DIFF_SKIP_BINARY_CHECK;
	options.ignore_submodules = GIT_SUBMODULE_IGNORE_ALL;
	if (rc == 0)
		rc = git_commit_tree(&tree, commit);
	if (rc == 0)
		rc = git_diff_tree_to_workdir_with_index(ret, repo, tree, &options);
	git_tree_free(tree);
	git_commit_free(commit);
	return rc < 0 ? git_failure(err, rc, "%s", git_repository_workdir(repo)) : 0;
}

int worktree_compare(git_repository *repo, const git_oid *head, struct arena *arena,
		     struct worktree_changes *ret, struct err *err)
{
	struct worktree_changes changes = { 0 };
	int rc = 0;

	if (!git_repository_is_bare(repo)) {
		rc = diff_head(repo, head, &changes.diff, err);
		if (rc == 0)
			rc = choose_changes(repo, &changes, err);
	}
	if (rc < 0) {
		worktree_changes_finish(&changes);
		return rc;
	}
	changes.named_count = changes.count < SOURCE_CHANGES_NAMED ? changes.count
								   : SOURCE_CHANGES_NAMED;
	changes.named = name_changes(&changes, arena);
	*ret = changes;
	return 0;
}

void worktree_changes_finish(struct worktree_changes *c)
{
	free(c->all);
	git_diff_free(c->diff);
	*c = (struct worktree_changes){ 0 };
}

static int read_link(int dirfd, const char *path, struct buf *out, struct err *err)
{
	char target[4096];
	ssize_t len = readlinkat(dirfd, path, target, sizeof(target));

	if (len < 0 || len == sizeof(target))
		return err_errno(err, len < 0 ? errno : ENAMETOOLONG, "%s", path);
	buf_append(out, target, (size_t)len);
	return 0;
}

/* Reads a file that its author may be writing at this moment. */
static int read_regular(int dirfd, const char *path, struct buf *out, mode_t *ret_mode,
			struct err *err)
{
	int fd = fs_open_beneath(dirfd, path, O_RDONLY, err);
	struct stat before, after;
	int rc;

	if (fd < 0)
		return fd;
	if (fstat(fd, &before) < 0 || !S_ISREG(before.st_mode))
		rc = err_set(err, ERR_INVALID, "%s is no regular file", path);
	else
		rc = fs_read_fd(fd, FILE_MAX_BYTES, out, err);
	if (rc == 0 && (fstat(fd, &after) < 0 || after.st_size != (off_t)out->len ||
			after.st_mtim.tv_nsec != before.st_mtim.tv_nsec ||
			after.st_mtim.tv_sec != before.st_mtim.tv_sec))
		rc = err_set(err, ERR_BUSY, "%s changed while it was read", path);
	*ret_mode = before.st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
	fs_close(&fd);
	return rc;
}

struct writer {
	git_repository *mirror;
	git_odb *odb;
	git_index *index; /* in memory: HEAD's tree, then the changes */
	int dirfd;        /* of the work tree */
};

static int put_file(struct writer *w, const char *path, struct err *err)
{
	git_index_entry entry = { .path = path };
	struct buf content = BUF_INIT;
	struct stat st;
	mode_t mode = GIT_FILEMODE_LINK;
	int rc;

	if (fstatat(w->dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "%s", path);
	if (S_ISLNK(st.st_mode))
		rc = read_link(w->dirfd, path, &content, err);
	else
		rc = read_regular(w->dirfd, path, &content, &mode, err);
	if (rc == 0) {
		entry.mode = mode;
		rc = git_odb_write(&entry.id, w->odb, buf_str(&content), content.len,
				   GIT_OBJECT_BLOB);
		if (rc == 0)
			rc = git_index_add(w->index, &entry);
		if (rc < 0)
			rc = git_failure(err, rc, "%s", path);
	}
	buf_finish(&content);
	return rc;
}

/* An untracked folder with a repository in it comes as one path with a slash at its end: it is
 * somebody else's, and left out. */
static int apply(struct writer *w, const git_diff_delta *delta, struct err *err)
{
	const char *path = changed_path(delta);
	int rc;

	if (str_ends(path, "/"))
		return 0;
	if (delta->status != GIT_DELTA_DELETED)
		return put_file(w, path, err);
	rc = git_index_remove(w->index, path, 0);
	/* A folder that became a file took its files along already. */
	return rc < 0 && rc != GIT_ENOTFOUND ? git_failure(err, rc, "%s", path) : 0;
}

static int apply_all(struct writer *w, const struct worktree_changes *changes, git_commit *head,
		     struct err *err)
{
	git_tree *tree = NULL;
	int rc = git_tree_lookup(&tree, w->mirror, git_commit_tree_id(head));

	if (rc == 0)
		rc = git_index_read_tree(w->index, tree);
	git_tree_free(tree);
	if (rc < 0)
		return git_failure(err, rc, "mirror");
	if (changes->count > SOURCE_FILES_MAX)
		return err_set(err, ERR_TOO_LARGE, "more than %d uncommitted changes",
			       SOURCE_FILES_MAX);
	for (size_t i = 0; rc == 0 && i < changes->count; i++)
		rc = apply(w, changes->all[i], err);
	return rc;
}

static int commit_index(struct writer *w, git_commit *head, git_oid *ret, struct err *err)
{
	const git_commit *parents[] = { head };
	git_signature *author = NULL;
	git_tree *tree = NULL;
	git_oid tree_id;
	int rc = git_signature_new(&author, "ingot", "ingot@localhost", git_commit_time(head), 0);

	if (rc == 0)
		rc = git_index_write_tree_to(&tree_id, w->index, w->mirror);
	if (rc == 0)
		rc = git_tree_lookup(&tree, w->mirror, &tree_id);
	if (rc == 0)
		rc = git_commit_create(ret, w->mirror, NULL, author, author, NULL,
				       "uncommitted changes\n", tree, 1, parents);
	git_tree_free(tree);
	git_signature_free(author);
	return rc < 0 ? git_failure(err, rc, "mirror") : 0;
}

int worktree_write(git_repository *repo, const struct worktree_changes *changes,
		   const git_oid *head, git_repository *mirror, git_oid *ret, struct err *err)
{
	struct writer w = { .mirror = mirror };
	git_commit *commit = NULL;
	int rc;

	w.dirfd = fs_open_dir(AT_FDCWD, git_repository_workdir(repo), err);
	if (w.dirfd < 0)
		return w.dirfd;
	rc = git_repository_odb(&w.odb, mirror);
	if (rc == 0)
		rc = git_index_new(&w.index);
	if (rc == 0)
		rc = git_commit_lookup(&commit, mirror, head);
	rc = rc < 0 ? git_failure(err, rc, "mirror")
		    : apply_all(&w, changes, commit, err);
	if (rc == 0)
		rc = commit_index(&w, commit, ret, err);
	git_commit_free(commit);
	git_index_free(w.index);
	git_odb_free(w.odb);
	fs_close(&w.dirfd);
	return rc;
}
