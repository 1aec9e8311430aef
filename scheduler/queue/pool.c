/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - the resources of a machine, and who holds them
 *
 * Counts for what is divisible, a mask for GPUs. A device is never in two masks
 * at once: pool_take gives free ones alone.
 */
#include "scheduler/queue/pool.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

void pool_set(struct pool *p, const struct pool_spec *spec, struct label_table *labels)
{
	BUG_ON(spec->gpus > POOL_GPUS_MAX);
	if (!p->name)
		p->name = mem_strdup(spec->name);
	p->cpu_milli = spec->cpu_milli;
	p->memory_bytes = spec->memory_bytes;
	p->disk_bytes = spec->disk_bytes;
	p->gpus = spec->gpus;
	for (uint32_t i = 0; i < spec->gpus; i++)
		p->gpu_memory_bytes[i] = spec->gpu_memory_bytes ? spec->gpu_memory_bytes[i] : 0;
	p->max_workers = spec->max_workers;
	p->removed = false;
	label_set_finish(&p->labels);
	label_set_add(&p->labels, labels, spec->labels, spec->label_count);
}

void pool_finish(struct pool *p)
{
	free(p->name);
	label_set_finish(&p->labels);
}

/* The first devices that will do and are not in `held`; fewer than asked for
 * where there are no more. */
static uint64_t choose_gpus(const struct pool *p, const struct demand *d, uint64_t held)
{
	uint64_t chosen = 0;
	uint32_t count = 0;

	for (uint32_t i = 0; i < p->gpus && count < d->gpus; i++) {
		if (held >> i & 1 || p->gpu_memory_bytes[i] < d->gpu_memory_bytes)
			continue;
		chosen |= (uint64_t)1 << i;
		count++;
	}
	return chosen;
}

static uint32_t count_gpus(uint64_t gpus)
{
	return (uint32_t)__builtin_popcountll(gpus);
}

bool pool_could_fit(const struct pool *p, const struct demand *d)
{
	return !p->removed && d->cpu_milli <= p->cpu_milli && d->memory_bytes <= p->memory_bytes &&
	       d->disk_bytes <= p->disk_bytes && count_gpus(choose_gpus(p, d, 0)) == d->gpus;
}

bool pool_fits(const struct pool *p, const struct demand *d)
{
	return !p->removed && d->cpu_milli <= p->cpu_milli - p->cpu_milli_held &&
	       d->memory_bytes <= p->memory_bytes - p->memory_bytes_held &&
	       d->disk_bytes <= p->disk_bytes - p->disk_bytes_held &&
	       count_gpus(choose_gpus(p, d, p->gpus_held)) == d->gpus;
}

void pool_take_back(struct pool *p, const struct demand *d, uint64_t gpus)
{
	p->cpu_milli_held += d->cpu_milli;
	p->memory_bytes_held += d->memory_bytes;
	p->disk_bytes_held += d->disk_bytes;
	p->gpus_held |= gpus;
}

uint64_t pool_take(struct pool *p, const struct demand *d)
{
	uint64_t gpus = choose_gpus(p, d, p->gpus_held);

	BUG_ON(!pool_fits(p, d));
	pool_take_back(p, d, gpus);
	return gpus;
}

void pool_give(struct pool *p, const struct demand *d, uint64_t gpus)
{
	p->cpu_milli_held -= d->cpu_milli;
	p->memory_bytes_held -= d->memory_bytes;
	p->disk_bytes_held -= d->disk_bytes;
	p->gpus_held &= ~gpus;
	BUG_ON(p->cpu_milli_held < 0 || p->memory_bytes_held < 0 || p->disk_bytes_held < 0);
}

static int64_t at_least_0(int64_t v)
{
	return v < 0 ? 0 : v;
}

static void clause(struct buf *out, int count)
{
	if (count)
		buf_str_append(out, ", ");
}

static int cpu_short(const struct pool *p, const struct demand *d, struct buf *out)
{
	int64_t vacant = p->cpu_milli - p->cpu_milli_held;

	if (d->cpu_milli <= vacant)
		return 0;
	buf_printf(out, "%g of %g cpu free, %g needed", (double)at_least_0(vacant) / 1000,
		   (double)p->cpu_milli / 1000, (double)d->cpu_milli / 1000);
	return 1;
}

static int bytes_short(const char *what, int64_t total, int64_t held, int64_t wanted, int count,
		       struct buf *out)
{
	if (wanted <= total - held)
		return 0;
	clause(out, count);
	str_format_size(out, (uint64_t)at_least_0(total - held));
	buf_str_append(out, " of ");
	str_format_size(out, (uint64_t)total);
	buf_printf(out, " %s free, ", what);
	str_format_size(out, (uint64_t)wanted);
	buf_str_append(out, " needed");
	return 1;
}

static int gpus_short(const struct pool *p, const struct demand *d, int count, struct buf *out)
{
	struct demand any = { .gpus = POOL_GPUS_MAX, .gpu_memory_bytes = d->gpu_memory_bytes };
	uint32_t fit = count_gpus(choose_gpus(p, &any, 0));
	uint32_t vacant = count_gpus(choose_gpus(p, &any, p->gpus_held));

	if (vacant >= d->gpus)
		return 0;
	clause(out, count);
	buf_printf(out, "%u of %u GPU%s", vacant, fit, fit == 1 ? "" : "s");
	if (d->gpu_memory_bytes) {
		buf_str_append(out, " with ");
		str_format_size(out, (uint64_t)d->gpu_memory_bytes);
	}
	buf_printf(out, " free, %u needed", d->gpus);
	return 1;
}

int pool_shortage(const struct pool *p, const struct demand *d, struct buf *out)
{
	int count = cpu_short(p, d, out);

	count += bytes_short("memory", p->memory_bytes, p->memory_bytes_held, d->memory_bytes,
			     count, out);
	count += bytes_short("disk", p->disk_bytes, p->disk_bytes_held, d->disk_bytes, count, out);
	return count + gpus_short(p, d, count, out);
}
