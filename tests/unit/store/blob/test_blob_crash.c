/* SPDX-License-Identifier: Apache-2.0 */
/* test_blob_crash.c - whoever is killed, and whenever: no partial or misnamed blob
 *
 * Two ways to die: right before the n-th system call of a commit, for every n,
 * under ptrace; and at random instants. After each death every name in the store
 * must belong to a whole blob, and the same work must succeed.
 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tests/unit/store/blob/blob_fixture.h"

enum { BLOBS = 12, SYSCALLS_MAX = 2000, RANDOM_KILLS = 40, RACES = 30 };
enum { COLLECTORS = 3, CONFIRMATIONS = 1000 };

static void content(unsigned seed, unsigned i, struct buf *out)
{
	buf_clear(out);
	for (unsigned k = 0; k < 40 + 1000 * i; k++)
		buf_printf(out, "%u %u %u\n", seed, i, k);
}

/* Puts BLOBS contents, every other one shared by all seeds. 0 or an exit code. */
static int work(const char *store, unsigned seed)
{
	struct blob_store *s;
	struct blob_batch *b;
	struct buf text = BUF_INIT;
	int rc = blob_store_open(store, &s, NULL);

	if (rc < 0)
		return 1;
	b = blob_batch_create(s);
	for (unsigned i = 0; rc == 0 && i < BLOBS; i++) {
		struct digest d;

		content(i % 2 ? seed : 0, i, &text);
		rc = blob_batch_bytes(b, text.data, text.len, &d, NULL);
	}
	if (rc == 0)
		rc = blob_batch_commit(b, NULL);
	blob_batch_destroy(b);
	buf_finish(&text);
	blob_store_close(s);
	return rc < 0;
}

static int verify_one(void *arg, const struct digest *d, uint64_t size_bytes)
{
	struct fixture *f = arg;
	struct stat st;
	char path[80];

	ok(&f->err, blob_verify(f->store, d, &f->err));
	assert_int_equal(stat(blob_path(d, path), &st), 0);
	assert_int_equal(st.st_size, size_bytes);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(st.st_mtim.tv_sec, BLOB_MTIME);
	return 0;
}

static void assert_sound(struct fixture *f)
{
	assert_int_equal(blob_list(f->store, verify_one, f, &f->err), 0);
	assert_true(blob_store_sweep(f->store, &f->err) >= 0);
}

static void assert_work_succeeds(struct fixture *f, unsigned seed)
{
	struct buf text = BUF_INIT;
	struct digest d;

	assert_int_equal(work("blobs", seed), 0);
	for (unsigned i = 0; i < BLOBS; i++) {
		content(i % 2 ? seed : 0, i, &text);
		hash_bytes(text.data, text.len, &d);
		assert_true(blob_exists(f->store, &d));
	}
	buf_finish(&text);
}

/* Runs the work until its n-th stop at a system call (there are two for each, on
 * the way in and out), and kills it there. Returns whether it got that far. */
static bool die_at(unsigned n)
{
	pid_t child = fork_child();
	int status;

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(99);
		raise(SIGSTOP);
		_exit(work("blobs", n));
	}
	waitpid(child, &status, 0);
	for (unsigned i = 0; i < n && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SYSCALL, child, NULL, NULL);
		waitpid(child, &status, 0);
	}
	if (!WIFSTOPPED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		return false;
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

static bool can_trace(void)
{
	pid_t child = fork_child();
	int status;

	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(1);
		raise(SIGSTOP);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (!WIFSTOPPED(status))
		return false;
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return true;
}

static void dying_before_any_system_call_leaves_a_sound_store(void **state)
{
	struct fixture *f = *state;
	unsigned n = 1;

	if (!can_trace()) {
		print_message("no process can be traced here\n");
		skip();
	}
	for (; n < SYSCALLS_MAX && die_at(n); n++)
		assert_sound(f);
	assert_true(n > 2 * 5 * BLOBS); /* it did come to the end, and on a long way */
	assert_true(n < SYSCALLS_MAX);
	assert_work_succeeds(f, 1);
	assert_sound(f);
}

static void dying_at_random_leaves_a_sound_store(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= RANDOM_KILLS; i++) {
		pid_t child = fork_child();

		if (child == 0) {
			for (unsigned k = 0; work("blobs", 1000 * i + k) == 0;)
				k++;
			_exit(1);
		}
		usleep(i * 997 % 15000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	assert_sound(f);
	assert_work_succeeds(f, 1);
}

static void writers_of_the_same_content_all_succeed(void **state)
{
	struct fixture *f = *state;

	for (unsigned i = 1; i <= RACES; i++) {
		pid_t children[3];
		int status;

		for (size_t k = 0; k < countof(children); k++) {
			children[k] = fork_child();
			if (children[k] == 0)
				_exit(work("blobs", i));
		}
		for (size_t k = 0; k < countof(children); k++) {
			assert_int_equal(waitpid(children[k], &status, 0), children[k]);
			assert_int_equal(status, 0);
		}
		assert_work_succeeds(f, i);
	}
	assert_sound(f);
}

static void collect_for_ever(const struct digest *d)
{
	struct blob_store *s;
	int rc = blob_store_open("blobs", &s, NULL);

	while (rc >= 0 || rc == ERR_NOT_FOUND)
		rc = blob_remove(s, d, 3600, NULL);
	_exit(1);
}

/* The collector moves a blob out of sight for an instant before it moves it back. */
static bool comes_back(struct fixture *f, const struct digest *d)
{
	for (int tries = 0; tries < 1000; tries++, usleep(1000))
		if (blob_exists(f->store, d))
			return true;
	return false;
}

static void collectors_take_nothing_that_was_just_put(void **state)
{
	struct fixture *f = *state;
	const struct timespec old[2] = { { .tv_sec = 1000000000 }, { .tv_sec = BLOB_MTIME } };
	pid_t collectors[COLLECTORS];
	struct digest d;
	char path[80];

	put_text(f, "wanted\n", &d);
	blob_path(&d, path);
	for (size_t i = 0; i < COLLECTORS; i++) {
		collectors[i] = fork_child();
		if (collectors[i] == 0)
			collect_for_ever(&d);
	}
	for (int i = 0; i < CONFIRMATIONS; i++) {
		utimensat(AT_FDCWD, path, old, 0); /* long forgotten, but found again: */
		put_text(f, "wanted\n", &d);
		assert_true(comes_back(f, &d));
	}
	for (size_t i = 0; i < COLLECTORS; i++) {
		assert_int_equal(waitpid(collectors[i], NULL, WNOHANG), 0);
		kill(collectors[i], SIGKILL);
		waitpid(collectors[i], NULL, 0);
	}
	assert_sound(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(dying_before_any_system_call_leaves_a_sound_store),
		fixture_test(dying_at_random_leaves_a_sound_store),
		fixture_test(writers_of_the_same_content_all_succeed),
		fixture_test(collectors_take_nothing_that_was_just_put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
