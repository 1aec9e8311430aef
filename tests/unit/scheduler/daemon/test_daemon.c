/* SPDX-License-Identifier: Apache-2.0 */
/* test_daemon.c - a scheduler's life: starting, leaving, being started twice */
#include "tests/unit/scheduler/daemon/house.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* A step that nobody does, and one that waits for a fingerprint. */
static const char one_step[] = "name: one\nsteps:\n  a:\n    run: 'true'\n";
static const char with_fingerprint[] = "name: one\nsteps:\n  a:\n    run: 'true'\n"
				       "    fingerprint: python3 --version\n";

static void test_starts_and_stops(void **state)
{
	struct house *h = *state;
	json_t *hello;

	house_start(h);
	hello = peer_result(h, NULL, "hello", "{}");
	assert_string_equal(json_text(hello, "version"), INGOT_VERSION);
	assert_string_equal(json_text(hello, "home"), h->home);
	assert_int_equal(json_integer_value(json_object_get(hello, "epoch")), 1);
	json_decref(hello);
	house_stop(h);
	house_start(h);
	hello = peer_result(h, NULL, "hello", "{}");
	assert_int_equal(json_integer_value(json_object_get(hello, "epoch")), 2);
	json_decref(hello);
}

static void test_leaves_when_idle(void **state)
{
	struct house *h = *state;
	struct peer *client;

	h->options.linger_ms = 400;
	house_start(h);
	client = peer_connect(h);
	json_decref(peer_result(h, client, "hello", "{}"));
	usleep(700 * 1000);
	assert_true(house_is_alive(h)); /* there is a client */
	peer_close(client);
	house_wait(h);
}

static void test_second_is_refused(void **state)
{
	struct house *h = *state;
	struct house second = *h;
	int status;

	house_start(h);
	second.pid = fork();
	if (second.pid == 0) {
		struct err err = ERR_INIT;

		_exit(daemon_main(&second.options, &err) == ERR_BUSY &&
				      strstr(err.text, "another scheduler")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(second.pid, &status, 0), second.pid);
	assert_int_equal(status, 0);
	json_decref(peer_result(h, NULL, "hello", "{}")); /* the first has kept its socket */
}

static void test_shutdown_is_asked_for(void **state)
{
	struct house *h = *state;
	uint64_t run;

	house_commit(h, one_step);
	house_start(h);
	run = house_submit(h, "");
	assert_int_equal(run, 1);
	peer_refused(h, NULL, "shutdown", "{}", "busy", "1 runs have not ended");
	json_decref(peer_result(h, NULL, "shutdown", "{\"force\":true}"));
	house_wait(h);
	house_start(h); /* and it goes on */
	peer_refused(h, NULL, "shutdown", "{}", "busy", "1 runs have not ended");
}

/* Those that wait in it get their end; nothing of theirs stays in memory. */
static void test_leaves_with_everything_under_way(void **state)
{
	struct house *h = *state;
	struct peer *client, *follower;
	char *plan;
	json_t *reply;

	house_commit(h, with_fingerprint);
	house_start(h);
	house_submit(h, "");
	client = peer_connect(h);
	follower = peer_connect(h);
	plan = mem_printf("{\"repository\":\"%s\",\"path\":\"/usr/bin\"}", h->repo);
	peer_ask(follower, 1, "run.follow", "{\"run\":1,\"tail\":true}");
	peer_ask(client, 1, "run.plan", plan);
	json_decref(peer_result(h, NULL, "hello", "{}"));
	usleep(500 * 1000); /* the plan waits for the fingerprint by now */
	for (int id = 2; id < 40; id++)
		peer_ask(client, id, id % 2 ? "fsck" : "doctor", "{}");
	json_decref(peer_result(h, NULL, "hello", "{}"));
	kill(h->pid, SIGTERM);
	reply = peer_reply(client, 39);
	assert_non_null(json_object_get(reply, "result"));
	json_decref(reply);
	reply = peer_reply(client, 1);
	assert_string_equal(json_text(json_object_get(reply, "error"), "code"), "unreachable");
	json_decref(reply);
	assert_null(peer_reply(follower, 1)); /* the run has not ended: no answer, the end */
	house_wait(h);
	free(plan);
	peer_close(client);
	peer_close(follower);
}

/* A connection more than there are descriptors must not keep the loop busy. */
static void test_descriptors_used_up(void **state)
{
	struct house *h = *state;
	struct peer *peers[80];
	long before;

	h->files_max = 48;
	house_start(h);
	for (int i = 0; i < 80; i++)
		peers[i] = peer_connect(h);
	usleep(300 * 1000);
	before = house_cpu_ms(h);
	usleep(1000 * 1000);
	assert_true(house_cpu_ms(h) - before < 100);
	for (int i = 0; i < 79; i++)
		peer_close(peers[i]);
	json_decref(peer_result(h, peers[79], "hello", "{}")); /* its turn has come */
	peer_close(peers[79]);
}

static int count_lines(const struct house *h, const char *text)
{
	char *log = house_log(h);
	int count = 0;

	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	free(log);
	return count;
}

/* The test's own program is no worker: it is tried again, and less and less often. */
static void test_workers_that_die_at_once(void **state)
{
	struct house *h = *state;

	house_commit(h, with_fingerprint); /* which wants a worker beside the step's */
	house_start(h);
	house_submit(h, "");
	usleep(700 * 1000);
	assert_in_range(count_lines(h, "died before it registered"), 4, 8);
	assert_true(house_cpu_ms(h) < 400);
	house_stop(h);
}

/* A repository that never answers must not keep the scheduler for ten minutes. */
static void test_leaves_a_job_behind(void **state)
{
	struct house *h = *state;
	struct peer *client;
	char *args, *helper = mem_printf("%s/helper", h->root);
	int64_t begin;

	house_shell(h, "printf '#!/bin/sh\nexec sleep 15\n' > helper; chmod 755 helper");
	house_commit(h, one_step);
	setenv("INGOT_HELPER", helper, 1);
	house_start(h);
	client = peer_connect(h);
	args = mem_printf("{\"repository\":\"%s\"}", h->repo);
	peer_ask(client, 1, "run.submit", args);
	json_decref(peer_result(h, NULL, "hello", "{}"));
	begin = clock_boot_ms();
	house_stop(h);
	assert_in_range(clock_boot_ms() - begin, 5000, 9000);
	free(args);
	free(helper);
	peer_close(client);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_starts_and_stops, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(test_leaves_when_idle, house_setup, house_teardown),
		cmocka_unit_test_setup_teardown(test_second_is_refused, house_setup,
						house_teardown),
		cmocka_unit_test_setup_teardown(test_shutdown_is_asked_for, house_setup,
						house_teardown),
		cmocka_unit_test_setup_teardown(test_leaves_with_everything_under_way, house_setup,
						house_teardown),
		cmocka_unit_test_setup_teardown(test_workers_that_die_at_once, house_setup,
						house_teardown),
		cmocka_unit_test_setup_teardown(test_leaves_a_job_behind, house_setup,
						house_teardown),
		cmocka_unit_test_setup_teardown(test_descriptors_used_up, house_setup,
						house_teardown),
	};

	if (house_is_worker(argc, argv))
		return 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
