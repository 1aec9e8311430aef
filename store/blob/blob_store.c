/* SPDX-License-Identifier: Apache-2.0 */
/* blob_store.c - the folders of a blob store, and the files in staging/
 *
 *	<store>/ab/<hex>         blobs, made on demand below the first byte's folder
 *	<store>/staging/<session>/<number>   being written; nobody else looks at them
 *	<store>/damaged/<hex>    blobs that no longer hash to their name
 *
 * A session is one open store that writes. Its staging folder is flocked as
 * long as its process lives, however that ends; so a folder that can be locked
 * belongs to nobody, and its files may be swept away without knowing their age.
 */
#include "store/blob/blob.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/blob/blob_priv.h"

enum { STAGED_NAME_SIZE = 24, SESSION_TRIES = 16 };

void blob_name(const struct digest *d, bool executable, char out[BLOB_NAME_SIZE])
{
	digest_hex(d, out + 3);
	out[0] = out[3];
	out[1] = out[4];
	out[2] = '/';
	if (executable)
		memcpy(out + 3 + DIGEST_HEX_SIZE - 1, ".x", sizeof(".x"));
}

/* A new store's own names must be durable before any blob in it can be. */
static void sync_new_store(int root_fd)
{
	int parent = openat(root_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	fs_sync_dir(root_fd);
	if (parent >= 0)
		fs_sync_dir(parent);
	fs_close(&parent);
}

static int make_folders(struct blob_store *s, struct err *err)
{
	static const char *const names[] = { "damaged", "staging" };
	bool is_new = false;

	for (size_t i = 0; i < countof(names); i++) {
		if (mkdirat(s->root_fd, names[i], 0755) == 0)
			is_new = true;
		else if (errno != EEXIST)
			return err_errno(err, errno, "cannot make the folder %s/%s", s->path,
					 names[i]);
	}
	if (is_new)
		sync_new_store(s->root_fd);
	return 0;
}

int blob_store_open(const char *path, struct blob_store **ret, struct err *err)
{
	struct blob_store *s = mem_alloc(sizeof(*s));
	int rc;

	s->path = mem_strdup(path);
	s->root_fd = -1;
	s->session_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	rc = fs_mkdirs(AT_FDCWD, path, 0755, err);
	if (rc == 0)
		rc = s->root_fd = fs_open_dir(AT_FDCWD, path, err);
	if (rc >= 0)
		rc = make_folders(s, err);
	if (rc < 0) {
		blob_store_close(s);
		return rc;
	}
	*ret = s;
	return 0;
}

static void session_path(const struct blob_store *s, char *out, size_t size)
{
	snprintf(out, size, "staging/%s", s->session);
}

void blob_store_close(struct blob_store *s)
{
	char path[sizeof("staging/") + BLOB_SESSION_SIZE];

	if (!s)
		return;
	if (s->session_fd >= 0) {
		session_path(s, path, sizeof(path));
		unlinkat(s->root_fd, path, AT_REMOVEDIR);
		fs_close(&s->session_fd);
	}
	fs_close(&s->root_fd);
	pthread_mutex_destroy(&s->lock);
	free(s->path);
	free(s);
}

uint64_t blob_store_free_bytes(const struct blob_store *s)
{
	return fs_free_bytes(s->root_fd);
}

/* Makes and locks a staging folder. A sweeper may take it between mkdir and
 * flock; then it has no link any more, and we make another. */
static int open_session(struct blob_store *s)
{
	char path[sizeof("staging/") + BLOB_SESSION_SIZE];

	for (int i = 0; i < SESSION_TRIES; i++) {
		uint64_t random;
		struct stat st;
		int fd;

		hash_random(&random, sizeof(random));
		snprintf(s->session, sizeof(s->session), "%016" PRIx64, random);
		session_path(s, path, sizeof(path));
		if (mkdirat(s->root_fd, path, 0700) < 0)
			return -1;
		fd = openat(s->root_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 &&
		    st.st_nlink > 0)
			return fd;
		fs_close(&fd);
	}
	errno = EAGAIN;
	return -1;
}

static int session(struct blob_store *s, struct err *err)
{
	int fd;

	pthread_mutex_lock(&s->lock);
	if (s->session_fd < 0)
		s->session_fd = open_session(s);
	fd = s->session_fd;
	pthread_mutex_unlock(&s->lock);
	if (fd < 0)
		return err_errno(err, errno, "cannot make a folder in %s/staging", s->path);
	return fd;
}

static void staged_name(uint64_t number, char out[STAGED_NAME_SIZE])
{
	snprintf(out, STAGED_NAME_SIZE, "%" PRIu64, number);
}

int blob_staging_create(struct blob_store *s, struct blob_staging *ret, struct err *err)
{
	char name[STAGED_NAME_SIZE];
	int folder = session(s, err);
	uint64_t number;
	int fd;

	if (folder < 0)
		return folder;
	do { /* a number is taken only if a process forked with the store open */
		number = atomic_fetch_add(&s->next_staged, 1);
		staged_name(number, name);
		fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	} while (fd < 0 && errno == EEXIST);
	if (fd < 0)
		return err_errno(err, errno, "cannot write to the blob store %s", s->path);
	ret->fd = fd;
	ret->number = number;
	return 0;
}

int blob_staging_write(struct blob_store *s, struct blob_staging *st, const void *data, size_t len,
		       struct err *err)
{
	if (fs_write_all(st->fd, data, len, NULL) < 0)
		return err_errno(err, errno, "cannot write to the blob store %s", s->path);
	return 0;
}

int blob_staging_seal(struct blob_store *s, struct blob_staging *st, bool executable,
		      struct err *err)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW }, { .tv_sec = BLOB_MTIME } };

	if (fchmod(st->fd, executable ? BLOB_MODE_EXECUTABLE : BLOB_MODE) < 0 ||
	    futimens(st->fd, times) < 0)
		return err_errno(err, errno, "cannot write to the blob store %s", s->path);
	fs_close(&st->fd);
	return 0;
}

