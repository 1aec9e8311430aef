/* SPDX-License-Identifier: Apache-2.0 */
/* buf.h - a byte buffer that grows
 *
 * buf->data is always NUL-terminated once anything was appended (the NUL is not
 * counted in len), and buf_str() gives "" for an empty one.
 */
#ifndef INGOT_BASE_BUF_H
#define INGOT_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
};

#define BUF_INIT { 0 }

void buf_finish(struct buf *b);           /* frees; b is empty and usable again */
void buf_clear(struct buf *b);            /* len 0, keeps the memory */
void buf_reserve(struct buf *b, size_t extra); /* room behind len, and for the NUL */
void buf_append(struct buf *b, const void *data, size_t len);
void buf_str_append(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void buf_consume(struct buf *b, size_t len); /* drops len bytes from the front */
const char *buf_str(const struct buf *b);    /* lent; valid until the next append */
char *buf_take(struct buf *b);               /* a string that the caller frees; never NULL */

#endif
