/* SPDX-License-Identifier: Apache-2.0 */
/* helper.c - ingot-helper's end: requests in, answers out, one at a time
 *
 * A request may take minutes, most of them in git. So that a scheduler that has
 * gone, or does not want to wait any longer, is noticed meanwhile, a thread
 * watches the socket and ends the whole process group when it closes.
 */
#include "scheduler/source/helper.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>

#include <git2.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "scheduler/source/channel.h"
#include "scheduler/source/message.h"
#include "store/blob/blob.h"

enum {
	MAPPED_MAX_BYTES = 1 << 30, /* of packs, at a time */
	WINDOW_BYTES = 64 << 20,
	BUSY_POLL_MS = 50,
};

struct helper {
	int fd;
	int leave_fd;     /* readable once the watcher is to leave */
	atomic_bool busy; /* with a request; otherwise the main thread sees the end itself */
	char *home;
	struct blob_store *blobs; /* opened when first needed */
};

/* Once the other end has closed nobody wants a result, so a busy helper ends at once.
 * It leaves by itself: a cancelled thread unwinds in ways that sanitizers misread. */
static void *watch(void *arg)
{
	struct helper *h = arg;
	struct pollfd ends[] = { { .fd = h->leave_fd, .events = POLLIN },
				 { .fd = h->fd, .events = POLLRDHUP } };
	bool is_unwanted = false;

	while (poll(ends, countof(ends), is_unwanted ? BUSY_POLL_MS : -1) < 0 || !ends[0].revents) {
		if (ends[1].revents & (POLLRDHUP | POLLHUP | POLLERR)) {
			is_unwanted = true;
			ends[1].fd = -1;
		}
		if (is_unwanted && atomic_load(&h->busy))
			kill(0, SIGKILL);
	}
	return NULL;
}

static int open_blobs(struct helper *h, struct err *err)
{
	char *path;
	int rc;

	if (h->blobs)
		return 0;
	path = path_join(h->home, "blobs");
	rc = blob_store_open(path, &h->blobs, err);
	free(path);
	return rc;
}

static int answer_hello(struct helper *h, const struct buf *in, struct buf *out, struct err *err)
{
	struct message_hello hello;
	int rc = message_get_hello(in, &hello, err);

	if (rc < 0)
		return rc;
	if (!hello.home || hello.home[0] != '/')
		return err_set(err, ERR_PROTOCOL, "ingot-helper: a home is an absolute path");
	free(h->home);
	h->home = mem_strdup(hello.home);
	message_put_hello(out, &(struct message_hello){ .version = CHANNEL_VERSION });
	return 0;
}

static int answer_snapshot(struct helper *h, const struct buf *in, struct buf *out,
			   struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct source_snapshot snapshot;
	struct source_spec spec;
	int rc = message_get_spec(in, &spec, err);

	if (rc == 0)
		rc = snapshot_make(h->home, &spec, &arena, &snapshot, err);
	if (rc == 0)
		message_put_snapshot(out, &snapshot);
	arena_finish(&arena);
	return rc;
}

static int answer_import(struct helper *h, const struct buf *in, struct buf *out, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct message_import import = { 0 };
	struct source_blob *blobs = NULL;
	int rc = message_get_import(in, &arena, &import, err);

	if (rc == 0)
		rc = open_blobs(h, err);
	if (rc == 0) {
		blobs = mem_array(import.count, sizeof(*blobs));
		rc = import_blobs(h->home, h->blobs, &import, blobs, err);
	}
	if (rc == 0)
		message_put_blobs(out, blobs, import.count);
	free(blobs);
	arena_finish(&arena);
	return rc;
}

static int answer_fetch(struct helper *h, const struct buf *in, struct buf *out, struct err *err)
{
	struct source_url url;
	struct source_blob blob;
	int rc = message_get_url(in, &url, err);

	if (rc == 0)
		rc = open_blobs(h, err);
	if (rc == 0)
		rc = fetch_url(h->blobs, &url, &blob, err);
	if (rc == 0)
		message_put_blobs(out, &blob, 1);
	return rc;
}

static int answer_pack(struct helper *h, const struct buf *in, struct buf *out, struct err *err)
{
	struct source_pack_spec what;
	struct source_blob archive;
	int rc = message_get_pack(in, &what, err);

	if (rc == 0)
		rc = open_blobs(h, err);
	if (rc == 0)
		rc = pack_to_file(h->blobs, &what, &archive, err);
	if (rc == 0)
		message_put_blobs(out, &archive, 1);
	return rc;
}

static int answer_unpack(struct helper *h, const struct buf *in, struct buf *out, struct err *err)
{
	struct message_unpack what;
	struct source_blob folder;
	int rc = message_get_unpack(in, &what, err);

	if (rc == 0)
		rc = open_blobs(h, err);
	if (rc == 0)
		rc = unpack_blob(h->blobs, &what, &folder, err);
	if (rc == 0)
		message_put_blobs(out, &folder, 1);
	return rc;
}

typedef int answer_fn(struct helper *h, const struct buf *in, struct buf *out, struct err *err);

static answer_fn *const answers[CHANNEL_COUNT] = {
	[CHANNEL_CLIENT_HELLO] = answer_hello,
	[CHANNEL_CLIENT_SNAPSHOT_MAKE] = answer_snapshot,
	[CHANNEL_CLIENT_BLOBS_IMPORT] = answer_import,
	[CHANNEL_CLIENT_URL_FETCH] = answer_fetch,
	[CHANNEL_CLIENT_ARCHIVE_PACK] = answer_pack,
	[CHANNEL_CLIENT_ARCHIVE_UNPACK] = answer_unpack,
};

/* Answers one request; a negative return means that there is nobody to answer. */
static int answer(struct helper *h, enum channel_type type, const struct buf *in)
{
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	int rc;

	if (!answers[type] || (!h->home && type != CHANNEL_CLIENT_HELLO))
		rc = err_set(&err, ERR_PROTOCOL, "ingot-helper: %s is out of place",
			     channel_name(type));
	else
		rc = answers[type](h, in, &out, &err);
	if (rc == 0)
		rc = channel_send(h->fd, CHANNEL_HELPER_DONE, &out, &err);
	if (rc < 0) {
		buf_clear(&out);
		message_put_failure(&out, &err);
		rc = channel_send(h->fd, CHANNEL_HELPER_FAILED, &out, NULL);
	}
	buf_finish(&out);
	return rc;
}

/* Owner validation and the check of every object's id stay on, as they are by default. */
static void configure_git(void)
{
	git_libgit2_init();
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, (size_t)MAPPED_MAX_BYTES);
	git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, (size_t)WINDOW_BYTES);
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
}

int helper_serve(int fd)
{
	struct helper h = { .fd = fd, .leave_fd = eventfd(0, EFD_CLOEXEC) };
	struct buf in = BUF_INIT;
	enum channel_type type;
	pthread_t watcher;

	configure_git();
	if (h.leave_fd < 0 || pthread_create(&watcher, NULL, watch, &h) != 0)
		return err_exit_code(ERR_SYSTEM);
	while (channel_receive(fd, CHANNEL_NO_DEADLINE, &type, &in, NULL) == 0) {
		atomic_store(&h.busy, true);
		if (answer(&h, type, &in) < 0)
			break;
		atomic_store(&h.busy, false);
	}
	eventfd_write(h.leave_fd, 1);
	pthread_join(watcher, NULL);
	fs_close(&h.leave_fd);
	blob_store_close(h.blobs);
	free(h.home);
	buf_finish(&in);
	git_libgit2_shutdown();
	return 0;
}
