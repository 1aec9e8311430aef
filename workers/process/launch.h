/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h - from a spec to a running command, by vfork and exec */
#ifndef INGOT_WORKERS_PROCESS_LAUNCH_H
#define INGOT_WORKERS_PROCESS_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;

struct launch {
	char **argv; /* NULL-terminated; argv[0] without '/' is looked up in envp's PATH */
	char **envp;
	const char *cwd;
	int log_fd;
	uint32_t open_files; /* 0: as it is */
	uint64_t data_bytes; /* RLIMIT_DATA; 0: as it is */
	bool die_with_spawner; /* for a subreaper; the kernel does it for PID 1 */
	const char *oom_score; /* for /proc/self/oom_score_adj; NULL: as it is */
};

/* A stack for the child of launch_run(), or NULL. */
void *launch_stack(void);

/* Runs the command in a session of its own: its pid, or ERR_ with the reason, the
 * errno in *ret_errno. Descriptors 0 is the spawner's, 1 and 2 the log, no others;
 * signals as they were when the spawner began: default, none blocked but what
 * the spawner blocks itself, which is undone. */
pid_t launch_run(const struct launch *l, void *stack, int *ret_errno, struct err *err);

#endif
