/* SPDX-License-Identifier: Apache-2.0 */
/* agent_priv.h - the worker as its parts see it
 *
 * All of it belongs to the loop's thread.
 */
#ifndef INGOT_WORKERS_AGENT_AGENT_PRIV_H
#define INGOT_WORKERS_AGENT_AGENT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "workers/agent/agent.h"
#include "workers/agent/attempt.h"
#include "workers/agent/environ.h"
#include "workers/agent/lease.h"
#include "workers/agent/link.h"
#include "workers/agent/loop.h"
#include "workers/agent/probe.h"
#include "workers/agent/work.h"

struct blob_store;
struct slot;

struct agent {
	const struct agent_options *options;
	char *home; /* absolute */
	int home_fd;
	int logs_fd;
	int checkpoints_fd;
	struct work work;
	struct blob_store *blobs;
	struct environ_base environ;
	struct wire_session session;

	struct loop loop;
	int64_t now_ms; /* clock_boot_ms() of this turn */
	int signals;    /* signalfd */
	struct source from_signals;
	bool is_draining; /* takes nothing new */
	bool is_leaving;  /* at the end of this turn */

	struct link link;
	struct lease lease;
	struct slot **slots; /* [options->slots] */
	struct attempt_list queue;   /* granted ahead, in order */
	struct attempt_list reports; /* ended; COMPLETE is not answered */
	int64_t moved_ms; /* when the queue last moved or got its first */
	struct prober prober;
};

/* Frames that concern one lease alone; lost while the link is down. */
void agent_say(struct agent *a, enum frame_type type, const struct wire_lease *lease);
/* The attempt has ended: reports it until that is answered. Takes it over. */
void agent_report(struct agent *a, struct attempt *attempt);
/* The granted attempt is unknown here from now on; its lease goes back. */
void agent_release(struct agent *a, struct attempt *attempt);
/* Gives the queue back and leaves when all else is done. */
void agent_drain(struct agent *a);

/* inbox.c: what the scheduler says. See link_handler. */
int inbox_take(struct agent *a, const struct frame *f, struct err *err);
/* REGISTER and HEARTBEAT, with all leases that are held. */
void inbox_greet(struct agent *a);
void inbox_heartbeat(struct agent *a);

#endif
