/* console: a byte stream that we type at and read back. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

#include "chan/chan.h"
#include "core/log.h"
#include "core/scope.h"

struct buf;
struct console;

/* How its program is asked to end. All may be absent: then it is killed. */
struct console_end {
	const char *line; /* typed, a newline behind it; copied */
	int signal;       /* sent, where there is no line */
	double grace;     /* seconds until it is killed */
	int hard;         /* by this signal; 0: SIGKILL */
	bool is_private; /* none of the case's: a terminal's, not recorded, left open at no fault */
};

/* An answer. `text` is what came between the mark and the needle, escape
 * sequences stripped; `dropped` bytes at its beginning were too many to keep. */
struct console_reply {
	int status;  /* 0 or -errno */
	int matched; /* which needle */
	char *text;
	size_t len;
	uint64_t dropped;
	bool unsent; /* the command never left: the one before is unanswered */
};

/* Take over `chan`; record to a transcript called `name`. */
struct console *
console_open(struct scope *s, const char *name, struct chan *chan, const struct console_end *end);
struct res *console_res(struct console *c);

/* Type bytes as they are. -EPIPE once the peer is gone. Never waits. */
int console_type(struct console *c, const char *bytes, size_t len);

/* Wait for the first of the needles behind the mark; the mark moves behind it.
 * At the deadline the mark stays. -EINVAL for needles that cannot be. */
int console_expect(struct console *c, const char *const *needles, size_t n, double seconds,
		   struct wait *w, struct console_reply *r);

/* Its prompt, to be told once and before it is awaited: the whole of it, then other forms that
 * stand for it. -EINVAL for needles that cannot be, -EBUSY while something is awaited. */
int console_set_prompt(struct console *c, const char *const *needles, size_t n);
const char *console_prompt(const struct console *c); /* the first; NULL: not told yet */

/* As console_expect, for its prompt. -EINVAL where it has none. */
int
console_await_prompt(struct console *c, double seconds, struct wait *w, struct console_reply *r);

/* Queue a line behind those in flight; when its turn comes, mark, type it and wait for the prompt.
 * -EINVAL where it has none. A command that got no answer by its deadline stays the one in flight:
 * its late answer is never taken for the next one's. */
int console_command(struct console *c, const char *line, double seconds, struct wait *w,
		    struct console_reply *r);

/* Wait for the end of what runs there; console_exit() says how it went. */
void console_await_end(struct console *c, double seconds, struct wait *w);
const struct chan_exit *console_exit(const struct console *c);
bool console_is_over(const struct console *c);

int console_signal(struct console *c, int sig);
/* No more input for it. */
void console_eof(struct console *c);
long console_pid(const struct console *c);

/* Join two: what either says is typed at the other as it is, until one ends. One that is private
 * ends with the other; one that is not is given back, and its commands go on. -EBUSY, -EPIPE. */
int console_lend(struct console *c, struct console *to);

/* All that are open, but private ones: the one before `newer` (NULL: the newest); NULL at the end.
 */
struct console *console_older(struct console *newer);

/* Wait until some console (not a private one) says whole lines that answer no command; from the
 * first wait on. -EBUSY while another waits. */
int chatter_await(double seconds, struct wait *w);
/* The next console after `after` (NULL: the first) that said something, which is moved to `out`;
 * NULL at the end. */
struct console *chatter_next(struct console *after, struct buf *out);

/* The last `lines` lines seen; free() it. */
char *console_tail(const struct console *c, size_t lines);
/* When it last said something, on loop_now()'s clock; 0 where it never did. */
double console_heard(const struct console *c);

/* A position in what was seen, and what came since (at most the window). */
uint64_t console_position(const struct console *c);
char *console_since(const struct console *c, uint64_t position, size_t *len);
void console_reply_free(struct console_reply *r);

#endif
