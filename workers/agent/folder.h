/* SPDX-License-Identifier: Apache-2.0 */
/* folder.h - the folder of a slot: a workspace, and what else an attempt is given
 *
 *	SLOT/work, params.json, metrics   see workspace.h
 *	SLOT/tmp                          $TMPDIR
 *	SLOT/checkpoint                   $INGOT_CHECKPOINT of a first attempt
 *
 * Every attempt finds it new. Making and removing folders costs more than all else
 * of a short step, so one that an attempt left untouched is given to the next:
 * each folder is dated 1970 when it is made, and whatever is put into it or taken out
 * dates it anew. (A step may set the date back; the time of change, which it
 * cannot set, tells that.)
 */
#ifndef INGOT_WORKERS_AGENT_FOLDER_H
#define INGOT_WORKERS_AGENT_FOLDER_H

#include <stdbool.h>
#include <time.h>

struct blob_store;
struct err;
struct workspace;

enum folder_part { FOLDER_SELF, FOLDER_WORK, FOLDER_TMP, FOLDER_CHECKPOINT, FOLDER_PART_COUNT };

struct folder {
	struct blob_store *blobs; /* lent, as the parent's descriptor and path */
	int parent_fd;
	const char *parent_path;
	char name[16];
	char *paths[FOLDER_PART_COUNT]; /* absolute */
	struct workspace *workspace;    /* NULL: the folder is not there */
	int fds[FOLDER_PART_COUNT];     /* -1 while it is not there */
	struct timespec changed[FOLDER_PART_COUNT]; /* when it was dated */
};

void folder_init(struct folder *f, struct blob_store *blobs, int parent_fd, const char *parent_path,
		 unsigned slot);
/* Removes it, if it is there. */
void folder_finish(struct folder *f);

/* Makes it unless it is there. Any thread. */
int folder_make(struct folder *f, struct err *err);
/* Removes it. Any thread, while no process uses it. */
int folder_remove(struct folder *f, struct err *err);
/* Whether all of it is as it was made. */
bool folder_is_untouched(const struct folder *f);
/* Whether the folder of that part was put something into. */
bool folder_is_used(const struct folder *f, enum folder_part part);

#endif
