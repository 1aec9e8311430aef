/* SPDX-License-Identifier: Apache-2.0 */
/* message.c - what is in the frames between the scheduler and ingot-helper
 *
 * The helper reads foreign bytes, so its answers are not trusted: a listing out
 * of order, an id that is none, a path that leads outside is ERR_PROTOCOL.
 */
#include "scheduler/source/message.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "workers/wire/codec.h"

enum { MIN_STRING_SIZE = 5, MIN_ENTRY_SIZE = 1 + 3 * 4, BLOB_ENTRY_SIZE = DIGEST_SIZE + 8 };

static const char *get_text(struct wire_reader *r)
{
	const char *s = wire_get_str(r);

	if (!s)
		r->failed = true;
	return s ? s : "";
}

static void begin(struct wire_reader *r, const struct buf *in)
{
	wire_reader_init(r, buf_str(in), in->len);
}

void message_put_hello(struct buf *out, const struct message_hello *hello)
{
	wire_put_u32(out, hello->version);
	wire_put_str(out, hello->home);
}

int message_get_hello(const struct buf *in, struct message_hello *ret, struct err *err)
{
	struct message_hello hello;
	struct wire_reader r;

	begin(&r, in);
	hello.version = wire_get_u32(&r);
	hello.home = wire_get_str(&r);
	*ret = hello;
	return wire_reader_finish(&r, "hello", err);
}

void message_put_spec(struct buf *out, const struct source_spec *spec)
{
	wire_put_str(out, spec->repository);
	wire_put_str(out, spec->ref);
	wire_put_bool(out, spec->dirty);
}

int message_get_spec(const struct buf *in, struct source_spec *ret, struct err *err)
{
	struct wire_reader r;

	begin(&r, in);
	ret->repository = get_text(&r);
	ret->ref = wire_get_str(&r);
	ret->dirty = wire_get_bool(&r);
	return wire_reader_finish(&r, "snapshot request", err);
}

static void put_files(struct buf *out, const struct source_list *files)
{
	wire_put_u32(out, (uint32_t)files->count);
	for (size_t i = 0; i < files->count; i++) {
		const struct source_entry *entry = &files->entries[i];

		wire_put_u8(out, (uint8_t)entry->kind);
		wire_put_str(out, entry->oid);
		wire_put_str(out, entry->path);
		wire_put_str(out, entry->refusal);
	}
}

static void get_oid(struct wire_reader *r, char ret[SOURCE_OID_HEX_SIZE])
{
	const char *oid = get_text(r);

	if (strlen(oid) != SOURCE_OID_HEX_SIZE - 1 ||
	    strspn(oid, "0123456789abcdef") != SOURCE_OID_HEX_SIZE - 1) {
		r->failed = true;
		return;
	}
	memcpy(ret, oid, SOURCE_OID_HEX_SIZE);
}

static void get_entry(struct wire_reader *r, struct source_entry *ret)
{
	ret->kind = (enum source_kind)wire_get_enum(r, SOURCE_KIND_COUNT);
	get_oid(r, ret->oid);
	ret->path = get_text(r);
	ret->refusal = wire_get_str(r);
	if ((ret->kind == SOURCE_REFUSED) != (ret->refusal != NULL) ||
	    (ret->kind != SOURCE_REFUSED && !path_is_inside(ret->path)))
		r->failed = true;
}

static void get_files(struct wire_reader *r, struct arena *arena, struct source_list *ret)
{
	size_t count = wire_get_count(r, MIN_ENTRY_SIZE);
	struct source_entry *entries = arena_array(arena, count, sizeof(*entries));

	for (size_t i = 0; i < count && !r->failed; i++) {
		get_entry(r, &entries[i]);
		if (i > 0 && strcmp(entries[i - 1].path, entries[i].path) > 0)
			r->failed = true;
	}
	*ret = (struct source_list){ entries, count };
}

static void put_strings(struct buf *out, const char *const *strings, size_t count)
{
	wire_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++)
		wire_put_str(out, strings[i]);
}

static const char *const *get_strings(struct wire_reader *r, struct arena *arena,
				      size_t *ret_count)
{
	size_t count = wire_get_count(r, MIN_STRING_SIZE);
	const char **strings = arena_array(arena, count, sizeof(*strings));

	for (size_t i = 0; i < count; i++)
		strings[i] = get_text(r);
	*ret_count = count;
	return strings;
}

/* A definition may hold a NUL byte, so it is no string of the codec. */
static void put_definitions(struct buf *out, const struct source_definition *definitions,
			    size_t count)
{
	wire_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		wire_put_str(out, definitions[i].path);
		wire_put_u32(out, (uint32_t)definitions[i].len);
		buf_append(out, definitions[i].text, definitions[i].len + 1);
	}
}

static void get_definition(struct wire_reader *r, struct source_definition *ret)
{
	ret->path = get_text(r);
	ret->len = wire_get_u32(r);
	if (r->failed || ret->len >= (size_t)(r->end - r->at) || r->at[ret->len] != 0) {
		r->failed = true;
		return;
	}
	ret->text = (const char *)r->at;
	r->at += ret->len + 1;
}

static const struct source_definition *get_definitions(struct wire_reader *r, struct arena *arena,
						       size_t *ret_count)
{
	size_t count = wire_get_count(r, 2 * MIN_STRING_SIZE);
	struct source_definition *definitions = arena_array(arena, count, sizeof(*definitions));

	for (size_t i = 0; i < count && !r->failed; i++)
		get_definition(r, &definitions[i]);
	*ret_count = count;
	return definitions;
}

