/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - ingot-helper: the process that reads foreign bytes
 *
 * It is started by the scheduler with a socket as standard input and output, and
 * sets limits on itself before it reads the first byte. What it starts (git, ssh)
 * inherits them.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "scheduler/source/helper.h"

struct limit {
	int resource;
	rlim_t most;
};

/* A sanitizer's shadow memory is terabytes of address space; gcc and clang say it differently. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
	__has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ADDRESS_SPACE RLIM_INFINITY
#else
#define ADDRESS_SPACE ((rlim_t)4 << 30)
#endif

static const struct limit limits[] = {
	{ RLIMIT_AS, ADDRESS_SPACE },
	{ RLIMIT_CPU, 1800 },             /* seconds; the first clone of a large repository */
	{ RLIMIT_FSIZE, (rlim_t)10 << 30 }, /* one pack, one download */
	{ RLIMIT_NOFILE, 1024 },
	{ RLIMIT_CORE, 0 },
};

static void set_limits(void)
{
	for (size_t i = 0; i < countof(limits); i++) {
		struct rlimit now;

		if (getrlimit((__rlimit_resource_t)limits[i].resource, &now) < 0)
			continue;
		if (now.rlim_max > limits[i].most)
			now.rlim_max = limits[i].most;
		if (now.rlim_cur > now.rlim_max)
			now.rlim_cur = now.rlim_max;
		setrlimit((__rlimit_resource_t)limits[i].resource, &now);
	}
}

int main(void)
{
	log_init("ingot-helper", LOG_LEVEL_WARN);
	setsid(); /* started as it should be, it leads a session already */
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	set_limits();
	return helper_serve(STDIN_FILENO);
}
