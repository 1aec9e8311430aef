/* SPDX-License-Identifier: Apache-2.0 */
/* agent.c - a worker's life
 *
 * Made in order, run, unmade in reverse. The loop reads all that has come, lets it
 * take effect, gives queued attempts to idle slots and then writes once.
 */
#include "workers/agent/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "store/blob/blob.h"
#include "workers/agent/agent_priv.h"
#include "workers/agent/slot.h"
#include "workers/process/spawner.h"

enum {
	LONELY_MS = 2000, /* a local worker leaves after that without a scheduler */
	STUCK_MS = 100,   /* grants that wait longer behind long steps go back */
	WAIT_MAX_MS = 3600 * 1000,
};

/* ── leases ───────────────────────────────────────────────────────────── */

void agent_say(struct agent *a, enum frame_type type, const struct wire_lease *lease)
{
	struct buf *out = link_out(&a->link);
	size_t mark;

	if (!a->link.is_up)
		return;
	mark = frame_begin(out, type);
	wire_put_lease(out, lease);
	frame_end(out, mark);
}

void agent_report(struct agent *a, struct attempt *attempt)
{
	attempt_report(attempt);
	attempt_list_add(&a->reports, attempt);
	if (a->link.is_up)
		buf_append(link_out(&a->link), attempt->report.data, attempt->report.len);
}

/* Not repeated: a lease that a registration does not list is taken back, too. */
void agent_release(struct agent *a, struct attempt *attempt)
{
	agent_say(a, FRAME_WORKER_STEP_RELEASE, &attempt->grant.lease);
	attempt_destroy(attempt);
}

static void release_queue(struct agent *a)
{
	struct attempt *attempt;

	while ((attempt = attempt_list_take(&a->queue)))
		agent_release(a, attempt);
}

void agent_drain(struct agent *a)
{
	a->is_draining = true;
	release_queue(a);
}

static bool has_work(const struct agent *a)
{
	for (uint32_t i = 0; i < a->options->slots; i++) {
		if (slot_attempt(a->slots[i]))
			return true;
	}
	return false;
}

static bool holds_leases(const struct agent *a)
{
	return a->queue.count || a->reports.count || has_work(a);
}

/* ── a turn of the loop ───────────────────────────────────────────────── */

static void fill_slots(struct agent *a)
{
	for (uint32_t i = 0; i < a->options->slots && a->queue.count; i++) {
		while (slot_is_idle(a->slots[i]) && a->queue.count) {
			slot_give(a->slots[i], attempt_list_take(&a->queue));
			a->moved_ms = a->now_ms;
		}
	}
}

static int64_t heartbeat_ms(const struct agent *a)
{
	return a->link.is_up ? lease_next_ms(&a->lease, holds_leases(a)) : INT64_MAX;
}

static int64_t stuck_ms(const struct agent *a)
{
	return a->queue.count ? a->moved_ms + STUCK_MS : INT64_MAX;
}

