/* SPDX-License-Identifier: Apache-2.0 */
/* origin.c - what the text that names a repository means
 *
 * It ends up as an argument of the git program, so what git would read as an
 * option, or as a transport that runs a command, is refused here, before the
 * list of protocols that git itself is given.
 */
#include "scheduler/source/origin.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

enum { SLUG_MAX_BYTES = 40, HASH_DIGITS = 12 };

/* What stands between "://" and the path. */
struct authority {
	const char *at;   /* user and host */
	const char *host; /* behind the last '@' */
	const char *end;
};

static struct authority authority_of(const char *url)
{
	struct authority a = { .at = strstr(url, "://") + 3 };

	a.end = a.at + strcspn(a.at, "/?#");
	a.host = a.at;
	for (const char *c = a.at; c < a.end; c++)
		if (*c == '@')
			a.host = c + 1;
	return a;
}

static bool is_this_host(struct authority a)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < countof(names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(a.host, names[i], len) == 0 &&
		    (a.host + len == a.end || a.host[len] == ':'))
			return true;
	}
	return false;
}

/* "USER@HOST:PATH" or "HOST:PATH", as ssh and git take it; not "HELPER::ADDRESS", with which
 * git would run a program of that name. */
static bool is_scp_like(const char *text)
{
	static const char host_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789._-@";
	size_t len = strspn(text, host_bytes);
	const char *path = text + len + 1;

	return len > 0 && text[len] == ':' && *path && *path != ':' && *path != '-' &&
	       text[len - 1] != '@' && !strstr(text, "@-");
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* The path of a file:// URL, with its %XX. NULL where that gives no path. */
static char *path_of_file_url(const char *url)
{
	struct authority a = authority_of(url);
	char *path, *out;

	if (a.end != a.at && !is_this_host(a))
		return NULL;
	path = out = mem_strdup(a.end);
	for (const char *c = a.end; *c; c++, out++) {
		*out = *c;
		if (*c == '%' && hex_digit(c[1]) >= 0 && hex_digit(c[2]) >= 0) {
			*out = (char)(hex_digit(c[1]) << 4 | hex_digit(c[2]));
			c += 2;
		}
	}
	*out = '\0';
	if (strlen(path) == (size_t)(out - path) && *path == '/')
		return path;
	free(path);
	return NULL;
}

static int check_text(const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (len == 0 || len > ORIGIN_MAX_BYTES)
		return err_set(err, ERR_INVALID, "a repository's name has 1 to %d bytes",
			       ORIGIN_MAX_BYTES);
	if (*text == '-')
		return err_set(err, ERR_INVALID, "a repository's name does not begin with '-'");
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return err_set(err, ERR_INVALID,
				       "a repository's name has no control bytes");
	return 0;
}

static int refuse(const char *text, const char *reason, struct err *err)
{
	struct buf name = BUF_INIT;

	origin_public_name(text, &name);
	err_set(err, ERR_INVALID, "%s: %s", buf_str(&name), reason);
	buf_finish(&name);
	return ERR_INVALID;
}

static int check_url(const char *url, struct err *err)
{
	static const char *const schemes[] = { "https://", "ssh://", "git://", "http://" };
	struct authority a = authority_of(url);
	bool known = false;

	for (size_t i = 0; i < countof(schemes); i++)
		known |= str_starts(url, schemes[i]);
	if (!known) {
		refuse(url, "not a kind of URL that Ingot reads", err);
		return err_hint(err, "file, https, ssh and git are");
	}
	if (a.host == a.end || *a.host == '-' || *a.at == '-' || *a.host == ':')
		return refuse(url, "not a host", err);
	if (str_starts(url, "http://") && !is_this_host(a)) {
		refuse(url, "http is neither private nor authentic", err);
		return err_hint(err, "use https");
	}
	return 0;
}

int origin_parse(const char *text, struct origin *ret, struct err *err)
{
	struct origin o = { 0 };
	int rc = check_text(text, err);

	if (rc < 0)
		return rc;
	if (*text == '/') {
		o.path = mem_strdup(text);
	} else if (str_starts(text, "file://")) {
		o.path = path_of_file_url(text);
		if (!o.path)
			return refuse(text, "not a path of this machine", err);
	} else if (strstr(text, "://") || is_scp_like(text)) {
		rc = strstr(text, "://") ? check_url(text, err) : 0;
		if (rc < 0)
			return rc;
		o.url = mem_strdup(text);
	} else {
		return refuse(text, "neither an absolute path nor a URL", err);
	}
	*ret = o;
	return 0;
}

void origin_finish(struct origin *o)
{
	free(o->path);
	free(o->url);
	*o = (struct origin){ 0 };
}

void origin_public_name(const char *text, struct buf *out)
{
	const char *scheme_end = strstr(text, "://");
	struct authority a;
	size_t user_len;

	if (!scheme_end) {
		str_printable(out, text, strlen(text));
		return;
	}
	a = authority_of(text);
	user_len = strcspn(a.at, ":@/");
	str_printable(out, text, (size_t)(a.at - text));
	if (a.host > a.at && !str_starts(text, "http")) {
		str_printable(out, a.at, user_len);
		buf_char(out, '@');
	}
	str_printable(out, a.host, strlen(a.host));
}

static bool is_slug_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

char *origin_mirror_name(const char *identity)
{
	const char *base = identity + strlen(identity);
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	char slug[SLUG_MAX_BYTES + 1];
	size_t len = 0;

	while (base > identity && base[-1] != '/' && base[-1] != ':')
		base--;
	for (; *base && !str_eq(base, ".git") && len < SLUG_MAX_BYTES; base++)
		slug[len++] = is_slug_byte(*base) ? *base : '_';
	slug[len] = '\0';
	hash_bytes(identity, strlen(identity), &digest);
	digest_hex(&digest, hex);
	return mem_printf("%s-%.*s.git", slug, HASH_DIGITS, hex);
}
