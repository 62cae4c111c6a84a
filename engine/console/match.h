/* match: find the first of several literal strings in a stream. */
#ifndef MATCH_H
#define MATCH_H

#include <stdbool.h>
#include <stddef.h>

struct match;

/* Copies the needles (1 to 16, none empty). NULL for misuse. */
struct match *match_new(const char *const *needles, size_t n);
void match_free(struct match *m);

/* Feed the next bytes, each once. Returns the index of the needle that ended first, with the bytes
 * up to its end in *used; -1: none yet, all bytes used. A match starts the search anew. */
int match_feed(struct match *m, const char *bytes, size_t len, size_t *used);
/* Start anew: in the middle of a stream, or (`at_line`) at its beginning, where a needle that
 * starts with "\n" matches without it. */
void match_restart(struct match *m, bool at_line);
const char *match_text(const struct match *m, int index);

#endif
