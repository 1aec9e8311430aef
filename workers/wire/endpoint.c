/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint.c - where the scheduler of a home listens */
#include "workers/wire/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "base/fs.h"

enum { BACKLOG = 512 };

/* The socket's address through the folder's descriptor. */
static struct sockaddr_un address_of(int dirfd)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/" ENDPOINT_NAME, dirfd);
	return a;
}

static int listen_in(int dirfd, int fd)
{
	struct sockaddr_un a = address_of(dirfd);
	mode_t mask;
	int rc;

	unlinkat(dirfd, ENDPOINT_NAME, 0);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	return rc < 0 ? rc : listen(fd, BACKLOG);
}

int endpoint_listen(const char *home, struct err *err)
{
	int dirfd = fs_open_dir(AT_FDCWD, home, err);
	int fd, rc = 0;

	if (dirfd < 0)
		return dirfd;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || listen_in(dirfd, fd) < 0) {
		rc = err_errno(err, errno, "%s/%s", home, ENDPOINT_NAME);
		fs_close(&fd);
	}
	fs_close(&dirfd);
	return rc < 0 ? rc : fd;
}

int endpoint_connect(const char *home, struct err *err)
{
	int dirfd = fs_open_dir(AT_FDCWD, home, err);
	struct sockaddr_un a;
	int fd, rc = 0;

	if (dirfd < 0)
		return dirfd;
	a = address_of(dirfd);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		rc = err_errno(err, errno, "socket");
	else if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		rc = err_set(err, ERR_UNREACHABLE, "no scheduler listens at %s/%s", home,
			     ENDPOINT_NAME);
	fs_close(&dirfd);
	if (rc < 0)
		fs_close(&fd);
	return rc < 0 ? rc : fd;
}
