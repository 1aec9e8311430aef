/* SPDX-License-Identifier: Apache-2.0 */
/* client.c - a client's connection: requests in, replies out */
#include "scheduler/daemon/client.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/api.h"
#include "scheduler/daemon/conn.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/request.h"
#include "workers/wire/codec.h"
#include "workers/wire/frame.h"

enum {
	REQUESTS_MAX = 256, /* under way at once, of one client */
	ENVELOPE_SIZE = 64, /* what say() puts around an answer, at most */
};

struct client {
	struct conn *conn;
	struct request *requests;
	uint32_t request_count;
};

/* ── the request's end of it ──────────────────────────────────────────── */

static void request_end(struct request *r)
{
	if (r->client) {
		struct request **at = &r->client->requests;

		while (*at != r)
			at = &(*at)->next;
		*at = r->next;
		r->client->request_count--;
	}
	json_decref(r->message);
	free(r);
}

/* {"id": 7, "KEY": …} */
static void say(struct request *r, enum frame_type type, const char *key, const char *json,
		size_t len)
{
	struct buf *out;
	size_t mark;

	if (!r->client)
		return;
	out = conn_out(r->client->conn);
	mark = frame_begin(out, type);
	buf_printf(out, "{\"id\":%lld,\"%s\":", (long long)r->id, key);
	buf_append(out, json, len);
	buf_char(out, '}');
	frame_end(out, mark);
}

void request_reply(struct request *r, const char *result, size_t len)
{
	struct err err = ERR_INIT;

	if (len > FRAME_LIMIT - ENVELOPE_SIZE) {
		err_set(&err, ERR_TOO_LARGE, "the answer of %zu bytes is over the limit of %d", len,
			FRAME_LIMIT);
		request_fail(r, &err);
		return;
	}
	say(r, FRAME_SCHEDULER_REPLY, "result", result, len);
	request_end(r);
}

static void fail(struct request *r, int code, const char *message, const char *hint)
{
	struct buf text = BUF_INIT;
	struct json_writer w = { .out = &text };

	json_write_object(&w, NULL);
	json_write_string(&w, "code", err_name(code));
	json_write_string(&w, "message", message[0] ? message : err_describe(code));
	json_write_string(&w, "hint", hint);
	json_write_end(&w);
	say(r, FRAME_SCHEDULER_REPLY, "error", text.data, text.len);
	buf_finish(&text);
	request_end(r);
}

void request_fail(struct request *r, const struct err *err)
{
	fail(r, err->code, err->text, err->hint[0] ? err->hint : NULL);
}

void request_fail_text(struct request *r, int code, const char *message)
{
	fail(r, code, message, NULL);
}

void request_event(struct request *r, const char *event, size_t len)
{
	say(r, FRAME_SCHEDULER_EVENT, "event", event, len);
}

void request_data(struct request *r, const void *data, size_t len)
{
	struct buf *out;
	size_t mark;

	if (!r->client)
		return;
	out = conn_out(r->client->conn);
	mark = frame_begin(out, FRAME_SCHEDULER_DATA);
	wire_put_u32(out, (uint32_t)r->id);
	buf_append(out, data, len);
	frame_end(out, mark);
}

size_t request_backlog(const struct request *r)
{
	return r->client ? conn_backlog(r->client->conn) : 0;
}

const char *request_text(const struct request *r, const char *key)
{
	return json_string_value(json_object_get(r->args, key));
}

int request_flag(const struct request *r, const char *key)
{
	return json_is_true(json_object_get(r->args, key));
}

/* ── the connection's ─────────────────────────────────────────────────── */

static int handle_request(struct client *client, const struct frame *f, struct err *err)
{
	struct request *r;
	const char *op;
	json_t *message;
	int rc;

	if (conn_daemon(client->conn)->is_stopping)
		return err_set(err, ERR_BUSY, "asked for something while the scheduler leaves");
	rc = json_parse(f->payload, f->len, &message, err);
	if (rc < 0)
		return rc;
	op = json_string_value(json_object_get(message, "op"));
	if (!op || client->request_count == REQUESTS_MAX) {
		json_decref(message);
		return err_set(err, ERR_PROTOCOL, op ? "too many requests at once" : "no op");
	}
	r = mem_alloc(sizeof(*r));
	r->daemon = conn_daemon(client->conn);
	r->client = client;
	r->next = client->requests;
	r->id = json_integer_value(json_object_get(message, "id"));
	r->message = message;
	r->args = json_object_get(message, "args");
	client->requests = r;
	client->request_count++;
	api_handle(r, op);
	return 0;
}

static int on_frame(struct conn *c, const struct frame *f, struct err *err)
{
	if (f->type != FRAME_CLIENT_REQUEST)
		return err_set(err, ERR_PROTOCOL, "a client does not say %s", frame_name(f->type));
	return handle_request(conn_owner(c), f, err);
}

static void on_closed(struct conn *c)
{
	struct client *client = conn_owner(c);
	struct daemon *d = conn_daemon(c);

	while (client->requests) {
		struct request *r = client->requests;

		client->requests = r->next;
		r->client = NULL;
		if (r->gone)
			r->gone(r);
	}
	free(client);
	d->clients--;
	daemon_judge_idle(d);
}

static const struct conn_role role = { "client", on_frame, on_closed };

int client_open(struct conn *c, struct err *err)
{
	struct client *client = mem_alloc(sizeof(*client));
	struct daemon *d = conn_daemon(c);

	(void)err;
	client->conn = c;
	d->clients++;
	conn_set_role(c, &role, client);
	daemon_judge_idle(d);
	return 0;
}
