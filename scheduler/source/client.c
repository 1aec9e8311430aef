/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - the scheduler's end: one helper process, asked one thing after another
 *
 * The helper leads a session of its own, so that killing its process group also
 * ends the git, ssh and whatever else it started. It needs no farewell: it
 * leaves when its socket closes, and keeps nothing half at any instant.
 */
#include "scheduler/source/source.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "scheduler/source/channel.h"
#include "scheduler/source/message.h"
#include "scheduler/source/origin.h"

enum {
	HELLO_TIMEOUT_MS = 10 * 1000,
	LEAVE_TIMEOUT_MS = 2 * 1000, /* between the end of its socket and its own end */
};

extern char **environ;

struct source_client {
	int fd;
	pthread_mutex_t lock; /* of the two below, which cancel() touches */
	pid_t pid;            /* 0 once it was waited for: the number may be another's then */
	bool cancelled;
	struct err broken; /* why this client answers nothing any more, or no code */
};

/* Waits until the process has ended, not for ever. */
static void wait_for_end(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd ended = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0)
		return;
	while (poll(&ended, 1, LEAVE_TIMEOUT_MS) < 0 && errno == EINTR)
		;
	close(pidfd);
}

/* Ends the helper and its group. Returns its wait status, 0 if that is known already. */
static int end_helper(struct source_client *c, bool at_once)
{
	int status = 0;

	fs_close(&c->fd);
	if (c->pid == 0)
		return 0;
	if (!at_once)
		wait_for_end(c->pid);
	pthread_mutex_lock(&c->lock);
	kill(-c->pid, SIGKILL);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	pthread_mutex_unlock(&c->lock);
	return status;
}

/* What it means that the helper went away in the middle of an answer. */
static int explain_end(int status, const char *object, struct err *err)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (sig == SIGXCPU || sig == SIGXFSZ)
		return err_set(err, ERR_TOO_LARGE, "%s: ingot-helper was stopped at its limit of %s",
			       object, sig == SIGXCPU ? "CPU time" : "a file's size");
	if (sig)
		return err_set(err, ERR_SYSTEM, "%s: ingot-helper ended by signal %d (%s)", object,
			       sig, strsignal(sig));
	return err_set(err, ERR_SYSTEM, "%s: ingot-helper ended with exit code %d", object,
		       WEXITSTATUS(status));
}

static bool is_cancelled(struct source_client *c)
{
	bool cancelled;

	pthread_mutex_lock(&c->lock);
	cancelled = c->cancelled;
	pthread_mutex_unlock(&c->lock);
	return cancelled;
}

/* After a failure of the channel: the client is of no more use. */
static int give_up(struct source_client *c, int rc, const char *object, struct err *err)
{
	int status = end_helper(c, rc != ERR_UNREACHABLE);
	struct buf name = BUF_INIT;

	origin_public_name(object, &name);
	if (is_cancelled(c))
		err_set(&c->broken, ERR_INTERRUPTED, "%s: interrupted", buf_str(&name));
	else if (rc == ERR_TIMEOUT)
		err_set(&c->broken, ERR_TIMEOUT, "%s: took too long", buf_str(&name));
	else if (rc == ERR_UNREACHABLE)
		explain_end(status, buf_str(&name), &c->broken);
	else
		err_set(&c->broken, ERR_PROTOCOL, "%s: ingot-helper broke the protocol",
			buf_str(&name));
	buf_finish(&name);
	return err_copy(err, &c->broken);
}

/* Asks and waits for the answer, which is in payload afterwards. object is named where
 * the helper itself fails. */
static int ask(struct source_client *c, enum channel_type type, struct buf *payload,
	       int64_t timeout_ms, const char *object, struct err *err)
{
	int64_t deadline_us = clock_mono_us() + timeout_ms * 1000;
	enum channel_type answer = CHANNEL_COUNT;
	int rc;

	if (c->broken.code)
		return err_copy(err, &c->broken);
	rc = channel_send(c->fd, type, payload, NULL);
	if (rc == ERR_TOO_LARGE)
		return err_set(err, rc, "too much in one request to ingot-helper");
	if (rc == 0)
		rc = channel_receive(c->fd, deadline_us, &answer, payload, NULL);
	if (rc < 0)
		return give_up(c, rc, object, err);
	if (answer == CHANNEL_HELPER_FAILED)
		return message_get_failure(payload, err);
	if (answer != CHANNEL_HELPER_DONE)
		return give_up(c, ERR_PROTOCOL, object, err);
	return 0;
}

static int set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
}

