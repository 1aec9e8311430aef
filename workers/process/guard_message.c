/* SPDX-License-Identifier: Apache-2.0 */
/* guard_message.c - requests over a socket, with a descriptor beside them */
#include "workers/process/guard_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	struct cmsghdr align;
	char space[CMSG_SPACE(sizeof(int))];
};

int guard_request_send(int socket, const struct guard_request *r, const char *strings, size_t len,
		       int fd)
{
	struct iovec parts[] = {
		{ .iov_base = (void *)r, .iov_len = sizeof(*r) },
		{ .iov_base = (void *)strings, .iov_len = len },
	};
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control = { 0 };

	if (fd >= 0) {
		msg.msg_control = control.space;
		msg.msg_controllen = sizeof(control.space);
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	while (sendmsg(socket, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

static int passed_fd(struct msghdr *msg)
{
	int fd = -1;
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(int));
	return fd;
}

int guard_request_receive(int socket, struct guard_request *r, char *strings, size_t limit,
			  size_t *ret_len, int *ret_fd)
{
	struct iovec parts[] = {
		{ .iov_base = r, .iov_len = sizeof(*r) },
		{ .iov_base = strings, .iov_len = limit },
	};
	union control control = { 0 };
	struct msghdr msg = {
		.msg_iov = parts,
		.msg_iovlen = 2,
		.msg_control = control.space,
		.msg_controllen = sizeof(control.space),
	};
	ssize_t len;

	while ((len = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC)) < 0) {
		if (errno == ECONNRESET)
			return 0; /* closed with a report of ours unread */
		if (errno != EINTR)
			return -errno;
	}
	if (len == 0)
		return 0;
	*ret_fd = passed_fd(&msg);
	if ((size_t)len < sizeof(*r) || (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (*ret_fd >= 0)
			close(*ret_fd);
		return -EPROTO;
	}
	*ret_len = (size_t)len - sizeof(*r);
	return 1;
}
