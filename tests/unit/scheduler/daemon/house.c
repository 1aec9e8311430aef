/* SPDX-License-Identifier: Apache-2.0 */
/* house.c - a real scheduler in a home of its own, and peers that speak frames to it */
#include "tests/unit/scheduler/daemon/house.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "workers/wire/codec.h"
#include "workers/wire/endpoint.h"

/* Of the leak sanitizer, where there is one: ends the process if something is lost. */
void __lsan_do_leak_check(void) __attribute__((weak));

/* ── the home ─────────────────────────────────────────────────────────── */

static void set_environment(const struct house *h)
{
	static const char settings[] = "[user]\n\tname = A U Thor\n\temail = author@example.org\n"
				       "[init]\n\tdefaultBranch = main\n";
	char *config = mem_printf("%s/gitconfig", h->root);

	assert_int_equal(fs_write_file(AT_FDCWD, config, settings, strlen(settings), 0644, NULL),
			 0);
	setenv("HOME", h->root, 1);
	setenv("GIT_CONFIG_GLOBAL", config, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("INGOT_HELPER", INGOT_TEST_HELPER, 1);
	free(config);
}

bool house_is_worker(int argc, char **argv)
{
	return argc > 1 && str_eq(argv[1], "worker");
}

int house_setup(void **state)
{
	struct house *h = mem_alloc(sizeof(*h));

	strcpy(h->root, "/tmp/ingot-daemon-XXXXXX");
	assert_non_null(mkdtemp(h->root));
	h->home = mem_printf("%s/home", h->root);
	h->repo = mem_printf("%s/repo", h->root);
	h->options = (struct daemon_options){ .home = h->home,
					      .ready_fd = -1,
					      .workers = 1,
					      .gpus = "0",
					      .linger_ms = -1 };
	set_environment(h);
	*state = h;
	return 0;
}

int house_teardown(void **state)
{
	struct house *h = *state;

	if (h->pid)
		house_stop(h);
	fs_remove_tree(AT_FDCWD, h->root, NULL);
	free(h->home);
	free(h->repo);
	free(h);
	return 0;
}

static _Noreturn void be_scheduler(struct house *h, int ready_fd)
{
	char *log = mem_printf("%s/log", h->root);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	struct err err = ERR_INIT;
	int rc;

	free(log);
	dup2(fd, STDERR_FILENO);
	close(fd);
	log_init("scheduler", LOG_LEVEL_INFO);
	if (h->files_max)
		setrlimit(RLIMIT_NOFILE, &(struct rlimit){ h->files_max, h->files_max });
	h->options.ready_fd = ready_fd;
	rc = daemon_main(&h->options, &err);
	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	if (__lsan_do_leak_check)
		__lsan_do_leak_check();
	_exit(rc < 0);
}

void house_start(struct house *h)
{
	char byte;
	int ready[2];

	assert_int_equal(h->pid, 0);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	h->pid = fork();
	assert_true(h->pid >= 0);
	if (h->pid == 0) {
		close(ready[0]);
		be_scheduler(h, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		char *log = house_log(h);

		fail_msg("no scheduler: %s", log);
	}
	close(ready[0]);
}

char *house_log(const struct house *h)
{
	char *path = mem_printf("%s/log", h->root);
	struct buf text = BUF_INIT;

	fs_read_file(AT_FDCWD, path, 16 << 20, &text, NULL);
	free(path);
	return buf_take(&text);
}

static void show_log(const struct house *h)
{
	char *log = house_log(h);

	fprintf(stderr, "%s", log);
	free(log);
}

void house_wait(struct house *h)
{
	int64_t deadline = clock_boot_ms() + PATIENCE_MS;
	int status = 0;

	while (waitpid(h->pid, &status, WNOHANG) == 0) {
		if (clock_boot_ms() > deadline) {
			show_log(h);
			house_kill(h);
			fail_msg("the scheduler does not leave");
		}
		usleep(1000);
	}
	h->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		show_log(h);
		fail_msg("the scheduler ended with status %#x", (unsigned)status);
	}
}

void house_stop(struct house *h)
{
	kill(h->pid, SIGTERM);
	house_wait(h);
}

void house_kill(struct house *h)
{
	kill(h->pid, SIGKILL);
	waitpid(h->pid, NULL, 0);
	h->pid = 0;
}

bool house_is_alive(const struct house *h)
{
	siginfo_t info = { 0 };

	waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid == 0;
}

void house_shell(const struct house *h, const char *script, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	buf_printf(&text, "set -eu; cd %s; ", h->root);
	va_start(ap, script);
	buf_vprintf(&text, script, ap);
	va_end(ap);
	assert_int_equal(system(buf_str(&text)), 0);
	buf_finish(&text);
}

void house_commit(struct house *h, const char *definition)
{
	char *path = mem_printf("%s/ingot.yaml", h->repo);

	house_shell(h, "mkdir -p repo; cd repo; test -d .git || git init -q .; echo x > a.txt");
	assert_int_equal(fs_write_file(AT_FDCWD, path, definition, strlen(definition), 0644, NULL),
			 0);
	house_shell(h, "cd repo; git add -A; git commit -qm change --allow-empty");
	free(path);
}

long house_cpu_ms(const struct house *h)
{
	char *path = mem_printf("/proc/%d/stat", (int)h->pid);
	struct buf text = BUF_INIT;
	unsigned long user = 0, system = 0;

	assert_true(fs_read_file(AT_FDCWD, path, 4096, &text, NULL) >= 0);
	assert_int_equal(sscanf(strrchr(buf_str(&text), ')') + 2,
				"%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
				&system),
			 2);
	free(path);
	buf_finish(&text);
	return (long)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

long house_memory_kb(const struct house *h)
{
	char *path = mem_printf("/proc/%d/statm", (int)h->pid);
	struct buf text = BUF_INIT;
	long pages = 0;

	assert_true(fs_read_file(AT_FDCWD, path, 4096, &text, NULL) >= 0);
	assert_int_equal(sscanf(buf_str(&text), "%*d %ld", &pages), 1);
	free(path);
	buf_finish(&text);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* ── peers ────────────────────────────────────────────────────────────── */

struct peer *peer_connect(const struct house *h)
{
	struct peer *p = mem_alloc(sizeof(*p));
	struct err err = ERR_INIT;

	p->fd = endpoint_connect(h->home, &err);
	if (p->fd < 0)
		fail_msg("%s", err.text);
	return p;
}

void peer_close(struct peer *p)
{
	if (!p)
		return;
	fs_close(&p->fd);
	buf_finish(&p->in);
	free(p);
}

/* What the scheduler does not take any more is lost: it has ended the connection. */
void peer_write(struct peer *p, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(p->fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

void peer_send(struct peer *p, enum frame_type type, const void *payload, size_t len)
{
	struct buf out = BUF_INIT;

	frame_put(&out, type, payload, len);
	peer_write(p, out.data, out.len);
	buf_finish(&out);
}

int peer_next(struct peer *p, struct frame *ret, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = p->fd, .events = POLLIN };
	struct err err = ERR_INIT;
	int rc;

	buf_consume(&p->in, p->spent);
	p->spent = 0;
	while ((rc = frame_next(buf_str(&p->in), p->in.len, ret, &err)) == 0) {
		ssize_t n;

		if (poll(&poll_fd, 1, timeout_ms) == 0)
			return -1;
		buf_reserve(&p->in, 65536);
		n = recv(p->fd, p->in.data + p->in.len, 65536, 0);
		if (n <= 0)
			return 0;
		p->in.len += (size_t)n;
	}
	if (rc < 0)
		fail_msg("%s", err.text);
	p->spent = (size_t)rc;
	return 1;
}

void peer_ask(struct peer *p, int id, const char *op, const char *args)
{
	char *text = mem_printf("{\"id\":%d,\"op\":\"%s\",\"args\":%s}", id, op, args);

	peer_send(p, FRAME_CLIENT_REQUEST, text, strlen(text));
	free(text);
}

json_t *peer_reply(struct peer *p, int id)
{
	struct frame f;
	int rc;

	while ((rc = peer_next(p, &f, PATIENCE_MS)) > 0) {
		json_t *reply;

		if (f.type != FRAME_SCHEDULER_REPLY)
			continue;
		reply = json_loadb(f.payload, f.len, 0, NULL);
		assert_non_null(reply);
		if (json_integer_value(json_object_get(reply, "id")) == id)
			return reply;
		json_decref(reply);
	}
	if (rc < 0)
		fail_msg("request %d is not answered", id);
	return NULL;
}

json_t *peer_call(const struct house *h, struct peer *p, const char *op, const char *args)
{
	struct peer *own = p ? NULL : peer_connect(h);
	json_t *reply;

	peer_ask(p ? p : own, 1, op, args);
	reply = peer_reply(p ? p : own, 1);
	if (!reply)
		fail_msg("%s %s: no answer", op, args);
	peer_close(own);
	return reply;
}

json_t *peer_result(const struct house *h, struct peer *p, const char *op, const char *args)
{
	json_t *reply = peer_call(h, p, op, args);
	json_t *result = json_incref(json_object_get(reply, "result"));

	if (!result)
		fail_msg("%s %s: %s", op, args,
			 json_text(json_object_get(reply, "error"), "message"));
	json_decref(reply);
	return result;
}

void peer_refused(const struct house *h, struct peer *p, const char *op, const char *args,
		  const char *code, const char *text)
{
	json_t *reply = peer_call(h, p, op, args);
	const json_t *error = json_object_get(reply, "error");

	if (!error)
		fail_msg("%s %s is not refused", op, args);
	if (!str_eq(json_text(error, "code"), code) ||
	    (text && !strstr(json_text(error, "message"), text)))
		fail_msg("%s %s: %s: %s", op, args, json_text(error, "code"),
			 json_text(error, "message"));
	json_decref(reply);
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

uint64_t house_submit(const struct house *h, const char *more_args)
{
	char *args = mem_printf("{\"repository\":\"%s\"%s%s}", h->repo, *more_args ? "," : "",
				more_args);
	json_t *result = peer_result(h, NULL, "run.submit", args);
	uint64_t run = (uint64_t)json_integer_value(json_object_get(result, "run"));

	json_decref(result);
	free(args);
	return run;
}

const char *house_follow(const struct house *h, uint64_t run)
{
	static char state[32];
	char *args = mem_printf("{\"run\":%llu}", (unsigned long long)run);
	json_t *result = peer_result(h, NULL, "run.follow", args);

	snprintf(state, sizeof(state), "%s", json_text(json_object_get(result, "run"), "state"));
	json_decref(result);
	free(args);
	return state;
}

/* ── a worker ─────────────────────────────────────────────────────────── */

struct wire_register fake_registration(const struct fake *w, uint32_t slots)
{
	static const char *labels[] = { "fake" };

	return (struct wire_register){ .version = WIRE_VERSION,
				       .session = w->session,
				       .name = w->name,
				       .pool = w->name,
				       .pid = getpid(),
				       .slots = slots,
				       .cpu_milli = 64000,
				       .memory_bytes = UINT64_C(64) << 30,
				       .disk_bytes = UINT64_C(64) << 30,
				       .labels = labels,
				       .label_count = 1,
				       .profile = "none" };
}

void fake_register(struct fake *w, const struct wire_register *m)
{
	struct buf out = BUF_INIT;

	wire_register_encode(m, &out);
	peer_send(w->peer, FRAME_WORKER_REGISTER, out.data, out.len);
	buf_finish(&out);
}

struct fake *fake_create(const struct house *h, const char *name, uint32_t slots)
{
	struct fake *w = mem_alloc(sizeof(*w));
	struct wire_register m;

	w->name = name;
	w->peer = peer_connect(h);
	hash_random(w->session.bytes, sizeof(w->session.bytes));
	m = fake_registration(w, slots);
	fake_register(w, &m);
	fake_wait(w, FRAME_SCHEDULER_WORKER_ACCEPT);
	return w;
}

void fake_disconnect(struct fake *w)
{
	peer_close(w->peer);
	w->peer = NULL;
}

void fake_return(const struct house *h, struct fake *w, struct wire_lease *leases, uint32_t count)
{
	struct wire_register m = fake_registration(w, 1);

	m.leases = leases;
	m.lease_count = count;
	peer_close(w->peer);
	w->peer = peer_connect(h);
	fake_register(w, &m);
	fake_wait(w, FRAME_SCHEDULER_WORKER_ACCEPT);
}

void fake_destroy(struct fake *w)
{
	if (!w)
		return;
	peer_close(w->peer);
	arena_finish(&w->arena);
	free(w);
}

static struct wire_grant read_grant(struct fake *w, const struct frame *f)
{
	struct wire_grant g;

	assert_int_equal(wire_grant_decode(f->payload, f->len, &w->arena, &g, NULL), 0);
	return g;
}

struct frame fake_wait(struct fake *w, enum frame_type type)
{
	struct frame f;
	int rc;

	while ((rc = peer_next(w->peer, &f, PATIENCE_MS)) > 0) {
		if (f.type == type)
			return f;
		if (f.type == FRAME_SCHEDULER_STEP_GRANT && w->early_count < countof(w->early))
			w->early[w->early_count++] = read_grant(w, &f);
	}
	fail_msg("%s: %s while waiting for %s", w->name, rc ? "silence" : "cut off",
		 frame_name(type));
	return f;
}

struct wire_grant fake_grant(struct fake *w)
{
	struct wire_grant g;
	struct frame f;

	if (w->early_count == 0) {
		f = fake_wait(w, FRAME_SCHEDULER_STEP_GRANT);
		return read_grant(w, &f);
	}
	g = w->early[0];
	w->early_count--;
	memmove(w->early, w->early + 1, w->early_count * sizeof(g));
	return g;
}

void fake_hears_no(struct fake *w, enum frame_type type, int ms)
{
	int64_t deadline = clock_boot_ms() + ms, left;
	struct frame f;

	while ((left = deadline - clock_boot_ms()) > 0) {
		int rc = peer_next(w->peer, &f, (int)left);

		assert_int_not_equal(rc, 0);
		if (rc > 0)
			assert_int_not_equal(f.type, type);
	}
}

void fake_say_lease(struct fake *w, enum frame_type type, const struct wire_lease *l)
{
	struct buf out = BUF_INIT;

	wire_put_lease(&out, l);
	peer_send(w->peer, type, out.data, out.len);
	buf_finish(&out);
}

struct wire_complete fake_success(const struct wire_lease *l)
{
	return (struct wire_complete){ .lease = *l,
				       .outcome = OUTCOME_SUCCEEDED,
				       .message = "",
				       .started_at = clock_wall_ms(),
				       .finished_at = clock_wall_ms(),
				       .run_us = 1000,
				       .profile = "none" };
}

void fake_complete(struct fake *w, const struct wire_complete *m)
{
	struct buf out = BUF_INIT;

	wire_complete_encode(m, &out);
	peer_send(w->peer, FRAME_WORKER_STEP_COMPLETE, out.data, out.len);
	buf_finish(&out);
}

enum wire_verdict fake_verdict(struct fake *w, const struct wire_lease *l)
{
	struct wire_answer m;

	do {
		struct frame f = fake_wait(w, FRAME_SCHEDULER_STEP_ANSWER);

		assert_int_equal(wire_answer_decode(f.payload, f.len, &m, NULL), 0);
	} while (m.lease.step_id != l->step_id || m.lease.fence != l->fence);
	return m.verdict;
}

void fake_is_cut_off(struct fake *w)
{
	struct frame f;
	int rc;

	while ((rc = peer_next(w->peer, &f, PATIENCE_MS)) > 0)
		;
	assert_int_equal(rc, 0);
}
