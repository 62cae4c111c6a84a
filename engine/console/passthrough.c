/* passthrough: two consoles, each typing its output at the other. */
#include <errno.h>

#include "console/console_priv.h"

int
console_pass_through(struct console *c, struct console *to)
{
	if (c == to || c->peer != NULL || to->peer != NULL)
		return -EBUSY;
	if (c->chan == NULL || to->chan == NULL)
		return -EPIPE;
	c->peer = to;
	to->peer = c;
	return 0;
}

void
passthrough_data(struct console *c, const char *bytes, size_t len)
{
	if (c->peer != NULL)
		console_write(c->peer, bytes, len);
}

void
passthrough_end(struct console *c)
{
	struct console *peer = c->peer;

	if (peer == NULL)
		return;
	c->peer = peer->peer = NULL;
	if (peer->is_private) {
		res_close(&peer->res);
		return;
	}
	/* output from the passthrough is no reply to the next command */
	if (TAILQ_EMPTY(&peer->ops))
		peer->mark = peer->next.at = window_end(peer);
	console_advance(peer);
}
