/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - an HTTP server for tests: a process that answers each connection so */
#include "tests/unit/workers/agent/server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/lib/test.h"

enum { REQUEST_SIZE = 1024 };

static _Noreturn void serve(int listening, int requests, const char *const *answers)
{
	for (;;) {
		char request[REQUEST_SIZE];
		int fd = accept(listening, NULL, NULL);
		ssize_t len = recv(fd, request, sizeof(request), 0);

		(void)!write(requests, request, len > 0 ? (size_t)len : 0);
		if (strcmp(*answers, "-") == 0)
			continue; /* and is kept open */
		(void)!write(fd, *answers, strlen(*answers));
		close(fd);
		if (answers[1])
			answers++;
	}
}

void server_start(struct server *s, const char *const *answers)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), pipes[2];

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	s->port = ntohs(a.sin_port);
	snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		alarm(60);
		serve(fd, pipes[1], answers);
	}
	close(fd);
	close(pipes[1]);
	s->requests = pipes[0];
}

void server_stop(struct server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->requests);
}
