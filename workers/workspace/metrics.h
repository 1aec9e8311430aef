/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.h - the numbers in a metrics file
 *
 * A JSON object. Its numbers are the metrics, those of nested objects too, named
 * "a.b". What is neither (texts, truth values, null, arrays) is passed over, since
 * existing programs write such things beside their numbers.
 */
#ifndef INGOT_WORKERS_METRICS_H
#define INGOT_WORKERS_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct err;
struct wire_metric;

enum { METRICS_FILE_MAX = 1 << 20, METRICS_MAX = 10000 };

/* Fills *ret with the metrics in the file's order, allocated in the arena. path is
 * for messages. ERR_INVALID, naming path and line, for what is no JSON object
 * (NaN and Infinity are no JSON) and for a name that comes twice; ERR_TOO_LARGE
 * above METRICS_MAX. */
int metrics_parse(const char *path, const char *text, size_t len, struct arena *arena,
		  struct wire_metric **ret, uint32_t *ret_count, struct err *err);

#endif
