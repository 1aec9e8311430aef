/* SPDX-License-Identifier: Apache-2.0 */
/* test_fetch.c - downloads and archives: what enters the store, and what must not */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/mem.h"
#include "store/blob/blob.h"
#include "store/blob/blob_batch.h"
#include "store/blob/tree.h"
#include "tests/unit/scheduler/source/fixture.h"
#include "tests/unit/scheduler/source/server.h"

static const char content[] = "the content of a file\n";

static struct source_url url_of(struct fixture *f, const struct server *s, const char *path)
{
	struct source_url url = { .max_bytes = 1 << 20, .allow_private = true };

	url.url = arena_printf(&f->arena, "http://127.0.0.1:%d/%s", s->port, path);
	hash_bytes(content, strlen(content), &url.expected);
	return url;
}

static int count_blob(void *arg, const struct digest *d, uint64_t size_bytes)
{
	(void)d;
	(void)size_bytes;
	++*(size_t *)arg;
	return 0;
}

static void expect_no_blob(struct fixture *f)
{
	struct blob_store *store = fixture_store(f);
	size_t count = 0;

	assert_int_equal(blob_list(store, count_blob, &count, NULL), 0);
	assert_int_equal(count, 0);
	blob_store_close(store);
}

static void expect_failure(struct fixture *f, const struct source_url *url, int code,
			   const char *text)
{
	struct source_blob blob;
	int rc;

	err_clear(&f->err);
	rc = source_fetch_url(f->client, url, 20000, &blob, &f->err);
	if (rc != code || !strstr(f->err.text, text))
		fail_msg("%s: %s \"%s\" instead of %s \"%s\"", url->url, err_name(rc), f->err.text,
			 err_name(code), text);
	expect_no_blob(f);
}

static void a_download_enters_the_store_under_its_digest(void **state)
{
	struct fixture *f = *state;
	struct source_blob blob;
	struct source_url url;
	struct server s;

	fixture_shell(f, "echo 'the content of a file' > file");
	assert_true(server_start(f, server_web, &s));
	url = url_of(f, &s, "files/file");
	assert_int_equal(source_fetch_url(f->client, &url, 20000, &blob, &f->err), 0);
	assert_true(digest_eq(&blob.digest, &url.expected));
	assert_int_equal(blob.size_bytes, strlen(content));
	url = url_of(
		f, &s,
		arena_printf(&f->arena, "to/http:%%2f%%2f127.0.0.1:%d%%2ffiles%%2ffile", s.port));
	assert_int_equal(source_fetch_url(f->client, &url, 20000, &blob, &f->err), 0);
	assert_string_equal(fixture_blob(f, &blob.digest), content);
	server_stop(&s);
}

static void what_is_not_the_promised_content_does_not(void **state)
{
	struct fixture *f = *state;
	struct source_url url;
	struct server s;

	fixture_shell(f, "echo 'another content' > file");
	assert_true(server_start(f, server_web, &s));
	url = url_of(f, &s, "files/file");
	expect_failure(f, &url, ERR_CONFLICT, "has the digest sha256:");
	url = url_of(f, &s, "files/none");
	expect_failure(f, &url, ERR_NOT_FOUND, "answered 404");
	url = url_of(f, &s, "status/403");
	expect_failure(f, &url, ERR_DENIED, "answered 403");
	url = url_of(f, &s, "status/500");
	expect_failure(f, &url, ERR_UNREACHABLE, "answered 500");
	url = url_of(f, &s, "cut");
	expect_failure(f, &url, ERR_UNREACHABLE, "");
	url = url_of(f, &s, "endless");
	expect_failure(f, &url, ERR_TOO_LARGE, "more than 1048576 bytes");
	url = url_of(f, &s, "loop");
	expect_failure(f, &url, ERR_UNREACHABLE, "redirects");
	url = url_of(f, &s, "to/file:%2f%2f%2fetc%2fpasswd");
	expect_failure(f, &url, ERR_INVALID, "");
	url.url = "https://user:secret@127.0.0.1/x";
	expect_failure(f, &url, ERR_INVALID, "");
	assert_null(strstr(f->err.text, "secret"));
	url.url = "gopher://127.0.0.1/x";
	expect_failure(f, &url, ERR_INVALID, "");
	server_stop(&s);
	url = url_of(f, &s, "files/file");
	expect_failure(f, &url, ERR_UNREACHABLE, "");
}

static void a_certificate_of_nobody_is_refused(void **state)
{
	struct fixture *f = *state;
	struct source_url url;
	struct server s;

	assert_true(server_start(f, server_web_tls, &s));
	url = url_of(f, &s, "");
	url.url = arena_printf(&f->arena, "https://localhost:%d/files/file", s.port);
	expect_failure(f, &url, ERR_DENIED, "certificate");
	server_stop(&s);
}

