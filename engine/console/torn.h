/* torn: find a text that is written a character at a time, while other threads write whole lines:
 * each part of it but the first is at the beginning of a line. */
#ifndef TORN_H
#define TORN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct torn;

/* A part of the text: where it was, in bytes since the restart. */
struct torn_part {
	uint64_t at;
	size_t len;
};

/* Copies the text (1 to TORN_MAX bytes). NULL for misuse. */
#define TORN_MAX 4096
struct torn *torn_new(const char *text);
void torn_free(struct torn *t);

/* Start anew: in the middle of a line, or (`at_line`) at the beginning of one. */
void torn_restart(struct torn *t, bool at_line);
/* Feed the next bytes, each once. True where the text is whole, with the bytes up to its end in
 * *used; false: not yet, all bytes used. */
bool torn_feed(struct torn *t, const char *bytes, size_t len, size_t *used);
/* The parts of the text that was found, in their order. */
size_t torn_parts(const struct torn *t, const struct torn_part **parts);

#endif
