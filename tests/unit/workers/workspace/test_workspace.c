/* SPDX-License-Identifier: Apache-2.0 */
/* test_workspace.c - a step finds what it declared; what it made is kept, or refused by name */
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/str.h"
#include "tests/unit/store/blob/blob_fixture.h"
#include "workers/wire/grant.h"
#include "workers/wire/message.h"
#include "workers/workspace/points.h"
#include "workers/workspace/workspace.h"

#define WORK "spaces/7-1/work"

struct bench {
	struct fixture *f;
	struct err *err;
	struct arena arena;
	int spaces_fd;
	struct workspace *w;
	struct wire_grant g;
	struct wire_input inputs[3];
	struct wire_output outputs[3];
	struct wire_artifact *artifacts;
};

static void set_up(struct bench *b, void **state)
{
	char path[80];

	*b = (struct bench){ .f = *state };
	b->err = &b->f->err;
	snprintf(path, sizeof(path), "%s/spaces", b->f->folder);
	assert_int_equal(mkdir("spaces", 0755), 0);
	b->spaces_fd = open_folder("spaces");
	b->g.inputs = b->inputs;
	b->g.outputs = b->outputs;
	ok(b->err, workspace_create(b->f->store, b->spaces_fd, path, "7-1", &b->w, b->err));
}

static void tear_down(struct bench *b)
{
	ok(b->err, workspace_destroy(b->w, b->err));
	assert_false(fs_exists(AT_FDCWD, "spaces/7-1"));
	close(b->spaces_fd);
	arena_finish(&b->arena);
}

static void add_output(struct bench *b, const char *name, const char *path)
{
	b->outputs[b->g.output_count++] = (struct wire_output){ .name = name, .path = path };
}

static void add_input(struct bench *b, const char *name, const char *path, const struct digest *d,
		      bool is_tree)
{
	b->inputs[b->g.input_count++] = (struct wire_input){
		.name = name,
		.path = path,
		.digest = *d,
		.is_tree = is_tree,
	};
}

/* "path=content" pairs; a content "> target" is a link, "*" before the path an executable. */
static struct digest put_tree(struct bench *b, const char *const *files)
{
	struct blob_batch *batch = blob_batch_create(b->f->store);
	struct tree t = TREE_INIT;
	struct digest d;

	for (; *files; files++) {
		bool executable = **files == '*';
		char *path = mem_strdup(*files + executable);
		char *content = strchr(path, '=');

		*content++ = '\0';
		if (str_starts(content, "> ")) {
			ok(b->err, tree_add_link(&t, path, content + 2, b->err));
		} else {
			ok(b->err, blob_batch_bytes(batch, content, strlen(content), &d, b->err));
			ok(b->err, tree_add_file(&t, path, executable, &d, strlen(content), b->err));
		}
		free(path);
	}
	ok(b->err, tree_seal(&t, b->err));
	ok(b->err, tree_put(batch, &t, &d, b->err));
	ok(b->err, blob_batch_commit(batch, b->err));
	blob_batch_destroy(batch);
	tree_finish(&t);
	return d;
}

static void set_sources(struct bench *b, const char *const *files)
{
	b->g.has_sources = true;
	b->g.sources = put_tree(b, files);
}

static int fill(struct bench *b)
{
	return workspace_fill(b->w, &b->g, b->err);
}

static int collect(struct bench *b)
{
	return workspace_collect(b->w, &b->g, &b->arena, &b->artifacts, b->err);
}

static void assert_message(struct bench *b, const char *text)
{
	if (!strstr(b->err->text, text))
		fail_msg("'%s' instead of '%s'", b->err->text, text);
}

static void an_empty_step_has_an_empty_folder(void **state)
{
	struct bench b;
	char path[96];

	set_up(&b, state);
	ok(b.err, fill(&b));
	snprintf(path, sizeof(path), "%s/%s", b.f->folder, WORK);
	assert_string_equal(workspace_path(b.w), path);
	assert_null(workspace_params_path(b.w));
	assert_int_equal(rmdir(WORK), 0); /* nothing in it */
	assert_int_equal(mkdir(WORK, 0755), 0);
	ok(b.err, collect(&b));
	tear_down(&b);
}

