/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h - inputs from outside a run become contents when it is submitted
 *
 * `model:NAME@champion` may name something else tomorrow; a run goes on with what
 * it named when the run began. Contents that are not here yet are fetched.
 */
#ifndef INGOT_SCHEDULER_DAEMON_PIN_H
#define INGOT_SCHEDULER_DAEMON_PIN_H

struct intake;
struct source_client;

/* In a thread: fills in->pins; in->err on failure, whose code is returned. */
int pin_inputs(struct intake *in, struct source_client *client);

#endif
