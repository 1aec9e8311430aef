/* SPDX-License-Identifier: Apache-2.0 */
/* fetch_url.c - a file from the web into the blob store
 *
 * The digest is known before, so nothing but that content ever gets a name. What
 * is left to guard is where the request goes and how much comes back: the
 * address of every socket is judged as it is opened, redirects included.
 */
#include "scheduler/source/helper.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/source/address.h"
#include "scheduler/source/origin.h"
#include "store/blob/blob_batch.h"

enum {
	REDIRECTS_MAX = 5,
	CONNECT_TIMEOUT_S = 30,
	SLOW_BYTES_PER_S = 100, /* slower than this for */
	SLOW_S = 60,            /* so long is a dead connection */
};

struct download {
	const struct source_url *what;
	const char *name; /* of the URL, for messages */
	struct blob_writer *writer;
	uint64_t received_bytes;
	bool denied; /* an address that is not allowed */
	struct err failure; /* of writing */
	char curl_text[CURL_ERROR_SIZE];
};

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct download *d = arg;

	(void)purpose;
	if (!d->what->allow_private && !address_is_public(&address->addr)) {
		d->denied = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t receive(char *data, size_t size, size_t count, void *arg)
{
	struct download *d = arg;
	size_t len = size * count;

	if (len > d->what->max_bytes - d->received_bytes) {
		err_set(&d->failure, ERR_TOO_LARGE, "%s has more than %llu bytes", d->name,
			(unsigned long long)d->what->max_bytes);
		return CURL_WRITEFUNC_ERROR;
	}
	if (blob_writer_write(d->writer, data, len, &d->failure) < 0)
		return CURL_WRITEFUNC_ERROR;
	d->received_bytes += len;
	return len;
}

static void configure(CURL *curl, struct download *d)
{
	const char *protocols = d->what->allow_private ? "http,https" : "https";

	curl_easy_setopt(curl, CURLOPT_URL, d->what->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, d);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES_PER_S);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)SLOW_S);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "ingot/" INGOT_VERSION);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, d->curl_text);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, d);
}

static int explain_status(CURL *curl, const struct download *d, struct err *err)
{
	long status = 0;
	int code = ERR_UNREACHABLE;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status == 401 || status == 403 || status == 407)
		code = ERR_DENIED;
	else if (status == 404 || status == 410)
		code = ERR_NOT_FOUND;
	return err_set(err, code, "%s: the server answered %ld", d->name, status);
}

static int explain_rest(const struct download *d, int code, CURLcode rc, struct err *err)
{
	const char *said = *d->curl_text ? d->curl_text : curl_easy_strerror(rc);
	struct buf text = BUF_INIT;

	str_printable(&text, said, strlen(said));
	err_set(err, code, "%s: %s", d->name, buf_str(&text));
	buf_finish(&text);
	return code;
}

static int explain(CURL *curl, const struct download *d, CURLcode rc, struct err *err)
{
	if (d->failure.code)
		return err_copy(err, &d->failure);
	if (d->denied) {
		err_set(err, ERR_DENIED, "%s: its address is not one of the public internet",
			d->name);
		return err_hint(err, "allow private addresses for this home, if it is meant");
	}
	if (rc == CURLE_HTTP_RETURNED_ERROR)
		return explain_status(curl, d, err);
	if (rc == CURLE_UNSUPPORTED_PROTOCOL || rc == CURLE_URL_MALFORMAT ||
	    rc == CURLE_LOGIN_DENIED)
		return explain_rest(d, ERR_INVALID, rc, err);
	if (rc == CURLE_PEER_FAILED_VERIFICATION || rc == CURLE_SSL_CERTPROBLEM)
		return explain_rest(d, ERR_DENIED, rc, err);
	return explain_rest(d, ERR_UNREACHABLE, rc, err);
}

static int transfer(struct download *d, struct err *err)
{
	CURL *curl = curl_easy_init();
	CURLcode rc;
	int result = 0;

	if (!curl)
		return err_set(err, ERR_SYSTEM, "libcurl does not start");
	configure(curl, d);
	rc = curl_easy_perform(curl);
	if (rc != CURLE_OK)
		result = explain(curl, d, rc, err);
	curl_easy_cleanup(curl);
	return result;
}

static int check_digest(const struct download *d, const struct digest *found, struct err *err)
{
	char expected_text[DIGEST_TEXT_SIZE], found_text[DIGEST_TEXT_SIZE];

	if (digest_eq(found, &d->what->expected))
		return 0;
	digest_text(&d->what->expected, expected_text);
	digest_text(found, found_text);
	return err_set(err, ERR_CONFLICT, "%s has the digest %s, not %s", d->name, found_text,
		       expected_text);
}

/* The digest is checked before the commit, so that another content gets no name. */
static int download_into(struct blob_batch *batch, struct download *d, struct source_blob *ret,
			 struct err *err)
{
	struct source_blob blob;
	int rc = blob_writer_create(batch, &d->writer, err);

	if (rc == 0)
		rc = transfer(d, err);
	if (rc == 0)
		rc = blob_writer_finish(d->writer, NULL, &blob.digest, &blob.size_bytes, err);
	if (rc == 0)
		rc = check_digest(d, &blob.digest, err);
	if (rc == 0)
		rc = blob_batch_commit(batch, err);
	if (rc == 0)
		*ret = blob;
	blob_writer_destroy(d->writer);
	return rc;
}

int fetch_url(struct blob_store *blobs, const struct source_url *what, struct source_blob *ret,
	      struct err *err)
{
	struct buf name = BUF_INIT;
	struct download d = { .what = what };
	struct blob_batch *batch = blob_batch_create(blobs);
	int rc;

	origin_public_name(what->url, &name);
	d.name = buf_str(&name);
	rc = download_into(batch, &d, ret, err);
	blob_batch_destroy(batch);
	buf_finish(&name);
	return rc;
}
