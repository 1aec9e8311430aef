/* SPDX-License-Identifier: Apache-2.0 */
/* records.h - the database of a home, opened; FORMAT.md tells its tables
 *
 * Rooms above see records through these headers: batch.h and writer.h write,
 * load.h brings the scheduler back, query_*.h answer questions on a reader.
 */
#ifndef INGOT_STORE_RECORDS_RECORDS_H
#define INGOT_STORE_RECORDS_RECORDS_H

#include "store/db/db.h"

/* The newest schema this program knows. */
int records_version(void);
/* db_open() with this room's schema. */
int records_open(const char *path, enum db_role role, struct db **ret, struct err *err);

#endif
