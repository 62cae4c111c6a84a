/* ssh: a node reached by SSH: one libssh2 session, several channels. */
#ifndef SSH_H
#define SSH_H

#include "core/scope.h"
#include "node/node.h"

struct ssh_opts {
	const char *host; /* a name or an address */
	int port;
	const char *user;
	const char *key; /* file of the private key, ed25519, no passphrase */
	/* pinned, one line: "ssh-ed25519 AAAA..."; "any" for a guest at 127.0.0.1 */
	const char *host_key;
};

/* Connect, verify the pinned host key, log in. Copies the options. `w` ends with 0, or -ETIMEDOUT,
 * connect's -errno, -EKEYREJECTED (another host key), -EACCES (login refused), -ENOKEY (no usable
 * private key), -EPROTO, or -ECONNRESET (closed during the handshake: QEMU's user network does so
 * until the guest listens). -EINVAL at once, without a node, for invalid options.
 *
 * The scope owns the node. After a failed login it stays, dead, for ssh_node_error until it is
 * closed. After a login it closes itself when the connection is lost: hold it (res_hold) to read it
 * then.
 *
 * spawn returns a channel at once; the channels are opened one at a time. A failed start ends with
 * exit code 127 and the shell's message on CHAN_ERR; a channel that cannot be opened ends lost,
 * with the reason on CHAN_ERR. chan.pid is 0 until the first output. The pid leads a process group,
 * which is killed after its leader's exit, as with chan_spawn. A signal waits until the pid is
 * known. A soft close kills the programs there, ends each channel with exit.lost and disconnects. A
 * hard one asks for the kill and closes the socket at once.
 *
 * When the connection is cut, also by our death, a standby shell on the node kills all programs of
 * this session by MOONRIG_SESSION in their environment (/proc, GNU grep), and then runs the undos.
 */
int ssh_node_open(struct node **out, struct scope *s, const char *name, const struct ssh_opts *o,
		  double seconds, struct wait *w);

/* What the login shell printed before a command, of which it is no output; "" for nothing. */
const char *ssh_node_preamble(const struct node *n);

/* Why the login failed or the session ended; "" for no error. */
const char *ssh_node_error(const struct node *n);

#endif
