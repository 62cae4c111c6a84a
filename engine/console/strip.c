/* strip: remove escape sequences from a stream that comes in any pieces. */
#include "console/strip.h"

#include <stdint.h>
#include <string.h>

/* A program that prints a lone ESC must not swallow the rest of its output. */
#define SEQUENCE_MAX 256

#define ESC 0x1b
#define BEL 0x07

static void
strip_text(struct strip *s, unsigned char c, struct buf *out)
{
	if (c == '\r') {
		s->cr = true;
		return;
	}
	if (s->cr && c != '\n')
		buf_add_char(out, '\r');
	s->cr = false;
	if (c == ESC) {
		s->state = STRIP_ESC;
		s->eaten = 0;
	} else if (c != '\0' && c != BEL) {
		buf_add_char(out, (char)c);
	}
}

static void
strip_escape(struct strip *s, unsigned char c)
{
	if (c == '[')
		s->state = STRIP_CSI;
	else if (c == ']' || c == 'P' || c == '_' || c == '^')
		s->state = STRIP_OSC;
	else if (c == '(' || c == ')' || c == '#')
		s->state = STRIP_CHARSET;
	else if (c != ESC)
		s->state = STRIP_TEXT;
}

static void
strip_sequence(struct strip *s, unsigned char c, struct buf *out)
{
	if (++s->eaten > SEQUENCE_MAX || c == '\n') {
		/* no sequence is that long or spans lines: it was text */
		s->state = STRIP_TEXT;
		strip_text(s, c, out);
		return;
	}
	switch (s->state) {
	case STRIP_ESC:
		strip_escape(s, c);
		break;
	case STRIP_CSI:
		if (c >= 0x40 && c <= 0x7e)
			s->state = STRIP_TEXT;
		break;
	case STRIP_OSC:
		if (c == BEL)
			s->state = STRIP_TEXT;
		else if (c == ESC)
			s->state = STRIP_OSC_ESC;
		break;
	default: /* the byte behind "ESC (" or behind an OSC's ESC */
		s->state = STRIP_TEXT;
	}
}

/* A byte below ' ' among these eight? */
static bool
has_control(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;

	memcpy(&w, bytes, sizeof(w));
	return ((w - ones * ' ') & ~w & (ones * 0x80)) != 0;
}

/* How many bytes at the beginning are text: eight at a time where they can be. */
static size_t
text_len(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (len - i >= 8 && !has_control(bytes + i))
			i += 8;
		else if ((unsigned char)bytes[i] >= ' ' || bytes[i] == '\n' || bytes[i] == '\t')
			i++;
		else
			break;
	}
	return i;
}

void
strip_feed(struct strip *s, const char *bytes, size_t len, struct buf *out)
{
	size_t i = 0;

	while (i < len) {
		size_t from = i;

		if (s->state == STRIP_TEXT && !s->cr)
			i += text_len(bytes + i, len - i);
		if (i > from) {
			buf_add(out, bytes + from, i - from);
			continue;
		}
		if (s->state == STRIP_TEXT)
			strip_text(s, (unsigned char)bytes[i], out);
		else
			strip_sequence(s, (unsigned char)bytes[i], out);
		i++;
	}
}