/* When a worker without a scheduler leaves: its leases keep it until they are over. */
static int64_t lonely_ms(const struct agent *a)
{
	int64_t lonely = a->link.down_ms + LONELY_MS;

	if (a->link.is_up || !a->options->is_local)
		return INT64_MAX;
	if (holds_leases(a) && lease_end_ms(&a->lease) > lonely)
		return lease_end_ms(&a->lease);
	return lonely;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int wait_ms(const struct agent *a)
{
	int64_t next = earlier(heartbeat_ms(a), earlier(stuck_ms(a), lonely_ms(a)));
	int64_t left;

	next = earlier(next, link_next_ms(&a->link));
	for (uint32_t i = 0; i < a->options->slots; i++)
		next = earlier(next, slot_next_ms(a->slots[i]));
	if (next == INT64_MAX)
		return -1;
	left = next - clock_boot_ms();
	return left < 0 ? 0 : (int)earlier(left, WAIT_MAX_MS);
}

static void tick(struct agent *a)
{
	link_tick(&a->link, a->now_ms);
	for (uint32_t i = 0; i < a->options->slots; i++) {
		if (a->now_ms >= slot_next_ms(a->slots[i]))
			slot_tick(a->slots[i]);
	}
	if (a->now_ms >= stuck_ms(a))
		release_queue(a);
	if (a->now_ms >= heartbeat_ms(a))
		inbox_heartbeat(a);
	if (a->now_ms >= lonely_ms(a))
		a->is_leaving = true;
	if (a->is_draining && !holds_leases(a))
		a->is_leaving = true;
}

static void run(struct agent *a)
{
	while (!a->is_leaving) {
		loop_wait(&a->loop, wait_ms(a));
		a->now_ms = clock_boot_ms();
		loop_tell(&a->loop);
		fill_slots(a);
		tick(a);
		link_flush(&a->link);
	}
}

static void on_signal(void *arg)
{
	struct agent *a = arg;

	release_queue(a);
	a->is_leaving = true;
}

/* ── the link's handler ───────────────────────────────────────────────── */

static void greet(void *arg)
{
	inbox_greet(arg);
}

static int take(void *arg, const struct frame *f, struct err *err)
{
	return inbox_take(arg, f, err);
}

static void down(void *arg)
{
	struct agent *a = arg;

	lease_unasked(&a->lease);
	if (holds_leases(a))
		log_warn("the scheduler is gone; looking for it while the leases last");
}

/* ── its life ─────────────────────────────────────────────────────────── */

static int check_options(const struct agent_options *o, struct err *err)
{
	if (o->slots < 1 || o->slots > AGENT_SLOTS_MAX)
		return err_set(err, ERR_INVALID, "a worker has 1 to %d slots, not %u",
			       AGENT_SLOTS_MAX, o->slots);
	if (!path_is_inside(o->name) || strchr(o->name, '/') || o->name[0] == '.')
		return err_set(err, ERR_INVALID, "a worker cannot have the name '%s'", o->name);
	return 0;
}

static int open_home(struct agent *a, struct err *err)
{
	static const char *const folders[] = { "logs", "checkpoints" };
	int *const fds[] = { &a->logs_fd, &a->checkpoints_fd };
	int rc;

	a->home = realpath(a->options->home, NULL);
	if (!a->home)
		return err_errno(err, errno, "%s", a->options->home);
	rc = a->home_fd = fs_open_dir(AT_FDCWD, a->home, err);
	for (size_t i = 0; i < countof(folders) && rc >= 0; i++) {
		rc = fs_mkdirs(a->home_fd, folders[i], 0755, err);
		if (rc == 0)
			rc = *fds[i] = fs_open_dir(a->home_fd, folders[i], err);
	}
	return rc < 0 ? rc : 0;
}

static int open_blobs(struct agent *a, struct err *err)
{
	char *path = path_join(a->home, "blobs");
	int rc = blob_store_open(path, &a->blobs, err);

	free(path);
	return rc;
}

static int watch_signals(struct agent *a, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	a->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (a->signals < 0)
		return err_errno(err, errno, "signalfd");
	a->from_signals = (struct source){ on_signal, a };
	loop_watch(&a->loop, a->signals, &a->from_signals);
	return 0;
}

static int create_slots(struct agent *a, struct err *err)
{
	int rc = 0;

	a->slots = mem_array(a->options->slots, sizeof(struct slot *));
	for (uint32_t i = 0; i < a->options->slots && rc == 0; i++)
		rc = slot_create(a, i, &a->slots[i], err);
	return rc;
}

static int await_slots(struct agent *a, struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; i < a->options->slots && rc == 0; i++)
		rc = slot_await(a->slots[i], err);
	return rc;
}

static int create(struct agent *a, struct err *err)
{
	int rc = check_options(a->options, err);

	if (rc == 0)
		rc = open_home(a, err);
	if (rc == 0)
		rc = work_init(&a->work, a->home_fd, a->home, a->options->name, err);
	if (rc == 0)
		rc = open_blobs(a, err);
	if (rc == 0)
		rc = loop_init(&a->loop, err);
	if (rc < 0)
		return rc;
	spawner_sweep();
	rc = create_slots(a, err);
	if (rc == 0)
		rc = watch_signals(a, err);
	if (rc == 0)
		rc = blob_store_sweep(a->blobs, err);
	if (rc < 0)
		return rc;
	environ_base_init(&a->environ);
	hash_random(a->session.bytes, sizeof(a->session.bytes));
	return await_slots(a, err);
}

static void destroy(struct agent *a)
{
	link_finish(&a->link);
	prober_finish(&a->prober);
	for (uint32_t i = 0; a->slots && i < a->options->slots; i++)
		slot_destroy(a->slots[i]);
	free(a->slots);
	attempt_list_destroy_all(&a->queue);
	attempt_list_destroy_all(&a->reports);
	blob_store_close(a->blobs);
	loop_finish(&a->loop);
	fs_close(&a->signals);
	work_finish(&a->work);
	fs_close(&a->logs_fd);
	fs_close(&a->checkpoints_fd);
	fs_close(&a->home_fd);
	free(a->home);
}

int agent_main(const struct agent_options *options, struct err *err)
{
	struct agent a = {
		.options = options,
		.home_fd = -1,
		.logs_fd = -1,
		.checkpoints_fd = -1,
		.work = { .parent_fd = -1, .fd = -1 },
		.loop = { .fd = -1 },
		.signals = -1,
		.now_ms = clock_boot_ms(),
	};
	const struct link_handler handler = { greet, take, down, &a };
	int rc;

	attempt_list_init(&a.queue);
	attempt_list_init(&a.reports);
	prober_init(&a.prober, &a);
	link_init(&a.link, options->home, &a.loop, &handler, a.now_ms);
	rc = create(&a, err);
	if (rc == 0) {
		run(&a);
		if (a.lease.ttl_ms == 0 && a.options->is_local)
			rc = err_set(err, ERR_UNREACHABLE, "no scheduler was found at %s",
				     options->home);
	}
	destroy(&a);
	return rc;
}
