/* SPDX-License-Identifier: Apache-2.0 */
/* talk.c - the command line's end of the scheduler's socket
 *
 * A scheduler may leave in the very moment somebody connects: then the answer to
 * `hello` is the end of the stream, and the next round starts a new one.
 */
#include "cli/talk.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/fields.h"
#include "cli/settings.h"
#include "cli/starter.h"
#include "workers/wire/codec.h"
#include "workers/wire/endpoint.h"
#include "workers/wire/frame.h"

enum {
	READ_SIZE = 64 * 1024,
	OPEN_LIMIT_MS = 30 * 1000, /* of all rounds of connecting and starting */
	OPEN_PAUSE_US = 10 * 1000, /* between them, where a scheduler is coming or going */
};

struct talk {
	int fd;
	uint32_t last_id;
	struct buf in;
	size_t spent;  /* bytes at the front of in that were handed out */
	json_t *body;  /* handed out last */
};

void talk_close(struct talk *c)
{
	if (!c)
		return;
	fs_close(&c->fd);
	buf_finish(&c->in);
	json_decref(c->body);
	free(c);
}

static int gone(struct err *err)
{
	err_set(err, ERR_UNREACHABLE, "the scheduler has gone away");
	return err_hint(err, "runs go on at its next start, which any command is");
}

