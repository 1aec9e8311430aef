/* SPDX-License-Identifier: Apache-2.0 */
/* follow.c - stays with a run until it has ended, showing how it goes */
#include "cli/follow.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/call.h"
#include "cli/failures.h"
#include "cli/output/text.h"
#include "cli/progress/plain.h"
#include "cli/progress/run_view.h"
#include "cli/progress/screen.h"
#include "cli/progress/summary.h"
#include "cli/progress/tree.h"
#include "cli/signals.h"
#include "cli/talk.h"

enum {
	DRAW_EVERY_MS = 100,
	LAST_WORD_MS = 1000,
	RECONNECTS_MAX = 20, /* without a word in between */
	GO_ON = 1000,        /* beside exit codes and errors: the run has not ended */
};

enum form { FORM_NOTHING, FORM_LINES, FORM_TREE };

struct follow {
	const struct call *call;
	struct talk **client;
	struct signals signals;
	struct run_view view;
	struct screen screen;
	enum form form;
	enum follow_interrupt interrupt;
	FILE *out;
	bool colored, utf8;
	uint32_t id;           /* of run.follow */
	int64_t shown_ms;      /* when the tree, or a line, was written last; monotonic */
	int64_t deadline_ms;   /* INT64_MAX: none */
	int interruptions;
	int reconnects;
	json_t *failures;
};

static int64_t now_ms(void)
{
	return clock_mono_us() / 1000;
}

static enum form choose_form(const struct call *call, FILE *out)
{
	const char *term = getenv("TERM");

	if (call->settings.quiet)
		return FORM_NOTHING;
	if (isatty(fileno(out)) && term && !str_eq(term, "dumb"))
		return FORM_TREE;
	return FORM_LINES;
}

static void write_out(struct follow *f, struct buf *text)
{
	fwrite(buf_str(text), 1, text->len, f->out);
	fflush(f->out);
	f->shown_ms = now_ms();
	buf_finish(text);
}

/* height 0: all of it, for the last time. */
static void draw(struct follow *f, bool is_last)
{
	struct tree_shape shape = { .colored = f->colored, .utf8 = f->utf8 };
	struct buf frame = BUF_INIT;

	screen_size(&f->screen, &shape.width, &shape.height);
	shape.height = is_last ? 0 : shape.height - (shape.height > 1);
	tree_render(&f->view, &shape, clock_wall_ms(), &frame);
	screen_draw(&f->screen, buf_str(&frame), shape.width);
	f->shown_ms = now_ms();
	buf_finish(&frame);
}

/* A word of our own: above the tree, or between the lines. */
static void __attribute__((format(printf, 2, 3))) say(struct follow *f, const char *fmt, ...)
{
	FILE *out = f->form == FORM_TREE ? f->out : stderr;
	va_list ap;

	if (f->form == FORM_TREE)
		screen_clear(&f->screen);
	va_start(ap, fmt);
	vfprintf(out, fmt, ap);
	va_end(ap);
	putc('\n', out);
	fflush(out);
}

static void on_change(void *arg, const struct run_view *v, const struct view_step *step,
		      enum step_state before)
{
	struct follow *f = arg;
	struct buf line = BUF_INIT;

	if (f->form != FORM_LINES)
		return;
	plain_step(v, step, before, f->colored, &line);
	if (line.len > 0)
		write_out(f, &line);
	else
		buf_finish(&line);
}

static int ask(struct follow *f, struct err *err)
{
	json_t *args = json_pack("{s:I, s:b}", "run", (json_int_t)f->view.run, "tail",
				 f->form == FORM_TREE);

	return talk_request(*f->client, "run.follow", args, &f->id, err);
}

static int reconnect(struct follow *f, struct err *err)
{
	int rc;

	if (f->reconnects++ == RECONNECTS_MAX)
		return ERR_UNREACHABLE;
	say(f, "the scheduler has gone away: starting it again");
	talk_close(*f->client);
	*f->client = NULL;
	rc = talk_open(&f->call->settings, f->client, err);
	return rc < 0 ? rc : ask(f, err);
}

/* Who leaves before its last word was heard may not be heard: the scheduler gives a
 * connection up that it cannot write to, with what it had not read yet. */
static void await_answer(struct follow *f, uint32_t id)
{
	int64_t until = now_ms() + LAST_WORD_MS;
	struct talk_message m;

	while (now_ms() < until &&
	       talk_next(*f->client, (int)(until - now_ms()), -1, &m, NULL) == 0) {
		if (m.kind == TALK_REPLY && m.id == id)
			return;
	}
}

static void cancel(struct follow *f, bool at_once)
{
	json_t *args = json_pack("{s:I, s:b}", "run", (json_int_t)f->view.run, "at_once", at_once);
	uint32_t id;

	if (talk_request(*f->client, "run.cancel", args, &id, NULL) == 0 && at_once)
		await_answer(f, id);
}

