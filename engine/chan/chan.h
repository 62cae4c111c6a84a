/* chan: a byte channel to a peer: a process on a pty or on pipes, a socket, an SSH channel. */
#ifndef CHAN_H
#define CHAN_H

#include <stdbool.h>
#include <stddef.h>

struct chan;
struct scope;

enum chan_which { CHAN_OUT, CHAN_ERR };

struct chan_ops {
	/* Queue bytes; copies them. -EPIPE once the peer is gone. Never waits. */
	int (*write)(struct chan *c, const char *bytes, size_t len);
	/* End its input behind the queued bytes. */
	void (*eof)(struct chan *c);
	/* Signal the peer's process group. -ENOTSUP, -ESRCH. */
	int (*signal)(struct chan *c, int sig);
	/* Of processes: read no more of its stdout, so that it blocks, or read on. */
	void (*hold)(struct chan *c, bool on);
	/* Of processes: queued bytes that are not sent yet. */
	size_t (*unsent)(const struct chan *c);
	/* Free; a running peer is killed at once. No callback after this. */
	void (*destroy)(struct chan *c);
};

/* How the peer ended. Without an exit status it is `lost`. */
struct chan_exit {
	bool exited; /* with `code` */
	int code;
	int signal; /* > 0: by this signal */
	bool lost;
	int error; /* of a lost one: the negative errno, or 0 */
};

/* "exit status 3", "SIGKILL", "no exit status". */
void chan_exit_words(const struct chan_exit *e, char *text, size_t size);

/* The owner sets the callbacks before the loop turns again. Both may destroy
 * the channel. */
struct chan {
	const struct chan_ops *ops;
	void (*data)(void *owner, enum chan_which which, const char *bytes, size_t len);
	/* Called once: the peer has ended, and data() has had all its output. */
	void (*ended)(void *owner);
	/* Queued bytes were sent; may be NULL. It must not destroy the channel. */
	void (*room)(void *owner);
	void *owner;
	struct chan_exit exit;
	bool is_over; /* ended() was called */
	long pid;     /* on its node; 0 when not known */
};

/* For the kinds of channels: call data(), or ended() once. chan_out, chan_err and chan_end are
 * callbacks for fdio. */
void chan_give(struct chan *c, enum chan_which which, const char *bytes, size_t len);
void chan_out(void *c, const char *bytes, size_t len);
void chan_err(void *c, const char *bytes, size_t len);
void chan_end(void *c);
void chan_room(void *c);
/* Signal it to end; ended() is called at once where nothing will report its end. */
void chan_kill(struct chan *c, int sig);
/* The `signal` of a peer without a pid: -ENOTSUP. */
int chan_no_signal(struct chan *c, int sig);

/* What to run, the same for every node. */
struct chan_spec {
	char *const *argv;
	char *const *env;  /* NAME=VALUE, added to the environment; may be NULL */
	const char *cwd;   /* may be NULL */
	const char *cores; /* a folder for its cores, in which it runs (cores.h); may be NULL */
	bool pty;          /* else pipes, with stderr apart */
	int keep;          /* a descriptor that it inherits, with its number; 0: none */
	bool stops;        /* stops with us at Ctrl-Z (a worker) */
};

/* A process of this machine, in a session and process group of its own. It is registered with the
 * guard before it runs. -errno, -ENOENT for an absent program. */
int chan_spawn(struct chan **out, const struct chan_spec *spec);

/* The handler of SIGTSTP is another's, which calls chan_stop around its own stop. */
void chan_leave_stops(bool to_another);
/* Stop those that stop with us, or continue them. */
void chan_stop(bool stop);

/* A connected stream socket (unix:PATH). -errno. */
int chan_unix(struct chan **out, const char *path);
/* A connected SEQPACKET socket; data() gets one packet a call. A packet of more than `max` bytes
 * ends it with -EMSGSIZE. -errno. */
int chan_packets(struct chan **out, const char *path, size_t max);
/* A stream socket by its descriptor, which is taken over, also on failure. A peer with more than
 * `unread_max` unread bytes (0: no limit) is disconnected. */
int chan_socket(struct chan **out, int fd, size_t unread_max);
/* This process's terminal, raw: each key as it is typed, until Ctrl-] ends it. -ENOTTY, -errno. */
int chan_terminal(struct chan **out);

#endif
