/* SPDX-License-Identifier: Apache-2.0 */
/* hand.c - a thread that does for a slot what would keep the loop waiting */
#include "workers/agent/hand.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"

/* Folders are walked to a depth of 64 with a frame each; chunks are on the heap. */
enum { STACK_SIZE = 512 << 10 };

struct hand {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted;
	hand_job *job; /* NULL: none to do */
	void *arg;
	bool is_leaving;
	int done; /* eventfd */
};

static void *work(void *arg)
{
	const uint64_t one = 1;
	struct hand *h = arg;

	pthread_mutex_lock(&h->lock);
	for (;;) {
		hand_job *job;

		while (!h->job && !h->is_leaving)
			pthread_cond_wait(&h->wanted, &h->lock);
		job = h->job;
		h->job = NULL;
		if (!job)
			break;
		pthread_mutex_unlock(&h->lock);
		job(h->arg);
		(void)!write(h->done, &one, sizeof(one));
		pthread_mutex_lock(&h->lock);
	}
	pthread_mutex_unlock(&h->lock);
	return NULL;
}

static int start(struct hand *h)
{
	pthread_attr_t attr;
	int rc;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	rc = pthread_create(&h->thread, &attr, work, h);
	pthread_attr_destroy(&attr);
	return rc;
}

int hand_create(struct hand **ret, struct err *err)
{
	struct hand *h = mem_alloc(sizeof(*h));
	int rc;

	h->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wanted, NULL);
	rc = h->done < 0 ? errno : start(h);
	if (rc == 0) {
		*ret = h;
		return 0;
	}
	fs_close(&h->done);
	free(h);
	return err_set(err, ERR_SYSTEM, "no thread for a slot: %s", strerror(rc));
}

void hand_destroy(struct hand *h)
{
	if (!h)
		return;
	pthread_mutex_lock(&h->lock);
	h->is_leaving = true;
	pthread_cond_signal(&h->wanted);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	pthread_cond_destroy(&h->wanted);
	pthread_mutex_destroy(&h->lock);
	fs_close(&h->done);
	free(h);
}

int hand_fd(const struct hand *h)
{
	return h->done;
}

void hand_do(struct hand *h, hand_job *job, void *arg)
{
	pthread_mutex_lock(&h->lock);
	BUG_ON(h->job);
	h->job = job;
	h->arg = arg;
	pthread_cond_signal(&h->wanted);
	pthread_mutex_unlock(&h->lock);
}

bool hand_take(struct hand *h)
{
	uint64_t jobs;

	return read(h->done, &jobs, sizeof(jobs)) == sizeof(jobs);
}
