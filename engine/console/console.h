/* console: a byte stream that we type at and read back. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stdint.h>

#include "chan/chan.h"
#include "core/log.h"
#include "core/scope.h"

struct buf;
struct console;

/* How its program is asked to exit. Without a line and a signal it is killed. */
struct console_end {
	const char *line; /* typed, a newline behind it; copied */
	int signal;       /* sent when there is no line */
	double grace;     /* seconds until it is killed */
	int hard;         /* by this signal; 0: SIGKILL */
	bool is_private;  /* a terminal's, not the case's: not recorded, may stay open */
};

/* A reply. `text` is the output between the mark and the needle, without escape sequences. */
struct console_reply {
	int status;  /* 0 or -errno: -EOVERFLOW: dropped; -EBADMSG: the echo is not the line */
	int matched; /* which needle */
	char *text;
	size_t len;
	uint64_t dropped; /* bytes at its beginning, for which the window had no room */
	uint64_t start;   /* where the search began */
	bool unsent;      /* the command was not sent: the one before it has no reply */
};

/* What ends a reply. */
struct console_prompt {
	const char *text;
	/* of librte_cmdline: at the beginning of a line, where other threads' lines may tear it */
	bool is_torn;
	/* the line typed comes first; the reply is what was printed behind it */
	bool has_echo;
};

/* Take over `chan`; write a transcript called `name`. */
struct console *
console_open(struct scope *s, const char *name, struct chan *chan, const struct console_end *end);
struct res *console_res(struct console *c);

/* Type bytes as they are. -EPIPE once the peer is gone. Never waits. */
int console_type(struct console *c, const char *bytes, size_t len);

/* Where an expect looks for its text. */
enum console_from {
	/* What comes next: behind the last act at this console (typed, signalled, opened), and
	 * behind what was found since. Where there was none, or where its task has acted elsewhere
	 * since: what is printed after the call, or, with no other wait in between, behind the last
	 * wait here. */
	CONSOLE_NEXT,
	CONSOLE_LAST,  /* behind what the last wait or command has found */
	CONSOLE_START, /* all output */
	CONSOLE_AFTER, /* behind `after`, a console_mark() */
};
struct console_place {
	enum console_from from;
	uint64_t after;
};

/* Wait for the first of the needles; the mark moves behind it. At the deadline the mark stays.
 * -EINVAL for no needles, too many, or an empty one; -ERANGE for a place that is not printed yet.
 * The reply is -EOVERFLOW where the place's output is no longer in memory. */
int console_expect(struct console *c, const char *const *needles, size_t n,
		   const struct console_place *place, double seconds, struct wait *w,
		   struct console_reply *r);
/* What its last wait has found is this waiter's last wait (CONSOLE_NEXT). */
void console_stay(struct console *c, const struct wait *w);
/* After a deadline: was one of the needles in the output before the place? */
bool console_had(const struct console *c, const char *const *needles, size_t n,
		 const struct console_reply *r);

/* Set its prompt, before it is awaited. -EINVAL for an empty text, or one too long to be torn;
 * -EBUSY while something is awaited. */
int console_set_prompt(struct console *c, const struct console_prompt *p);
const char *console_prompt(const struct console *c); /* NULL: not set yet */

/* As console_expect, for its prompt. -EINVAL where it has none. */
int
console_await_prompt(struct console *c, double seconds, struct wait *w, struct console_reply *r);

/* Queue a line behind those in flight; when its turn comes, mark, type it and wait for the prompt.
 * -EINVAL where it has none. A command without a reply at its deadline stays in flight: its late
 * reply is never taken for the next one's. */
int console_command(struct console *c, const char *line, double seconds, struct wait *w,
		    struct console_reply *r);

/* Wait until its program has exited; then console_exit() has its status. */
void console_await_end(struct console *c, double seconds, struct wait *w);
const struct chan_exit *console_exit(const struct console *c);
bool console_is_over(const struct console *c);

int console_signal(struct console *c, int sig);
/* No more input for it. */
void console_eof(struct console *c);
long console_pid(const struct console *c);

/* Type the output of each at the other, until one ends. Then a private one ends, too; the other
 * kind continues with its queued commands. -EBUSY, -EPIPE. */
int console_pass_through(struct console *c, struct console *to);

/* The open console before `newer` (NULL: the newest), private ones left out; NULL at the end. */
struct console *console_older(struct console *newer);

/* Wait until a console, not a private one, has printed whole lines that are no reply. The first
 * wait starts the collection. -EBUSY while another waits. */
int chatter_await(double seconds, struct wait *w);
/* The next console after `after` (NULL: the first) with such lines, which move to `out`; NULL at
 * the end. */
struct console *chatter_next(struct console *after, struct buf *out);

/* The last `lines` lines seen; free() it. */
char *console_tail(const struct console *c, size_t lines);
/* When it last printed, on loop_now()'s clock; 0 where it never did. */
double console_last_output(const struct console *c);

/* The end of the output, and the output since such a mark (at most the window). */
uint64_t console_mark(const struct console *c);
char *console_since(const struct console *c, uint64_t mark, size_t *len);
/* Bytes of its stdout that have come, as they came. */
uint64_t console_received(const struct console *c);
void console_reply_free(struct console_reply *r);

#endif
