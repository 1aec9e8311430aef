/* SPDX-License-Identifier: Apache-2.0 */
/* test_remote.c - repositories behind git://, smart HTTP and ssh, and what goes wrong there */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/scheduler/source/fixture.h"
#include "tests/unit/scheduler/source/server.h"

static const char git_daemon[] =
	"exec $(git --exec-path)/git-daemon --reuseaddr --listen=127.0.0.1 --port=$PORT "
	"--export-all --base-path=$PWD";

/* An old commit that no ref names, a tag on it, a newer one on main. */
static void two_commits(struct fixture *f)
{
	fixture_repo(f);
	fixture_shell(f, "cd repo; git tag -am text v1; echo 2 > src/a.py; git commit -qam 2;"
			 "git branch feature/x; echo 3 > src/a.py; git commit -qam 3");
}

static size_t count_object_files(struct fixture *f)
{
	return strtoul(fixture_shell(f, "find home/repos -path '*/objects/*' -type f | wc -l"),
		       NULL, 10);
}

/* All that a transport has to do, on the repository of two_commits(). */
static void expect_transport(struct fixture *f, const char *url)
{
	const char *head = fixture_shell(f, "git -C repo rev-parse HEAD");
	const char *second = fixture_shell(f, "git -C repo rev-parse HEAD~1");
	const char *first = fixture_shell(f, "git -C repo rev-parse HEAD~2");
	struct source_snapshot s = fixture_snapshot(f, url, "v1", false);
	size_t files;

	assert_string_equal(s.commit, first);
	assert_string_equal(s.ref, "refs/tags/v1");
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "print(1)\n");
	s = fixture_snapshot(f, url, NULL, false);
	assert_string_equal(s.commit, head);
	assert_string_equal(s.branch, "main");
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "3\n");
	files = count_object_files(f);
	s = fixture_snapshot(f, url, second, false);
	assert_string_equal(s.commit, second);
	assert_null(s.ref);
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "2\n");
	s = fixture_snapshot(f, url, arena_strndup(&f->arena, second, 10), false);
	assert_string_equal(s.commit, second);
	s = fixture_snapshot(f, url, "feature/x", false);
	assert_string_equal(s.commit, second);
	assert_string_equal(s.branch, "feature/x");
	fixture_snapshot(f, url, "main", false);
	assert_int_equal(count_object_files(f), files);
	fixture_shell(f, "cd repo; echo 4 > src/a.py; git commit -qam 4");
	s = fixture_snapshot(f, url, NULL, false);
	assert_string_equal(fixture_content(f, &s, "src/a.py"), "4\n");
	fixture_refused(f, url, "v2", false, ERR_NOT_FOUND, "has no branch, tag or commit 'v2'",
			"did you mean 'v1'?");
	fixture_refused(f, url, "0123456789012345678901234567890123456789", false, ERR_NOT_FOUND,
			"0123456789", NULL);
}

static void a_git_daemon_serves_every_ref(void **state)
{
	struct fixture *f = *state;
	struct server s;

	two_commits(f);
	assert_true(server_start(f, git_daemon, &s));
	expect_transport(f, arena_printf(&f->arena, "git://127.0.0.1:%d/repo", s.port));
	fixture_refused(f, arena_printf(&f->arena, "git://127.0.0.1:%d/none", s.port), NULL, false,
			ERR_NOT_FOUND, "no repository there", NULL);
	server_stop(&s);
	fixture_refused(f, arena_printf(&f->arena, "git://127.0.0.1:%d/repo", s.port), NULL, false,
			ERR_UNREACHABLE, "refuses connections", NULL);
}

static void smart_http_serves_every_ref(void **state)
{
	struct fixture *f = *state;
	struct server s;

	two_commits(f);
	assert_true(server_start(f, server_web, &s));
	expect_transport(f, arena_printf(&f->arena, "http://127.0.0.1:%d/git/repo", s.port));
	server_stop(&s);
}

static void an_old_server_is_asked_for_everything(void **state)
{
	struct fixture *f = *state;
	struct server s;
	const char *url, *old;

	two_commits(f);
	assert_true(server_start(f, server_web, &s));
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/v0/repo", s.port);
	old = fixture_shell(f, "git -C repo rev-parse HEAD~1; git -C repo branch -qD feature/x");
	assert_string_equal(fixture_snapshot(f, url, old, false).commit, old);
	/* a branch in whose place a folder of branches came */
	fixture_shell(f, "cd repo; git branch a; git checkout -q --orphan b; git commit -qm new");
	old = fixture_shell(f, "git -C repo rev-parse --short=9 HEAD");
	fixture_snapshot(f, url, old, false);
	fixture_shell(f, "cd repo; git branch -qD a; git branch a/b; git commit -q --amend -m x");
	old = fixture_shell(f, "git -C repo rev-parse --short=9 HEAD");
	fixture_snapshot(f, url, old, false);
	server_stop(&s);
}

static void a_server_tells_what_is_wrong(void **state)
{
	struct fixture *f = *state;
	struct source_snapshot snapshot;
	struct server s;
	const char *url;

	two_commits(f);
	fixture_shell(f, "git init -q empty");
	assert_true(server_start(f, server_web, &s));
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/git/none", s.port);
	fixture_refused(f, url, NULL, false, ERR_NOT_FOUND, "no repository there", NULL);
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/git/empty", s.port);
	fixture_refused(f, url, NULL, false, ERR_STATE, "has no commit yet", NULL);
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/status/403", s.port);
	fixture_refused(f, url, NULL, false, ERR_DENIED, "forbidden", NULL);
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/secret/repo", s.port);
	fixture_refused(f, url, NULL, false, ERR_DENIED, "authentication", "git ls-remote");
	url = arena_printf(&f->arena, "http://ci:wrong@127.0.0.1:%d/secret/repo", s.port);
	fixture_refused(f, url, NULL, false, ERR_DENIED, "authentication", NULL);
	assert_null(strstr(f->err.text, "wrong"));
	url = arena_printf(&f->arena, "http://ci:letmein@127.0.0.1:%d/secret/repo", s.port);
	snapshot = fixture_snapshot(f, url, NULL, false);
	url = arena_printf(&f->arena, "http://127.0.0.1:%d/secret/repo", s.port);
	assert_string_equal(snapshot.repository, url);
	assert_string_equal(fixture_shell(f, "grep -r letmein home || echo none"), "none");
	assert_string_equal(fixture_content(f, &snapshot, "src/a.py"), "3\n");
	server_stop(&s);
}

