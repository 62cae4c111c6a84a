/* strip: take escape sequences out of a stream, whatever pieces it comes in. */
#ifndef STRIP_H
#define STRIP_H

#include "core/buf.h"

struct strip {
	enum { STRIP_TEXT, STRIP_ESC, STRIP_CSI, STRIP_OSC, STRIP_OSC_ESC, STRIP_CHARSET } state;
	bool cr;      /* a carriage return is held back: it may belong to a line's end */
	size_t eaten; /* of the sequence under way */
};

/* Append what is text to `out`: ECMA-48 sequences, NUL and BEL go, and `\r`
 * before `\n` goes (a pty writes \r\r\n behind an echo). Linear. */
void strip_feed(struct strip *s, const char *bytes, size_t len, struct buf *out);

#endif
