/* chan: the text of a channel's exit status. */
#include "chan/chan.h"

#include <stdio.h>

#include "core/signals.h"

void
chan_exit_words(const struct chan_exit *e, char *text, size_t size)
{
	if (e->signal > 0)
		snprintf(text, size, "%s", signal_name(e->signal));
	else if (e->exited)
		snprintf(text, size, "exit status %d", e->code);
	else
		snprintf(text, size, "no exit status");
}
