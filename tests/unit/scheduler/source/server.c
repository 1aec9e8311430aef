/* SPDX-License-Identifier: Apache-2.0 */
/* server.c - a server process on a loopback port of its own, for one test */
#include "tests/unit/scheduler/source/server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/scheduler/source/fixture.h"

enum { START_TIMEOUT_MS = 10000, POLL_MS = 20 };

const char server_web[] = "exec python3 " INGOT_TEST_WEB_SERVER " $PORT $PWD";
const char server_web_tls[] =
	"openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -subj /CN=localhost "
	"2>/dev/null; exec python3 " INGOT_TEST_WEB_SERVER " $PORT $PWD cert key";

static struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	close(fd);
	return ntohs(address.sin_port);
}

static bool answers(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool up = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	close(fd);
	return up;
}

static _Noreturn void run_server(struct fixture *f, const char *script, int port)
{
	char text[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	snprintf(text, sizeof(text), "%d", port);
	setenv("PORT", text, 1);
	if (chdir(f->root) == 0)
		execl("/bin/sh", "sh", "-euc", script, (char *)NULL);
	_exit(127);
}

bool server_start(struct fixture *f, const char *script, struct server *ret)
{
	struct server s = { .port = free_port() };

	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0)
		run_server(f, script, s.port);
	for (int waited_ms = 0; waited_ms < START_TIMEOUT_MS; waited_ms += POLL_MS) {
		if (answers(s.port)) {
			*ret = s;
			return true;
		}
		if (waitpid(s.pid, NULL, WNOHANG) == s.pid)
			return false;
		usleep(POLL_MS * 1000);
	}
	server_stop(&s);
	return false;
}

void server_stop(struct server *s)
{
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}