static void a_left_over_workspace_is_said(void **state)
{
	struct workspace *w = NULL;
	struct bench b;

	set_up(&b, state);
	assert_int_equal(workspace_create(b.f->store, b.spaces_fd, "/x", "7-1", &w, b.err),
			 ERR_EXISTS);
	assert_null(w);
	tear_down(&b);
}

static void sources_and_inputs_are_in_their_places(void **state)
{
	static const char *const sources[] = { "src/a.py=print(1)\n", "*run.sh=#!/bin/sh\n",
					       "src/link=> a.py", NULL };
	static const char *const folder[] = { "x/1.txt=one", "2.txt=two", NULL };
	struct digest file, tree;
	struct bench b;
	struct stat st;

	set_up(&b, state);
	set_sources(&b, sources);
	put_text(b.f, "a,b\n1,2\n", &file);
	tree = put_tree(&b, folder);
	add_input(&b, "train", "inputs/train", &file, false);
	add_input(&b, "images", "inputs/images", &tree, true);
	add_input(&b, "test", "data/deep/test.csv", &file, false);
	add_output(&b, "model", "out/models/model.json");
	ok(b.err, fill(&b));
	assert_file(WORK "/src/link", "print(1)\n");
	assert_file(WORK "/inputs/train", "a,b\n1,2\n");
	assert_file(WORK "/inputs/images/x/1.txt", "one");
	assert_file(WORK "/data/deep/test.csv", "a,b\n1,2\n");
	assert_int_equal(stat(WORK "/run.sh", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat(WORK "/inputs/train", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_int_equal(stat(WORK "/inputs/images/x", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat(WORK "/inputs/images", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0555);
	assert_int_equal(stat(WORK "/out/models", &st), 0);
	assert_true(S_ISDIR(st.st_mode));
	assert_false(fs_exists(AT_FDCWD, WORK "/out/models/model.json"));
	tear_down(&b);
}

static void parameters_are_a_json_file(void **state)
{
	struct wire_pair params[] = { { "epochs", "200" }, { "name", "\"x \\\"y\\\"\"" } };
	struct wire_pair matrix[] = { { "rate", "0.1" } };
	struct bench b;

	set_up(&b, state);
	b.g.params = params;
	b.g.param_count = 2;
	b.g.matrix = matrix;
	b.g.matrix_count = 1;
	ok(b.err, fill(&b));
	assert_file(workspace_params_path(b.w), "{\"params\":{\"epochs\":200,\"name\":\"x \\\"y\\\"\"},"
						"\"matrix\":{\"rate\":0.1}}\n");
	tear_down(&b);
}

static void conflicts_are_named(void **state)
{
	static const char *const sources[] = { "inputs/train=mine", "data=file", "l=> inputs", NULL };
	static const char *const folder[] = { "x=1", NULL };
	struct digest file, tree;
	struct bench b;

	set_up(&b, state);
	set_sources(&b, sources);
	put_text(b.f, "theirs", &file);
	tree = put_tree(&b, folder);
	add_input(&b, "train", "inputs/train", &file, false);
	assert_int_equal(fill(&b), ERR_EXISTS);
	assert_message(&b, "input 'train' (inputs/train): a source or another input is there already");
	assert_file(WORK "/inputs/train", "mine");
	b.g.has_sources = false;
	b.inputs[0] = (struct wire_input){ "t", "inputs", tree, true };
	assert_int_equal(fill(&b), ERR_EXISTS);
	assert_message(&b, "input 't' (inputs): a source or another input is there already");
	b.inputs[0] = (struct wire_input){ "t", "data/x", file, false };
	assert_int_equal(fill(&b), ERR_EXISTS);
	assert_message(&b, "input 't' (data/x): 'data' cannot be made a folder");
	b.inputs[0] = (struct wire_input){ "t", "l/x", file, false }; /* not through a link */
	assert_int_equal(fill(&b), ERR_EXISTS);
	assert_message(&b, "input 't' (l/x): 'l' cannot be made a folder");
	b.g.input_count = 0;
	add_output(&b, "o", "data/y");
	assert_int_equal(fill(&b), ERR_EXISTS);
	assert_message(&b, "output 'o' (data/y): 'data' cannot be made a folder");
	tear_down(&b);
}

static void a_source_that_is_an_output_too_can_be_written(void **state)
{
	static const char *const sources[] = { "model.json=old", "out/a=old", "outer=old",
					       "metrics.json={}", NULL };
	static const char *const writable[] = { WORK "/model.json", WORK "/out/a",
						WORK "/metrics.json" };
	struct bench b;
	struct stat st;

	set_up(&b, state);
	set_sources(&b, sources);
	add_output(&b, "model", "model.json");
	add_output(&b, "out", "out");
	b.g.metrics = "metrics.json";
	ok(b.err, fill(&b));
	for (size_t i = 0; i < countof(writable); i++) {
		assert_int_equal(stat(writable[i], &st), 0);
		assert_int_equal(st.st_mode & 07777, 0644);
		assert_int_equal(st.st_nlink, 1);
	}
	assert_int_equal(stat(WORK "/outer", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0444);
	assert_file(WORK "/model.json", "old");
	tear_down(&b);
}

static void outputs_are_kept_as_files_and_folders(void **state)
{
	struct tree t = TREE_INIT;
	struct digest d;
	struct bench b;

	set_up(&b, state);
	add_output(&b, "model", "out/model.json");
	add_output(&b, "plots", "plots");
	add_output(&b, "none", "none");
	ok(b.err, fill(&b));
	write_file(WORK "/out/model.json", "{}\n");
	write_file(WORK "/plots/a.png", "12345");
	write_file(WORK "/plots/sub/b.png", "1234567");
	assert_int_equal(symlink("a.png", WORK "/plots/latest.png"), 0);
	assert_int_equal(mkdir(WORK "/none", 0755), 0);
	ok(b.err, collect(&b));
	hash_bytes("{}\n", 3, &d);
	assert_string_equal(b.artifacts[0].name, "model");
	assert_true(digest_eq(&b.artifacts[0].digest, &d));
	assert_false(b.artifacts[0].is_tree);
	assert_int_equal(b.artifacts[0].size_bytes, 3);
	assert_int_equal(b.artifacts[0].files, 1);
	assert_int_equal(blob_verify(b.f->store, &d, b.err), 0);
	assert_true(b.artifacts[1].is_tree);
	assert_int_equal(b.artifacts[1].size_bytes, 12);
	assert_int_equal(b.artifacts[1].files, 3);
	ok(b.err, tree_load(b.f->store, &b.artifacts[1].digest, &t, b.err));
	assert_int_equal(tree_find(&t, "sub/b.png")->size_bytes, 7);
	assert_true(blob_exists(b.f->store, &tree_find(&t, "sub/b.png")->digest));
	assert_true(b.artifacts[2].is_tree);
	assert_int_equal(b.artifacts[2].files, 0);
	tree_finish(&t);
	tear_down(&b);
}

/* Makes one output, expects it to be refused, and removes it. */
static void refused(struct bench *b, int code, const char *message)
{
	b->artifacts = NULL;
	assert_int_equal(collect(b), code);
	assert_message(b, message);
	assert_null(b->artifacts);
	ok(b->err, fs_remove_tree(AT_FDCWD, WORK "/model.json", b->err));
}

static void bad_outputs_are_refused_with_name_and_path(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = WORK "/model.json" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct bench b;

	set_up(&b, state);
	add_output(&b, "model", "model.json");
	ok(b.err, fill(&b));
	refused(&b, ERR_NOT_FOUND, "output 'model' (model.json) was not made");
	assert_int_equal(symlink("/etc/passwd", WORK "/model.json"), 0);
	refused(&b, ERR_INVALID, "output 'model' (model.json) is a symbolic link");
	assert_int_equal(mkfifo(WORK "/model.json", 0644), 0);
	refused(&b, ERR_INVALID, "output 'model' (model.json) is a FIFO or a device");
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	refused(&b, ERR_INVALID, "output 'model' (model.json) is a socket or a device");
	close(fd);
	if (mknod(WORK "/model.json", S_IFCHR | 0644, 0x103) == 0)
		refused(&b, ERR_INVALID, "output 'model' (model.json) is a FIFO or a device");
	assert_int_equal(mkdir(WORK "/model.json", 0755), 0);
	assert_int_equal(mkfifo(WORK "/model.json/fifo", 0644), 0);
	refused(&b, ERR_INVALID, "output 'model' (model.json): fifo is a device, a socket or a FIFO");
	b.outputs[0].path = "model.json/x"; /* below a file */
	write_file(WORK "/model.json", "x");
	refused(&b, ERR_NOT_FOUND, "output 'model' (model.json/x) was not made");
	write_file("outside/x", "secret");
	assert_int_equal(symlink("../../../outside", WORK "/model.json"), 0); /* through a link */
	refused(&b, ERR_INVALID, "output 'model' (model.json/x) is a symbolic link or lies behind one");
	tear_down(&b);
}

static void the_working_folder_itself_may_have_become_a_link(void **state)
{
	struct bench b;

	set_up(&b, state);
	add_output(&b, "model", "x");
	write_file("outside/x", "secret");
	assert_int_equal(rmdir(WORK), 0);
	assert_int_equal(symlink("../../outside", WORK), 0);
	assert_true(collect(&b) < 0);
	tear_down(&b);
	assert_file("outside/x", "secret");
}

static void an_output_that_still_changes_is_refused(void **state)
{
	struct bench b;
	pid_t writer;
	int rc = 0;

	set_up(&b, state);
	add_output(&b, "model", "model.json");
	ok(b.err, fill(&b));
	write_file(WORK "/model.json", "x");
	assert_int_equal(truncate(WORK "/model.json", 6 << 20), 0);
	writer = fork_child();
	if (writer == 0) {
		int fd = open(WORK "/model.json", O_WRONLY | O_APPEND);

		while (write(fd, "more", 4) == 4)
			usleep(100);
		_exit(1);
	}
	for (int i = 0; i < 20 && rc == 0; i++)
		rc = collect(&b);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	assert_int_equal(rc, ERR_BUSY);
	assert_message(&b, "output 'model' (model.json) changed while it was read");
	tear_down(&b);
}

static void outputs_have_a_limit(void **state)
{
	struct bench b;

	set_up(&b, state);
	add_output(&b, "a", "a");
	add_output(&b, "b", "b");
	b.g.limits.disk_bytes = 10;
	write_file(WORK "/a", "123456");
	write_file(WORK "/b/x", "1234");
	ok(b.err, collect(&b));
	write_file(WORK "/b/y", "5");
	assert_int_equal(collect(&b), ERR_TOO_LARGE);
	assert_message(&b, "output 'b' (b)");
	write_file(WORK "/a", "12345678901");
	assert_int_equal(collect(&b), ERR_TOO_LARGE);
	assert_message(&b, "output 'a' (a) makes the outputs larger");
	tear_down(&b);
}

/* Whether it is read again shows in a content that was changed without a trace. */
static void an_input_passed_on_is_not_read_again(void **state)
{
	const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = BLOB_MTIME } };
	static const char *const folder[] = { "a=one", "b=two", NULL };
	struct digest file, tree;
	struct bench b;

	set_up(&b, state);
	put_text(b.f, "model", &file);
	tree = put_tree(&b, folder);
	add_input(&b, "model", "inputs/model", &file, false);
	add_input(&b, "set", "inputs/set", &tree, true);
	add_output(&b, "model", "inputs/model");
	add_output(&b, "set", "inputs/set");
	ok(b.err, fill(&b));
	scribble(WORK "/inputs/model", "MODEL");
	assert_int_equal(chmod(WORK "/inputs/model", 0444), 0);
	assert_int_equal(utimensat(AT_FDCWD, WORK "/inputs/model", times, 0), 0);
	ok(b.err, collect(&b));
	assert_true(digest_eq(&b.artifacts[0].digest, &file));
	assert_int_equal(b.artifacts[0].size_bytes, 5);
	assert_true(digest_eq(&b.artifacts[1].digest, &tree));
	assert_int_equal(b.artifacts[1].files, 2);
	assert_int_equal(unlink(WORK "/inputs/model"), 0);
	write_file(WORK "/inputs/model", "replaced");
	ok(b.err, collect(&b));
	hash_bytes("replaced", 8, &file);
	assert_true(digest_eq(&b.artifacts[0].digest, &file));
	tear_down(&b);
}

static void metrics_are_read_at_the_end(void **state)
{
	struct wire_metric *metrics = NULL;
	uint32_t count = 5;
	struct bench b;
	struct buf big = BUF_INIT;

	set_up(&b, state);
	ok(b.err, workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err));
	assert_int_equal(count, 0);
	b.g.metrics = "out/metrics.json";
	assert_int_equal(workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err),
			 ERR_NOT_FOUND);
	assert_message(&b, "metrics file out/metrics.json was not made");
	write_file(WORK "/out/metrics.json", "{\"accuracy\": 0.96}");
	ok(b.err, workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err));
	assert_int_equal(count, 1);
	assert_true(metrics[0].value == 0.96);
	write_file(WORK "/out/metrics.json", "{\n\"accuracy\": NaN}");
	assert_int_equal(workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err),
			 ERR_INVALID);
	assert_message(&b, "metrics file out/metrics.json: line 2");
	for (int i = 0; i < (1 << 20) / 16 + 1; i++)
		buf_str_append(&big, "                ");
	write_file(WORK "/out/metrics.json", buf_str(&big));
	assert_int_equal(workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err),
			 ERR_TOO_LARGE);
	assert_message(&b, "metrics file out/metrics.json is larger than 1 MiB");
	assert_int_equal(unlink(WORK "/out/metrics.json"), 0);
	assert_int_equal(mkfifo(WORK "/out/metrics.json", 0644), 0);
	assert_int_equal(workspace_read_metrics(b.w, &b.g, &b.arena, &metrics, &count, b.err),
			 ERR_INVALID);
	buf_finish(&big);
	tear_down(&b);
}

