/* SPDX-License-Identifier: Apache-2.0 */
/* http.c - asking a server whether it is well: one HTTP GET
 *
 * Only the first line of the answer counts; the rest is not read. https is for a
 * `verify: {run: …}` with curl.
 */
#include "workers/agent/http.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/str.h"

enum { HOST_SIZE = 256, PORT_SIZE = 8, ANSWER_SIZE = 256, STATUS_AT = 9 };

struct url {
	char host[HOST_SIZE]; /* without the brackets of an IPv6 address */
	char port[PORT_SIZE];
	const char *path;     /* lent; may be "" */
	int authority_len;    /* "host:port" as it stands in the URL, from authority */
	const char *authority;
};

static int parse_url(const char *text, struct url *ret, struct err *err)
{
	static const char scheme[] = "http://";
	const char *at = text + strlen(scheme), *end, *form;
	struct url u = { .authority = at, .port = "80" };
	int used = 0;

	if (!str_starts(text, scheme))
		return err_set(err, ERR_INVALID, "%s: only http:// can be verified", text);
	end = at + strcspn(at, "/?#");
	u.authority_len = (int)(end - at);
	u.path = end;
	form = *at == '[' ? "[%255[0-9a-fA-F:.]]%n" : "%255[^]/?#:@[]%n";
	if (sscanf(at, form, u.host, &used) != 1 || used == 0)
		return err_set(err, ERR_INVALID, "%s: no host", text);
	at += used;
	used = 0;
	if (*at == ':' && sscanf(at, ":%7[0-9]%n", u.port, &used) == 1)
		at += used;
	if (at != end || strpbrk(text, " \r\n\t"))
		return err_set(err, ERR_INVALID, "%s: malformed", text);
	*ret = u;
	return 0;
}

/* Waits until the socket is ready for the events; 0 or ERR_TIMEOUT. */
static int await(int fd, short events, int64_t until_us, struct err *err)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left_ms = (until_us - clock_mono_us() + 999) / 1000;
		int ready = left_ms <= 0 ? 0 : poll(&p, 1, (int)left_ms);

		if (ready > 0)
			return 0;
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "no answer in time");
	}
}

static int connect_one(const struct addrinfo *a, int64_t until_us, struct err *err)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(int);
	int error = 0, rc = 0;

	if (fd < 0)
		return err_errno(err, errno, "socket");
	if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)
		error = errno;
	else if ((rc = await(fd, POLLOUT, until_us, err)) == 0)
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		rc = err_set(err, ERR_UNREACHABLE, "%s", strerror(error));
	if (rc < 0)
		fs_close(&fd);
	return rc < 0 ? rc : fd;
}

static int connect_any(const struct url *u, int64_t until_us, struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int fd = -1, rc = getaddrinfo(u->host, u->port, &hints, &list);

	if (rc != 0)
		return err_set(err, ERR_UNREACHABLE, "%s: %s", u->host, gai_strerror(rc));
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = connect_one(a, until_us, err);
	freeaddrinfo(list);
	return fd;
}

static int ask(int fd, const struct url *u, int64_t until_us, struct err *err)
{
	struct buf request = BUF_INIT;
	size_t put = 0;
	int rc = 0;

	buf_printf(&request, "GET %s%.*s HTTP/1.0\r\nHost: %.*s\r\nUser-Agent: ingot\r\n\r\n",
		   *u->path == '/' ? "" : "/", (int)strcspn(u->path, "#"), u->path,
		   u->authority_len, u->authority);
	while (rc == 0 && put < request.len) {
		ssize_t n = send(fd, request.data + put, request.len - put, MSG_NOSIGNAL);

		if (n > 0)
			put += (size_t)n;
		else if (errno != EAGAIN)
			rc = err_set(err, ERR_UNREACHABLE, "%s", strerror(errno));
		else
			rc = await(fd, POLLOUT, until_us, err);
	}
	buf_finish(&request);
	return rc;
}

/* "HTTP/1.1 204 …" */
static int read_status(int fd, int64_t until_us, struct err *err)
{
	char answer[ANSWER_SIZE + 1];
	size_t len = 0;
	int minor, status, rc;

	while (len < STATUS_AT + 4) {
		ssize_t got;

		if ((rc = await(fd, POLLIN, until_us, err)) < 0)
			return rc;
		got = recv(fd, answer + len, ANSWER_SIZE - len, 0);
		if (got < 0 && errno != EAGAIN)
			return err_set(err, ERR_UNREACHABLE, "%s", strerror(errno));
		if (got == 0)
			return err_set(err, ERR_PROTOCOL,
				       "the connection was closed without an answer");
		len += got > 0 ? (size_t)got : 0;
	}
	answer[len] = '\0';
	if (sscanf(answer, "HTTP/1.%1d %3d", &minor, &status) != 2 || status < 100 || status > 599)
		return err_set(err, ERR_PROTOCOL, "the answer is no HTTP");
	return status;
}

int http_get(const char *url, int64_t timeout_ms, struct err *err)
{
	int64_t until_us = clock_mono_us() + timeout_ms * 1000;
	struct url u;
	int fd, rc = parse_url(url, &u, err);

	if (rc < 0)
		return rc;
	fd = connect_any(&u, until_us, err);
	if (fd < 0)
		return fd;
	rc = ask(fd, &u, until_us, err);
	if (rc == 0)
		rc = read_status(fd, until_us, err);
	close(fd);
	return rc;
}
