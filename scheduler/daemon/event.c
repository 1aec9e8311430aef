/* SPDX-License-Identifier: Apache-2.0 */
/* event.c - what happened, for the record */
#include "scheduler/daemon/event.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "scheduler/daemon/daemon_priv.h"
#include "store/records/batch.h"
#include "store/records/writer.h"

void event_record(struct daemon *d, const char *kind, uint64_t run, uint64_t step,
		  const char *detail_key, const char *detail)
{
	struct buf text = BUF_INIT;
	struct json_writer w = { .out = &text };

	json_write_object(&w, NULL);
	if (detail_key && detail)
		json_write_string(&w, detail_key, detail);
	json_write_end(&w);
	batch_event(writer_batch(d->writer), &(struct event_row){ .at = clock_wall_ms(),
								  .run = run,
								  .step_id = step,
								  .kind = kind,
								  .detail = buf_str(&text) });
	buf_finish(&text);
}
