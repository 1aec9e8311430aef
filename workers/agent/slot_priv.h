/* SPDX-License-Identifier: Apache-2.0 */
/* slot_priv.h - a slot, as the slot*.c files share it */
#ifndef INGOT_WORKERS_AGENT_SLOT_PRIV_H
#define INGOT_WORKERS_AGENT_SLOT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "workers/agent/folder.h"
#include "workers/agent/live.h"
#include "workers/agent/loop.h"
#include "workers/agent/slot.h"
#include "workers/agent/step_log.h"

struct hand;
struct spawner;
struct spawner_event;
struct wire_command;

/* How far the look at a deployment is. */
struct verify {
	int64_t until_ms; /* on clock_boot_ms(): then it is given up */
	int64_t next_ms;  /* when to look again */
	bool is_looking;
	int status;       /* by HTTP: of the answer, or below 0: err says why */
	struct err err;
};

/* Where the attempt's checkpoint is. */
enum checkpoint {
	CHECKPOINT_HERE,  /* in the slot's folder, until the attempt ends */
	CHECKPOINT_STUCK, /* the same, and it cannot be moved while the step runs */
	CHECKPOINT_KEPT,  /* below HOME/checkpoints */
};

struct slot {
	struct agent *agent;
	unsigned number;
	enum slot_state state;
	struct attempt *attempt; /* NULL when idle or cleaning */
	struct spawner *spawner; /* NULL after it died, until it is needed */
	struct source from_spawner;
	struct hand *hand; /* NULL until something takes long */
	struct source from_hand;

	struct folder folder;
	struct step_log log;
	struct live live;
	struct verify verify;
	const char *const *environ; /* of the attempt, in its arena; NULL until it is launched */
	enum checkpoint checkpoint;
	int64_t tick_ms;            /* when to look after what runs */
};

/* The one place where the state changes. */
void slot_apply(struct slot *s, enum slot_event event);
/* slot_run.c: spawner and hand */
void slot_forget_spawner(struct slot *s); /* ends what runs */
/* Runs one of the attempt's commands. ERR_FENCED, with the attempt marked so, if
 * the lease is over. */
int slot_launch(struct slot *s, const struct wire_command *command, int64_t timeout_ms,
		struct err *err);
/* Has the hand do a job: all that the job uses is the hand's meanwhile. */
int slot_give_hand(struct slot *s, void (*job)(void *slot), struct err *err);

/* slot_files.c: folder, files and outputs of the attempt */
void slot_prepare(struct slot *s);
void slot_collect(struct slot *s);
void slot_clean(struct slot *s);
void slot_files_done(struct slot *s); /* the hand's job is */
void slot_set_environ(struct slot *s);
void slot_keep_checkpoint(struct slot *s);   /* while it runs */
void slot_settle_checkpoint(struct slot *s); /* when it has ended */

/* slot_deploy.c: what follows the command of a deployment */
enum slot_event slot_judge(const struct slot *s); /* what the command's end means */
void slot_verify(struct slot *s);
void slot_verify_again(struct slot *s); /* a tick */
void slot_verify_answered(struct slot *s);
void slot_verify_exited(struct slot *s, const struct spawner_event *e);
void slot_abandon(struct slot *s);
void slot_roll_back(struct slot *s);
void slot_rolled_back(struct slot *s, const struct spawner_event *e);

#endif
