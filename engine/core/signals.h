/* signals: a signal's name, for whoever prints one. */
#ifndef SIGNALS_H
#define SIGNALS_H

/* "SIGKILL"; "signal 64" for one without a name; NULL for 0. Valid until the next call. */
const char *signal_name(int sig);

#endif
