/* signals: a signal's name, for whoever prints one. */
#include "core/signals.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

const char *
signal_name(int sig)
{
	static char name[32];
	const char *known = sigabbrev_np(sig);

	if (sig == 0)
		return NULL;
	if (known != NULL)
		snprintf(name, sizeof(name), "SIG%s", known);
	else
		snprintf(name, sizeof(name), "signal %d", sig);
	return name;
}
