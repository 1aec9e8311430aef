/* SPDX-License-Identifier: Apache-2.0 */
/* pin.c - inputs from outside a run become contents when it is submitted */
#include "scheduler/daemon/pin.h"

#include "base/str.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/intake.h"
#include "scheduler/daemon/reader.h"
#include "store/blob/blob.h"
#include "store/records/query_artifacts.h"

enum { DOWNLOAD_MAX_GIB = 100 };

/* Of an input: where it stands, for messages. */
static int at_input(struct intake *in, const struct input *input, int code, const char *text)
{
	return err_set(&in->err, code, "%s:%d:%d: input '%s': %s", in->pipeline->file,
		       input->from_pos.line, input->from_pos.column, input->name, text);
}

static int pin_recorded(struct intake *in, const struct input *input, struct plan_pin *pin)
{
	struct artifact artifact;
	struct err err = ERR_INIT;
	struct db *db = reader_lock(in->daemon->reader);
	int rc = query_artifact(db, input->address.text, &in->arena, &artifact, &err);

	reader_unlock(in->daemon->reader);
	if (rc < 0)
		return at_input(in, input, rc, err.text);
	pin->digest = artifact.digest;
	pin->is_tree = artifact.is_tree;
	return 0;
}

static int pin_download(struct intake *in, const struct input *input, struct plan_pin *pin,
			struct source_client *client)
{
	const struct source_url url = { .url = input->address.url,
					.expected = input->address.digest,
					.max_bytes = (uint64_t)DOWNLOAD_MAX_GIB << 30,
					/* A home's scheduler serves its own user, who may go
					 * anywhere; the digest says what comes back. */
					.allow_private = true };
	struct source_blob blob;
	struct err err = ERR_INIT;
	int rc;

	pin->digest = input->address.digest;
	if (blob_exists(in->daemon->blobs, &pin->digest))
		return 0;
	rc = source_fetch_url(client, &url, SOURCE_FETCH_TIMEOUT_MS, &blob, &err);
	return rc < 0 ? at_input(in, input, rc, err.text) : 0;
}

static int pin_one(struct intake *in, const struct input *input, struct plan_pin *pin,
		   struct source_client *client)
{
	switch (input->address.kind) {
	case ADDRESS_MODEL:
	case ADDRESS_ARTIFACT:
	case ADDRESS_DIGEST:
		return pin_recorded(in, input, pin);
	case ADDRESS_HTTP:
		return pin_download(in, input, pin, client);
	case ADDRESS_S3:
	case ADDRESS_COUNT:
		break;
	}
	return at_input(in, input, ERR_INVALID, "s3 addresses cannot be fetched yet");
}

static bool is_pinned(const struct intake *in, const char *address)
{
	for (size_t i = 0; i < in->pin_count; i++) {
		if (str_eq(in->pins[i].address, address))
			return true;
	}
	return false;
}

int pin_inputs(struct intake *in, struct source_client *client)
{
	size_t count = 0;

	for (size_t s = 0; s < in->pipeline->step_count; s++)
		count += in->pipeline->steps[s].input_count;
	in->pins = arena_array(&in->arena, count, sizeof(*in->pins));
	for (size_t s = 0; s < in->pipeline->step_count; s++) {
		const struct step *step = &in->pipeline->steps[s];

		for (size_t i = 0; i < step->input_count; i++) {
			const struct input *input = &step->inputs[i];
			struct plan_pin *pin = &in->pins[in->pin_count];
			int rc;

			if (input->form != INPUT_ADDRESS || is_pinned(in, input->address.text))
				continue;
			pin->address = input->address.text;
			rc = pin_one(in, input, pin, client);
			if (rc < 0)
				return rc;
			in->pin_count++;
		}
	}
	return 0;
}
