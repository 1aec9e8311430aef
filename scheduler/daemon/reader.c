/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c - a reading connection that jobs take turns in */
#include "scheduler/daemon/reader.h"

#include <stdlib.h>
#include <uv.h>

#include "base/log.h"
#include "base/mem.h"
#include "store/records/records.h"

struct reader {
	uv_mutex_t mutex;
	struct db *db;
};

int reader_create(const char *db_path, struct reader **ret, struct err *err)
{
	struct db *db;
	struct reader *r;
	int rc = records_open(db_path, DB_READER, &db, err);

	if (rc < 0)
		return rc;
	r = mem_alloc(sizeof(*r));
	r->db = db;
	BUG_ON(uv_mutex_init(&r->mutex) < 0);
	*ret = r;
	return 0;
}

void reader_destroy(struct reader *r)
{
	if (!r)
		return;
	db_close(r->db);
	uv_mutex_destroy(&r->mutex);
	free(r);
}

struct db *reader_lock(struct reader *r)
{
	uv_mutex_lock(&r->mutex);
	return r->db;
}

void reader_unlock(struct reader *r)
{
	uv_mutex_unlock(&r->mutex);
}
