/* SPDX-License-Identifier: Apache-2.0 */
/* local.c - the worker processes of this machine
 *
 * A worker outlives a scheduler that is killed: it finishes its step and comes back to
 * the next one. That one finds it by the record of its last registration, keeps its
 * place and its name for it, and sees by its pid whether it still lives: it is nobody's
 * child, so no signal tells. A number alone may be another process by now; its words
 * in /proc say who it is, and a dead process has none left.
 */
#include "scheduler/daemon/local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/worker_link.h"
#include "scheduler/engine/engine.h"
#include "scheduler/pipeline/step.h"
#include "store/records/rows.h"
#include "workers/gpu/gpu.h"

#define POOL_NAME "local"

enum {
	WORKERS_MAX = 1024,
	NAME_SIZE = 24,
	WORDS_COUNT = 10, /* of a worker, and the NULL behind them */
	WORDS_MAX_BYTES = 16 * 1024, /* of a worker: a path and a handful of options */
	LEAVE_MS = 2000,
	BACKOFF_MIN_MS = 10, /* after a worker that died before it registered; doubled each time */
	BACKOFF_MAX_MS = 10 * 1000,
};

extern char **environ;

struct process {
	pid_t pid; /* 0: a free place */
	uint64_t session; /* 0: it has not registered yet */
	uint32_t number;  /* of its name */
	bool is_child;    /* of ours; else one that an earlier scheduler left */
};

struct local {
	struct daemon *daemon;
	struct process *processes;
	size_t count, cap; /* places */
	uint32_t max_workers;
	uint32_t pool;
	struct gpu_list gpus;
	struct pool_spec declared; /* without its lists */
	uint32_t wanted;     /* at once, those that die before they register included */
	int64_t backoff_ms;  /* 0: the last one registered */
	int64_t start_after; /* no start before */
	uv_timer_t retry;    /* of a start; once it leaves, of its patience */
	bool is_killed;      /* those that did not leave */
};

static uint32_t core_count(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (uint32_t)n : 1;
}

static void declare_pool(struct local *l)
{
	struct sysinfo info = { 0 };
	int64_t memory[POOL_GPUS_MAX] = { 0 };
	struct pool_spec spec = { .name = POOL_NAME,
				  .cpu_milli = (int64_t)core_count() * 1000,
				  .gpu_memory_bytes = memory,
				  .max_workers = l->max_workers };

	if (sysinfo(&info) == 0)
		spec.memory_bytes = (int64_t)info.totalram * info.mem_unit;
	spec.disk_bytes = (int64_t)fs_free_bytes(l->daemon->home_fd);
	for (size_t i = 0; i < l->gpus.count && i < POOL_GPUS_MAX; i++, spec.gpus++)
		memory[i] = (int64_t)l->gpus.gpus[i].memory_bytes;
	if (spec.cpu_milli < (int64_t)l->max_workers * 1000)
		spec.cpu_milli = (int64_t)l->max_workers * 1000;
	l->pool = engine_pool_declare(l->daemon->engine, &spec);
	l->declared = spec;
	l->declared.gpu_memory_bytes = NULL;
}

struct local *local_create(struct daemon *d)
{
	struct local *l = mem_alloc(sizeof(*l));
	struct err err = ERR_INIT;

	l->daemon = d;
	l->max_workers = d->options.workers ? d->options.workers : core_count();
	if (gpu_inventory(d->options.gpus, &l->gpus, &err) < 0)
		log_warn("GPUs are left out: %s", err.text);
	BUG_ON(uv_timer_init(&d->loop, &l->retry) < 0);
	l->retry.data = l;
	declare_pool(l);
	return l;
}

uint32_t local_pool(const struct local *l)
{
	return l->pool;
}

bool local_is_ours(const struct local *l, const char *pool)
{
	(void)l;
	return str_eq(pool, POOL_NAME);
}

void local_set_workers(struct local *l, uint32_t count)
{
	l->max_workers = count < WORKERS_MAX ? count : WORKERS_MAX;
	declare_pool(l);
}

const char *local_devices(const struct local *l, uint64_t gpus, struct arena *arena)
{
	struct buf text = BUF_INIT;
	const char *copy;

	for (size_t i = 0; i < l->gpus.count && i < POOL_GPUS_MAX; i++) {
		if (gpus & UINT64_C(1) << i)
			buf_printf(&text, "%s%s", text.len ? "," : "", l->gpus.gpus[i].uuid);
	}
	copy = arena_strdup(arena, buf_str(&text));
	buf_finish(&text);
	return copy;
}

