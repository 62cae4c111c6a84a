/* ssh_priv: what an SSH session and its channels know of each other. */
#ifndef SSH_PRIV_H
#define SSH_PRIV_H

#include <libssh2.h>

#include "core/buf.h"
#include "core/loop.h"
#include "node/ssh.h"
#include "node/ssh_control.h"

struct ssh_chan;
struct ssh_dial;

enum ssh_state {
	SSH_CONNECT,
	SSH_HANDSHAKE,
	SSH_LOGIN,
	SSH_READY,
	SSH_GOODBYE, /* closing softly: the last channels, then disconnect */
	SSH_GONE,
};

struct ssh_node {
	struct node node;
	enum ssh_state state;
	char *host, *user, *key, *key_type, *key_blob;
	int port;
	char *error;
	struct wait *wait; /* who waits for the login */

	struct ssh_dial *dial;
	int fd;
	struct watch *watch;
	struct timer *kick;

	/* libssh2 never sees the socket: it reads from `in` and writes to `out`,
	 * so that no call of its ends within a half-written packet (after which
	 * only the same call with the same buffer would be allowed). */
	struct buf in, out;
	size_t in_at, out_at;
	uint64_t taken; /* bytes that libssh2 has read */
	int peer_error; /* -errno once nothing more can be read */
	LIBSSH2_SESSION *session;

	struct ssh_chan *chans;   /* oldest first */
	struct ssh_chan *asking;  /* has the one slot for open, pty and exec */
	struct ssh_chan *control; /* a shell that stands by (ssh_control.h) */
	char session_name[SSH_SESSION_SIZE];
	int undos; /* how many it was told */
	bool pumping, want_hard, ended_all, disconnected;
};

/* Room for more of what channels write? */
bool ssh_has_room(const struct ssh_node *s);

/* Go on with the session on a later turn of the loop. */
void ssh_kick(struct ssh_node *s);

/* An error of libssh2's that leaves the session unusable. */
bool ssh_is_fatal(int rc);

/* The node's operations (node.h). */
int ssh_chan_undo(struct node *n, char *const *argv);
void ssh_chan_undo_drop(struct node *n, int id);
int ssh_chan_spawn(struct node *n, struct chan **out, const struct chan_spec *spec);

/* One step of every channel; true when any made progress. `fatal` becomes the
 * libssh2 error that ends the session, if there was one. */
bool ssh_chans_step(struct ssh_node *s, int *fatal);

/* Free those that are done. */
void ssh_chans_sweep(struct ssh_node *s);

/* The session is closing softly: kill what runs, end all with exit.lost. */
void ssh_chans_end(struct ssh_node *s);

/* The socket is about to be closed: ask the node to kill what runs, without
 * waiting for it to hear. */
void ssh_chans_kill(struct ssh_node *s);

/* Has the last of them ended? Tells the control shell to, when it is alone. */
bool ssh_chans_are_gone(struct ssh_node *s);

/* The session is gone: end and leave all, at once. */
void ssh_chans_lose(struct ssh_node *s);

#endif
