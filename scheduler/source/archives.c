/* SPDX-License-Identifier: Apache-2.0 */
/* archives.c - the helper's requests about archives: store/pack does the work */
#include "scheduler/source/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "scheduler/source/message.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "store/pack/pack.h"

/* A tree of one file. */
static int wrap_file(struct blob_store *blobs, const struct source_pack_spec *what,
		     struct tree *tree, struct err *err)
{
	uint64_t size_bytes;
	int fd = -1;
	int rc = blob_open(blobs, &what->digest, &fd, &size_bytes, err);

	fs_close(&fd);
	if (rc == 0)
		rc = tree_add_file(tree, what->name, false, &what->digest, size_bytes, err);
	return rc == 0 ? tree_seal(tree, err) : rc;
}

static int write_archive(struct blob_store *blobs, const struct source_pack_spec *what, int fd,
			 struct err *err)
{
	struct tree tree = TREE_INIT;
	int rc = what->is_tree ? tree_load(blobs, &what->digest, &tree, err)
			       : wrap_file(blobs, what, &tree, err);

	if (rc == 0)
		rc = pack_write(blobs, &tree, what->format, fd, err);
	tree_finish(&tree);
	return rc;
}

int pack_to_file(struct blob_store *blobs, const struct source_pack_spec *what,
		 struct source_blob *ret, struct err *err)
{
	int fd = open(what->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	struct stat st;
	int rc;

	if (fd < 0 && errno == EEXIST)
		return err_set(err, ERR_EXISTS, "%s exists already", what->path);
	if (fd < 0)
		return err_errno(err, errno, "%s", what->path);
	rc = write_archive(blobs, what, fd, err);
	if (rc == 0 && fstat(fd, &st) < 0)
		rc = err_errno(err, errno, "%s", what->path);
	if (rc < 0)
		unlink(what->path);
	else
		*ret = (struct source_blob){ .size_bytes = (uint64_t)st.st_size };
	fs_close(&fd);
	return rc;
}

static int extract(struct blob_batch *batch, int fd, const char *label, struct source_blob *ret,
		   struct err *err)
{
	struct tree tree = TREE_INIT;
	struct source_blob folder;
	int rc = pack_extract(batch, fd, label, &pack_limits_default, &tree, err);

	if (rc == 0)
		rc = tree_put(batch, &tree, &folder.digest, err);
	if (rc == 0)
		rc = blob_batch_commit(batch, err);
	if (rc == 0) {
		folder.size_bytes = tree.size_bytes;
		*ret = folder;
	}
	tree_finish(&tree);
	return rc;
}

int unpack_blob(struct blob_store *blobs, const struct message_unpack *what,
		struct source_blob *ret, struct err *err)
{
	struct blob_batch *batch;
	uint64_t size_bytes;
	int fd = -1;
	int rc = blob_open(blobs, &what->archive, &fd, &size_bytes, err);

	if (rc < 0)
		return rc;
	batch = blob_batch_create(blobs);
	rc = extract(batch, fd, what->label, ret, err);
	blob_batch_destroy(batch);
	fs_close(&fd);
	return rc;
}
