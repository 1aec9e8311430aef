/* SPDX-License-Identifier: Apache-2.0 */
/* signals.c - interruptions and changes of the window, as something to read */
#include "cli/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"

int signals_open(struct signals *s, struct err *err)
{
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGWINCH);
	s->fd = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->fd < 0)
		return err_errno(err, errno, "a descriptor for signals");
	sigprocmask(SIG_BLOCK, &wanted, &s->before);
	return 0;
}

void signals_close(struct signals *s)
{
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	fs_close(&s->fd);
}

int signals_take(const struct signals *s)
{
	struct signalfd_siginfo info;

	return read(s->fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}