static void note(void *arg, const char *series, int64_t step, double value)
{
	buf_printf(arg, "%s@%lld=%g ", series, (long long)step, value);
}

static void live_metrics_are_followed(void **state)
{
	struct buf seen = BUF_INIT;
	struct points points;
	struct bench b;
	FILE *file;

	set_up(&b, state);
	points_init(&points, note, &seen);
	assert_int_equal(workspace_read_points(b.w, &points, b.err), 0);
	file = fopen(workspace_metrics_path(b.w), "a");
	assert_non_null(file);
	fputs("{\"step\": 1, \"loss\": 2}\n{\"step\": 2, ", file);
	fflush(file);
	assert_int_equal(workspace_read_points(b.w, &points, b.err), 35);
	assert_int_equal(workspace_read_points(b.w, &points, b.err), 0);
	assert_string_equal(buf_str(&seen), "loss@1=2 ");
	fputs("\"loss\": 1}", file);
	fclose(file);
	assert_true(workspace_read_points(b.w, &points, b.err) > 0);
	points_end(&points);
	assert_string_equal(buf_str(&seen), "loss@1=2 loss@2=1 ");
	points_finish(&points);
	buf_finish(&seen);
	tear_down(&b);
}

static void live_metrics_that_are_no_file_are_refused(void **state)
{
	struct points points;
	struct bench b;

	set_up(&b, state);
	points_init(&points, note, NULL);
	assert_int_equal(mkfifo("spaces/7-1/metrics", 0644), 0);
	assert_int_equal(workspace_read_points(b.w, &points, b.err), ERR_INVALID);
	points_finish(&points);
	tear_down(&b);
}

