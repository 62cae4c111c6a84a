/* strip: remove escape sequences from a stream that comes in any pieces. */
#ifndef STRIP_H
#define STRIP_H

#include "core/buf.h"

struct strip {
	enum { STRIP_TEXT, STRIP_ESC, STRIP_CSI, STRIP_OSC, STRIP_OSC_ESC, STRIP_CHARSET } state;
	bool cr;      /* a pending carriage return: it may belong to a line's end */
	size_t eaten; /* bytes of the current sequence */
};

/* Append the text to `out`, without ECMA-48 sequences, NUL, BEL and `\r` before `\n` (a pty writes
 * \r\r\n behind an echo). Linear. */
void strip_feed(struct strip *s, const char *bytes, size_t len, struct buf *out);

#endif
