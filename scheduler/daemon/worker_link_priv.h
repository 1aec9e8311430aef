/* SPDX-License-Identifier: Apache-2.0 */
/* worker_link_priv.h - a worker's connection, as the worker_*.c files share it */
#ifndef INGOT_SCHEDULER_DAEMON_WORKER_LINK_PRIV_H
#define INGOT_SCHEDULER_DAEMON_WORKER_LINK_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "scheduler/daemon/worker_link.h"
#include "store/records/rows.h"
#include "workers/wire/frame.h"
#include "workers/wire/message.h"

struct conn;
struct err;

enum {
	NAME_MAX_SIZE = 250,       /* of a worker, its pool, its profile, a series */
	LABELS_MAX = 256,
	PROBE_OUTPUT_MAX = 4096,
};

struct worker_link {
	struct conn *conn;
	struct worker_link *next;
	bool is_registered;
	uint64_t session; /* what the engine calls it */
	struct wire_session full_session;
	uint64_t id;
	struct arena arena; /* of the row */
	struct worker_row row;
	struct arena scratch; /* of one message */
	int64_t heard_at;     /* as daemon_now() */
};

bool worker_link_owns(const struct worker_link *link, const struct wire_lease *lease);
/* A SCHEDULER_WORKER_ACCEPT or SCHEDULER_HEARTBEAT_ACK. */
void worker_link_accept(struct worker_link *link, enum frame_type type);
void worker_link_send_drain(struct worker_link *link);
void worker_link_drain(struct worker_link *link); /* and no more grants */
void worker_link_send_answer(struct worker_link *link, const struct wire_lease *lease,
			     enum wire_verdict verdict);
/* Its row, as it is now. */
void worker_link_record(struct worker_link *link, bool is_connected);

/* worker_register.c: the first frame of every connection. */
int worker_link_register(struct worker_link *link, const struct frame *f, struct err *err);
/* Renews a lease that the worker says it holds, or tells it what became of it. */
void worker_link_renew(struct worker_link *link, const struct wire_lease *lease);

/* worker_said.c: whatever else it says. */
int worker_link_said(struct worker_link *link, const struct frame *f, struct err *err);

#endif
