/* SPDX-License-Identifier: Apache-2.0 */
/* words.c - the words that name runs and steps */
#include "cli/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

int word_run(const char *text, size_t len, json_t **ret, struct err *err)
{
	char *word = mem_strndup(text, len);
	int64_t number = 0;
	int rc = 0;

	if (str_eq(word, "latest"))
		*ret = json_string(word);
	else if (str_to_i64(word, &number) == 0 && number > 0)
		*ret = json_integer(number);
	else
		rc = err_set(err, ERR_USAGE, "'%s' names no run: it is a number, or latest", word);
	free(word);
	return rc;
}

int word_run_step(const char *text, json_t **ret, struct err *err)
{
	size_t len = strcspn(text, "/");
	json_t *run, *step;
	int rc = word_run(text, len, &run, err);

	if (rc < 0)
		return rc;
	step = text[len] && text[len + 1] ? json_string(text + len + 1) : json_null();
	*ret = json_pack("{s:o, s:o}", "run", run, "step", step);
	return 0;
}
