/* SPDX-License-Identifier: Apache-2.0 */
/* talk.h - the command line's end of the scheduler's socket
 *
 *	1. talk_open()     connects; starts a scheduler where none answers
 *	2. talk_call()     one question, one answer
 *	   talk_stream()   one question, events or bytes, then the answer
 *	   talk_request(), talk_next()   several at once, or beside signals
 *	3. talk_close()
 *
 * All calls block. After ERR_UNREACHABLE or ERR_PROTOCOL the connection is of no
 * more use.
 */
#ifndef INGOT_CLI_TALK_H
#define INGOT_CLI_TALK_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct talk;
struct err;
struct settings;

/* Connects to the scheduler of settings->home. One of another version is asked to
 * leave if it has nothing to do. ERR_UNREACHABLE, ERR_VERSION, ERR_DENIED, and what
 * starter_start() gives. */
int talk_open(const struct settings *settings, struct talk **ret, struct err *err);
/* The same, but only to one that runs: ERR_UNREACHABLE otherwise. */
int talk_open_running(const struct settings *settings, struct talk **ret, struct err *err);
void talk_close(struct talk *c); /* NULL is fine */

/* Sends a question; args are taken, NULL for none. Returns 0 and its number. */
int talk_request(struct talk *c, const char *op, json_t *args, uint32_t *ret_id,
		   struct err *err);

enum talk_kind { TALK_REPLY, TALK_EVENT, TALK_DATA, TALK_TIMEOUT, TALK_WAKE };

struct talk_message {
	enum talk_kind kind;
	uint32_t id;      /* of the question */
	json_t *body;     /* REPLY: whole; EVENT: the event; lent until the next call */
	const char *data; /* DATA: lent until the next call */
	size_t len;
};

/* Waits for what comes next, for at most timeout_ms (-1: without end), or until
 * wake_fd (-1: none) can be read. */
int talk_next(struct talk *c, int timeout_ms, int wake_fd, struct talk_message *ret,
		struct err *err);
/* The result of a REPLY, lent; or its error. */
int talk_result(const struct talk_message *m, json_t **ret, struct err *err);

/* Asks and waits for the answer; the caller owns *ret (NULL: not wanted). */
int talk_call(struct talk *c, const char *op, json_t *args, json_t **ret, struct err *err);

/* All at once for one question: talk_open(), talk_call(), talk_close(). */
int talk_ask(const struct settings *settings, const char *op, json_t *args, json_t **ret,
	       struct err *err);

/* The error of the last call that failed with the scheduler's own answer, whole: a
 * struct err has room for the first lines of a definition's mistakes. Lent. */
const json_t *talk_error(const struct talk *c);

/* What becomes of what comes before the answer. A negative return ends the stream. */
struct talk_sink {
	void *arg;
	int (*event)(void *arg, json_t *event, struct err *err);
	int (*data)(void *arg, const char *data, size_t len, struct err *err);
};

int talk_stream(struct talk *c, const char *op, json_t *args, const struct talk_sink *sink,
		  json_t **ret, struct err *err);

#endif
