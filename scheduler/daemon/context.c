/* SPDX-License-Identifier: Apache-2.0 */
/* context.c - the document "context" of a run: how it was asked for */
#include "scheduler/daemon/context.h"

#include <jansson.h>

#include "base/json.h"
#include "base/str.h"
#include "scheduler/daemon/intake.h"

void context_write(const struct intake *in, struct buf *out)
{
	struct json_writer w = { .out = out };

	json_write_object(&w, NULL);
	json_write_string(&w, "file", in->definition->path);
	json_write_string(&w, "only", in->request.step);
	json_write_string(&w, "path", in->request.path);
	json_write_bool(&w, "no_cache", in->request.no_cache);
	json_write_array(&w, "pins");
	for (size_t i = 0; i < in->pin_count; i++) {
		json_write_object(&w, NULL);
		json_write_string(&w, "address", in->pins[i].address);
		json_write_digest(&w, "digest", &in->pins[i].digest);
		json_write_string(&w, "kind", in->pins[i].is_tree ? "folder" : "file");
		json_write_end(&w);
	}
	json_write_end(&w);
	json_write_end(&w);
}

static const char *text_of(const json_t *object, const char *key, struct arena *a)
{
	return arena_strdup(a, json_string_value(json_object_get(object, key)));
}

static int read_pins(const json_t *list, struct arena *arena, struct context *ret)
{
	struct plan_pin *pins = arena_array(arena, json_array_size(list), sizeof(*pins));

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const char *digest = json_string_value(json_object_get(item, "digest"));
		const char *kind = json_string_value(json_object_get(item, "kind"));

		pins[i].address = text_of(item, "address", arena);
		if (!pins[i].address || !digest || digest_parse(digest, &pins[i].digest) < 0)
			return ERR_DAMAGED;
		pins[i].is_tree = str_eq(kind, "folder");
	}
	ret->pins = pins;
	ret->pin_count = json_array_size(list);
	return 0;
}

int context_read(const char *text, size_t len, struct arena *arena, struct context *ret,
		 struct err *err)
{
	json_t *root;
	int rc = json_parse(text, len, &root, err);

	if (rc < 0)
		return err_set(err, ERR_DAMAGED, "the context of a run cannot be read");
	*ret = (struct context){
		.file = text_of(root, "file", arena),
		.only = text_of(root, "only", arena),
		.path = text_of(root, "path", arena),
		.no_cache = json_is_true(json_object_get(root, "no_cache")),
	};
	rc = read_pins(json_object_get(root, "pins"), arena, ret);
	json_decref(root);
	if (rc < 0 || !ret->file)
		return err_set(err, ERR_DAMAGED, "the context of a run is incomplete");
	return 0;
}
