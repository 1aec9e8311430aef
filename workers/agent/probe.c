/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - fingerprint commands: run outside any step, in an empty folder */
#include "workers/agent/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "workers/agent/agent_priv.h"
#include "workers/process/spawner.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

enum { EXIT_NOT_RUN = -1, GRACE_MS = 1000 };

static const char folder_name[] = "probe";

struct probe {
	struct probe *next;
	struct arena arena;
	struct wire_probe ask;
};

void prober_init(struct prober *p, struct agent *agent)
{
	*p = (struct prober){ .agent = agent, .end = &p->first, .output = -1 };
}

static void forget_spawner(struct prober *p)
{
	if (p->from_spawner.ready)
		loop_forget(&p->agent->loop, spawner_fd(p->spawner), &p->from_spawner);
	p->from_spawner.ready = NULL;
	spawner_destroy(p->spawner, NULL);
	p->spawner = NULL;
}

static void drop_first(struct prober *p)
{
	struct probe *probe = p->first;

	p->first = probe->next;
	if (!p->first)
		p->end = &p->first;
	p->count--;
	arena_finish(&probe->arena);
	free(probe);
}

void prober_finish(struct prober *p)
{
	forget_spawner(p);
	fs_close(&p->output);
	while (p->first)
		drop_first(p);
}

static void answer(struct prober *p, int exit_code, const char *output)
{
	const struct wire_probe_done m = {
		.id = p->first->ask.id,
		.exit_code = exit_code,
		.output = output,
	};
	struct buf *out = link_out(&p->agent->link);
	size_t mark;

	if (p->agent->link.is_up) {
		mark = frame_begin(out, FRAME_WORKER_PROBE_DONE);
		wire_probe_done_encode(&m, out);
		frame_end(out, mark);
	}
	drop_first(p);
}

static int start(struct prober *p, struct err *err)
{
	struct probe *probe = p->first;
	struct work *work = &p->agent->work;
	char *path = arena_printf(&probe->arena, "%s/%s", work->path, folder_name);
	const struct spawn_spec spec = {
		.argv = probe->ask.command.words,
		.envp = environ_of_probe(&p->agent->environ, path, &probe->arena),
		.cwd = path,
		.log_fd = p->output,
		.timeout_ms = probe->ask.timeout_ms,
		.grace_ms = GRACE_MS,
	};

	if (fs_remove_tree(work->fd, folder_name, err) < 0)
		return err->code;
	if (mkdirat(work->fd, folder_name, 0755) < 0)
		return err_errno(err, errno, "%s", path);
	return spawner_start(p->spawner, &spec, err);
}

static void on_spawner(void *arg);

static int prepare(struct prober *p, struct err *err)
{
	int rc;

	p->output = memfd_create("probe", MFD_CLOEXEC);
	if (p->output < 0)
		return err_errno(err, errno, "no file for a probe");
	fcntl(p->output, F_SETFL, O_APPEND);
	if (p->spawner)
		return 0;
	rc = spawner_create(p->agent->options->isolate, &p->spawner, err);
	if (rc == 0)
		rc = spawner_await(p->spawner, err);
	if (rc < 0) {
		forget_spawner(p);
		return rc;
	}
	p->from_spawner = (struct source){ on_spawner, p };
	loop_watch(&p->agent->loop, spawner_fd(p->spawner), &p->from_spawner);
	return 0;
}

/* Starts the first; those that cannot be started are answered on the way. */
static void run_first(struct prober *p)
{
	while (p->first) {
		struct err err = ERR_INIT;

		if (prepare(p, &err) == 0 && start(p, &err) == 0)
			return;
		fs_close(&p->output);
		answer(p, EXIT_NOT_RUN, err.text);
	}
}

/* What it wrote, as a text: cut at a NUL. */
static void read_output(struct prober *p, char text[PROBE_OUTPUT_MAX + 1])
{
	ssize_t len = pread(p->output, text, PROBE_OUTPUT_MAX, 0);

	text[len > 0 ? len : 0] = '\0';
}

static void on_spawner(void *arg)
{
	struct prober *p = arg;
	char text[PROBE_OUTPUT_MAX + 1];
	struct spawner_event e;
	int got = spawner_read(p->spawner, &e, NULL);

	if (got < 0)
		forget_spawner(p);
	if (got <= 0 || e.type != SPAWNER_EXITED)
		return;
	read_output(p, text);
	fs_close(&p->output);
	answer(p, e.cause == SPAWNER_CAUSE_EXITED ? e.exit_code : EXIT_NOT_RUN,
	       *e.text ? e.text : text);
	run_first(p);
}

int prober_take(struct prober *p, const struct frame *f, struct err *err)
{
	struct probe *probe = mem_alloc(sizeof(*probe));
	int rc = wire_probe_decode(f->payload, f->len, &probe->arena, &probe->ask, err);

	if (rc == 0 && (p->count == PROBES_WAITING_MAX || probe->ask.command.count == 0))
		rc = err_set(err, ERR_PROTOCOL, "a probe without a command, or too many of them");
	if (rc < 0) {
		arena_finish(&probe->arena);
		free(probe);
		return rc;
	}
	*p->end = probe;
	p->end = &probe->next;
	if (p->count++ == 0)
		run_first(p);
	return 0;
}