static int send_all(struct talk *c, const char *data, size_t len, struct err *err)
{
	while (len > 0) {
		ssize_t sent = send(c->fd, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return gone(err);
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

int talk_request(struct talk *c, const char *op, json_t *args, uint32_t *ret_id,
		   struct err *err)
{
	json_t *request = json_pack("{s:i, s:s, s:o}", "id", (int)c->last_id + 1, "op", op, "args",
				    args ? args : json_object());
	char *text = json_dumps(request, JSON_COMPACT);
	struct buf frame = BUF_INIT;
	int rc;

	frame_put(&frame, FRAME_CLIENT_REQUEST, text, strlen(text));
	rc = send_all(c, frame.data, frame.len, err);
	buf_finish(&frame);
	free(text);
	json_decref(request);
	if (rc == 0)
		*ret_id = ++c->last_id;
	return rc;
}

/* Reads what has come. Returns 0; the end of the stream is an error. */
static int receive(struct talk *c, struct err *err)
{
	ssize_t got;

	buf_reserve(&c->in, READ_SIZE);
	do {
		got = recv(c->fd, c->in.data + c->in.len, READ_SIZE, 0);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return gone(err);
	c->in.len += (size_t)got;
	c->in.data[c->in.len] = '\0';
	return 0;
}

/* Returns 1 if there is something to receive, 0 with ret->kind set if not. */
static int wait_input(struct talk *c, int timeout_ms, int wake_fd, struct talk_message *ret,
		      struct err *err)
{
	struct pollfd p[] = { { .fd = c->fd, .events = POLLIN },
			      { .fd = wake_fd, .events = POLLIN } };
	int rc = poll(p, countof(p), timeout_ms);

	if (rc < 0 && errno != EINTR)
		return err_errno(err, errno, "waiting for the scheduler");
	if (rc > 0 && p[0].revents)
		return 1;
	ret->kind = rc > 0 ? TALK_WAKE : TALK_TIMEOUT;
	return 0;
}

static int take_json(struct talk *c, const struct frame *f, struct talk_message *ret,
		     struct err *err)
{
	int rc = json_parse(f->payload, f->len, &c->body, err);

	if (rc < 0)
		return err_set(err, ERR_PROTOCOL, "the scheduler's answer is no JSON");
	ret->id = (uint32_t)json_integer_value(json_object_get(c->body, "id"));
	ret->body = c->body;
	if (f->type == FRAME_SCHEDULER_EVENT)
		ret->body = json_object_get(c->body, "event");
	return 0;
}

static int take_frame(struct talk *c, const struct frame *f, struct talk_message *ret,
		      struct err *err)
{
	struct wire_reader r;

	switch ((int)f->type) {
	case FRAME_SCHEDULER_REPLY:
		ret->kind = TALK_REPLY;
		return take_json(c, f, ret, err);
	case FRAME_SCHEDULER_EVENT:
		ret->kind = TALK_EVENT;
		return take_json(c, f, ret, err);
	case FRAME_SCHEDULER_DATA:
		if (f->len < sizeof(ret->id))
			break;
		wire_reader_init(&r, f->payload, sizeof(ret->id));
		ret->kind = TALK_DATA;
		ret->id = wire_get_u32(&r);
		ret->data = f->payload + sizeof(ret->id);
		ret->len = f->len - sizeof(ret->id);
		return 0;
	default:
		break;
	}
	return err_set(err, ERR_PROTOCOL, "the scheduler sent %s, which is not for clients",
		       frame_name(f->type));
}

int talk_next(struct talk *c, int timeout_ms, int wake_fd, struct talk_message *ret,
		struct err *err)
{
	struct frame f;
	int rc;

	*ret = (struct talk_message){ 0 };
	buf_consume(&c->in, c->spent);
	c->spent = 0;
	json_decref(c->body);
	c->body = NULL;
	while ((rc = frame_next(buf_str(&c->in), c->in.len, &f, err)) == 0) {
		rc = wait_input(c, timeout_ms, wake_fd, ret, err);
		if (rc <= 0)
			return rc;
		rc = receive(c, err);
		if (rc < 0)
			return rc;
	}
	if (rc < 0)
		return rc;
	c->spent = (size_t)rc;
	return take_frame(c, &f, ret, err);
}

int talk_result(const struct talk_message *m, json_t **ret, struct err *err)
{
	const json_t *error = json_object_get(m->body, "error");

	if (error)
		return field_error(error, err);
	*ret = json_object_get(m->body, "result");
	return 0;
}

const json_t *talk_error(const struct talk *c)
{
	return json_object_get(c->body, "error");
}

int talk_stream(struct talk *c, const char *op, json_t *args, const struct talk_sink *sink,
		  json_t **ret, struct err *err)
{
	struct talk_message m;
	json_t *result;
	uint32_t id;
	int rc = talk_request(c, op, args, &id, err);

	while (rc >= 0) {
		rc = talk_next(c, -1, -1, &m, err);
		if (rc < 0)
			return rc;
		if (m.id != id)
			continue;
		if (m.kind == TALK_EVENT && sink->event)
			rc = sink->event(sink->arg, m.body, err);
		else if (m.kind == TALK_DATA && sink->data)
			rc = sink->data(sink->arg, m.data, m.len, err);
		else if (m.kind == TALK_REPLY)
			break;
	}
	if (rc >= 0)
		rc = talk_result(&m, &result, err);
	if (rc < 0)
		return rc;
	if (ret)
		*ret = json_incref(result);
	return 0;
}

int talk_call(struct talk *c, const char *op, json_t *args, json_t **ret, struct err *err)
{
	static const struct talk_sink nothing = { 0 };

	return talk_stream(c, op, args, &nothing, ret, err);
}

/* Both ends are of one version, or they do not speak: an idle scheduler of another
 * one leaves, so that this version's is started. */
static int check_version(struct talk *c, const struct settings *settings, const json_t *hello,
			 struct err *err)
{
	const char *theirs = field_text(hello, "version");

	if (str_eq(theirs, INGOT_VERSION))
		return 0;
	if (talk_call(c, "shutdown", NULL, NULL, NULL) == 0)
		return err_set(err, ERR_UNREACHABLE, "the scheduler of another version has left");
	err_set(err, ERR_VERSION,
		"the scheduler in %s is of version %s and has runs to do; this is %s",
		settings->home, theirs, INGOT_VERSION);
	return err_hint(err, "it leaves when they are done; or use that version");
}

int talk_open_running(const struct settings *settings, struct talk **ret, struct err *err)
{
	struct talk *c = mem_alloc(sizeof(*c));
	json_t *hello = NULL;
	int rc;

	c->fd = rc = endpoint_connect(settings->home, err);
	if (rc == ERR_NOT_FOUND)
		rc = err_set(err, ERR_UNREACHABLE, "no scheduler runs in %s", settings->home);
	if (rc >= 0)
		rc = talk_call(c, "hello", json_pack("{s:s}", "version", INGOT_VERSION), &hello,
			       err);
	if (rc == 0)
		rc = check_version(c, settings, hello, err);
	json_decref(hello);
	if (rc < 0)
		talk_close(c);
	else
		*ret = c;
	return rc;
}

int talk_open(const struct settings *settings, struct talk **ret, struct err *err)
{
	int64_t deadline_us = clock_mono_us() + OPEN_LIMIT_MS * INT64_C(1000);

	for (;;) {
		int rc = talk_open_running(settings, ret, err);

		if (rc != ERR_UNREACHABLE)
			return rc;
		rc = starter_start(settings->home, err);
		if (rc < 0 && rc != ERR_BUSY)
			return rc;
		if (clock_mono_us() > deadline_us)
			return rc < 0 ? rc : ERR_UNREACHABLE;
		/* A scheduler that leaves has closed its socket and still has the lock. */
		if (rc == ERR_BUSY)
			usleep(OPEN_PAUSE_US);
	}
}

int talk_ask(const struct settings *settings, const char *op, json_t *args, json_t **ret,
	       struct err *err)
{
	struct talk *c;
	int rc = talk_open(settings, &c, err);

	if (rc < 0) {
		json_decref(args);
		return rc;
	}
	rc = talk_call(c, op, args, ret, err);
	talk_close(c);
	return rc;
}
