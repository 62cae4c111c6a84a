/* chan: a byte channel to something that runs: a process on a pty or on pipes,
 * a socket, an SSH channel. */
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
	/* No more input for it, once what is queued was sent. */
	void (*eof)(struct chan *c);
	/* Signal what runs there, its whole process group. -ENOTSUP, -ESRCH. */
	int (*signal)(struct chan *c, int sig);
	/* Free. What still runs is killed at once. No callback after this. */
	void (*destroy)(struct chan *c);
};

/* How it ended. A peer that went without saying how is `lost`. */
struct chan_exit {
	bool exited; /* with `code` */
	int code;
	int signal; /* > 0: by this signal */
	bool lost;
	int error; /* of one that is lost: the negative errno, where there was one */
};

/* "exit status 3", "SIGKILL", "no exit status". */
void chan_exit_words(const struct chan_exit *e, char *text, size_t size);

/* The owner sets the callbacks before the loop turns again. Both may destroy
 * the channel. */
struct chan {
	const struct chan_ops *ops;
	void (*data)(void *owner, enum chan_which which, const char *bytes, size_t len);
	/* Said once: the peer has ended and all its output was handed over. */
	void (*ended)(void *owner);
	void *owner;
	struct chan_exit exit;
	bool is_over; /* ended() was said */
	long pid;     /* on its node; 0 when not known */
};

/* What to run, the same for every node. */
struct chan_spec {
	char *const *argv;
	char *const *env; /* NAME=VALUE, added to what is there; may be NULL */
	const char *cwd;  /* may be NULL */
	bool pty;         /* else pipes, with stderr apart */
	int keep;         /* a descriptor that stays open in it, under its number; 0: none */
};

/* A process of this machine, in a session and process group of its own; the
 * guard knows it before it runs. -errno, -ENOENT for an absent program. */
int chan_spawn(struct chan **out, const struct chan_spec *spec);

/* A connected stream socket (unix:PATH). -errno. */
int chan_unix(struct chan **out, const char *path);
/* A connected SEQPACKET socket; data() brings one packet at a time. One of more than `max` bytes
 * ends it, with -EMSGSIZE. -errno. */
int chan_packets(struct chan **out, const char *path, size_t max);
/* A stream socket by its descriptor, which is taken over, and closed where it fails. A peer that
 * leaves more than `unread_max` bytes (0: as many as there are) unread is parted from: it is as if
 * it had gone.
 */
int chan_socket(struct chan **out, int fd, size_t unread_max);
/* This process's terminal, raw: each key as it is typed, until Ctrl-] ends it. -ENOTTY, -errno. */
int chan_terminal(struct chan **out);

#endif
