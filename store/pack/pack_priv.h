/* SPDX-License-Identifier: Apache-2.0 */
/* pack_priv.h - what the files of this room share */
#ifndef INGOT_STORE_PACK_PRIV_H
#define INGOT_STORE_PACK_PRIV_H

#include <locale.h>

/* libarchive converts names by the locale, and in "C" loses what is not ASCII.
 * Between these two calls this thread's locale is UTF-8. */
struct pack_locale {
	locale_t utf8, before;
};

void pack_locale_enter(struct pack_locale *l);
void pack_locale_leave(struct pack_locale *l);

enum { PACK_CHUNK = 256 << 10 };

#endif
