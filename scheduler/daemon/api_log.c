/* SPDX-License-Identifier: Apache-2.0 */
/* api_log.c - a step's log, from an offset, perhaps followed while it grows
 *
 * A follower looks at the file every LOG_INTERVAL_MS and is told what is new. It
 * waits while the client does not read, and ends with the attempt.
 */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/api_args.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/facts.h"
#include "scheduler/daemon/log_file.h"
#include "scheduler/daemon/request.h"
#include "scheduler/engine/engine.h"

enum { LOG_INTERVAL_MS = 100, LOG_CHUNK = 64 * 1024, LOG_BACKLOG_MAX = 4 << 20 };

struct log_reader {
	struct request *request;
	uint64_t step;
	uint32_t attempt; /* 0: none has begun */
	int64_t offset;
	int fd;
	bool is_followed;
	bool is_over;
	uv_timer_t timer;
};

static void on_closed(uv_handle_t *handle)
{
	struct log_reader *l = handle->data;

	fs_close(&l->fd);
	free(l);
}

static void end(struct log_reader *l, enum step_state state)
{
	struct buf out = BUF_INIT;
	struct json_writer w = { .out = &out };

	json_write_object(&w, NULL);
	json_write_int(&w, "size", l->offset);
	json_write_int(&w, "attempt", l->attempt);
	json_write_string(&w, "state", step_state_name(state));
	json_write_end(&w);
	request_reply(l->request, out.data, out.len);
	buf_finish(&out);
	l->is_over = true;
	uv_close((uv_handle_t *)&l->timer, on_closed);
}

static void on_gone(struct request *r)
{
	end(r->state, STEP_STATE_RUNNING);
}

/* Sends what is new; false while the client is behind. */
static bool send_new(struct log_reader *l)
{
	char chunk[LOG_CHUNK];
	ssize_t n;

	if (l->fd < 0 && l->attempt)
		l->fd = log_file_open(l->request->daemon->home_fd, step_id_run(l->step),
				      step_id_index(l->step), l->attempt, NULL);
	while (l->fd >= 0 && (n = pread(l->fd, chunk, sizeof(chunk), l->offset)) > 0) {
		request_data(l->request, chunk, (size_t)n);
		l->offset += n;
		if (request_backlog(l->request) > LOG_BACKLOG_MAX)
			return false;
	}
	return true;
}

/* The step as it is now: of a live run by the engine, else it has ended. */
static enum step_state state_of(struct log_reader *l, bool *ret_is_live)
{
	struct step_view v;

	*ret_is_live = engine_step_view(l->request->daemon->engine, l->step, &v) == 0 &&
		       !step_state_is_terminal(v.state);
	if (*ret_is_live && v.attempts && !l->attempt)
		l->attempt = v.attempts;
	return *ret_is_live ? v.state : STEP_STATE_SUCCEEDED;
}

static void turn(struct log_reader *l)
{
	bool is_live;
	enum step_state state = state_of(l, &is_live);
	bool is_all = send_new(l);

	if (is_all && (!is_live || !l->is_followed))
		end(l, state);
}

static void on_timer(uv_timer_t *timer)
{
	turn(timer->data);
}

void api_log_read(struct request *r)
{
	int64_t attempt, offset;
	struct log_reader *l;
	struct err err = ERR_INIT;
	json_t *facts;
	uint64_t step;

	if (api_count_arg(r->args, "attempt", UINT32_MAX, &attempt, &err) < 0 ||
	    api_count_arg(r->args, "offset", INT64_MAX, &offset, &err) < 0 ||
	    api_step_arg(r->daemon->db, r->args, &step, &err) < 0 ||
	    facts_step(r->daemon->db, step, &facts, &err) < 0) {
		request_fail(r, &err);
		return;
	}
	l = mem_alloc(sizeof(*l));
	l->request = r;
	l->attempt = facts_origin(r->daemon->db, facts, &l->step);
	if (attempt)
		l->attempt = (uint32_t)attempt;
	l->offset = offset;
	l->is_followed = request_flag(r, "follow");
	l->fd = -1;
	json_decref(facts);
	r->state = l;
	r->gone = on_gone;
	BUG_ON(uv_timer_init(&r->daemon->loop, &l->timer) < 0);
	l->timer.data = l;
	uv_timer_start(&l->timer, on_timer, 0, LOG_INTERVAL_MS);
}