/* Starts the program with socket as its input and output. Returns an errno. */
static int spawn(const char *path, int socket, pid_t *ret_pid)
{
	char *argv[] = { (char *)"ingot-helper", NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int errnum;

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&actions, socket, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, socket, STDOUT_FILENO);
	errnum = set_attributes(&attr);
	if (!errnum)
		errnum = posix_spawn(ret_pid, path, &actions, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

static int start(struct source_client *c, const char *helper_path, struct err *err)
{
	int pair[2];
	int errnum;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_errno(err, errno, "no socket for ingot-helper");
	c->fd = pair[0];
	errnum = spawn(helper_path, pair[1], &c->pid);
	close(pair[1]);
	if (errnum) {
		c->pid = 0;
		return err_errno(err, errnum, "cannot start %s", helper_path);
	}
	return 0;
}

static int greet(struct source_client *c, const char *home_dir, struct err *err)
{
	struct message_hello hello = { .version = CHANNEL_VERSION, .home = home_dir };
	struct buf payload = BUF_INIT;
	int rc;

	message_put_hello(&payload, &hello);
	rc = ask(c, CHANNEL_CLIENT_HELLO, &payload, HELLO_TIMEOUT_MS, home_dir, err);
	if (rc == 0)
		rc = message_get_hello(&payload, &hello, err);
	if (rc == 0 && hello.version != CHANNEL_VERSION)
		rc = err_set(err, ERR_VERSION, "ingot-helper belongs to another version of Ingot");
	buf_finish(&payload);
	return rc;
}

int source_client_create(const char *helper_path, const char *home_dir, struct source_client **ret,
			 struct err *err)
{
	struct source_client *c = mem_alloc(sizeof(*c));
	int rc;

	c->fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	rc = start(c, helper_path, err);
	if (rc == 0)
		rc = greet(c, home_dir, err);
	if (rc < 0) {
		source_client_destroy(c);
		return rc;
	}
	*ret = c;
	return 0;
}

void source_client_destroy(struct source_client *c)
{
	if (!c)
		return;
	end_helper(c, c->broken.code != 0);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void source_client_cancel(struct source_client *c)
{
	pthread_mutex_lock(&c->lock);
	c->cancelled = true;
	if (c->pid)
		kill(-c->pid, SIGKILL);
	pthread_mutex_unlock(&c->lock);
}

int source_snapshot(struct source_client *c, const struct source_spec *spec, int64_t timeout_ms,
		    struct arena *arena, struct source_snapshot *ret, struct err *err)
{
	struct buf payload = BUF_INIT;
	int rc;

	message_put_spec(&payload, spec);
	rc = ask(c, CHANNEL_CLIENT_SNAPSHOT_MAKE, &payload, timeout_ms, spec->repository, err);
	if (rc == 0) {
		struct buf kept = { .len = payload.len };

		kept.data = arena_copy(arena, buf_str(&payload), payload.len + 1);
		rc = message_get_snapshot(&kept, arena, ret, err);
	}
	buf_finish(&payload);
	return rc;
}

int source_import(struct source_client *c, const char *repository, const char *const *oids,
		  size_t count, int64_t timeout_ms, struct source_blob *ret, struct err *err)
{
	struct message_import import = { .repository = repository, .oids = oids, .count = count };
	struct buf payload = BUF_INIT;
	int rc;

	message_put_import(&payload, &import);
	rc = ask(c, CHANNEL_CLIENT_BLOBS_IMPORT, &payload, timeout_ms, repository, err);
	if (rc == 0)
		rc = message_get_blobs(&payload, ret, count, err);
	buf_finish(&payload);
	return rc;
}

int source_fetch_url(struct source_client *c, const struct source_url *what, int64_t timeout_ms,
		     struct source_blob *ret, struct err *err)
{
	struct buf payload = BUF_INIT;
	int rc;

	message_put_url(&payload, what);
	rc = ask(c, CHANNEL_CLIENT_URL_FETCH, &payload, timeout_ms, what->url, err);
	if (rc == 0)
		rc = message_get_blobs(&payload, ret, 1, err);
	buf_finish(&payload);
	return rc;
}

int source_pack(struct source_client *c, const struct source_pack_spec *what, int64_t timeout_ms,
		uint64_t *ret_size_bytes, struct err *err)
{
	struct source_blob archive;
	struct buf payload = BUF_INIT;
	int rc;

	message_put_pack(&payload, what);
	rc = ask(c, CHANNEL_CLIENT_ARCHIVE_PACK, &payload, timeout_ms, what->path, err);
	if (rc == 0)
		rc = message_get_blobs(&payload, &archive, 1, err);
	if (rc == 0)
		*ret_size_bytes = archive.size_bytes;
	buf_finish(&payload);
	return rc;
}

int source_unpack(struct source_client *c, const struct digest *archive, const char *label,
		  int64_t timeout_ms, struct source_blob *ret, struct err *err)
{
	struct message_unpack what = { .archive = *archive, .label = label };
	struct buf payload = BUF_INIT;
	int rc;

	message_put_unpack(&payload, &what);
	rc = ask(c, CHANNEL_CLIENT_ARCHIVE_UNPACK, &payload, timeout_ms, label, err);
	if (rc == 0)
		rc = message_get_blobs(&payload, ret, 1, err);
	buf_finish(&payload);
	return rc;
}
