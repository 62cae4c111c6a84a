/* limits: what the system must allow before anything starts. */
#ifndef LIMITS_H
#define LIMITS_H

#include <stdbool.h>

/* So many more descriptors than a process was started with have to be free: ours, and those of
 * testpmd and QEMU, which with fewer pass no more to each other, and fail for another reason. */
#define LIMITS_FILES 60

/* Can so many more files be opened? False, with a line on stderr, where not. */
bool limits_allow_files(int needed);

/* Can the threads of libuv's resolver be started? It ends the process where they cannot. */
bool limits_allow_resolver(void);

/* Why a program could not be started, by a negative errno: strerror's words, or the limit. */
const char *limits_no_start(int err);

/* Print one line and end the process with status 3: the guard undoes the rest. Allocates nothing.
 */
_Noreturn void limits_end(const char *why);

#endif
