/* SPDX-License-Identifier: Apache-2.0 */
/* fake.c - a scheduler that says what a test tells it to */
#include "tests/unit/cli/fake.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "workers/wire/codec.h"
#include "workers/wire/endpoint.h"
#include "workers/wire/frame.h"

enum { RULES_MAX = 64, WORDS_MAX = 32, RUN_LIMIT_S = 20 };

/* A connection; lines that wait for the next question to be answered. */
struct peer {
	int fd;
	struct buf in;
	const char *waiting;
	uint32_t waiting_id;
	bool is_closed;
};

struct server {
	const struct fake_rule *script;
	int used[RULES_MAX]; /* times that a rule was */
	int log_fd;
};

static void send_all(int fd, const struct buf *b)
{
	if (send(fd, b->data, b->len, MSG_NOSIGNAL) != (ssize_t)b->len)
		_exit(3);
}

static void say_json(struct peer *p, enum frame_type type, uint32_t id, const char *key,
		     const char *json)
{
	struct buf text = BUF_INIT, out = BUF_INIT;

	buf_printf(&text, "{\"id\":%u,\"%s\":%s}", id, key, json);
	frame_put(&out, type, text.data, text.len);
	send_all(p->fd, &out);
	buf_finish(&text);
	buf_finish(&out);
}

static void say_data(struct peer *p, uint32_t id, const char *line)
{
	struct buf out = BUF_INIT;
	size_t mark = frame_begin(&out, FRAME_SCHEDULER_DATA);

	wire_put_u32(&out, id);
	buf_printf(&out, "%s\n", line);
	frame_end(&out, mark);
	send_all(p->fd, &out);
	buf_finish(&out);
}

static void say_lines(struct peer *p, uint32_t id, const char *lines)
{
	while (*lines && !p->is_closed) {
		size_t len = strcspn(lines, "\n");
		char *line = mem_strndup(lines, len);

		lines += len + (lines[len] == '\n');
		if (line[0] == 'e')
			say_json(p, FRAME_SCHEDULER_EVENT, id, "event", line + 1);
		else if (line[0] == 'r')
			say_json(p, FRAME_SCHEDULER_REPLY, id, "result", line + 1);
		else if (line[0] == 'x')
			say_json(p, FRAME_SCHEDULER_REPLY, id, "error", line + 1);
		else if (line[0] == 'd')
			say_data(p, id, line + 1);
		else if (line[0] == 'c')
			p->is_closed = true;
		if (line[0] == 'w') {
			p->waiting = lines;
			p->waiting_id = id;
			lines = "";
		}
		free(line);
	}
}

static const char *find_lines(struct server *s, const char *op)
{
	const char *lines = NULL;

	for (int i = 0; s->script[i].op; i++)
		if (str_eq(s->script[i].op, op)) {
			lines = s->script[i].lines;
			if (s->used[i]++ == 0)
				break;
		}
	if (!lines && str_eq(op, "hello"))
		return "r{\"version\":\"" INGOT_VERSION "\",\"pid\":1,\"epoch\":1}";
	return lines ? lines
		     : "x{\"code\":\"usage\",\"message\":\"the script has no such operation\"}";
}

static void answer(struct server *s, struct peer *p, const struct frame *f)
{
	const char *waiting = p->waiting;
	uint32_t waiting_id = p->waiting_id;
	json_t *request;

	if (json_parse(f->payload, f->len, &request, NULL) < 0)
		_exit(4);
	fs_write_all(s->log_fd, f->payload, f->len, NULL);
	fs_write_all(s->log_fd, "\n", 1, NULL);
	p->waiting = NULL;
	say_lines(p, (uint32_t)json_integer_value(json_object_get(request, "id")),
		  find_lines(s, json_string_value(json_object_get(request, "op"))));
	if (waiting)
		say_lines(p, waiting_id, waiting);
	json_decref(request);
}

static void serve_peer(struct server *s, int fd)
{
	struct peer p = { .fd = fd };
	struct frame f;
	ssize_t got = 1;
	int size;

	while (got > 0 && !p.is_closed) {
		buf_reserve(&p.in, 65536);
		got = recv(fd, p.in.data + p.in.len, 65536, 0);
		p.in.len += got > 0 ? (size_t)got : 0;
		while (!p.is_closed && (size = frame_next(p.in.data, p.in.len, &f, NULL)) > 0) {
			answer(s, &p, &f);
			buf_consume(&p.in, (size_t)size);
		}
	}
	close(fd);
	buf_finish(&p.in);
}

/* One connection after another: no test has two at once. */
_Noreturn void fake_serve(const char *home, const struct fake_rule *script, int ready_fd)
{
	struct server s = { .script = script };
	char *log = mem_printf("%s/asked", home);
	int listener = endpoint_listen(home, NULL);

	s.log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	free(log);
	if (listener < 0 || s.log_fd < 0 || write(ready_fd, "1", 1) != 1)
		_exit(2);
	close(ready_fd);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve_peer(&s, fd);
	}
}

void fake_init(struct fake *f)
{
	*f = (struct fake){ .home = "/tmp/ingot-fake-XXXXXX" };
	assert_non_null(mkdtemp(f->home));
}

void fake_start(struct fake *f, const struct fake_rule *script)
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		fake_serve(f->home, script, ready[1]);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

json_t *fake_asked(const struct fake *f, const char *op, int n)
{
	char *path = mem_printf("%s/asked", f->home);
	struct buf text = BUF_INIT;
	json_t *request = NULL, *args = NULL;
	char *rest, *line;

	fs_read_file(AT_FDCWD, path, 1 << 20, &text, NULL);
	rest = text.data;
	while (!args && rest && (line = strsep(&rest, "\n")) && *line) {
		assert_int_equal(json_parse(line, strlen(line), &request, NULL), 0);
		if (str_eq(json_string_value(json_object_get(request, "op")), op) && n-- == 0)
			args = json_incref(json_object_get(request, "args"));
		json_decref(request);
	}
	buf_finish(&text);
	free(path);
	return args;
}

void fake_finish(struct fake *f)
{
	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	fs_remove_tree(AT_FDCWD, f->home, NULL);
}

static void slurp(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t got;

	while (len < size - 1 && (got = pread(fd, out + len, size - 1 - len, (off_t)len)) > 0)
		len += (size_t)got;
	out[len] = '\0';
	close(fd);
}

static int temporary(void)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);

	assert_true(fd >= 0);
	return fd;
}

void fake_run(const struct fake *f, struct said *ret, const char *word, ...)
{
	const char *words[WORDS_MAX] = { "ingot", "--home", f->home, word };
	int count = 4, out = temporary(), err = temporary(), status;
	va_list ap;
	pid_t pid;

	va_start(ap, word);
	while (count < WORDS_MAX - 1 && (words[count] = va_arg(ap, const char *)))
		count++;
	va_end(ap);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out, 1);
		dup2(err, 2);
		alarm(RUN_LIMIT_S);
		setenv("LC_ALL", "C", 1);
		execv(INGOT_PROGRAM, (char **)words);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ret->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	slurp(out, ret->out, sizeof(ret->out));
	slurp(err, ret->err, sizeof(ret->err));
}
