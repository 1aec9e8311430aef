/* SPDX-License-Identifier: Apache-2.0 */
/* helper_path.c - where ingot-helper is */
#include "scheduler/source/source.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

/* The folder that the running program is in, with a slash behind it. */
static int program_folder(char out[PATH_MAX], struct err *err)
{
	ssize_t len = readlink("/proc/self/exe", out, PATH_MAX - 1);

	if (len < 0)
		return err_set(err, ERR_SYSTEM, "cannot tell where this program is: no /proc");
	out[len] = '\0';
	strrchr(out, '/')[1] = '\0';
	return 0;
}

int source_helper_path(char **ret, struct err *err)
{
	static const char *const places[] = {
		"ingot-helper",
		"../libexec/ingot/ingot-helper",
		"helper/ingot-helper",
	};
	const char *chosen = getenv("INGOT_HELPER");
	char folder[PATH_MAX];
	int rc;

	if (chosen && *chosen) {
		*ret = mem_strdup(chosen);
		return 0;
	}
	rc = program_folder(folder, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < countof(places); i++) {
		char *path = mem_printf("%s%s", folder, places[i]);

		if (access(path, X_OK) == 0) {
			*ret = path;
			return 0;
		}
		free(path);
	}
	err_set(err, ERR_NOT_FOUND, "ingot-helper is neither in %s nor in %s../libexec/ingot",
		folder, folder);
	err_hint(err, "install Ingot whole, or set INGOT_HELPER");
	return ERR_NOT_FOUND;
}