/* No name resolution is needed for any of them. */
static void addresses_that_are_not_public_are_not_connected_to(void **state)
{
	static const char *const urls[] = {
		"https://127.0.0.1/",
		"https://localhost/",
		"https://127.1/",
		"https://2130706433/",
		"https://0x7f000001/",
		"https://0177.0.0.1/",
		"https://0x7f.1/",
		"https://0/",
		"https://0.0.0.0/",
		"https://[::1]/",
		"https://[::]/",
		"https://[::ffff:127.0.0.1]/",
		"https://[::ffff:7f00:1]/",
		"https://[::127.0.0.1]/",
		"https://10.0.0.1/",
		"https://172.16.0.1/",
		"https://172.31.255.255/",
		"https://192.168.1.1/",
		"https://169.254.169.254/",
		"https://100.64.0.1/",
		"https://192.0.0.1/",
		"https://198.18.0.1/",
		"https://224.0.0.1/",
		"https://255.255.255.255/",
		"https://240.0.0.1/",
		"https://[fe80::1]/",
		"https://[fc00::1]/",
		"https://[fd00::1]/",
		"https://[ff02::1]/",
		"https://[64:ff9b::7f00:1]/",
		"https://[64:ff9b::10.0.0.1]/",
		"https://[2002:7f00:1::]/",
		"https://[2002:a00:1::]/",
		"https://[2001::1]/",
		"https://[2001:db8::1]/",
		"https://127.0.0.1:22/",
		"https://3232235777/",
		"https://0xa9fea9fe/",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < countof(urls); i++) {
		const struct source_url url = { .url = urls[i], .max_bytes = 1 << 20 };

		expect_failure(f, &url, ERR_DENIED, "not one of the public internet");
	}
}

static void without_leave_there_is_no_plain_http(void **state)
{
	struct fixture *f = *state;
	struct source_url url = { .url = "http://127.0.0.1/", .max_bytes = 1 << 20 };

	expect_failure(f, &url, ERR_INVALID, "");
}

/* path is below the root. */
static struct digest put_blob(struct fixture *f, const char *path)
{
	struct blob_store *store = fixture_store(f);
	struct digest digest;
	uint64_t size_bytes;
	int root = fs_open_dir(AT_FDCWD, f->root, &f->err);

	assert_int_equal(blob_put_path(store, root, path, &digest, &size_bytes, &f->err), 0);
	blob_store_close(store);
	fs_close(&root);
	return digest;
}

static void an_archive_becomes_a_folder_and_a_folder_an_archive(void **state)
{
	struct fixture *f = *state;
	struct source_pack_spec spec = { .is_tree = true, .format = PACK_TAR };
	struct source_blob folder;
	struct digest archive;
	uint64_t size_bytes = 0;

	fixture_shell(f, "mkdir -p in/sub; echo a > in/a; echo b > in/sub/b; chmod 755 in/a;"
			 "tar -cf in.tar -C in .");
	archive = put_blob(f, "in.tar");
	if (source_unpack(f->client, &archive, "in.tar", 20000, &folder, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(folder.size_bytes, 4);
	spec.digest = folder.digest;
	spec.path = arena_printf(&f->arena, "%s/out.tar", f->root);
	if (source_pack(f->client, &spec, 20000, &size_bytes, &f->err) < 0)
		fail_msg("%s", f->err.text);
	fixture_shell(f,
		      "mkdir out; tar -xf out.tar -C out; diff -r in out; test -x out/a;"
		      "test $(stat -c %%s out.tar) = %llu",
		      (unsigned long long)size_bytes);
	assert_int_equal(source_pack(f->client, &spec, 20000, &size_bytes, &f->err), ERR_EXISTS);
}

static void a_file_is_an_archive_of_one(void **state)
{
	struct fixture *f = *state;
	struct source_pack_spec spec = { .name = "model.json", .format = PACK_ZIP };
	uint64_t size_bytes;

	fixture_shell(f, "echo model > m");
	spec.digest = put_blob(f, "m");
	spec.path = arena_printf(&f->arena, "%s/m.zip", f->root);
	assert_int_equal(source_pack(f->client, &spec, 20000, &size_bytes, &f->err), 0);
	assert_string_equal(fixture_shell(f, "python3 -c \"import zipfile; z = "
					     "zipfile.ZipFile('m.zip'); print(z.namelist(), "
					     "z.read('model.json'))\""),
			    "['model.json'] b'model\\n'");
	spec.path = arena_printf(&f->arena, "%s/none.zip", f->root);
	memset(&spec.digest, 7, sizeof(spec.digest));
	assert_int_equal(source_pack(f->client, &spec, 20000, &size_bytes, &f->err), ERR_NOT_FOUND);
	assert_int_equal(access(spec.path, F_OK), -1);
}

static void an_archive_that_leads_outside_is_refused(void **state)
{
	struct fixture *f = *state;
	struct source_blob folder;
	struct digest archive;

	fixture_shell(f, "echo x > x; tar -cPf bad.tar --transform 's,^,../../,' x");
	archive = put_blob(f, "bad.tar");
	assert_int_equal(source_unpack(f->client, &archive, "bad.tar", 20000, &folder, &f->err),
			 ERR_INVALID);
	assert_non_null(strstr(f->err.text, "bad.tar"));
	memset(&archive, 7, sizeof(archive));
	assert_int_equal(source_unpack(f->client, &archive, "none", 20000, &folder, &f->err),
			 ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		T(a_download_enters_the_store_under_its_digest),
		T(what_is_not_the_promised_content_does_not),
		T(a_certificate_of_nobody_is_refused),
		T(addresses_that_are_not_public_are_not_connected_to),
		T(without_leave_there_is_no_plain_http),
		T(an_archive_becomes_a_folder_and_a_folder_an_archive),
		T(a_file_is_an_archive_of_one),
		T(an_archive_that_leads_outside_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
