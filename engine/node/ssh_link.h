/* ssh_link: the connection of an SSH session: its socket, and the bytes between that and libssh2.
 */
#ifndef SSH_LINK_H
#define SSH_LINK_H

#include <libssh2.h>

#include "core/buf.h"
#include "core/loop.h"

struct ssh_link_ops {
	/* One step of all that waits for the session; true when anything moved. Called until
	 * nothing moves, as a packet read for one channel may belong to another. */
	bool (*step)(void *owner);
	/* The session is over: 0 when we ended it, or -errno and the reason. The last call; it
	 * closes the link. */
	void (*over)(void *owner, int err, const char *why);
};

struct ssh_link {
	LIBSSH2_SESSION *session; /* non-blocking; NULL before the start and once closed */
	const struct ssh_link_ops *ops;
	void *owner;

	int fd;
	struct watch *watch;
	struct timer *kick;
	/* libssh2 reads from `in` and writes to `out`, not the socket. So none of its calls ends
	 * inside a packet (then only the same call with the same buffer would be allowed). */
	struct queue in, out;
	struct buf greeting; /* the first bytes of the other side */
	uint64_t taken;      /* bytes that libssh2 has read */
	int peer_error;      /* -errno once nothing more can be read */
	bool broken;         /* unusable: over after this step */
	bool leaving;        /* set by the owner: end once all is sent */
	bool pumping, ending;
};

/* Begin on a connected descriptor, which is taken over, also on failure. -errno; -EINVAL for a key
 * type that libssh2 does not have. */
int ssh_link_start(struct ssh_link *l, int fd, const char *key_type, const struct ssh_link_ops *ops,
		   void *owner);

/* Continue on a later turn of the loop. */
void ssh_link_kick(struct ssh_link *l);

/* Is the session unusable after this error of libssh2? */
bool ssh_link_is_fatal(ssize_t rc);
/* libssh2's message of its last error. */
const char *ssh_link_why(struct ssh_link *l);

/* Why what the other side sent first is no greeting of an SSH server, or a wrong one; NULL where
 * nothing is wrong, or nothing came. The caller frees it. */
char *ssh_link_greeting_flaw(const struct ssh_link *l);

/* Room for more of what channels write? */
bool ssh_link_has_room(const struct ssh_link *l);
/* Send as much as the socket takes now. */
void ssh_link_flush(struct ssh_link *l);

/* End after the step that runs now (false: no step runs). */
bool ssh_link_end(struct ssh_link *l);
/* Free all at once, without a callback. May be called twice. */
void ssh_link_close(struct ssh_link *l);

#endif
