/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - artifacts from outside this run, as `inputs` names them
 *
 *	model:NAME@3  model:NAME@champion  artifact:NAME@latest
 *	sha256:<64 hex digits>
 *	https://host/path#sha256=<64 hex digits>     (http too: the digest guards it)
 *	s3://bucket/key  s3://bucket/key#sha256=<64 hex digits>
 */
#ifndef INGOT_SCHEDULER_PIPELINE_ADDRESS_H
#define INGOT_SCHEDULER_PIPELINE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"

struct arena;
struct err;

enum address_kind {
	ADDRESS_MODEL,
	ADDRESS_ARTIFACT,
	ADDRESS_DIGEST,
	ADDRESS_HTTP,
	ADDRESS_S3,
	ADDRESS_COUNT,
};

struct address {
	enum address_kind kind;
	const char *text;  /* as written */
	const char *name;  /* of the model or artifact; NULL for the others */
	int64_t version;   /* from 1; 0 where an alias names it */
	const char *alias; /* "latest", "champion"; NULL where a number names it */
	const char *url;   /* without the fragment; NULL for the others */
	bool has_digest;
	struct digest digest;
};

bool address_is_one(const char *text); /* begins as an address does, right or wrong */

/* Strings are allocated in the arena. ERR_INVALID says what is missing. */
int address_parse(struct arena *arena, const char *text, struct address *ret, struct err *err);

#endif
