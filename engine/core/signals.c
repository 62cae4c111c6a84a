/* signals: their names, and those that were ignored when this program was started. */
#include "core/signals.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static bool ignored[32];

void
signals_look(void)
{
	static const int sent[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP };
	struct sigaction was;

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
		ignored[sent[i]] = sigaction(sent[i], NULL, &was) == 0 && was.sa_handler == SIG_IGN;
}

bool
signals_is_ignored(int sig)
{
	return sig > 0 && sig < 32 && ignored[sig];
}

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
