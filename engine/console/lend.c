/* lend: two consoles joined: what either says is typed at the other. */
#include <errno.h>

#include "console/console_priv.h"

int
console_lend(struct console *c, struct console *to)
{
	if (c == to || c->peer != NULL || to->peer != NULL)
		return -EBUSY;
	if (c->over || to->over)
		return -EPIPE;
	c->peer = to;
	to->peer = c;
	c->is_lent = to->is_lent = true;
	return 0;
}

void
lend_hand_on(struct console *c, const char *bytes, size_t len)
{
	if (c->peer != NULL)
		console_type(c->peer, bytes, len);
}

void
lend_end(struct console *c)
{
	struct console *peer = c->peer;

	if (peer == NULL)
		return;
	c->peer = peer->peer = NULL;
	c->is_lent = peer->is_lent = false;
	if (peer->is_private) {
		res_close(&peer->res);
		return;
	}
	/* what was typed and said by others is no answer to who comes back */
	if (peer->ops == NULL)
		peer->mark = window_end(peer);
	console_advance(peer);
}
