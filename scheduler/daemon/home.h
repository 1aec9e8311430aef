/* SPDX-License-Identifier: Apache-2.0 */
/* home.h - the folder that all state lives in, and its lock
 *
 *	ingot.db  ingot.lock  ingot.sock  scheduler.log
 *	blobs/  logs/  repos/  work/  checkpoints/
 */
#ifndef INGOT_SCHEDULER_DAEMON_HOME_H
#define INGOT_SCHEDULER_DAEMON_HOME_H

struct err;

/* Makes the folder (mode 0700) and its folders. Returns a descriptor of it. */
int home_open(const char *path, struct err *err);
/* Takes the lock; it lives as long as the returned descriptor. ERR_BUSY. */
int home_lock(int home_fd, const char *path, struct err *err);

#endif
