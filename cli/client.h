/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - the command line's end of the scheduler's socket
 *
 *	1. client_open()     connects; starts a scheduler where none answers
 *	2. client_call()     one question, one answer
 *	   client_stream()   one question, events or bytes, then the answer
 *	   client_request(), client_next()   several at once, or beside signals
 *	3. client_close()
 *
 * All calls block. After ERR_UNREACHABLE or ERR_PROTOCOL the connection is of no
 * more use.
 */
#ifndef INGOT_CLI_CLIENT_H
#define INGOT_CLI_CLIENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct err;
struct settings;

/* Connects to the scheduler of settings->home. One of another version is asked to
 * leave if it has nothing to do. ERR_UNREACHABLE, ERR_VERSION, ERR_DENIED, and what
 * starter_start() gives. */
int client_open(const struct settings *settings, struct client **ret, struct err *err);
/* The same, but only to one that runs: ERR_UNREACHABLE otherwise. */
int client_open_running(const struct settings *settings, struct client **ret, struct err *err);
void client_close(struct client *c); /* NULL is fine */

/* Sends a question; args are taken, NULL for none. Returns 0 and its number. */
int client_request(struct client *c, const char *op, json_t *args, uint32_t *ret_id,
		   struct err *err);

enum client_kind { CLIENT_REPLY, CLIENT_EVENT, CLIENT_DATA, CLIENT_TIMEOUT, CLIENT_WAKE };

struct client_message {
	enum client_kind kind;
	uint32_t id;      /* of the question */
	json_t *body;     /* REPLY: whole; EVENT: the event; lent until the next call */
	const char *data; /* DATA: lent until the next call */
	size_t len;
};

/* Waits for what comes next, for at most timeout_ms (-1: without end), or until
 * wake_fd (-1: none) can be read. */
int client_next(struct client *c, int timeout_ms, int wake_fd, struct client_message *ret,
		struct err *err);
/* The result of a REPLY, lent; or its error. */
int client_result(const struct client_message *m, json_t **ret, struct err *err);

/* Asks and waits for the answer; the caller owns *ret (NULL: not wanted). */
int client_call(struct client *c, const char *op, json_t *args, json_t **ret, struct err *err);

/* All at once for one question: client_open(), client_call(), client_close(). */
int client_ask(const struct settings *settings, const char *op, json_t *args, json_t **ret,
	       struct err *err);

/* The error of the last call that failed with the scheduler's own answer, whole: a
 * struct err has room for the first lines of a definition's mistakes. Lent. */
const json_t *client_error(const struct client *c);

/* What becomes of what comes before the answer. A negative return ends the stream. */
struct client_sink {
	void *arg;
	int (*event)(void *arg, json_t *event, struct err *err);
	int (*data)(void *arg, const char *data, size_t len, struct err *err);
};

int client_stream(struct client *c, const char *op, json_t *args, const struct client_sink *sink,
		  json_t **ret, struct err *err);

#endif
