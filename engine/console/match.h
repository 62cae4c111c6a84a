/* match: find the first of several literal strings in a stream. */
#ifndef MATCH_H
#define MATCH_H

#include <stddef.h>

struct match;

/* Copies the needles (1 to 16, none empty). A needle that starts with "\n" also
 * matches at the stream's very beginning when `at_line` is set. NULL for misuse. */
struct match *match_new(const char *const *needles, size_t n, int at_line);
void match_free(struct match *m);

/* Feed the next bytes, each once. The index of the needle that ended first, and
 * in *used how many bytes were taken up to its end; -1: none yet, all taken. What
 * is fed after a match is looked at anew. */
int match_feed(struct match *m, const char *bytes, size_t len, size_t *used);
/* Forget what was fed: what comes next is somewhere in the middle of a stream. */
void match_restart(struct match *m);
size_t match_needle_len(const struct match *m, int index);

#endif