/* Returns an exit code to leave with, or GO_ON; so on_wake(). */
static int on_interrupt(struct follow *f)
{
	long long run = f->view.run;

	f->interruptions++;
	if (f->interrupt == FOLLOW_LEAVES) {
		say(f, "run %lld goes on: ingot wait %lld", run, run);
		return err_exit_code(ERR_INTERRUPTED);
	}
	cancel(f, f->interruptions > 1);
	if (f->interruptions == 1) {
		say(f, "cancelling run %lld: its steps get their grace; Ctrl-C ends them at once",
		    run);
		return GO_ON;
	}
	say(f, "run %lld is cancelled at once", run);
	return err_exit_code(ERR_INTERRUPTED);
}

static int on_wake(struct follow *f)
{
	int signal, code = GO_ON;

	while (code == GO_ON && (signal = signals_take(&f->signals)) != 0)
		if (signal == SIGWINCH)
			f->shown_ms = 0;
		else
			code = on_interrupt(f);
	return code;
}

static void refresh(struct follow *f)
{
	struct buf line = BUF_INIT;
	int64_t passed = now_ms() - f->shown_ms;

	if (f->form == FORM_TREE && passed >= DRAW_EVERY_MS)
		draw(f, false);
	if (f->form == FORM_LINES && passed >= PLAIN_HEARTBEAT_MS) {
		plain_heartbeat(&f->view, clock_wall_ms(), &line);
		write_out(f, &line);
	}
}

static int timeout_left(const struct follow *f)
{
	int64_t every = f->form == FORM_TREE ? DRAW_EVERY_MS : PLAIN_HEARTBEAT_MS;
	int64_t now = now_ms();
	int64_t left = f->shown_ms + every - now;

	if (f->deadline_ms - now < left)
		left = f->deadline_ms - now;
	return left < 0 ? 0 : (int)left;
}

/* The answer to run.follow: the run is over. */
static int on_end(struct follow *f, const struct talk_message *m, struct err *err)
{
	json_t *result, *run;
	int rc = talk_result(m, &result, err);

	if (rc < 0)
		return rc;
	run = json_object_get(result, "run");
	run_view_run(&f->view, run);
	/* Of a run that had ended before, nothing has come so far. */
	run_view_event(&f->view, run, on_change, f);
	f->failures = json_incref(json_object_get(result, "failures"));
	return summary_exit_code(&f->view, f->failures);
}

/* Returns an exit code or an error to leave with, or GO_ON. */
static int turn(struct follow *f, struct err *err)
{
	struct talk_message m;
	int rc = talk_next(*f->client, timeout_left(f), f->signals.fd, &m, err);

	if (rc == ERR_UNREACHABLE) {
		rc = reconnect(f, err);
		return rc < 0 ? rc : GO_ON;
	}
	if (rc < 0)
		return rc;
	if (m.kind == TALK_WAKE)
		return on_wake(f);
	if (m.kind == TALK_EVENT && m.id == f->id) {
		f->reconnects = 0;
		run_view_event(&f->view, m.body, on_change, f);
	}
	if (m.kind == TALK_REPLY && m.id == f->id)
		return on_end(f, &m, err);
	if (now_ms() >= f->deadline_ms)
		return err_set(err, ERR_TIMEOUT, "run %lld has not ended in time: it goes on",
			       (long long)f->view.run);
	refresh(f);
	return GO_ON;
}

static void show_end(struct follow *f)
{
	struct buf text = BUF_INIT;

	if (f->form == FORM_NOTHING)
		return;
	if (f->view.state == RUN_STATE_FAILED && json_array_size(f->failures) == 0) {
		json_decref(f->failures);
		f->failures = failures_ask(*f->client, &f->view);
	}
	if (f->form == FORM_TREE) {
		draw(f, true);
		screen_keep(&f->screen);
	}
	summary_render(&f->view, f->failures, f->colored, &text);
	write_out(f, &text);
}

int follow_run(const struct call *call, struct talk **c, int64_t run,
	       enum follow_interrupt interrupt, int64_t timeout_ms, struct err *err)
{
	FILE *out = call->settings.json ? stderr : stdout;
	struct follow f = {
		.call = call,
		.client = c,
		.out = out,
		.form = choose_form(call, out),
		.interrupt = interrupt,
		.colored = color_wanted(call->settings.color, fileno(out)),
		.shown_ms = now_ms(),
		.deadline_ms = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms,
	};
	int rc = signals_open(&f.signals, err);

	if (rc < 0)
		return rc;
	f.utf8 = text_init();
	run_view_init(&f.view, run);
	screen_init(&f.screen, out);
	rc = ask(&f, err);
	while (rc >= 0 && (rc = turn(&f, err)) == GO_ON)
		;
	if (f.failures)
		show_end(&f);
	if (rc >= 0 && f.interruptions > 0)
		rc = err_exit_code(ERR_INTERRUPTED);
	json_decref(f.failures);
	screen_finish(&f.screen);
	run_view_finish(&f.view);
	signals_close(&f.signals);
	return rc;
}