static void a_certificate_of_nobody_is_refused(void **state)
{
	struct fixture *f = *state;
	struct server s;

	two_commits(f);
	assert_true(server_start(f, server_web_tls, &s));
	fixture_refused(f, arena_printf(&f->arena, "https://localhost:%d/git/repo", s.port), NULL,
			false, ERR_DENIED, "certificate", NULL);
	server_stop(&s);
}

/* The damage is in what is sent, so it must not get into the mirror. */
static void a_damaged_repository_is_refused_whole(void **state)
{
	struct fixture *f = *state;
	struct server s;
	const char *url;

	two_commits(f);
	fixture_shell(f, "cd repo; f=.git/objects/$(git rev-parse HEAD:src/a.py | "
			 "sed 's,^..,&/,'); chmod +w $f; printf x | dd of=$f bs=1 seek=5 "
			 "conv=notrunc 2>/dev/null");
	assert_true(server_start(f, git_daemon, &s));
	url = arena_printf(&f->arena, "git://127.0.0.1:%d/repo", s.port);
	fixture_refused(f, url, NULL, false, ERR_DAMAGED, "", NULL);
	assert_string_equal(fixture_snapshot(f, url, "v1", false).summary, "first of all");
	server_stop(&s);
}

static const char sshd[] =
	"mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f hk; ssh-keygen -q -t ed25519 -N '' "
	"-f uk; cp uk.pub ak; chmod 600 ak; "
	"printf '%s\\n' \"Port $PORT\" 'ListenAddress 127.0.0.1' \"HostKey $PWD/hk\" "
	"\"AuthorizedKeysFile $PWD/ak\" \"PidFile $PWD/sshd.pid\" 'UsePAM no' "
	"'PasswordAuthentication no' 'StrictModes no' 'PermitRootLogin yes' > sshd.conf; "
	"echo \"[127.0.0.1]:$PORT $(cut -d' ' -f1,2 hk.pub)\" > kh; "
	"exec /usr/sbin/sshd -D -f sshd.conf -E sshd.log";

static void use_ssh_key(struct fixture *f, const char *known_hosts)
{
	setenv("GIT_SSH_COMMAND",
	       arena_printf(&f->arena,
			    "ssh -F /dev/null -i %s/uk -o UserKnownHostsFile=%s/%s "
			    "-o IdentitiesOnly=yes",
			    f->root, f->root, known_hosts),
	       1);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
}

static void ssh_serves_every_ref(void **state)
{
	struct fixture *f = *state;
	struct server s;
	const char *url;

	two_commits(f);
	if (access("/usr/sbin/sshd", X_OK) < 0 || !server_start(f, sshd, &s)) {
		print_message("SKIP: no sshd here\n");
		skip();
	}
	use_ssh_key(f, "kh");
	url = arena_printf(&f->arena, "ssh://%s@127.0.0.1:%d%s", fixture_shell(f, "id -un"), s.port,
			   f->repo);
	expect_transport(f, url);
	fixture_refused(f, arena_printf(&f->arena, "%s-none", url), NULL, false, ERR_NOT_FOUND,
			"no repository there", NULL);
	use_ssh_key(f, "no-known-hosts");
	fixture_refused(f, url, NULL, false, ERR_DENIED, "host key", "ssh");
	fixture_shell(f, ": > ak");
	use_ssh_key(f, "kh");
	fixture_refused(f, url, NULL, false, ERR_DENIED, "authentication failed", NULL);
	unsetenv("GIT_SSH_COMMAND");
	server_stop(&s);
}

/* What a hook or an unlucky shell may have in its environment. */
static void variables_of_git_do_not_lead_it_astray(void **state)
{
	struct fixture *f = *state;

	two_commits(f);
	setenv("GIT_DIR", "/no/such", 1);
	setenv("GIT_OBJECT_DIRECTORY", "/no/such", 1);
	setenv("GIT_CONFIG_COUNT", "1", 1);
	setenv("GIT_CONFIG_KEY_0", "core.sshCommand", 1);
	setenv("GIT_CONFIG_VALUE_0", "touch /tmp/astray", 1);
	source_client_destroy(f->client);
	f->client = fixture_client(f);
	assert_string_equal(fixture_snapshot(f, f->repo, NULL, false).summary, "3");
	unsetenv("GIT_DIR");
	unsetenv("GIT_OBJECT_DIRECTORY");
	unsetenv("GIT_CONFIG_COUNT");
	unsetenv("GIT_CONFIG_KEY_0");
	unsetenv("GIT_CONFIG_VALUE_0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(a_git_daemon_serves_every_ref),
		T(smart_http_serves_every_ref),
		T(an_old_server_is_asked_for_everything),
		T(a_server_tells_what_is_wrong),
		T(a_certificate_of_nobody_is_refused),
		T(a_damaged_repository_is_refused_whole),
		T(ssh_serves_every_ref),
		T(variables_of_git_do_not_lead_it_astray),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
