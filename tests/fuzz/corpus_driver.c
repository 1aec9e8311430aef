/* SPDX-License-Identifier: Apache-2.0 */
/* corpus_driver.c - main() for fuzz targets without a fuzzer: runs every file of a folder
 *
 * Prints how many files it ran; a missing or empty folder fails.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 16 << 20 };

static int run_file(int folder, const char *name)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	int rc = fs_read_file(folder, name, INPUT_MAX, &text, &err);

	if (rc < 0)
		fprintf(stderr, "%s\n", err.text);
	else
		LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&text), text.len);
	buf_finish(&text);
	return rc;
}

int main(int argc, char **argv)
{
	DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
	int count = 0, rc = 0;

	if (!folder) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 2;
	}
	for (struct dirent *e; rc >= 0 && (e = readdir(folder)); ) {
		if (e->d_name[0] == '.')
			continue;
		rc = run_file(dirfd(folder), e->d_name);
		count++;
	}
	closedir(folder);
	printf("%d inputs\n", count);
	return rc < 0 || count == 0;
}
