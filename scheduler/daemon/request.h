/* SPDX-License-Identifier: Apache-2.0 */
/* request.h - what a client asked for, from the frame to the answer
 *
 * A request ends with exactly one request_reply() or request_fail(), which free
 * it. It may outlive its client: then everything said goes nowhere, and `gone`,
 * if set, is called once so that following can stop.
 */
#ifndef INGOT_SCHEDULER_DAEMON_REQUEST_H
#define INGOT_SCHEDULER_DAEMON_REQUEST_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct daemon;
struct err;
struct json_t;

struct request {
	struct daemon *daemon;
	struct client *client; /* NULL: gone */
	struct request *next;  /* of the client */
	int64_t id; /* as the client chose it */
	struct json_t *message; /* owns args */
	const struct json_t *args;
	void (*gone)(struct request *r);
	void *state; /* of whoever answers */
};

/* result: one JSON value. */
void request_reply(struct request *r, const char *result, size_t len);
void request_fail(struct request *r, const struct err *err);
/* The same with a message of any length: all mistakes of a definition. */
void request_fail_text(struct request *r, int code, const char *message);
void request_event(struct request *r, const char *event, size_t len);
void request_data(struct request *r, const void *data, size_t len);
/* Bytes that the client has not been sent yet: whoever streams waits above some. */
size_t request_backlog(const struct request *r);

/* Of the arguments; NULL, 0 where they are missing or of another type. */
const char *request_text(const struct request *r, const char *key);
int request_flag(const struct request *r, const char *key);

#endif
