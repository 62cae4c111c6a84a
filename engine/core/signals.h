/* signals: their names, and those that were ignored when this program was started. */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

/* Look, before anything handles one, which of those that a terminal or a person sends are ignored:
 * SIGHUP by nohup, SIGINT and SIGQUIT in a shell's background. They stay so, here and in programs.
 */
void signals_look(void);
bool signals_is_ignored(int sig);

/* "SIGKILL"; "signal 64" for one without a name; NULL for 0. Valid until the next call. */
const char *signal_name(int sig);
/* The signal that is called "KILL"; 0: none is. */
int signal_number(const char *abbreviation);

#endif
