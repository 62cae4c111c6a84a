/* ssh_stream: a command on the other side, on a libssh2 channel of its own. */
#ifndef SSH_STREAM_H
#define SSH_STREAM_H

#include "chan/chan.h"
#include "node/ssh_link.h"

struct ssh_stream;

struct ssh_stream_ops {
	/* NULL: its output is for nobody. */
	void (*data)(void *owner, enum chan_which which, const char *bytes, size_t len);
	/* Once: it has ended and all its output was handed over; or it is lost, with the reason
	 * where there is one, else NULL. Then its channel is given back; where it still runs, its
	 * output is handed over until it has ended or the owner has it leave. */
	void (*ended)(void *owner, struct chan_exit how, const char *why);
	/* The stream is freed; may be NULL. */
	void (*left)(void *owner);
};

/* All streams of a session; embedded in its owner, zeroed but for the link. */
struct ssh_streams {
	struct ssh_link *link;
	struct ssh_stream *first;  /* the oldest */
	struct ssh_stream *asking; /* has the one turn for open, pty and exec */
};

/* Start the command in its turn; takes the text. One that stands by is served first, and what is
 * written to it is sent while no other is being started. */
struct ssh_stream *ssh_stream_start(struct ssh_streams *all, char *command, bool pty,
				    bool stands_by, const struct ssh_stream_ops *ops, void *owner);

/* Bytes for it, in its queue at once. -EPIPE behind an eof. */
int ssh_stream_write(struct ssh_stream *st, const void *bytes, size_t len);
void ssh_stream_eof(struct ssh_stream *st);
/* It is about to be killed: not started any more where it was not yet; else its channel goes when
 * it has ended, because only then the server has room for another, or a while later. */
void ssh_stream_leave(struct ssh_stream *st);

/* One step of each; true when any got something done. */
bool ssh_streams_step(struct ssh_streams *all);
/* Is none left but those that stand by? */
bool ssh_streams_are_done(const struct ssh_streams *all);
/* The session ends: all but those that stand by end lost, though they may still run. */
void ssh_streams_end(struct ssh_streams *all);
/* It is gone: all end lost, and leave. */
void ssh_streams_lose(struct ssh_streams *all);

#endif
