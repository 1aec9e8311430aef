/* SPDX-License-Identifier: Apache-2.0 */
/* blob_copy.c - copy a file and hash what went through, once
 *
 * A large file is copied by the calling thread while a second one hashes: each
 * is about as slow as the other, so two cores halve the time. Both look at the
 * same chunks, in a ring:
 *
 *	caller   read 0  write 0  read 1  write 1  read 2 ...
 *	hasher           hash 0           hash 1
 *
 * What is hashed is what was written, whatever happens to the source meanwhile.
 *
 * The disk is set to work every 32 MiB, so that little is left for the sync of the
 * commit. Oftener costs more than it brings: every 8 MiB took half as much CPU
 * again as everything else.
 */
#include "store/blob/blob_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	RING_SLOTS = 4,
	TWO_THREADS_FROM = 4 << 20, /* bytes; below, starting a thread costs more than it saves */
	WRITEBACK_EVERY = 32 << 20  /* bytes */
};

struct slot {
	char *data; /* BLOB_CHUNK bytes, allocated when first used */
	size_t len; /* 0: the end */
};

struct hasher {
	struct hash *hash;
	bool has_thread; /* if not, slots[0] is the only one and is hashed at once */
	pthread_t thread;
	sem_t free_slots, full_slots;
	struct slot slots[RING_SLOTS];
	size_t next;  /* the slot to fill next */
	bool is_held; /* slots[next] is known to be free */
};

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) < 0)
		BUG_ON(errno != EINTR);
}

static void *hasher_main(void *arg)
{
	struct hasher *h = arg;

	for (size_t i = 0;; i = (i + 1) % RING_SLOTS) {
		wait_for(&h->full_slots);
		if (h->slots[i].len == 0)
			return NULL;
		hash_update(h->hash, h->slots[i].data, h->slots[i].len);
		sem_post(&h->free_slots);
	}
}

static void hasher_start(struct hasher *h, bool with_thread)
{
	*h = (struct hasher){ .hash = hash_create() };
	if (!with_thread)
		return;
	sem_init(&h->free_slots, 0, RING_SLOTS);
	sem_init(&h->full_slots, 0, 0);
	h->has_thread = pthread_create(&h->thread, NULL, hasher_main, h) == 0;
}

/* The chunk to fill next; waits until it was hashed. */
static char *hasher_chunk(struct hasher *h)
{
	struct slot *slot = &h->slots[h->next];

	if (h->has_thread && !h->is_held)
		wait_for(&h->free_slots);
	h->is_held = true;
	if (!slot->data)
		slot->data = mem_alloc(BLOB_CHUNK);
	return slot->data;
}

/* Hands over the chunk, which may still be read. */
static void hasher_give(struct hasher *h, size_t len)
{
	if (!h->has_thread) {
		hash_update(h->hash, h->slots[h->next].data, len);
		return;
	}
	h->slots[h->next].len = len;
	h->next = (h->next + 1) % RING_SLOTS;
	h->is_held = false;
	sem_post(&h->full_slots);
}

static void hasher_finish(struct hasher *h, struct digest *ret)
{
	if (h->has_thread) {
		hasher_chunk(h);
		hasher_give(h, 0);
		pthread_join(h->thread, NULL);
		sem_destroy(&h->free_slots);
		sem_destroy(&h->full_slots);
	}
	hash_final(h->hash, ret);
	hash_destroy(h->hash);
	for (size_t i = 0; i < RING_SLOTS; i++)
		free(h->slots[i].data);
}

/* Fills the chunk unless the file ends before. Returns the bytes read, 0 at the end. */
static int read_chunk(int fd, char *data, const char *label, struct err *err)
{
	size_t len = 0;

	while (len < BLOB_CHUNK) {
		ssize_t got = read(fd, data + len, BLOB_CHUNK - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, errno, "cannot read %s", label);
		if (got == 0)
			break;
		len += (size_t)got;
	}
	return (int)len;
}

static void start_writeback(int fd, uint64_t written)
{
	if (written % WRITEBACK_EVERY == 0)
		sync_file_range(fd, (off_t)(written - WRITEBACK_EVERY), WRITEBACK_EVERY,
				SYNC_FILE_RANGE_WRITE);
}

int blob_copy(struct blob_store *s, int in, const char *label, struct blob_staging *out,
	      uint64_t size_bytes, struct digest *ret, uint64_t *ret_size_bytes, struct err *err)
{
	struct hasher h;
	struct digest digest;
	uint64_t total = 0;
	int rc;

	hasher_start(&h, size_bytes >= TWO_THREADS_FROM);
	for (;;) {
		char *chunk = hasher_chunk(&h);
		int len = read_chunk(in, chunk, label, err);

		rc = len;
		if (rc <= 0)
			break;
		hasher_give(&h, (size_t)len);
		total += (size_t)len;
		if (!out)
			continue;
		rc = blob_staging_write(s, out, chunk, (size_t)len, err);
		if (rc < 0)
			break;
		start_writeback(out->fd, total);
	}
	hasher_finish(&h, &digest);
	if (rc < 0)
		return rc;
	*ret = digest;
	*ret_size_bytes = total;
	return 0;
}