const char *local_lack(const struct local *l, const struct resources *asked, struct arena *arena)
{
	const struct pool_spec *have = &l->declared;
	struct buf text = BUF_INIT;
	const char *copy;

	buf_str_append(&text, "it needs more than any worker has: ");
	if (asked->cpu_milli > have->cpu_milli) {
		buf_printf(&text, "%g CPUs, and this machine has %g",
			   (double)asked->cpu_milli / 1000, (double)have->cpu_milli / 1000);
	} else if (asked->gpu_count > (int64_t)have->gpus) {
		buf_printf(&text, "%lld GPUs, and this machine has %u", (long long)asked->gpu_count,
			   have->gpus);
	} else if (asked->memory_bytes > (uint64_t)have->memory_bytes) {
		str_format_size(&text, asked->memory_bytes);
		buf_str_append(&text, " of memory, and this machine has ");
		str_format_size(&text, (uint64_t)have->memory_bytes);
	} else if (asked->disk_bytes > (uint64_t)have->disk_bytes) {
		str_format_size(&text, asked->disk_bytes);
		buf_str_append(&text, " of disk, and this machine has ");
		str_format_size(&text, (uint64_t)have->disk_bytes);
	} else if (asked->gpu_count) {
		str_format_size(&text, asked->gpu_memory_bytes);
		buf_str_append(&text, " on each GPU, and no GPU has that");
	} else {
		buf_str_append(&text, "a worker labelled");
		for (size_t i = 0; i < asked->labels.count; i++)
			buf_printf(&text, " %s", asked->labels.items[i].text);
		buf_str_append(&text, ", and there is none");
	}
	copy = arena_strndup(arena, text.data, text.len);
	buf_finish(&text);
	return copy;
}

/* ── processes ────────────────────────────────────────────────────────── */

static uint32_t alive(const struct local *l)
{
	uint32_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		n += l->processes[i].pid != 0;
	return n;
}

static struct process *free_place(struct local *l)
{
	for (size_t i = 0; i < l->count; i++) {
		if (!l->processes[i].pid)
			return &l->processes[i];
	}
	l->processes = mem_grow(l->processes, &l->cap, l->count + 1, sizeof(*l->processes));
	l->processes[l->count] = (struct process){ 0 };
	return &l->processes[l->count++];
}

/* The smallest number that no living worker has: names stay w1, w2, … */
static uint32_t free_number(const struct local *l)
{
	for (uint32_t n = 1;; n++) {
		bool is_taken = false;

		for (size_t i = 0; i < l->count; i++)
			is_taken |= l->processes[i].pid && l->processes[i].number == n;
		if (!is_taken)
			return n;
	}
}

/* The words of a worker's process; name is NAME_SIZE bytes that they lend. */
static void worker_words(const struct local *l, uint32_t number, char *name, char **words)
{
	char *const all[] = { "ingot",  "worker",  "--home", l->daemon->home, "--name", name,
			      "--pool", POOL_NAME, "--local", NULL };

	snprintf(name, NAME_SIZE, "w%u", number);
	memcpy(words, all, sizeof(all));
}

static pid_t spawn_worker(struct local *l, uint32_t number)
{
	char name[NAME_SIZE], *argv[WORDS_COUNT];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	pid_t pid;
	int rc;

	worker_words(l, number, name, argv);
	sigemptyset(&none);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
	rc = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	if (rc == 0)
		return pid;
	log_error("a worker could not be started: error %d", rc);
	return 0;
}

/* Of a worker that is not our child. */
static bool is_alive(const struct local *l, const struct process *p)
{
	struct buf path = BUF_INIT, want = BUF_INIT, found = BUF_INIT;
	char name[NAME_SIZE], *words[WORDS_COUNT];
	bool same;

	worker_words(l, p->number, name, words);
	for (size_t i = 0; words[i]; i++)
		buf_append(&want, words[i], strlen(words[i]) + 1);
	buf_printf(&path, "/proc/%d/cmdline", (int)p->pid);
	same = fs_read_file(AT_FDCWD, buf_str(&path), WORDS_MAX_BYTES, &found, NULL) == 0 &&
	       found.len == want.len && memcmp(found.data, want.data, want.len) == 0;
	buf_finish(&path);
	buf_finish(&want);
	buf_finish(&found);
	return same;
}

