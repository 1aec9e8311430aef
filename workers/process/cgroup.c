/* SPDX-License-Identifier: Apache-2.0 */
/* cgroup.c - finding, making, killing and removing step groups
 *
 * Mount points are the conventional ones: v2 at /sys/fs/cgroup, or at
 * /sys/fs/cgroup/unified on a hybrid host; v1 at /sys/fs/cgroup/<controller>.
 * A host that mounts elsewhere gets no group, which the profile says.
 */
#include "workers/process/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "workers/process/profile.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

enum { SMALL_FILE_LIMIT = 1024 * 1024, KILL_ROUNDS = 200, KILL_PAUSE_MS = 10 };

static const char *const controller_names[CONTROLLER_COUNT] = {
	[CONTROLLER_MEMORY] = "memory",
	[CONTROLLER_PIDS] = "pids",
	[CONTROLLER_CPU] = "cpu",
};

const char *controller_name(enum controller c)
{
	return controller_names[c];
}

static bool write_text(const char *dir, const char *file, const char *text)
{
	char *path = path_join(dir, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	fs_close(&fd);
	free(path);
	return done;
}

/* Whether word stands in the space-separated file. */
static bool file_has_word(const char *dir, const char *file, const char *word)
{
	struct buf text = BUF_INIT;
	char *path = path_join(dir, file);
	bool found = false;

	if (fs_read_file(AT_FDCWD, path, SMALL_FILE_LIMIT, &text, NULL) >= 0 && text.len > 0) {
		char *rest = text.data, *w;
		while (!found && (w = strsep(&rest, " \n")))
			found = str_eq(w, word);
	}
	buf_finish(&text);
	free(path);
	return found;
}

/* Whether a line of /proc/self/cgroup, "4:cpu,cpuacct:/path", is the hierarchy of
 * that controller ("" for v2); cuts the line, gives its path. */
static char *path_in_hierarchy(char *line, const char *controller)
{
	char *controllers = strchr(line, ':');
	char *path = controllers ? strchr(controllers + 1, ':') : NULL;
	char *name;

	if (!path)
		return NULL;
	*path++ = '\0';
	controllers++;
	while ((name = strsep(&controllers, ","))) {
		if (str_eq(name, controller))
			return path;
	}
	return NULL;
}

/* The folder of our own group in a hierarchy, or NULL. A container may show the
 * host's path here while its group is what is mounted: then the mount itself. */
static char *own_dir(const char *mount, const char *controller)
{
	struct buf text = BUF_INIT;
	char *dir = NULL, *line;

	if (!fs_exists(AT_FDCWD, mount) ||
	    fs_read_file(AT_FDCWD, "/proc/self/cgroup", SMALL_FILE_LIMIT, &text, NULL) < 0)
		goto out;
	char *rest = text.data;
	while (!dir && rest && (line = strsep(&rest, "\n"))) {
		const char *path = path_in_hierarchy(line, controller);
		if (path)
			dir = mem_printf("%s%s", mount, str_eq(path, "/") ? "" : path);
	}
	if (dir && !fs_exists(AT_FDCWD, dir)) {
		free(dir);
		dir = mem_strdup(mount);
	}
out:
	buf_finish(&text);
	return dir;
}

static char *own_dir_v1(enum controller c)
{
	char *mount = path_join(CGROUP_ROOT, controller_names[c]);
	char *dir = own_dir(mount, controller_names[c]);

	free(mount);
	return dir;
}

static char *own_dir_v2(void)
{
	const char *mount = CGROUP_ROOT "/unified";

	if (fs_exists(AT_FDCWD, CGROUP_ROOT "/cgroup.controllers"))
		mount = CGROUP_ROOT;
	return own_dir(mount, "");
}

static char *parent_dir(const char *dir)
{
	const char *slash = strrchr(dir, '/');

	return mem_strndup(dir, (size_t)(slash - dir));
}

/* Names hold the PID namespace, so that nobody judges by a pid of another one. */
static unsigned long long pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) < 0 ? 0 : (unsigned long long)st.st_ino;
}

static char *group_name(void)
{
	static atomic_uint number;

	return mem_printf("ingot-%llu-%d-%u", pid_namespace(), (int)getpid(),
			  atomic_fetch_add(&number, 1));
}

static char *make_group(const char *base, const char *name)
{
	char *dir = path_join(base, name);

	if (mkdir(dir, 0755) == 0)
		return dir;
	free(dir);
	return NULL;
}

/* Whether groups below base can have the controller. Handing it down fails where
 * processes live in base itself, which is what makes v2's own_dir() seldom do. */
static bool hands_down(const char *base, enum controller c)
{
	char *plus = mem_printf("+%s", controller_names[c]);
	bool given = file_has_word(base, "cgroup.subtree_control", controller_names[c]) ||
		     (file_has_word(base, "cgroup.controllers", controller_names[c]) &&
		      write_text(base, "cgroup.subtree_control", plus));

	free(plus);
	return given;
}

/* v2 at base, if it hands down the memory controller, or if that is not asked. */
static bool create_v2(struct cgroup *g, const char *base, const char *name, bool need_memory)
{
	if (need_memory && !hands_down(base, CONTROLLER_MEMORY))
		return false;
	g->v2_dir = make_group(base, name);
	if (!g->v2_dir)
		return false;
	g->version = CGROUP_V2;
	for (int c = 0; c < CONTROLLER_COUNT; c++) {
		if (hands_down(base, c))
			g->dirs[c] = mem_strdup(g->v2_dir);
	}
	return true;
}

