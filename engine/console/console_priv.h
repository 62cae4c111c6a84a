/* console_priv: a console's inside, for the files that make it up. Each calls those before it
 * alone: match, strip < chatter < reply < lend < console. */
#ifndef CONSOLE_PRIV_H
#define CONSOLE_PRIV_H

#include "console/console.h"
#include "console/match.h"
#include "console/strip.h"
#include "core/buf.h"

/* What it said that answers no command, and nobody was told of yet. */
struct talk {
	struct console *next, *previous; /* all that are there */
	struct buf said;
	uint64_t told;          /* clean offset up to which it was told, or was an answer */
	uint64_t lines, looked; /* behind the last end of line; up to where one was looked for */
};

struct op {
	struct match *match;         /* its own, or the console's prompt */
	struct wait *wait;           /* NULL: its waiter gave up */
	struct console_reply *reply; /* the waiter's */
	char *line;                  /* a command's */
	bool in_flight, is_begun;
	uint64_t start;   /* clean offset where its text begins */
	uint64_t scanned; /* and up to where it was looked at */
	struct op *next;
};

struct console {
	struct res res;
	struct chan *chan;
	struct chan_exit exit;
	long pid;
	struct transcript *transcript;
	struct strip strip;
	struct buf window;
	uint64_t base; /* clean offset of the window's first byte */
	uint64_t mark;
	double heard;         /* when its last byte came; 0: none did */
	struct op *ops;       /* head is the one looked for */
	struct match *prompt; /* what ends the reply to a command; NULL: not told yet */
	bool is_private;      /* no transcript, none of the case's */
	struct console *peer; /* lent to each other (lend.c) */
	bool is_lent;
	struct talk talk; /* chatter.c */
	char *end_line;
	int end_signal, hard_signal;
	struct wait *end_waits;
	bool over;
};

static inline uint64_t
window_end(const struct console *c)
{
	return c->base + c->window.len;
}

/* ---- chatter ---- */

/* It is there; it has ended; it said something; a command was answered, up to the mark. */
void chatter_open(struct console *c);
void chatter_close(struct console *c);
void chatter_heard(struct console *c);
void chatter_answered(struct console *c);

/* ---- reply ---- */

/* Send what is next, look for what is awaited, until neither goes on. */
void console_advance(struct console *c);
/* Nothing that waits is answered any more. */
void reply_end_all(struct console *c);

/* ---- lend ---- */

/* Hand on what it said, where it is lent; part from its peer, for it has ended. */
void lend_hand_on(struct console *c, const char *bytes, size_t len);
void lend_end(struct console *c);

#endif
