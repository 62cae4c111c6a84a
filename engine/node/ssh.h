/* ssh: a node reached by SSH: one libssh2 session, several channels. */
#ifndef SSH_H
#define SSH_H

#include "core/scope.h"
#include "node/node.h"

struct ssh_opts {
	const char *host; /* a name or an address */
	int port;
	const char *user;
	const char *key;      /* file of the private key, ed25519, no passphrase */
	const char *host_key; /* pinned, one line: "ssh-ed25519 AAAA..." */
};

/* Connect, verify the pinned host key, log in. Copies the options. `w` ends
 * with 0 or: -ETIMEDOUT, -ECONNREFUSED, -EHOSTUNREACH (or what the connect
 * said), -EKEYREJECTED (the host key is another), -EACCES (login refused),
 * -ECONNRESET (closed in the middle of the handshake: as QEMU's user network
 * does while the guest does not listen yet), -ENOKEY (no such private key),
 * -EPROTO. -EINVAL at once, and no node, for options that make no sense.
 *
 * The node is owned by the scope. After a failed login it stays, dead, so that
 * ssh_node_error can be asked, until somebody closes it. After a good one it
 * closes itself when the connection is lost: hold it (res_hold) to look at it
 * then.
 *
 * spawn returns a channel at once; it is opened in its turn, one at a time. A
 * start that fails shows as exit code 127 with the shell's words on CHAN_ERR;
 * a channel that could not be opened ends lost, the reason on CHAN_ERR.
 * chan.pid is 0 until the node has told it: wait for the first output or do
 * without. The pid leads a process group of its own, and that group is killed
 * when its leader has ended, as with chan_spawn. A signal sent before the pid
 * is known is kept for then. Closing the node softly kills what runs in it,
 * ends every channel with exit.lost and says goodbye; hard: closes the socket
 * (what runs is asked to be killed, but nobody waits to see it).
 *
 * Where the connection is cut, be it that we were killed, a shell that stands by
 * on the node kills what was started in this session, and what that started, by
 * the variable MOONRIG_SESSION in their environment (/proc, GNU grep), and then
 * runs what is to be undone. */
int ssh_node_open(struct node **out, struct scope *s, const char *name, const struct ssh_opts *o,
		  double seconds, struct wait *w);

/* Why the login failed or the session ended, in a sentence; "" when it did not. */
const char *ssh_node_error(const struct node *n);

#endif
