/* ssh_link: the connection of an SSH session: its socket, and the bytes between that and libssh2.
 */
#include "node/ssh_link.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Limits of the bytes that wait for libssh2, and for the socket. */
#define IN_MAX  (1 << 20)
#define OUT_MAX (1 << 20)
/* Rounds over all channels before the loop's other work gets its turn. */
#define PUMP_ROUNDS 8
/* RFC 4253, 4.2, without its end of line; as much is kept to name what came instead. */
#define GREETING_MAX  253
#define GREETING_KEPT 1024
/* Without a socket libssh2's calls fail at once, but some need several rounds. */
#define FREE_ATTEMPTS 1000

/* ---- libssh2's side ---- */

static ssize_t
link_recv(libssh2_socket_t fd, void *bytes, size_t len, int flags, void **abstract)
{
	struct ssh_link *l = *abstract;
	size_t have = queue_len(&l->in);

	(void)fd;
	(void)flags;
	if (l->fd < 0)
		return -ECONNRESET;
	/* the connection's end is reported once all bytes before it were read */
	if (have == 0)
		return -EAGAIN;
	if (len > have)
		len = have;
	memcpy(bytes, l->in.bytes.data + l->in.at, len);
	queue_drop(&l->in, len);
	l->taken += len;
	return (ssize_t)len;
}

static ssize_t
link_send(libssh2_socket_t fd, const void *bytes, size_t len, int flags, void **abstract)
{
	struct ssh_link *l = *abstract;

	(void)fd;
	(void)flags;
	if (l->fd < 0)
		return -ECONNRESET;
	buf_add(&l->out.bytes, bytes, len);
	return (ssize_t)len;
}

bool
ssh_link_is_fatal(ssize_t rc)
{
	static const int fatal[] = { LIBSSH2_ERROR_SOCKET_NONE,
				     LIBSSH2_ERROR_INVALID_MAC,
				     LIBSSH2_ERROR_KEX_FAILURE,
				     LIBSSH2_ERROR_SOCKET_SEND,
				     LIBSSH2_ERROR_SOCKET_DISCONNECT,
				     LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE,
				     LIBSSH2_ERROR_DECRYPT,
				     LIBSSH2_ERROR_ENCRYPT,
				     LIBSSH2_ERROR_PROTO,
				     LIBSSH2_ERROR_SOCKET_RECV,
				     LIBSSH2_ERROR_BAD_SOCKET };

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		if (rc == fatal[i])
			return true;
	return false;
}

const char *
ssh_link_why(struct ssh_link *l)
{
	char *text = NULL;

	libssh2_session_last_error(l->session, &text, NULL, 0);
	return text != NULL && *text ? text : "no reason given";
}

bool
ssh_link_has_room(const struct ssh_link *l)
{
	return queue_len(&l->out) < OUT_MAX;
}

/* ---- the socket's side ---- */

static void
keep_greeting(struct ssh_link *l, const char *bytes, size_t len)
{
	size_t room = GREETING_KEPT - l->greeting.len;

	buf_add(&l->greeting, bytes, len < room ? len : room);
}

