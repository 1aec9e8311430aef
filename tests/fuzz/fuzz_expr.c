/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_expr.c - any text as a condition: checked, computed, explained
 *
 * What the check takes, SQLite must be able to compute: a text that passes the
 * one and is refused by the other as unknown SQL is a bug.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "scheduler/expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char cannot_compute[] = "the condition cannot be computed (";

/* What SQLite may refuse while it computes; anything else it refused to read. */
static bool is_of_values(const char *text)
{
	static const char *const reasons[] = { "integer overflow", "string or blob too big",
					       "LIKE or GLOB pattern too complex" };

	for (size_t i = 0; i < countof(reasons); i++)
		if (str_starts(text + strlen(cannot_compute), reasons[i]))
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expr_engine *engine;
	struct expr_binding bindings[EXPR_NAMES_MAX];
	struct expr_name names[EXPR_NAMES_MAX];
	struct arena arena = ARENA_INIT;
	struct expr_error mistake;
	struct buf explained = BUF_INIT;
	struct err err = ERR_INIT;
	char *text = mem_strndup((const char *)data, size);
	bool result;
	int count = expr_check(&arena, text, NULL, NULL, names, &mistake);

	if (!engine)
		engine = expr_engine_create();
	for (int i = 0; i < count; i++) {
		bindings[i].name = names[i].text;
		bindings[i].value = i % 2 ? value_text(&arena, "main") : value_double(&arena, 0.5);
	}
	if (count >= 0 &&
	    expr_eval(engine, text, bindings, (size_t)count, &result, &err) == ERR_INVALID)
		BUG_ON(str_starts(err.text, cannot_compute) && !is_of_values(err.text));
	BUG_ON(count < 0 && mistake.offset > strlen(text));
	expr_explain(text, bindings, count < 0 ? 0 : (size_t)count, &explained);
	buf_finish(&explained);
	free(text);
	arena_finish(&arena);
	return 0;
}