void message_put_snapshot(struct buf *out, const struct source_snapshot *s)
{
	wire_put_str(out, s->repository);
	wire_put_str(out, s->commit);
	wire_put_str(out, s->tree);
	wire_put_str(out, s->ref);
	wire_put_str(out, s->branch);
	wire_put_str(out, s->author);
	wire_put_str(out, s->summary);
	wire_put_i64(out, s->committed_at_ms);
	wire_put_bool(out, s->dirty);
	put_files(out, &s->files);
	put_definitions(out, s->definitions, s->definition_count);
	put_strings(out, s->changes, s->change_named);
	wire_put_u64(out, s->change_count);
	put_strings(out, s->warnings, s->warning_count);
}

int message_get_snapshot(const struct buf *in, struct arena *arena, struct source_snapshot *ret,
			 struct err *err)
{
	struct source_snapshot s = { 0 };
	struct wire_reader r;
	int rc;

	begin(&r, in);
	s.repository = get_text(&r);
	s.commit = get_text(&r);
	s.tree = get_text(&r);
	s.ref = wire_get_str(&r);
	s.branch = wire_get_str(&r);
	s.author = get_text(&r);
	s.summary = get_text(&r);
	s.committed_at_ms = wire_get_i64(&r);
	s.dirty = wire_get_bool(&r);
	get_files(&r, arena, &s.files);
	s.definitions = get_definitions(&r, arena, &s.definition_count);
	s.changes = get_strings(&r, arena, &s.change_named);
	s.change_count = wire_get_u64(&r);
	s.warnings = get_strings(&r, arena, &s.warning_count);
	rc = wire_reader_finish(&r, "snapshot", err);
	if (rc == 0)
		*ret = s;
	return rc;
}

void message_put_import(struct buf *out, const struct message_import *import)
{
	wire_put_str(out, import->repository);
	put_strings(out, import->oids, import->count);
}

int message_get_import(const struct buf *in, struct arena *arena, struct message_import *ret,
		       struct err *err)
{
	struct wire_reader r;

	begin(&r, in);
	ret->repository = get_text(&r);
	ret->oids = get_strings(&r, arena, &ret->count);
	return wire_reader_finish(&r, "import request", err);
}

void message_put_blobs(struct buf *out, const struct source_blob *blobs, size_t count)
{
	wire_put_u32(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		wire_put_digest(out, &blobs[i].digest);
		wire_put_u64(out, blobs[i].size_bytes);
	}
}

int message_get_blobs(const struct buf *in, struct source_blob *ret, size_t count, struct err *err)
{
	struct wire_reader r;
	size_t sent;

	begin(&r, in);
	sent = wire_get_count(&r, BLOB_ENTRY_SIZE);
	if (sent != count)
		return err_set(err, ERR_PROTOCOL, "ingot-helper: %zu blobs for %zu", sent, count);
	for (size_t i = 0; i < count; i++) {
		wire_get_digest(&r, &ret[i].digest);
		ret[i].size_bytes = wire_get_u64(&r);
	}
	return wire_reader_finish(&r, "blobs", err);
}

void message_put_url(struct buf *out, const struct source_url *url)
{
	wire_put_str(out, url->url);
	wire_put_digest(out, &url->expected);
	wire_put_u64(out, url->max_bytes);
	wire_put_bool(out, url->allow_private);
}

int message_get_url(const struct buf *in, struct source_url *ret, struct err *err)
{
	struct wire_reader r;

	begin(&r, in);
	ret->url = get_text(&r);
	wire_get_digest(&r, &ret->expected);
	ret->max_bytes = wire_get_u64(&r);
	ret->allow_private = wire_get_bool(&r);
	return wire_reader_finish(&r, "fetch request", err);
}

void message_put_pack(struct buf *out, const struct source_pack_spec *what)
{
	wire_put_digest(out, &what->digest);
	wire_put_bool(out, what->is_tree);
	wire_put_str(out, what->name);
	wire_put_u8(out, (uint8_t)what->format);
	wire_put_str(out, what->path);
}

int message_get_pack(const struct buf *in, struct source_pack_spec *ret, struct err *err)
{
	struct wire_reader r;

	begin(&r, in);
	wire_get_digest(&r, &ret->digest);
	ret->is_tree = wire_get_bool(&r);
	ret->name = wire_get_str(&r);
	ret->format = (enum pack_format)wire_get_enum(&r, PACK_FORMAT_COUNT);
	ret->path = get_text(&r);
	if (ret->path[0] != '/' || ret->is_tree != (ret->name == NULL))
		r.failed = true;
	return wire_reader_finish(&r, "pack request", err);
}

void message_put_unpack(struct buf *out, const struct message_unpack *what)
{
	wire_put_digest(out, &what->archive);
	wire_put_str(out, what->label);
}

int message_get_unpack(const struct buf *in, struct message_unpack *ret, struct err *err)
{
	struct wire_reader r;

	begin(&r, in);
	wire_get_digest(&r, &ret->archive);
	ret->label = get_text(&r);
	return wire_reader_finish(&r, "unpack request", err);
}

void message_put_failure(struct buf *out, const struct err *failure)
{
	wire_put_str(out, err_name(failure->code));
	wire_put_str(out, failure->text);
	wire_put_str(out, failure->hint);
}

int message_get_failure(const struct buf *in, struct err *err)
{
	struct wire_reader r;
	const char *name, *text, *hint;
	int rc;

	begin(&r, in);
	name = get_text(&r);
	text = get_text(&r);
	hint = get_text(&r);
	rc = wire_reader_finish(&r, "failure", err);
	if (rc < 0)
		return rc;
	err_set(err, err_from_name(name), "%s", text);
	if (*hint)
		err_hint(err, "%s", hint);
	return err_from_name(name);
}
