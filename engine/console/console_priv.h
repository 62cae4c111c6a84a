/* console_priv: a console's inside, for the files of this room. Each calls those before it only:
 * match, torn, strip < chatter, next < reply < passthrough < console. */
#ifndef CONSOLE_PRIV_H
#define CONSOLE_PRIV_H

#include <sys/queue.h>

#include "console/console.h"
#include "console/match.h"
#include "console/strip.h"
#include "console/torn.h"
#include "core/buf.h"

/* Output that is no reply to a command. */
struct talk {
	LIST_ENTRY(console) older; /* of all open consoles */
	struct buf pending;        /* not reported yet */
	uint64_t reported;         /* clean offset up to which it was reported, or was a reply */
	uint64_t lines, looked; /* behind the last end of line; up to where it was searched for */
};

/* A console's prompt: one of the two. */
struct prompt {
	struct match *match;
	struct torn *torn;
	char *text;
	bool has_echo;
};

/* What comes next (CONSOLE_NEXT). */
struct next {
	uint64_t at;
	bool is_asked;      /* by an act here, and nothing was found since */
	unsigned long act;  /* the last act here; 0: it was only opened */
	unsigned long wait; /* the last wait here */
	unsigned long done; /* the last act of the task that made it, until then */
};

struct op {
	struct console *console;
	struct match *match;         /* NULL: the console's prompt */
	struct wait *wait;           /* NULL: the waiter gave up */
	struct console_reply *reply; /* the waiter's */
	char *line;                  /* a command's */
	bool in_flight, is_begun;
	bool is_named;     /* it must look at all behind its start */
	bool is_fixed;     /* its start stays where it is, also behind others */
	unsigned long act; /* the last one at the console when it was queued */
	uint64_t start;    /* clean offset where its text begins */
	uint64_t begun;    /* where the search began */
	uint64_t scanned;  /* and up to which it went */
	TAILQ_ENTRY(op) next;
};

struct console {
	struct res res;
	struct chan *chan; /* NULL: it is over */
	struct chan_exit exit;
	long pid;
	struct transcript *transcript;
	struct strip strip;
	struct buf window;
	uint64_t base; /* clean offset of the window's first byte */
	uint64_t mark;
	struct next next;
	uint64_t received;            /* bytes of its stdout, escape sequences included */
	double last_output;           /* loop_now() of its last byte; 0: none came */
	TAILQ_HEAD(op_queue, op) ops; /* the first is the one searched for */
	struct prompt prompt;         /* without a text: not known yet */
	bool is_private;              /* not the case's: no transcript */
	struct console *peer;         /* the other one in passthrough; NULL: not in one */
	struct talk talk;             /* chatter.c */
	char *end_line;
	int end_signal, hard_signal;
	struct wait *end_waits;
};

static inline uint64_t
window_end(const struct console *c)
{
	return c->base + c->window.len;
}

/* ---- chatter ---- */

/* A console was opened; it has ended; it printed; a reply was taken, up to the mark. */
void chatter_open(struct console *c);
void chatter_close(struct console *c);
void chatter_data(struct console *c);
void chatter_answered(struct console *c);

/* ---- next ---- */

/* An act at this console: what it prints from here on comes next. */
void next_asked(struct console *c);
/* A wait that began after this act has found its text, which ended at `at`; is_named: at a place
 * with a name. */
void next_found(struct console *c, uint64_t at, unsigned long act, bool is_named);
/* Where this waiter's search begins. */
uint64_t next_place(struct console *c, const struct console_place *place, const struct wait *w);

/* ---- reply ---- */

/* As console_type, but no act of the case. */
int console_write(struct console *c, const char *bytes, size_t len);
/* Send the next line and search for the awaited text, as far as possible now. */
void console_advance(struct console *c);
void prompt_free(struct prompt *p);
/* End all that still waits with -EPIPE. */
void reply_end_all(struct console *c);

/* ---- passthrough ---- */

/* In passthrough: type its output at its peer; leave its peer at its end. */
void passthrough_data(struct console *c, const char *bytes, size_t len);
void passthrough_end(struct console *c);

#endif