static void everything_is_removed_whatever_its_modes(void **state)
{
	static const char *const folder[] = { "x/y/z=1", NULL };
	struct digest tree;
	struct bench b;

	set_up(&b, state);
	tree = put_tree(&b, folder);
	add_input(&b, "set", "inputs/set", &tree, true);
	ok(b.err, fill(&b));
	write_file(WORK "/closed/deep/file", "x");
	write_file("spaces/7-1/metrics", "x");
	assert_int_equal(chmod(WORK "/closed/deep", 0), 0);
	assert_int_equal(chmod(WORK "/closed", 0), 0);
	assert_int_equal(chmod("spaces/7-1", 0), 0);
	tear_down(&b);
	workspace_destroy(NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(an_empty_step_has_an_empty_folder),
		fixture_test(a_left_over_workspace_is_said),
		fixture_test(sources_and_inputs_are_in_their_places),
		fixture_test(parameters_are_a_json_file),
		fixture_test(conflicts_are_named),
		fixture_test(a_source_that_is_an_output_too_can_be_written),
		fixture_test(outputs_are_kept_as_files_and_folders),
		fixture_test(bad_outputs_are_refused_with_name_and_path),
		fixture_test(the_working_folder_itself_may_have_become_a_link),
		fixture_test(an_output_that_still_changes_is_refused),
		fixture_test(outputs_have_a_limit),
		fixture_test(an_input_passed_on_is_not_read_again),
		fixture_test(metrics_are_read_at_the_end),
		fixture_test(live_metrics_are_followed),
		fixture_test(live_metrics_that_are_no_file_are_refused),
		fixture_test(everything_is_removed_whatever_its_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
