/* console: a byte stream that we type at and read back. */
#include "console/console_priv.h"

#include <errno.h>
#include <signal.h>

#include "core/signals.h"
#include "core/task.h"

/* The output kept in memory; the transcript has all of it. (The fuzz programs are built with less,
 * so that it overflows.) */
#ifndef WINDOW_MAX
#define WINDOW_MAX  (1u << 20)
#define WINDOW_IDLE (64u << 10)
#endif

static void
window_trim(struct console *c)
{
	size_t keep = TAILQ_EMPTY(&c->ops) ? WINDOW_IDLE : WINDOW_MAX;

	/* twice the size before it moves: moving is then a constant cost a byte */
	if (c->window.len <= 2 * keep)
		return;
	c->base += c->window.len - keep;
	buf_drop(&c->window, c->window.len - keep);
}

static void
console_data(void *owner, enum chan_which which, const char *bytes, size_t len)
{
	struct console *c = owner;

	if (which == CHAN_OUT)
		c->received += len;
	if (len > 0)
		c->last_output = loop_now();
	transcript_write(c->transcript, bytes, len);
	passthrough_data(c, bytes, len);
	strip_feed(&c->strip, bytes, len, &c->window);
	console_advance(c);
	chatter_data(c);
	window_trim(c);
}

static void
console_ended(void *owner)
{
	struct console *c = owner;

	c->exit = c->chan->exit;
	/* over SSH it came later than the console */
	c->pid = console_pid(c);
	c->chan->ops->destroy(c->chan);
	c->chan = NULL;
	if (!c->is_private)
		log_event("exit", json_pack("{s:s, s:b, s:i, s:s*}", "console", c->res.name,
					    "exited", c->exit.exited, "code", c->exit.code,
					    "signal", signal_name(c->exit.signal)));
	passthrough_end(c);
	reply_end_all(c);
	wait_end_all(&c->end_waits, 0);
	transcript_close(&c->transcript);
	res_closed(&c->res);
}

static void
console_soft(struct res *r)
{
	struct console *c = (struct console *)r;

	if (c->chan == NULL)
		return;
	if (c->end_line != NULL) {
		log_event("command",
			  json_pack("{s:s, s:s}", "console", r->name, "line", c->end_line));
		console_type(c, c->end_line, strlen(c->end_line));
		console_type(c, "\n", 1);
	} else if (c->end_signal == 0 || c->chan->ops->signal(c->chan, c->end_signal) < 0) {
		res_harden(r);
	}
}

static void
console_hard(struct res *r)
{
	struct console *c = (struct console *)r;

	if (c->chan != NULL)
		chan_kill(c->chan, c->hard_signal);
}

static void
console_destroy(struct res *r)
{
	struct console *c = (struct console *)r;

	/* a stuck program never reported its end */
	passthrough_end(c);
	if (c->chan != NULL)
		c->chan->ops->destroy(c->chan);
	transcript_close(&c->transcript);
	if (!c->is_private)
		chatter_close(c);
	buf_free(&c->window);
	prompt_free(&c->prompt);
	free(c->end_line);
	free(c);
}

static const struct res_ops console_ops = {
	.kind = "console", .soft = console_soft, .hard = console_hard, .destroy = console_destroy
};

struct console *
console_open(struct scope *s, const char *name, struct chan *chan, const struct console_end *end)
{
	struct console *c = xcalloc(1, sizeof(*c));
	char full[56]; /* a number may follow in the resource's name */

	/* "testpmd@CELL" in a scope within another */
	if (s->res.scope != NULL)
		snprintf(full, sizeof(full), "%.*s@%.*s", (int)text_cut(name, 30), name,
			 (int)text_cut(s->res.name, 24), s->res.name);
	if (s->res.scope != NULL)
		name = full;
	c->chan = chan;
	TAILQ_INIT(&c->ops);
	c->pid = chan->pid;
	c->is_private = end->is_private;
	c->transcript = c->is_private ? NULL : transcript_open(name);
	c->end_line = end->line != NULL ? xstrdup(end->line) : NULL;
	c->end_signal = end->signal;
	c->hard_signal = end->hard != 0 ? end->hard : SIGKILL;
	c->next.is_asked = true;
	if (!c->is_private)
		task_act();
	buf_add(&c->window, "", 0);
	chan->data = console_data;
	chan->ended = console_ended;
	chan->owner = c;
	res_open(&c->res, &console_ops, s, c->transcript ? transcript_name(c->transcript) : name,
		 end->line != NULL || end->signal != 0 ? end->grace : 0);
	c->res.detached = c->is_private;
	if (!c->is_private)
		chatter_open(c);
	return c;
}

struct res *
console_res(struct console *c)
{
	return &c->res;
}

void
console_await_end(struct console *c, double seconds, struct wait *w)
{
	wait_queue(&c->end_waits, w, seconds);
	if (c->chan == NULL)
		wait_end_all(&c->end_waits, 0);
}

const struct chan_exit *
console_exit(const struct console *c)
{
	return &c->exit;
}

bool
console_is_over(const struct console *c)
{
	return c->chan == NULL;
}

int
console_signal(struct console *c, int sig)
{
	if (c->chan == NULL)
		return -ESRCH;
	next_asked(c);
	log_event("signal",
		  json_pack("{s:s, s:s*}", "console", c->res.name, "signal", signal_name(sig)));
	return c->chan->ops->signal(c->chan, sig);
}

void
console_eof(struct console *c)
{
	if (c->chan == NULL)
		return;
	next_asked(c);
	c->chan->ops->eof(c->chan);
}

long
console_pid(const struct console *c)
{
	return c->chan != NULL ? c->chan->pid : c->pid;
}

char *
console_tail(const struct console *c, size_t lines)
{
	size_t end = c->window.len, at;

	while (end > 0 && c->window.data[end - 1] == '\n')
		end--;
	for (at = end; at > 0; at--)
		if (c->window.data[at - 1] == '\n' && --lines == 0)
			break;
	return xstrndup(c->window.data + at, end - at);
}

double
console_last_output(const struct console *c)
{
	return c->last_output;
}

uint64_t
console_mark(const struct console *c)
{
	return window_end(c);
}

uint64_t
console_received(const struct console *c)
{
	return c->received;
}

char *
console_since(const struct console *c, uint64_t mark, size_t *len)
{
	uint64_t from = mark > c->base ? mark : c->base;
	size_t off = from < window_end(c) ? (size_t)(from - c->base) : c->window.len;

	*len = c->window.len - off;
	return xstrndup(c->window.data + off, *len);
}
