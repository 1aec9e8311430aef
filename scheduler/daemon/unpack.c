/* SPDX-License-Identifier: Apache-2.0 */
/* unpack.c - archives in the store become folders there, each once */
#include "scheduler/daemon/unpack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "scheduler/daemon/helper.h"
#include "scheduler/source/source.h"
#include "store/blob/blob.h"

/* The collector spares what was put within the hour. Half of that leaves a step the
 * time until its inputs are known to be in use. */
enum { TRUST_MS = 30 * 60 * 1000 };

struct unpacked {
	struct digest tree;
	int64_t at; /* clock_boot_ms() */
};

struct unpacks {
	struct blob_store *blobs;
	struct helper *helper;
	uv_mutex_t mutex;
	struct map by_archive; /* hex -> struct unpacked */
};

struct unpacks *unpacks_create(struct blob_store *blobs, struct helper *helper)
{
	struct unpacks *u = mem_alloc(sizeof(*u));

	u->blobs = blobs;
	u->helper = helper;
	BUG_ON(uv_mutex_init(&u->mutex) < 0);
	return u;
}

void unpacks_destroy(struct unpacks *u)
{
	struct map_entry *e;

	if (!u)
		return;
	for (size_t i = 0; map_next(&u->by_archive, &i, &e);)
		free(e->value);
	map_finish(&u->by_archive);
	uv_mutex_destroy(&u->mutex);
	free(u);
}

static bool is_known(const struct unpacks *u, const char *hex, struct digest *ret)
{
	const struct unpacked *known = map_get(&u->by_archive, hex);

	if (!known || clock_boot_ms() - known->at > TRUST_MS)
		return false;
	*ret = known->tree;
	return blob_exists(u->blobs, ret);
}

static void remember(struct unpacks *u, const char *hex, const struct unpacked *what)
{
	struct unpacked *copy = mem_alloc(sizeof(*copy));

	*copy = *what;
	free(map_set(&u->by_archive, hex, copy));
}

static int unpack(struct unpacks *u, const struct digest *archive, const char *label,
		  struct unpacked *ret, struct err *err)
{
	struct source_client *client;
	struct source_blob folder;
	int rc = helper_take(u->helper, &client, err);

	if (rc < 0)
		return rc;
	ret->at = clock_boot_ms();
	rc = source_unpack(client, archive, label, SOURCE_PACK_TIMEOUT_MS, &folder, err);
	helper_give(u->helper, client, rc == 0);
	if (rc == 0)
		ret->tree = folder.digest;
	return rc;
}

/* One at a time: who waits often waits for the same archive, and then finds it known. */
int unpacks_need(struct unpacks *u, const struct digest *archive, const char *label,
		 struct digest *ret, struct err *err)
{
	char hex[DIGEST_HEX_SIZE];
	struct unpacked fresh;
	int rc = 0;

	digest_hex(archive, hex);
	uv_mutex_lock(&u->mutex);
	if (!is_known(u, hex, ret)) {
		rc = unpack(u, archive, label, &fresh, err);
		if (rc == 0) {
			*ret = fresh.tree;
			remember(u, hex, &fresh);
		}
	}
	uv_mutex_unlock(&u->mutex);
	return rc;
}
