/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_helper.c - messages between the scheduler and ingot-helper, both directions
 *
 * The first byte chooses the message, the rest is its payload.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "scheduler/source/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	struct buf in = BUF_INIT;
	struct err err = ERR_INIT;
	struct source_blob blobs[4];

	if (size == 0)
		return 0;
	buf_append(&in, data + 1, size - 1);
	switch (data[0] % 7) {
	case 0:
		message_get_snapshot(&in, &arena, &(struct source_snapshot){ 0 }, &err);
		break;
	case 1:
		message_get_import(&in, &arena, &(struct message_import){ 0 }, &err);
		break;
	case 2:
		message_get_spec(&in, &(struct source_spec){ 0 }, &err);
		break;
	case 3:
		message_get_url(&in, &(struct source_url){ 0 }, &err);
		break;
	case 4:
		message_get_pack(&in, &(struct source_pack_spec){ 0 }, &err);
		break;
	case 5:
		message_get_blobs(&in, blobs, 2, &err);
		break;
	default:
		message_get_failure(&in, &err);
		break;
	}
	buf_finish(&in);
	arena_finish(&arena);
	return 0;
}
