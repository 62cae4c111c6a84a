/* fake_socket: a unix socket with one client at a time, on the loop of the test itself. */
#ifndef FAKE_SOCKET_H
#define FAKE_SOCKET_H

#include "core/loop.h"

/* First in each fake's own struct. */
struct fake_socket {
	char *path, *greeting; /* NULL: it greets nobody */
	int listener, fd;      /* fd: -1 without a client */
	struct watch *listening, *watch;
	watch_fn event;
	void (*send)(struct fake_socket *s, const char *bytes, size_t len);
	void (*gone)(struct fake_socket *s); /* its client; may be NULL */
};

/* Listen at `path`; `type`: SOCK_STREAM or SOCK_SEQPACKET. `event` gets `s`. */
void fake_socket_open(struct fake_socket *s, const char *path, int type, const char *greeting);
void
fake_socket_text(struct fake_socket *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Close the connection of the client. */
void fake_socket_hang_up(struct fake_socket *s);
void fake_socket_close(struct fake_socket *s);

#endif
