/* SPDX-License-Identifier: Apache-2.0 */
/* workspace_priv.h - what the workspace_*.c files share */
#ifndef INGOT_WORKERS_WORKSPACE_PRIV_H
#define INGOT_WORKERS_WORKSPACE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct blob_store;
struct err;

struct workspace {
	struct blob_store *store;
	int parent_fd;
	char *name;
	char *work_name;    /* below parent_fd: "<name>/work" */
	char *work_path;    /* absolute */
	char *params_path;
	char *metrics_path;
	int work_fd;        /* -1 until something is to be placed or collected */
	bool has_params;
	int points_fd;      /* -1 until the step has made the file */
	off_t points_offset;
};

/* The descriptor of work/, opened when first needed; lent. */
int workspace_work_fd(struct workspace *w, struct err *err);

/* Opens what the step was to make, without blocking. Returns a descriptor, of any
 * kind of file; ERR_NOT_FOUND or ERR_INVALID, naming label. */
int workspace_open_made(struct workspace *w, const char *label, const char *path,
			struct err *err);

enum { WORKSPACE_LABEL_SIZE = 512 };

/* "output 'model' (model.json)": how messages name a thing of a step. */
void workspace_label(const char *what, const char *name, const char *path,
		     char out[WORKSPACE_LABEL_SIZE]);

#endif
