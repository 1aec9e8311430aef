/* SPDX-License-Identifier: Apache-2.0 */
/* isolate.c - namespaces, capabilities and what else a step inherits */
#include "workers/process/isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"
#include "workers/process/profile.h"

static const struct kind {
	unsigned long clone_flags;
	unsigned profile;
} kinds[ISOLATE_KIND_COUNT] = {
	[ISOLATE_PIDNS] = { CLONE_NEWPID, PROFILE_BIT(PIDNS) },
	[ISOLATE_USERNS] = { CLONE_NEWPID | CLONE_NEWUSER,
			     PROFILE_BIT(PIDNS) | PROFILE_BIT(USERNS) },
	[ISOLATE_SUBREAPER] = { 0, PROFILE_BIT(SUBREAPER) },
};

bool isolate_is_allowed(enum isolate_kind kind, unsigned allow)
{
	unsigned needs = kinds[kind].profile & ~PROFILE_BIT(SUBREAPER);

	return (allow & needs) == needs;
}

/* The system call itself, as fork() takes no flags and unshare() would change the
 * worker too. It skips what glibc does around fork() for other threads: hence
 * "while the worker has one thread" in spawner.h. */
pid_t isolate_fork(struct isolate *i, enum isolate_kind kind)
{
	*i = (struct isolate){ .kind = kind, .uid = geteuid(), .gid = getegid() };
	if (kind == ISOLATE_SUBREAPER)
		return fork();
	return (pid_t)syscall(SYS_clone, kinds[kind].clone_flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* The worker's handlers do not concern us, and a step inherits what it ignored. The
 * system call itself, as sigaction() refuses the two signals that glibc keeps for
 * itself, and its posix_spawn() leaves them ignored in whatever it starts. */
static void own_signals(void)
{
	/* What the kernel takes as an action: nothing set is the default. */
	static const struct {
		unsigned long words[4];
	} by_default;
	sigset_t children;

	for (int s = 1; s < NSIG; s++)
		syscall(SYS_rt_sigaction, s, &by_default, NULL, NSIG / 8); /* KILL, STOP refuse */
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_SETMASK, &children, NULL);
}

int isolate_descriptors(int socket)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    (fcntl(STDERR_FILENO, F_GETFD) < 0 && dup2(null, STDERR_FILENO) < 0) ||
	    (socket != ISOLATE_SOCKET && dup3(socket, ISOLATE_SOCKET, O_CLOEXEC) < 0) ||
	    close_range(ISOLATE_SOCKET + 1, ~0U, 0) < 0)
		return -errno;
	return 0;
}

static int write_proc(const char *path, const char *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? err_errno(err, errno, "%s", path)
		       : fs_write_all(fd, text, strlen(text), err);

	fs_close(&fd);
	return r;
}

/* Our own ids, mapped to themselves: a step sees the uid that it had without. */
static int map_ids(const struct isolate *i, struct err *err)
{
	char uids[64], gids[64];
	int r;

	snprintf(uids, sizeof(uids), "%u %u 1", i->uid, i->uid);
	snprintf(gids, sizeof(gids), "%u %u 1", i->gid, i->gid);
	if ((r = write_proc("/proc/self/setgroups", "deny", err)) < 0 ||
	    (r = write_proc("/proc/self/uid_map", uids, err)) < 0)
		return r;
	return write_proc("/proc/self/gid_map", gids, err);
}

/* What is mounted over /proc goes out by the /proc below, unless that is a slave. The
 * root itself need not be a mount: in a chroot it is none. */
static bool mount_proc(void)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/proc", NULL, MS_REC | MS_SLAVE, NULL) == 0 &&
	       mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* A subreaper must outlive the worker for the moment that ending the step takes:
 * the closed socket tells it. PID 1 of a namespace takes all with it. */
static int own_death(const struct isolate *i, struct err *err)
{
	int r = i->kind == ISOLATE_SUBREAPER ? prctl(PR_SET_CHILD_SUBREAPER, 1) :
					       prctl(PR_SET_PDEATHSIG, SIGKILL);

	return r < 0 ? err_errno(err, errno, "the spawner's death signal") : 0;
}

int isolate_enter(struct isolate *i, unsigned allow, unsigned *ret_profile, struct err *err)
{
	unsigned profile = kinds[i->kind].profile;
	int r;

	own_signals();
	setsid(); /* out of the terminal's reach: its ^C is the worker's business */
	if ((r = own_death(i, err)) < 0)
		return r;
	if (i->kind == ISOLATE_USERNS && (r = map_ids(i, err)) < 0)
		return r;
	if (i->kind != ISOLATE_SUBREAPER && (allow & PROFILE_BIT(PROC)) && mount_proc())
		profile |= PROFILE_BIT(PROC);
	*ret_profile = profile;
	return 0;
}

/* A worker may protect itself from the out-of-memory killer; its steps must not
 * inherit that. With `protect` the spawner keeps it from itself, as it lives in
 * the step's group, and each step takes it off. */
static bool own_oom_score(bool protect)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	bool lowered = false;

	if (fd < 0)
		return false;
	if (protect)
		lowered = pwrite(fd, "-1000", 5, 0) == 5;
	if (!lowered && pread(fd, text, sizeof(text) - 1, 0) > 0 && text[0] == '-')
		(void)!pwrite(fd, "0", 1, 0);
	close(fd);
	return lowered;
}

/* An empty bounding set makes exec as root give nothing, so that even root's step
 * cannot write to the read-only files of the store. */
static int drop_capabilities(bool keep_resource, struct err *err)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (keep_resource) {
		data[0].permitted = CAP_TO_MASK(CAP_SYS_RESOURCE);
		data[0].effective = CAP_TO_MASK(CAP_SYS_RESOURCE);
	}
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (int c = 0; prctl(PR_CAPBSET_READ, c) >= 0; c++) {
		if (prctl(PR_CAPBSET_DROP, c) < 0 && geteuid() == 0)
			return err_errno(err, errno, "capability %d cannot be dropped", c);
	}
	if (syscall(SYS_capset, &head, data) < 0)
		return err_errno(err, errno, "capabilities cannot be dropped");
	return 0;
}

int isolate_seal(struct isolate *i, bool protect_from_oom, struct err *err)
{
	const struct rlimit none = { 0 };
	int r;

	i->oom_protected = own_oom_score(protect_from_oom);
	if ((r = drop_capabilities(i->oom_protected, err)) < 0)
		return r;
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_NAME, "ingot-spawner");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_errno(err, errno, "no_new_privs");
	/* A step of the same uid must not read our memory or environment. */
	prctl(PR_SET_DUMPABLE, 0);
	return 0;
}
