/* SPDX-License-Identifier: Apache-2.0 */
/* helper.c - one ingot-helper process, kept a moment for the next job */
#include "scheduler/daemon/helper.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "scheduler/source/source.h"

struct helper {
	uv_mutex_t mutex;
	char *home;
	struct source_client *parked;
};

struct helper *helper_create(const char *home)
{
	struct helper *h = mem_alloc(sizeof(*h));

	h->home = mem_strdup(home);
	BUG_ON(uv_mutex_init(&h->mutex) < 0);
	return h;
}

void helper_destroy(struct helper *h)
{
	if (!h)
		return;
	helper_rest(h);
	uv_mutex_destroy(&h->mutex);
	free(h->home);
	free(h);
}

static struct source_client *exchange(struct helper *h, struct source_client *c)
{
	struct source_client *was;

	uv_mutex_lock(&h->mutex);
	was = h->parked;
	h->parked = c;
	uv_mutex_unlock(&h->mutex);
	return was;
}

int helper_take(struct helper *h, struct source_client **ret, struct err *err)
{
	char *path;
	int rc;

	*ret = exchange(h, NULL);
	if (*ret)
		return 0;
	rc = source_helper_path(&path, err);
	if (rc < 0)
		return rc;
	rc = source_client_create(path, h->home, ret, err);
	free(path);
	return rc;
}

void helper_give(struct helper *h, struct source_client *c, bool is_healthy)
{
	source_client_destroy(is_healthy ? exchange(h, c) : c);
}

void helper_rest(struct helper *h)
{
	source_client_destroy(exchange(h, NULL));
}
