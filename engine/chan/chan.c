/* chan: shared by all kinds of channels. */
#include "chan/chan.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "core/signals.h"

void
chan_exit_words(const struct chan_exit *e, char *text, size_t size)
{
	if (e->signal == SIGXFSZ)
		snprintf(text, size, "SIGXFSZ (a file grew over the limit, ulimit -f)");
	else if (e->signal > 0)
		snprintf(text, size, "%s", signal_name(e->signal));
	else if (e->exited)
		snprintf(text, size, "exit status %d", e->code);
	else
		snprintf(text, size, "no exit status");
}

void
chan_give(struct chan *c, enum chan_which which, const char *bytes, size_t len)
{
	if (len > 0 && !c->is_over && c->data != NULL)
		c->data(c->owner, which, bytes, len);
}

void
chan_out(void *c, const char *bytes, size_t len)
{
	chan_give(c, CHAN_OUT, bytes, len);
}

void
chan_err(void *c, const char *bytes, size_t len)
{
	chan_give(c, CHAN_ERR, bytes, len);
}

void
chan_end(void *chan)
{
	struct chan *c = chan;

	if (c->is_over)
		return;
	c->is_over = true;
	if (c->ended != NULL)
		c->ended(c->owner);
}

void
chan_room(void *chan)
{
	struct chan *c = chan;

	if (!c->is_over && c->room != NULL)
		c->room(c->owner);
}

void
chan_kill(struct chan *c, int sig)
{
	/* a process reports its own end; a socket or a lost node does not */
	if (c->ops->signal(c, sig) == 0)
		return;
	c->exit.lost = !c->exit.exited && c->exit.signal == 0;
	chan_end(c);
}

int
chan_no_signal(struct chan *c, int sig)
{
	(void)c;
	(void)sig;
	return -ENOTSUP;
}
