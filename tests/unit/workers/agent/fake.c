/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c - a scheduler for tests */
#include "tests/unit/workers/agent/fake.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "tests/lib/test.h"
#include "workers/agent/agent.h"
#include "workers/process/profile.h"
#include "workers/wire/codec.h"
#include "workers/wire/endpoint.h"

enum { PATIENCE_MS = 10000, TTL_MS = 30000, READ_SIZE = 64 << 10, FILE_MAX = 1 << 20 };

void fake_sleep_ms(int64_t ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* ── the worker ───────────────────────────────────────────────────────── */

static void be_worker(const struct fake *f)
{
	static const char *const labels[] = { "test" };
	const struct agent_options options = {
		.home = f->home,
		.name = "w",
		.pool = "here",
		.slots = f->options.slots ? f->options.slots : 1,
		.cpu_milli = 2000,
		.memory_bytes = 1 << 30,
		.labels = labels,
		.label_count = 1,
		.is_local = f->options.is_local,
		.isolate = f->options.is_isolated ? PROFILE_ALL : 0,
	};
	struct err err = ERR_INIT;
	int rc;

	log_init("worker", LOG_LEVEL_ERROR);
	close(f->listening);
	setenv("HOME", "/home/tester", 1);
	setenv("USER", "tester", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("SECRET", "of the worker", 1);
	rc = agent_main(&options, &err);
	if (rc < 0)
		fprintf(stderr, "worker: %s\n", err.text);
	exit(err_exit_code(rc));
}

void fake_start_worker(struct fake *f)
{
	f->worker = fork();
	assert_true(f->worker >= 0);
	if (f->worker == 0)
		be_worker(f);
	fake_meet(f);
	fake_accept(f);
}

void fake_start(struct fake *f, const struct fake_options *options)
{
	struct err err = ERR_INIT;

	*f = (struct fake){ .home = "/tmp/ingot-agent-XXXXXX", .fd = -1, .epoch = 1 };
	f->options = *options;
	assert_non_null(mkdtemp(f->home));
	f->listening = endpoint_listen(f->home, &err);
	if (f->listening < 0)
		fail_msg("%s", err.text);
	fake_start_worker(f);
}

int fake_wait_worker(struct fake *f)
{
	int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;
	int status;

	while (waitpid(f->worker, &status, WNOHANG) == 0) {
		if (clock_mono_us() > until_us) {
			kill(f->worker, SIGKILL);
			waitpid(f->worker, &status, 0);
			fail_msg("the worker does not leave");
		}
		fake_sleep_ms(2);
	}
	f->worker = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int count_entries(const char *home, const char *folder)
{
	char path[128];
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/%s", home, folder);
	d = opendir(path);
	for (struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

void fake_stop(struct fake *f)
{
	struct buf none = BUF_INIT;
	struct frame frame;

	fake_send(f, FRAME_SCHEDULER_WORKER_DRAIN, &none);
	while (fake_next(f, 100, &frame))
		;
	assert_int_equal(fake_wait_worker(f), 0);
	assert_int_equal(count_entries(f->home, "work"), 0);
	fake_finish(f);
}

void fake_finish(struct fake *f)
{
	if (f->worker > 0) {
		kill(f->worker, SIGKILL);
		waitpid(f->worker, NULL, 0);
	}
	fs_close(&f->fd);
	fs_close(&f->listening);
	fs_remove_tree(AT_FDCWD, f->home, NULL);
	buf_finish(&f->in);
	arena_finish(&f->arena);
}

/* ── the connection ───────────────────────────────────────────────────── */

void fake_hang_up(struct fake *f, bool keeps_listening)
{
	struct err err = ERR_INIT;

	fs_close(&f->fd);
	buf_clear(&f->in);
	if (!keeps_listening)
		fs_close(&f->listening);
	else if (f->listening < 0)
		f->listening = endpoint_listen(f->home, &err);
}

void fake_meet(struct fake *f)
{
	struct pollfd p = { .fd = f->listening, .events = POLLIN };
	struct err err = ERR_INIT;
	struct frame frame;

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		fail_msg("no worker connects");
	f->fd = accept4(f->listening, NULL, NULL, SOCK_CLOEXEC);
	assert_true(f->fd >= 0);
	frame = fake_await(f, FRAME_WORKER_REGISTER);
	if (wire_register_decode(frame.payload, frame.len, &f->arena, &f->last_register, &err) < 0)
		fail_msg("%s", err.text);
}

void fake_send(struct fake *f, enum frame_type type, const struct buf *payload)
{
	struct buf out = BUF_INIT;

	frame_put(&out, type, buf_str(payload), payload->len);
	assert_int_equal(send(f->fd, out.data, out.len, MSG_NOSIGNAL), out.len);
	buf_finish(&out);
}

static void send_accept(struct fake *f, enum frame_type type)
{
	const struct wire_accept m = {
		.epoch = f->epoch,
		.ttl_ms = f->options.ttl_ms ? f->options.ttl_ms : TTL_MS,
	};
	struct buf payload = BUF_INIT;

	wire_accept_encode(&m, &payload);
	fake_send(f, type, &payload);
	buf_finish(&payload);
}

void fake_accept(struct fake *f)
{
	send_accept(f, FRAME_SCHEDULER_WORKER_ACCEPT);
}

/* More bytes; false when there are none in time or the worker has gone. */
static bool hear(struct fake *f, int64_t within_ms)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	ssize_t got;

	if (within_ms < 0 || poll(&p, 1, (int)within_ms) <= 0)
		return false;
	buf_reserve(&f->in, READ_SIZE);
	got = recv(f->fd, f->in.data + f->in.len, READ_SIZE, 0);
	if (got <= 0)
		return false;
	f->in.len += (size_t)got;
	return true;
}

/* Takes the first frame; its payload is copied, so that it stays. */
static bool take(struct fake *f, struct frame *ret)
{
	struct err err = ERR_INIT;
	int size = frame_next(buf_str(&f->in), f->in.len, ret, &err);

	if (size < 0)
		fail_msg("%s", err.text);
	if (size == 0)
		return false;
	ret->payload = arena_copy(&f->arena, ret->payload, ret->len);
	buf_consume(&f->in, (size_t)size);
	return true;
}

bool fake_next(struct fake *f, int64_t within_ms, struct frame *ret)
{
	int64_t until_us = clock_mono_us() + within_ms * 1000;

	for (;;) {
		while (take(f, ret)) {
			if (ret->type != FRAME_WORKER_HEARTBEAT)
				return true;
			f->heartbeats++;
			if (!f->is_deaf)
				send_accept(f, FRAME_SCHEDULER_HEARTBEAT_ACK);
		}
		if (!hear(f, (until_us - clock_mono_us()) / 1000))
			return false;
	}
}

struct frame fake_await(struct fake *f, enum frame_type type)
{
	struct frame frame;

	do {
		if (!fake_next(f, PATIENCE_MS, &frame))
			fail_msg("no %s comes", frame_name(type));
	} while (frame.type != type);
	return frame;
}

struct wire_lease fake_await_lease(struct fake *f, enum frame_type type)
{
	struct frame frame = fake_await(f, type);
	struct err err = ERR_INIT;
	struct wire_lease lease;

	if (wire_lease_decode(frame.payload, frame.len, &lease, &err) < 0)
		fail_msg("%s", err.text);
	return lease;
}

struct wire_complete fake_await_complete(struct fake *f)
{
	struct frame frame = fake_await(f, FRAME_WORKER_STEP_COMPLETE);
	struct err err = ERR_INIT;
	struct wire_complete m;

	if (wire_complete_decode(frame.payload, frame.len, &f->arena, &m, &err) < 0)
		fail_msg("%s", err.text);
	return m;
}

/* ── grants ───────────────────────────────────────────────────────────── */

struct wire_grant fake_grant(uint32_t n, const char *script)
{
	static const char *words[8][5];
	static char logs[8][32];
	const char **w = words[n % 8];

	w[0] = "/bin/sh";
	w[1] = "-euc";
	w[2] = script;
	snprintf(logs[n % 8], sizeof(logs[0]), "1/%u-1.log", n);
	return (struct wire_grant){
		.lease = { .step_id = (uint64_t)1 << STEP_INDEX_BITS | n, .fence = 1 << 20 | 7 },
		.run = 1,
		.attempt = 1,
		.pipeline = "penguins",
		.step = "train[rate=0.1]",
		.commit = "c0ffee",
		.ref = "refs/heads/main",
		.branch = "main",
		.trigger = "cli",
		.command = { w, 3 },
		.workdir = ".",
		.limits = { .grace_ms = 200 },
		.devices = "",
		.checkpoint = "1-0",
		.log = logs[n % 8],
	};
}

void fake_send_grant(struct fake *f, const struct wire_grant *g)
{
	struct buf payload = BUF_INIT;

	wire_grant_encode(g, &payload);
	fake_send(f, FRAME_SCHEDULER_STEP_GRANT, &payload);
	buf_finish(&payload);
}

void fake_send_lease(struct fake *f, enum frame_type type, const struct wire_lease *lease)
{
	struct buf payload = BUF_INIT;

	wire_put_lease(&payload, lease);
	fake_send(f, type, &payload);
	buf_finish(&payload);
}

void fake_answer(struct fake *f, const struct wire_lease *lease, enum wire_verdict verdict)
{
	const struct wire_answer m = { *lease, verdict };
	struct buf payload = BUF_INIT;

	wire_answer_encode(&m, &payload);
	fake_send(f, FRAME_SCHEDULER_STEP_ANSWER, &payload);
	buf_finish(&payload);
}

struct wire_complete fake_run(struct fake *f, const struct wire_grant *g)
{
	struct wire_complete m;

	fake_send_grant(f, g);
	m = fake_await_complete(f);
	assert_int_equal(m.lease.step_id, g->lease.step_id);
	fake_answer(f, &m.lease, WIRE_VERDICT_RECORDED);
	return m;
}

/* ── files of the home ────────────────────────────────────────────────── */

static const char *in_home(const struct fake *f, const char *path)
{
	static char full[512];

	snprintf(full, sizeof(full), "%s/%s", f->home, path);
	return full;
}

const char *fake_read(struct fake *f, const char *path)
{
	struct buf text = BUF_INIT;
	const char *copy;

	fs_read_file(AT_FDCWD, in_home(f, path), FILE_MAX, &text, NULL);
	copy = arena_strndup(&f->arena, buf_str(&text), text.len);
	buf_finish(&text);
	return copy;
}

bool fake_has(struct fake *f, const char *path)
{
	return fs_exists(AT_FDCWD, in_home(f, path));
}

void fake_touch_work(struct fake *f, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "work/w.%d/0/work/%s", (int)f->worker, name);
	assert_int_equal(close(open(in_home(f, path), O_CREAT | O_WRONLY, 0644)), 0);
}

void fake_await_file(struct fake *f, const char *path)
{
	int64_t until_us = clock_mono_us() + PATIENCE_MS * 1000;

	while (!fake_has(f, path)) {
		if (clock_mono_us() > until_us)
			fail_msg("no file %s", path);
		fake_sleep_ms(2);
	}
}
