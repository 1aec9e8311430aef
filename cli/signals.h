/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h - interruptions and changes of the window, as something to read
 *
 * While it is open SIGINT, SIGTERM and SIGWINCH do nothing but make the
 * descriptor readable.
 */
#ifndef INGOT_CLI_SIGNALS_H
#define INGOT_CLI_SIGNALS_H

#include <signal.h>

struct err;

struct signals {
	int fd;
	sigset_t before;
};

int signals_open(struct signals *s, struct err *err);
void signals_close(struct signals *s);
/* The next signal that came; 0 if there is none. */
int signals_take(const struct signals *s);

#endif
