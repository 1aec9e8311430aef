/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h - a reading connection that jobs take turns in */
#ifndef INGOT_SCHEDULER_DAEMON_READER_H
#define INGOT_SCHEDULER_DAEMON_READER_H

struct db;
struct err;
struct reader;

int reader_create(const char *db_path, struct reader **ret, struct err *err);
void reader_destroy(struct reader *r); /* NULL is fine */
/* From any thread; blocks until the connection is free. */
struct db *reader_lock(struct reader *r);
void reader_unlock(struct reader *r);

#endif
