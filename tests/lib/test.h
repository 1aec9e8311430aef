/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - cmocka with the headers it wants before it, and what it lacks */
#ifndef INGOT_TESTS_LIB_TEST_H
#define INGOT_TESTS_LIB_TEST_H

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* Fails unless body(arg), in a child process and with its stderr discarded, aborts. */
static inline void assert_aborts(void (*body)(void *arg), void *arg)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL); /* cmocka and sanitizers may catch it */
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		body(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

#endif
