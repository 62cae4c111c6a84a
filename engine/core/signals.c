/* signals: the names of signals. */
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

int
signal_number(const char *abbreviation)
{
	for (int sig = 1; sig < 32; sig++)
		if (strcmp(sigabbrev_np(sig), abbreviation) == 0)
			return sig;
	return 0;
}
