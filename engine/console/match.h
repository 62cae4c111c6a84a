/* match: find the first of several literal strings in a stream. */
#ifndef MATCH_H
#define MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match;

/* Copies the needles (1 to 16, none empty). NULL for misuse. */
struct match *match_new(const char *const *needles, size_t n);
void match_free(struct match *m);

/* Feed the next bytes, each once. The index of the needle that ended first, and
 * in *used how many bytes were taken up to its end; -1: none yet, all taken. What
 * is fed after a match is looked at anew. */
int match_feed(struct match *m, const char *bytes, size_t len, size_t *used);
/* Forget what was fed. What comes next is in the middle of a stream, or (`at_line`) at its very
 * beginning, where a needle matches without the "\n" that it starts with. */
void match_restart(struct match *m, bool at_line);
size_t match_needle_len(const struct match *m, int index);
const char *match_text(const struct match *m, int index);

#endif
