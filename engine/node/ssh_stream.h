/* ssh_stream: a remote command on a libssh2 channel of its own. */
#ifndef SSH_STREAM_H
#define SSH_STREAM_H

#include "chan/chan.h"
#include "node/ssh_link.h"

struct ssh_stream;

struct ssh_stream_ops {
	/* NULL: its output is dropped. */
	void (*data)(void *owner, enum chan_which which, const char *bytes, size_t len);
	/* Called once: it has ended, and data() has had all its output; or it is lost, with the
	 * reason or NULL. A lost one that still runs has data() called until its end, or until
	 * ssh_stream_leave. */
	void (*ended)(void *owner, struct chan_exit how, const char *why);
	/* Written bytes have left its queue; may be NULL. */
	void (*room)(void *owner);
	/* The stream is freed; may be NULL. */
	void (*left)(void *owner);
};

/* All streams of a session; embedded in its owner, zeroed but for the link. */
struct ssh_streams {
	struct ssh_link *link;
	struct ssh_stream *first;  /* the oldest */
	struct ssh_stream *asking; /* has the one turn for open, pty and exec */
};

/* Start the command in its turn; takes over the text. A standby stream starts first; bytes for it
 * are sent only while no other is being started. */
struct ssh_stream *ssh_stream_start(struct ssh_streams *all, char *command, bool pty,
				    bool stands_by, const struct ssh_stream_ops *ops, void *owner);

/* Bytes for it, in its queue at once. -EPIPE behind an eof. */
int ssh_stream_write(struct ssh_stream *st, const void *bytes, size_t len);
void ssh_stream_eof(struct ssh_stream *st);
/* Bytes in its queue. */
size_t ssh_stream_unsent(const struct ssh_stream *st);
/* Read no more of its stdout, or read on. Its stderr may block meanwhile: they share a window. */
void ssh_stream_hold(struct ssh_stream *st, bool on);
/* It is about to be killed: a queued one is not started. A started one keeps its channel until its
 * end (the server's limit counts it until then), or for some seconds. */
void ssh_stream_leave(struct ssh_stream *st);

/* One step of each; true when any moved something. */
bool ssh_streams_step(struct ssh_streams *all);
/* Are only standby streams left? */
bool ssh_streams_are_done(const struct ssh_streams *all);
/* The session ends: all but the standby streams end lost, although they may still run. */
void ssh_streams_end(struct ssh_streams *all);
/* The session is gone: all end lost and are freed. */
void ssh_streams_lose(struct ssh_streams *all);

#endif
