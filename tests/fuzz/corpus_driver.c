/* SPDX-License-Identifier: Apache-2.0 */
/* corpus_driver.c - a fuzz target without a fuzzer: runs it over the files it is given
 *
 *	fuzz_expr tests/fuzz/corpus/expr some-crash
 *
 * Arguments are files, or folders whose files are all run, in the order of their
 * names. Prints how many there were; none at all is a failure, as a test that
 * tests nothing should not pass.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <fts.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { INPUT_LIMIT = 16 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	struct buf text = BUF_INIT;
	struct err err = ERR_INIT;
	uint8_t *input;

	if (fs_read_file(AT_FDCWD, path, INPUT_LIMIT, &text, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	/* Exactly as large as the input, so that a sanitizer sees the first byte read beyond. */
	input = mem_alloc(text.len);
	if (text.len)
		memcpy(input, text.data, text.len);
	LLVMFuzzerTestOneInput(input, text.len);
	free(input);
	buf_finish(&text);
	return 0;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

int main(int argc, char **argv)
{
	FTS *walk = argc > 1 ? fts_open(argv + 1, FTS_LOGICAL | FTS_NOCHDIR, by_name) : NULL;
	size_t count = 0;
	int failures = 0;

	if (!walk) {
		fprintf(stderr, "usage: %s FILE-OR-FOLDER...\n", argv[0]);
		return 2;
	}
	for (FTSENT *entry; (entry = fts_read(walk));) {
		if (entry->fts_info != FTS_F)
			continue;
		failures += run_file(entry->fts_path) < 0;
		count++;
	}
	fts_close(walk);
	printf("%zu inputs\n", count);
	return failures > 0 || count == 0;
}
