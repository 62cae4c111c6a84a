/* signals: the names of signals. */
#ifndef SIGNALS_H
#define SIGNALS_H

/* "SIGKILL"; "signal 64" for one without a name; NULL for 0. Valid until the next call. */
const char *signal_name(int sig);
/* The signal that is called "KILL"; 0: none is. */
int signal_number(const char *abbreviation);

#endif