void local_adopt(struct local *l, const struct worker_row *workers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct worker_row *w = &workers[i];
		struct process p = { .pid = (pid_t)w->pid,
				     .session = worker_link_session_number(w->session) };

		if (local_is_ours(l, w->pool) && sscanf(w->name, "w%u", &p.number) == 1 &&
		    is_alive(l, &p))
			*free_place(l) = p;
	}
}

bool local_has(const struct local *l, uint64_t session)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->processes[i].pid && l->processes[i].session == session)
			return true;
	}
	return false;
}

static void start_missing(struct local *l);

static void on_retry(uv_timer_t *timer)
{
	struct local *l = timer->data;

	start_missing(l);
}

/* A worker that cannot even register would be started for ever, as fast as it dies. */
static void back_off(struct local *l, const char *why)
{
	l->backoff_ms = l->backoff_ms ? 2 * l->backoff_ms : BACKOFF_MIN_MS;
	if (l->backoff_ms > BACKOFF_MAX_MS)
		l->backoff_ms = BACKOFF_MAX_MS;
	l->start_after = daemon_now() + l->backoff_ms;
	log_error("a worker %s; the next try in %lld ms", why, (long long)l->backoff_ms);
	if (!l->daemon->is_stopping)
		uv_timer_start(&l->retry, on_retry, (uint64_t)l->backoff_ms, 0);
}

static bool start_one(struct local *l)
{
	uint32_t number = free_number(l);
	struct process *p = free_place(l);

	*p = (struct process){ .number = number, .is_child = true };
	p->pid = spawn_worker(l, number);
	if (!p->pid) {
		back_off(l, "could not be started");
		return false;
	}
	log_info("worker w%u started, pid %d", number, (int)p->pid);
	return true;
}

static void start_missing(struct local *l)
{
	uint32_t count = l->wanted < l->max_workers ? l->wanted : l->max_workers;
	int64_t wait = l->start_after - daemon_now();

	if (l->daemon->is_stopping)
		return;
	if (wait > 0) {
		uv_timer_start(&l->retry, on_retry, (uint64_t)wait, 0);
		return;
	}
	while (alive(l) < count && start_one(l))
		;
}

void local_want(struct local *l, uint32_t count)
{
	local_reap(l);
	if (count > l->wanted)
		l->wanted = count;
	start_missing(l);
}

bool local_seen(struct local *l, pid_t pid, uint64_t session)
{
	for (size_t i = 0; i < l->count; i++) {
		if (l->processes[i].pid == pid) {
			l->processes[i].session = session;
			l->backoff_ms = 0;
			return true;
		}
	}
	return false;
}

/* The engine wants another one in the place of one that had registered, if any. */
static void process_ended(struct local *l, struct process *p, int status)
{
	if (WIFSIGNALED(status))
		log_warn("worker w%u was killed by signal %d", p->number, WTERMSIG(status));
	p->pid = 0;
	if (!p->session) {
		back_off(l, "died before it registered");
		return;
	}
	l->wanted -= l->wanted > 0;
	engine_worker_gone(l->daemon->engine, p->session, daemon_now());
}

static bool has_ended(const struct local *l, const struct process *p, int *ret_status)
{
	*ret_status = 0;
	if (p->is_child)
		return waitpid(p->pid, ret_status, WNOHANG) == p->pid;
	return !is_alive(l, p);
}

void local_reap(struct local *l)
{
	for (size_t i = 0; i < l->count; i++) {
		struct process *p = &l->processes[i];
		int status;

		if (p->pid && has_ended(l, p, &status))
			process_ended(l, p, status);
	}
}

bool local_is_empty(const struct local *l)
{
	return alive(l) == 0;
}

/* A worker's end is the end of its steps. One that cannot even be killed is left. */
static void on_overdue(uv_timer_t *timer)
{
	struct local *l = timer->data;

	for (size_t i = 0; i < l->count; i++) {
		struct process *p = &l->processes[i];

		if (p->pid && p->is_child && !l->is_killed)
			kill(p->pid, SIGKILL);
		else
			p->pid = 0;
	}
	l->is_killed = true;
}

void local_leave(struct local *l)
{
	uv_timer_start(&l->retry, on_overdue, LEAVE_MS, LEAVE_MS);
}

void local_destroy(struct local *l)
{
	if (!l)
		return;
	free(l->processes);
	free(l);
}
