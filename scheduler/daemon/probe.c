/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - fingerprint commands, asked of a worker once and remembered */
#include "scheduler/daemon/probe.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "scheduler/daemon/daemon_priv.h"
#include "scheduler/daemon/local.h"
#include "scheduler/daemon/worker_link.h"
#include "workers/wire/message.h"

/* Somebody who waits for an answer. */
struct asker {
	void (*done)(void *arg, const char *text, const char *message);
	void *arg;
};

struct probe {
	uint64_t id;
	char **words; /* NULL behind the last */
	uint32_t count;
	struct worker_link *link; /* that was asked; NULL: nobody yet */
	char *text;               /* the answer; NULL: none, or it failed */
	int64_t answered_at;      /* 0: not yet */
	struct asker *askers;
	size_t asker_count, asker_cap;
};

struct probes {
	struct daemon *daemon;
	struct map by_question;
	uint64_t next_id;
};

struct probes *probes_create(struct daemon *d)
{
	struct probes *p = mem_alloc(sizeof(*p));

	p->daemon = d;
	p->next_id = 1;
	return p;
}

static void probe_destroy(struct probe *probe)
{
	for (uint32_t i = 0; i < probe->count; i++)
		free(probe->words[i]);
	free(probe->words);
	free(probe->text);
	free(probe->askers);
	free(probe);
}

void probes_destroy(struct probes *p)
{
	struct map_entry *e;

	if (!p)
		return;
	for (size_t i = 0; map_next(&p->by_question, &i, &e);)
		probe_destroy(e->value);
	map_finish(&p->by_question);
	free(p);
}

/* The words, behind `env PATH=…` where a path is given. */
static void set_words(struct probe *probe, const char *const *words, uint32_t count,
		      const char *path)
{
	probe->words = mem_array(count + 3, sizeof(*probe->words));
	if (path) {
		probe->words[probe->count++] = mem_strdup("/usr/bin/env");
		probe->words[probe->count++] = mem_printf("PATH=%s", path);
	}
	for (uint32_t i = 0; i < count; i++)
		probe->words[probe->count++] = mem_strdup(words[i]);
}

static char *question_of(const char *const *words, uint32_t count, const char *path)
{
	struct buf text = BUF_INIT;
	struct json_writer w = { .out = &text };

	json_write_array(&w, NULL);
	json_write_string(&w, NULL, path);
	for (uint32_t i = 0; i < count; i++)
		json_write_string(&w, NULL, words[i]);
	json_write_end(&w);
	return buf_take(&text);
}

static void send_probe(struct probe *probe, struct worker_link *link)
{
	const struct wire_probe m = { .id = probe->id,
				      .command = { (const char **)probe->words, probe->count },
				      .timeout_ms = PROBE_TIMEOUT_MS };

	probe->link = link;
	worker_link_send_probe(link, &m);
}

static void add_asker(struct probe *probe, struct asker asker)
{
	probe->askers = mem_grow(probe->askers, &probe->asker_cap, probe->asker_count + 1,
				 sizeof(*probe->askers));
	probe->askers[probe->asker_count++] = asker;
}

static bool is_fresh(const struct probe *probe)
{
	return probe && probe->text && daemon_now() - probe->answered_at < PROBE_KEEP_MS;
}

const char *probes_known(struct probes *p, const char *const *words, uint32_t count,
			 const char *path)
{
	char *question = question_of(words, count, path);
	struct probe *probe = map_get(&p->by_question, question);

	free(question);
	return is_fresh(probe) ? probe->text : NULL;
}

void probes_ask(struct probes *p, const char *const *words, uint32_t count, const char *path,
		void (*done)(void *arg, const char *text, const char *message), void *arg)
{
	char *question = question_of(words, count, path);
	struct probe *probe = map_get(&p->by_question, question);

	if (is_fresh(probe)) {
		done(arg, probe->text, NULL);
		free(question);
		return;
	}
	if (!probe) {
		probe = mem_alloc(sizeof(*probe));
		set_words(probe, words, count, path);
		map_set(&p->by_question, question, probe);
	}
	add_asker(probe, (struct asker){ done, arg });
	if (probe->asker_count == 1) {
		struct worker_link *link = worker_link_any(p->daemon);

		probe->id = p->next_id++;
		probe->link = NULL;
		if (link)
			send_probe(probe, link);
		else
			local_want(p->daemon->local, 1);
	}
	free(question);
}

void probes_worker_ready(struct probes *p, struct worker_link *link)
{
	struct map_entry *e;

	for (size_t i = 0; map_next(&p->by_question, &i, &e);) {
		struct probe *probe = e->value;

		if (probe->asker_count && !probe->link)
			send_probe(probe, link);
	}
}

void probes_worker_gone(struct probes *p, struct worker_link *link)
{
	struct worker_link *other = worker_link_any(p->daemon);
	struct map_entry *e;

	for (size_t i = 0; map_next(&p->by_question, &i, &e);) {
		struct probe *probe = e->value;

		if (!probe->asker_count || probe->link != link)
			continue;
		probe->link = NULL;
		if (other)
			send_probe(probe, other);
		else
			local_want(p->daemon->local, 1);
	}
}

static struct probe *find_probe(struct probes *p, uint64_t id)
{
	struct map_entry *e;

	for (size_t i = 0; map_next(&p->by_question, &i, &e);) {
		struct probe *probe = e->value;

		if (probe->id == id && probe->asker_count)
			return probe;
	}
	return NULL;
}

static void tell_askers(struct probe *probe, const char *text, const char *message)
{
	struct asker *askers = probe->askers; /* an answer may ask again */
	size_t count = probe->asker_count;

	probe->askers = NULL;
	probe->asker_count = probe->asker_cap = 0;
	for (size_t i = 0; i < count; i++)
		askers[i].done(askers[i].arg, text, message);
	free(askers);
}

void probes_answered(struct probes *p, const struct wire_probe_done *m)
{
	struct probe *probe = find_probe(p, m->id);
	char *message = NULL;

	if (!probe)
		return;
	free(probe->text);
	probe->text = m->exit_code == 0 ? mem_strdup(m->output) : NULL;
	probe->answered_at = daemon_now();
	if (!probe->text)
		message = mem_printf("fingerprint command '%s' exited with %d",
				     probe->words[probe->count - 1], m->exit_code);
	tell_askers(probe, probe->text, message);
	free(message);
}

void probes_abandon(struct probes *p)
{
	struct map_entry *e;

	for (size_t i = 0; map_next(&p->by_question, &i, &e);)
		tell_askers(e->value, NULL, NULL);
}
