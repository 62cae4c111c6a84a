/* leaks: what a unit test leaves behind: processes, descriptors, handles of the loop, files. */
#ifndef LEAKS_H
#define LEAKS_H

#include <sys/types.h>

#define LEAKS_CHILDREN 64

/* What there is besides memory. */
struct leaks {
	int fds, files, handles, n_children;
	pid_t children[LEAKS_CHILDREN];
};

/* Look at this process and at a folder. Closes the loop. */
void leaks_look(struct leaks *l, const char *folder);

/* 0, or -1 where there is more than `before`: each kind is printed. Reaps children; one may take
 * `patience` seconds to end of itself. */
int leaks_since(const struct leaks *before, const char *folder, double patience);

#endif
