/* search: the lines of a file that hold one of some texts. */
#ifndef SEARCH_H
#define SEARCH_H

#include <stddef.h>

/* Lines in front of a found one that are reported with it, and the bytes of a line that are. */
#define SEARCH_BEFORE 8
#define SEARCH_LINE   1000

/* Calls found() for the first line of each of the n texts, in the order of the file: which text it
 * holds, and the line with those in front of it, each with its end of line. An asterisk in a text
 * stands for any characters. -errno. */
int search_file(const char *path, char *const *texts, size_t n,
		void (*found)(void *arg, size_t which, const char *lines), void *arg);

/* The first line that holds one of the texts, with up to `after` lines behind it: a text to free();
 * NULL where there is none. *which: of the texts; *more: how many later lines hold one. */
char *search_first(const char *path, char *const *texts, size_t n, size_t after, size_t *which,
		   size_t *more);

#endif
