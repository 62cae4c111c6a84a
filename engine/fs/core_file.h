/* core_file: what a core file tells of its program. */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include <stdbool.h>

#include "core/buf.h"

struct core_file {
	long pid, sid; /* in the namespace of the process */
	int signal;
	char name[17];             /* the first 16 bytes of the program's name */
	size_t program;            /* which of the files is the program; files.n: not known */
	struct argv files;         /* those that it had mapped, each once */
	unsigned long long *bases; /* of each file: its lowest address */
	bool *is_used;             /* of each file: may it be on the failed thread's stack? */
};

/* Reads the notes. -ENOEXEC for a file that is no core of this machine's architecture, -errno.
 * core_file_free() in each case. */
int core_file_read(struct core_file *c, const char *path);
void core_file_free(struct core_file *c);

#endif
