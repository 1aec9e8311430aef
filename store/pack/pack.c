/* SPDX-License-Identifier: Apache-2.0 */
/* pack.c - the formats, and the locale that libarchive wants */
#include "store/pack/pack.h"

#include "base/err.h"
#include "base/str.h"
#include "store/pack/pack_priv.h"

static const char *const suffixes[PACK_FORMAT_COUNT] = {
	[PACK_TAR] = ".tar",
	[PACK_TAR_ZST] = ".tar.zst",
	[PACK_ZIP] = ".zip",
};

const char *pack_format_suffix(enum pack_format format)
{
	return suffixes[format];
}

int pack_format_of(const char *name, enum pack_format *ret, struct err *err)
{
	for (int i = 0; i < PACK_FORMAT_COUNT; i++)
		if (str_ends(name, suffixes[i])) {
			*ret = (enum pack_format)i;
			return 0;
		}
	return err_set(err, ERR_INVALID, "%s does not end in .tar, .tar.zst or .zip", name);
}

void pack_locale_enter(struct pack_locale *l)
{
	l->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	l->before = l->utf8 ? uselocale(l->utf8) : (locale_t)0;
}

void pack_locale_leave(struct pack_locale *l)
{
	if (!l->utf8)
		return;
	uselocale(l->before);
	freelocale(l->utf8);
}