static bool create_v1(struct cgroup *g, const char *name)
{
	for (int c = 0; c < CONTROLLER_COUNT; c++) {
		char *base = own_dir_v1(c);
		if (base)
			g->dirs[c] = make_group(base, name);
		if (g->dirs[c])
			g->version = CGROUP_V1;
		free(base);
	}
	return g->version == CGROUP_V1;
}

/* In this order: v2 with controllers in our own group, beside it (where systemd
 * hands them down to units and scopes), v1, v2 for its cgroup.kill alone. */
void cgroup_create(struct cgroup *g)
{
	char *name = group_name();
	char *own = own_dir_v2();
	char *beside = own ? parent_dir(own) : NULL;

	*g = (struct cgroup){ 0 };
	(void)((own && create_v2(g, own, name, true)) ||
	       (own && create_v2(g, beside, name, true)) || create_v1(g, name) ||
	       (own && create_v2(g, own, name, false)));
	free(beside);
	free(own);
	free(name);
}

unsigned cgroup_profile(const struct cgroup *g)
{
	static const unsigned version_bits[] = {
		[CGROUP_NONE] = 0,
		[CGROUP_V1] = PROFILE_BIT(CGROUP_V1),
		[CGROUP_V2] = PROFILE_BIT(CGROUP_V2),
	};
	static const unsigned controller_bits[CONTROLLER_COUNT] = {
		[CONTROLLER_MEMORY] = PROFILE_BIT(MEMORY),
		[CONTROLLER_PIDS] = PROFILE_BIT(PIDS),
		[CONTROLLER_CPU] = PROFILE_BIT(CPU),
	};
	unsigned profile = version_bits[g->version];

	for (int c = 0; c < CONTROLLER_COUNT; c++)
		profile |= g->dirs[c] ? controller_bits[c] : 0;
	return profile;
}

/* The i-th folder that is one of its own: v2 has one for all controllers. */
static const char *folder(const struct cgroup *g, int i)
{
	if (g->version == CGROUP_V2)
		return i == 0 ? g->v2_dir : NULL;
	return g->dirs[i];
}

int cgroup_join(const struct cgroup *g)
{
	for (int i = 0; i < CONTROLLER_COUNT; i++) {
		const char *dir = folder(g, i);
		if (dir && !write_text(dir, "cgroup.procs", "0"))
			return -errno;
	}
	return 0;
}

/* One round over a folder: whether any process was still there. */
static bool kill_members(const char *dir)
{
	struct buf text = BUF_INIT;
	char *path = path_join(dir, "cgroup.procs");
	bool any = false;

	if (fs_read_file(AT_FDCWD, path, SMALL_FILE_LIMIT, &text, NULL) >= 0 && text.len > 0) {
		char *rest = text.data, *line;
		while ((line = strsep(&rest, "\n"))) {
			int pid = atoi(line); /* 0 for one of another PID namespace */
			any = any || *line;
			if (pid > 0)
				kill(pid, SIGKILL);
		}
	}
	buf_finish(&text);
	free(path);
	return any;
}

/* v2 kills in one stroke; on v1 no fork succeeds while pids.max is 0. */
static void kill_folder(const char *dir)
{
	const struct timespec pause = { .tv_nsec = KILL_PAUSE_MS * 1000000L };

	if (!write_text(dir, "cgroup.kill", "1"))
		write_text(dir, "pids.max", "0");
	for (int round = 0; kill_members(dir) && round < KILL_ROUNDS; round++)
		nanosleep(&pause, NULL);
}

/* The pids hierarchy first, so that nothing forks while the others are emptied. */
void cgroup_kill(const struct cgroup *g)
{
	static const int order[CONTROLLER_COUNT] = { CONTROLLER_PIDS, CONTROLLER_MEMORY,
						     CONTROLLER_CPU };

	for (int i = 0; i < CONTROLLER_COUNT; i++) {
		const char *dir = folder(g, order[i]);
		if (dir)
			kill_folder(dir);
	}
}

void cgroup_remove(struct cgroup *g)
{
	for (int i = 0; i < CONTROLLER_COUNT; i++) {
		if (folder(g, i))
			rmdir(folder(g, i));
	}
	for (int c = 0; c < CONTROLLER_COUNT; c++)
		free(g->dirs[c]);
	free(g->v2_dir);
	*g = (struct cgroup){ 0 };
}

static bool is_left_over(const char *name)
{
	unsigned long long ns;
	int pid;

	return sscanf(name, "ingot-%llu-%d-", &ns, &pid) == 2 && ns == pid_namespace() && pid > 0 &&
	       kill(pid, 0) < 0 && errno == ESRCH;
}

static void sweep_dir(const char *base)
{
	DIR *d = opendir(base);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (!is_left_over(e->d_name))
			continue;
		char *dir = path_join(base, e->d_name);
		kill_folder(dir);
		rmdir(dir);
		free(dir);
	}
	if (d)
		closedir(d);
}

void cgroup_sweep(void)
{
	static const int order[CONTROLLER_COUNT] = { CONTROLLER_PIDS, CONTROLLER_MEMORY,
						     CONTROLLER_CPU };
	char *own = own_dir_v2();

	if (own) {
		char *beside = parent_dir(own);
		sweep_dir(own);
		sweep_dir(beside);
		free(beside);
		free(own);
	}
	for (int i = 0; i < CONTROLLER_COUNT; i++) {
		char *base = own_dir_v1(order[i]);
		if (base)
			sweep_dir(base);
		free(base);
	}
}