/* The line that begins with "SSH-", which others may precede; NULL without one. */
static const char *
greeting_line(const struct buf *greeting)
{
	const char *at = greeting->data;

	while (at != NULL && strncmp(at, "SSH-", 4) != 0) {
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	return at;
}

char *
ssh_link_greeting_flaw(const struct ssh_link *l)
{
	const char *line = greeting_line(&l->greeting);
	char first[64];
	size_t len;

	if (line == NULL && l->greeting.len > 0) {
		snprintf(first, sizeof(first), "%s", l->greeting.data);
		first[strcspn(first, "\r\n")] = '\0';
		for (char *c = first; *c != '\0'; c++)
			if (!isprint((unsigned char)*c))
				*c = '?';
		return xsprintf("it sent \"%s\" and no SSH greeting: it is no SSH server", first);
	}
	if (line == NULL)
		return NULL;
	len = strcspn(line, "\r\n");
	if (len > GREETING_MAX)
		return xsprintf("its greeting has more than the %d bytes that SSH allows (sshd's "
				"VersionAddendum?): \"%.40s...\"",
				GREETING_MAX, line);
	if (strncmp(line, "SSH-2.", 6) != 0 && strncmp(line, "SSH-1.99", 8) != 0)
		return xsprintf("it speaks another SSH than version 2: \"%.*s\"",
				len < 40 ? (int)len : 40, line);
	return NULL;
}

static void
link_fill(struct ssh_link *l)
{
	static char bytes[65536];

	while (l->peer_error == 0 && queue_len(&l->in) < IN_MAX) {
		ssize_t n = recv(l->fd, bytes, sizeof(bytes), 0);

		if (n > 0) {
			buf_add(&l->in.bytes, bytes, (size_t)n);
			keep_greeting(l, bytes, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			return;
		} else if (n == 0) {
			l->peer_error = -ECONNRESET;
		} else if (errno != EINTR) {
			l->peer_error = -errno;
		}
	}
}

void
ssh_link_flush(struct ssh_link *l)
{
	size_t len;

	while ((len = queue_len(&l->out)) > 0) {
		ssize_t n = send(l->fd, l->out.bytes.data + l->out.at, len, MSG_NOSIGNAL);
		int err = errno;

		if (n < 0 && err == EINTR)
			continue;
		if (n < 0 && err == EAGAIN)
			return;
		if (n < 0) {
			/* the peer's last bytes may still be unread */
			link_fill(l);
			if (l->peer_error == 0)
				l->peer_error = -err;
			n = (ssize_t)len;
		}
		queue_drop(&l->out, (size_t)n);
	}
}

/* ---- the pump ---- */

/* After a step: continue, or end. `l` may be freed when this returns. */
static void
link_continue(struct ssh_link *l, bool moved)
{
	if (l->ending || (l->leaving && queue_len(&l->out) == 0)) {
		l->ops->over(l->owner, 0, NULL);
	} else if (l->session == NULL) {
		return;
	} else if (l->broken) {
		l->ops->over(l->owner, -ECONNRESET, ssh_link_why(l));
	} else if (l->peer_error != 0 && !moved) {
		l->ops->over(l->owner, l->peer_error,
			     l->peer_error == -ECONNRESET ? "the other side closed the connection"
							  : strerror(-l->peer_error));
	} else {
		watch_set(l->watch,
			  (l->peer_error == 0 && queue_len(&l->in) < IN_MAX ? UV_READABLE : 0) |
				  (queue_len(&l->out) > 0 ? UV_WRITABLE : 0));
		if (moved)
			ssh_link_kick(l);
	}
}

static void
link_pump(struct ssh_link *l)
{
	bool moved = true;

	if (l->pumping)
		return;
	l->pumping = true;
	for (int i = 0; i < PUMP_ROUNDS && moved && !l->broken && !l->ending && l->session != NULL;
	     i++) {
		uint64_t taken = l->taken;

		moved = l->ops->step(l->owner) || l->taken != taken;
		ssh_link_flush(l);
	}
	l->pumping = false;
	link_continue(l, moved);
}

static void
link_event(void *arg, int events)
{
	struct ssh_link *l = arg;

	if (events & UV_READABLE)
		link_fill(l);
	link_pump(l);
}

static void
link_kicked(void *arg)
{
	struct ssh_link *l = arg;

	link_pump(l);
}

void
ssh_link_kick(struct ssh_link *l)
{
	if (l->kick == NULL && l->session != NULL)
		timer_start(&l->kick, 0, link_kicked, l);
}

/* ---- open and close ---- */

/* libssh2 takes any function here and calls it by the event's own type. */
static void
set_callbacks(LIBSSH2_SESSION *session)
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_RECV,
				      (libssh2_cb_generic *)link_recv);
	libssh2_session_callback_set2(session, LIBSSH2_CALLBACK_SEND,
				      (libssh2_cb_generic *)link_send);
#else
	libssh2_session_callback_set(session, LIBSSH2_CALLBACK_RECV, (void *)link_recv);
	libssh2_session_callback_set(session, LIBSSH2_CALLBACK_SEND, (void *)link_send);
#endif
}

int
ssh_link_start(struct ssh_link *l, int fd, const char *key_type, const struct ssh_link_ops *ops,
	       void *owner)
{
	int rc;

	l->fd = fd;
	l->ops = ops;
	l->owner = owner;
	l->session = libssh2_session_init_ex(NULL, NULL, NULL, l);
	if (l->session == NULL) {
		ssh_link_close(l);
		return -ENOMEM;
	}
	libssh2_session_set_blocking(l->session, 0);
	set_callbacks(l->session);
	if (key_type != NULL &&
	    libssh2_session_method_pref(l->session, LIBSSH2_METHOD_HOSTKEY, key_type) != 0)
		rc = -EINVAL;
	else
		rc = watch_start(&l->watch, fd, UV_READABLE, link_event, l);
	if (rc < 0)
		ssh_link_close(l);
	else
		ssh_link_kick(l);
	return rc;
}

bool
ssh_link_end(struct ssh_link *l)
{
	l->ending = l->pumping;
	return l->pumping;
}

void
ssh_link_close(struct ssh_link *l)
{
	if (l->session == NULL && l->fd < 0)
		return;
	timer_stop(&l->kick);
	watch_stop(&l->watch);
	close(l->fd);
	l->fd = -1;
	for (int i = 0; l->session != NULL && i < FREE_ATTEMPTS; i++)
		if (libssh2_session_free(l->session) != LIBSSH2_ERROR_EAGAIN)
			l->session = NULL;
	l->session = NULL;
	buf_free(&l->in.bytes);
	buf_free(&l->greeting);
	buf_free(&l->out.bytes);
	l->in.at = l->out.at = 0;
}