void blob_staging_drop(struct blob_store *s, struct blob_staging *st)
{
	if (st->fd < 0)
		return;
	fs_close(&st->fd);
	blob_staging_remove(s, st->number);
}

void blob_staging_remove(struct blob_store *s, uint64_t number)
{
	char name[STAGED_NAME_SIZE];

	staged_name(number, name);
	unlinkat(s->session_fd, name, 0);
}

int blob_staging_reopen(struct blob_store *s, uint64_t number, struct err *err)
{
	char name[STAGED_NAME_SIZE];
	int fd;

	staged_name(number, name);
	fd = openat(s->session_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, errno, "the blob store %s lost a file in staging", s->path);
	return fd;
}

int blob_staging_name(struct blob_store *s, uint64_t number, const char *name)
{
	char staged[STAGED_NAME_SIZE];

	staged_name(number, staged);
	if (renameat2(s->session_fd, staged, s->root_fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL) /* a file system without RENAME_NOREPLACE, such as NFS */
		return -1;
	if (linkat(s->session_fd, staged, s->root_fd, name, 0) < 0)
		return -1;
	return unlinkat(s->session_fd, staged, 0);
}

int blob_staging_take(struct blob_store *s, const char *name, uint64_t *ret_number,
		      struct stat *ret_stat, struct err *err)
{
	char staged[STAGED_NAME_SIZE];
	int folder = session(s, err);

	if (folder < 0)
		return folder;
	*ret_number = atomic_fetch_add(&s->next_staged, 1);
	staged_name(*ret_number, staged);
	if (renameat(s->root_fd, name, folder, staged) < 0 ||
	    fstatat(folder, staged, ret_stat, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno(err, errno, "cannot move %s/%s", s->path, name);
	return 0;
}

/* Whether the session had died and its folder is gone now. */
static bool sweep_session(int staging_fd, const char *name)
{
	int fd = openat(staging_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool swept = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
		     fs_remove_tree(staging_fd, name, NULL) == 0;

	fs_close(&fd);
	return swept;
}

int blob_store_sweep(struct blob_store *s, struct err *err)
{
	int fd = openat(s->root_fd, "staging", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *staging = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int swept = 0;

	if (!staging) {
		swept = err_errno(err, errno, "cannot read %s/staging", s->path);
		fs_close(&fd);
		return swept;
	}
	while ((entry = readdir(staging)))
		if (entry->d_name[0] != '.' && sweep_session(dirfd(staging), entry->d_name))
			swept++;
	closedir(staging);
	return swept;
}
