/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_metrics.c - metrics from a step: a file at the end, lines on the way
 *
 * Lines must give the same points however they are cut: the first byte of the
 * input says where.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "workers/wire/message.h"
#include "workers/workspace/metrics.h"
#include "workers/workspace/points.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void note(void *arg, const char *series, int64_t step, double value)
{
	BUG_ON(!isfinite(value));
	buf_printf(arg, "%s@%lld=%a\n", series, (long long)step, value);
}

static void read_lines(const char *text, size_t len, size_t piece, struct buf *out)
{
	struct points p;

	points_init(&p, note, out);
	for (size_t at = 0; at < len; at += piece)
		points_feed(&p, text + at, piece < len - at ? piece : len - at);
	points_end(&p);
	BUG_ON(p.broken > p.lines);
	BUG_ON((p.broken > 0) != (p.reason[0] != '\0'));
	buf_printf(out, "%llu %llu %s", (unsigned long long)p.lines, (unsigned long long)p.broken,
		   p.reason);
	points_finish(&p);
}

static void read_file(const char *text, size_t len)
{
	struct arena arena = ARENA_INIT;
	struct wire_metric *metrics = NULL;
	uint32_t count = 0;

	if (metrics_parse("m", text, len, &arena, &metrics, &count, NULL) == 0)
		for (uint32_t i = 0; i < count; i++)
			BUG_ON(!metrics[i].name[0] || !isfinite(metrics[i].value));
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct buf whole = BUF_INIT, cut = BUF_INIT;

	if (size < 1)
		return 0;
	read_file(text, size - 1);
	read_lines(text, size - 1, size, &whole);
	read_lines(text, size - 1, (size_t)data[0] + 1, &cut);
	BUG_ON(strcmp(buf_str(&whole), buf_str(&cut)) != 0);
	buf_finish(&whole);
	buf_finish(&cut);
	return 0;
}
