/* SPDX-License-Identifier: Apache-2.0 */
/* slot_state.h - what a slot does with an attempt; STATES.md draws it. PURE */
#ifndef INGOT_WORKERS_AGENT_SLOT_STATE_H
#define INGOT_WORKERS_AGENT_SLOT_STATE_H

#define SLOT_STATE_TABLE(XX)                                                                       \
	XX(IDLE, "idle")                   /* no attempt, a clean folder */                        \
	XX(PREPARING, "preparing")         /* its folder is being filled */                        \
	XX(WAITING_START, "waiting_start") /* of a strict grant, until START is answered */        \
	XX(RUNNING, "running")             /* its command */                                       \
	XX(VERIFYING, "verifying")         /* the deployment is looked at, again and again */      \
	XX(ROLLING_BACK, "rolling_back")   /* its rollback command runs */                         \
	XX(COLLECTING, "collecting")       /* outputs go into the store */                         \
	XX(CLEANING, "cleaning")           /* the attempt is reported, its folder is emptied */

#define SLOT_EVENT_TABLE(XX)                                                                       \
	XX(GRANT, "grant")           /* an attempt is given to the slot */                         \
	XX(READY, "ready")           /* the folder is filled, the command may run */               \
	XX(ASK, "ask")               /* filled or not, START has to be answered */                 \
	XX(GO, "go")                 /* START was answered: started */                             \
	XX(WORKED, "worked")         /* the command, and what looks at it, succeeded */            \
	XX(UNVERIFIED, "unverified") /* it succeeded, but the deployment is not verified yet */    \
	XX(FAILED, "failed")         /* it did not succeed, and that is all */                     \
	XX(REVERT, "revert")         /* it did not, and has to be rolled back */                   \
	XX(COLLECTED, "collected")   /* or not: the attempt knows */                               \
	XX(CLEANED, "cleaned")                                                                     \
	XX(CANCEL, "cancel")         /* the scheduler wants it to stop */                          \
	XX(FENCED, "fenced")         /* the lease is over: nobody waits for a result */

enum slot_state {
#define XX(name, text) SLOT_##name,
	SLOT_STATE_TABLE(XX)
#undef XX
	SLOT_STATE_COUNT
};

enum slot_event {
#define XX(name, text) SLOT_EVENT_##name,
	SLOT_EVENT_TABLE(XX)
#undef XX
	SLOT_EVENT_COUNT
};

enum slot_action {
	SLOT_BUG, /* cannot happen; zero, so that a hole in the table is one */
	SLOT_NOP,
	SLOT_DO_PREPARE,
	SLOT_DO_ASK,
	SLOT_DO_LAUNCH,
	SLOT_DO_STOP,   /* TERM, grace, KILL */
	SLOT_DO_KILL,
	SLOT_DO_VERIFY,
	SLOT_DO_ABANDON, /* what verifies */
	SLOT_DO_ROLL_BACK,
	SLOT_DO_COLLECT,
	SLOT_DO_FINISH, /* report (unless fenced), empty the folder */
	SLOT_ACTION_COUNT
};

struct slot_move {
	enum slot_action action;
	enum slot_state next;
};

struct slot_move slot_move(enum slot_state state, enum slot_event event);
const char *slot_state_name(enum slot_state state);
const char *slot_event_name(enum slot_event event);

#endif
