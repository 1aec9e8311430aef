/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c - what holds for every command
 *
 * The places are asked in their order and each fills only what is still open, so
 * that the order is the rule and there is no merging afterwards.
 */
#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

enum { CONFIG_MAX_BYTES = 64 * 1024 };

/* Values as written; NULL where no place has said anything yet. */
struct found {
	char *home, *color, *workers;
};

static void offer(char **slot, const char *value)
{
	if (!*slot && value && *value)
		*slot = mem_strdup(value);
}

/* NULL for an unknown key. */
static char **slot_of(struct found *found, const char *key)
{
	if (str_eq(key, "home"))
		return &found->home;
	if (str_eq(key, "color"))
		return &found->color;
	if (str_eq(key, "workers"))
		return &found->workers;
	return NULL;
}

/* Cuts off white space and comment in place. */
static char *trim(char *s)
{
	size_t len;

	s[strcspn(s, "#")] = '\0';
	while (isspace((unsigned char)*s))
		s++;
	for (len = strlen(s); len > 0 && isspace((unsigned char)s[len - 1]); len--)
		s[len - 1] = '\0';
	return s;
}

static int read_line(struct found *found, char *text, const char *path, int number, bool trusted,
		     struct err *err)
{
	static const char *const keys[] = { "home", "color", "workers" };
	char *line = trim(text);
	char *equals = strchr(line, '=');
	const char *nearest;
	char **slot;

	if (!*line)
		return 0;
	if (!equals)
		return err_set(err, ERR_INVALID, "%s:%d: not of the form 'key = value'", path,
			       number);
	*equals = '\0';
	line = trim(line);
	slot = slot_of(found, line);
	if (!slot) {
		err_set(err, ERR_INVALID, "%s:%d: no such setting: %s", path, number, line);
		nearest = str_suggest(line, keys, countof(keys));
		return nearest ? err_hint(err, "did you mean '%s'?", nearest) : ERR_INVALID;
	}
	if (slot == &found->home && !trusted)
		return err_set(err, ERR_DENIED, "%s:%d: a project may not say where state lives",
			       path, number);
	offer(slot, trim(equals + 1));
	return 0;
}

/* A file that is not there, or may not be read, says nothing. */
static int read_file(struct found *found, const char *path, bool trusted, struct err *err)
{
	struct buf text = BUF_INIT;
	char *next, *line;
	int number = 0;
	int rc = fs_read_file(AT_FDCWD, path, CONFIG_MAX_BYTES, &text, err);

	if (rc == ERR_TOO_LARGE)
		goto out;
	rc = 0;
	next = text.data;
	while (rc == 0 && (line = strsep(&next, "\n")))
		rc = read_line(found, line, path, ++number, trusted, err);
out:
	buf_finish(&text);
	return rc;
}

/* "$variable/tail", or "$HOME/fallback/tail"; the caller frees. */
static char *user_path(const char *variable, const char *fallback, const char *tail)
{
	const char *base = getenv(variable);
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (base && *base == '/')
		return path_join(base, tail);
	if (!home || !*home) {
		pw = getpwuid(getuid());
		home = pw ? pw->pw_dir : "/";
	}
	return mem_printf("%s/%s/%s", home, fallback, tail);
}

static int read_files(struct found *found, struct err *err)
{
	char *user = user_path("XDG_CONFIG_HOME", ".config", "ingot/config");
	int rc = read_file(found, ".ingot/config", false, err);

	if (rc == 0)
		rc = read_file(found, user, true, err);
	if (rc == 0)
		rc = read_file(found, "/etc/ingot/config", true, err);
	free(user);
	return rc;
}

static int absolute(const char *path, char **ret, struct err *err)
{
	char *folder;

	if (*path == '/') {
		*ret = mem_strdup(path);
		return 0;
	}
	folder = getcwd(NULL, 0);
	if (!folder)
		return err_errno(err, errno, "the current folder");
	*ret = path_join(folder, path);
	free(folder);
	return 0;
}

static int take_found(const struct found *found, struct settings *ret, struct err *err)
{
	if (found->color && color_when_parse(found->color, &ret->color) < 0)
		return err_set(err, ERR_USAGE, "color is auto, always or never, not '%s'",
			       found->color);
	if (found->workers &&
	    (str_to_i64(found->workers, &ret->workers) < 0 || ret->workers < 1 ||
	     ret->workers > SETTINGS_WORKERS_MAX))
		return err_set(err, ERR_USAGE, "workers is a number from 1 to %d, not '%s'",
			       SETTINGS_WORKERS_MAX, found->workers);
	return absolute(found->home, &ret->home, err);
}

int settings_resolve(const struct settings_flags *flags, struct settings *ret, struct err *err)
{
	struct settings made = { .json = flags->json, .quiet = flags->quiet };
	struct found found = { 0 };
	int rc;

	offer(&found.home, flags->home);
	offer(&found.color, flags->color);
	offer(&found.home, getenv("INGOT_HOME"));
	offer(&found.color, getenv("INGOT_COLOR"));
	offer(&found.workers, getenv("INGOT_WORKERS"));
	rc = read_files(&found, err);
	if (!found.home)
		found.home = user_path("XDG_DATA_HOME", ".local/share", "ingot");
	if (rc == 0)
		rc = take_found(&found, &made, err);
	if (rc == 0)
		*ret = made;
	free(found.home);
	free(found.color);
	free(found.workers);
	return rc;
}

void settings_finish(struct settings *s)
{
	free(s->home);
	s->home = NULL;
}

