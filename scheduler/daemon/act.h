/* SPDX-License-Identifier: Apache-2.0 */
/* act.h - carrying out what the engine decided
 *
 * The engine decides, the records keep, the workers do: at the end of each turn of
 * the loop all decisions are taken and put into the open batch and the outgoing
 * messages. Nothing is decided here.
 */
#ifndef INGOT_SCHEDULER_DAEMON_ACT_H
#define INGOT_SCHEDULER_DAEMON_ACT_H

struct daemon;
struct live_run;

void act_on_decisions(struct daemon *d);
/* The steps of a cancelled run that are under way get no grace. */
void act_kill_steps(struct live_run *run);

#endif
