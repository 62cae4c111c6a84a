/* ssh: a node reached by SSH: one libssh2 session, several channels. */
#include "node/ssh.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "node/ssh_dial.h"
#include "node/ssh_priv.h"

/* Bytes of the socket that may wait for libssh2, or for the socket. */
#define IN_MAX        (1 << 20)
#define OUT_MAX       (1 << 20)
#define GRACE_SECONDS 5.0
/* Rounds over all channels before the loop's other work gets its turn. */
#define PUMP_ROUNDS 8

static void ssh_pump(struct ssh_node *s);

static void
ssh_log(struct ssh_node *s, const char *what, const char *text)
{
	json_t *fields = json_pack("{s:s, s:s}", "node", s->node.res.name, "what", what);

	if (text != NULL)
		json_object_set_new(fields, "text", log_text(text, strlen(text)));
	log_event("ssh", fields);
}

/* ---- the bytes between libssh2 and the socket ---- */

static ssize_t
ssh_recv(libssh2_socket_t fd, void *bytes, size_t len, int flags, void **abstract)
{
	struct ssh_node *s = *abstract;
	size_t have = s->in.len - s->in_at;

	(void)fd;
	(void)flags;
	if (s->state == SSH_GONE)
		return -ECONNRESET;
	/* the end of the connection is told once all that came before was read */
	if (have == 0)
		return -EAGAIN;
	if (len > have)
		len = have;
	memcpy(bytes, s->in.data + s->in_at, len);
	s->in_at += len;
	s->taken += len;
	if (s->in_at == s->in.len)
		s->in.len = s->in_at = 0;
	return (ssize_t)len;
}

static ssize_t
ssh_send(libssh2_socket_t fd, const void *bytes, size_t len, int flags, void **abstract)
{
	struct ssh_node *s = *abstract;

	(void)fd;
	(void)flags;
	if (s->state == SSH_GONE)
		return -ECONNRESET;
	buf_add(&s->out, bytes, len);
	return (ssize_t)len;
}

bool
ssh_has_room(const struct ssh_node *s)
{
	return s->out.len - s->out_at < OUT_MAX;
}

static void
ssh_fill(struct ssh_node *s)
{
	static char bytes[65536];

	while (s->peer_error == 0 && s->in.len - s->in_at < IN_MAX) {
		ssize_t n = recv(s->fd, bytes, sizeof(bytes), 0);

		if (n > 0)
			buf_add(&s->in, bytes, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			return;
		else if (n == 0)
			s->peer_error = -ECONNRESET;
		else if (errno != EINTR)
			s->peer_error = -errno;
	}
}

static void
ssh_flush(struct ssh_node *s)
{
	while (s->out_at < s->out.len) {
		ssize_t n =
			send(s->fd, s->out.data + s->out_at, s->out.len - s->out_at, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* what the peer said before may still be there to be read */
			ssh_fill(s);
			if (s->peer_error == 0)
				s->peer_error = -errno;
			n = (ssize_t)(s->out.len - s->out_at);
		}
		s->out_at += (size_t)n;
	}
	s->out.len = s->out_at = 0;
}

static void
ssh_rearm(struct ssh_node *s)
{
	int events = 0;

	if (s->watch == NULL)
		return;
	if (s->peer_error == 0 && s->in.len - s->in_at < IN_MAX)
		events |= UV_READABLE;
	if (s->out.len > s->out_at)
		events |= UV_WRITABLE;
	watch_set(s->watch, events);
}

static void
ssh_event(void *arg, int events)
{
	struct ssh_node *s = arg;

	if (events & UV_READABLE)
		ssh_fill(s);
	ssh_pump(s);
}

static void
ssh_kicked(void *arg)
{
	struct ssh_node *s = arg;

	timer_stop(&s->kick);
	ssh_pump(s);
}

void
ssh_kick(struct ssh_node *s)
{
	if (s->kick == NULL && s->state != SSH_GONE)
		s->kick = timer_start(0, ssh_kicked, s);
}

/* ---- the end ---- */

static void
ssh_say(struct ssh_node *s, char *text)
{
	if (s->error == NULL)
		s->error = text;
	else
		free(text);
}

/* Let go of all but the memory. Channels are told that they are lost. */
static void
ssh_drop_session(struct ssh_node *s)
{
	s->state = SSH_GONE;
	ssh_dial_stop(&s->dial);
	timer_stop(&s->kick);
	watch_stop(&s->watch);
	/* with the socket gone its calls fail at once instead of asking for time */
	for (int i = 0; s->session != NULL && i < 1000; i++)
		if (libssh2_session_free(s->session) != LIBSSH2_ERROR_EAGAIN)
			s->session = NULL;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	buf_free(&s->in);
	buf_free(&s->out);
	s->in_at = s->out_at = 0;
	ssh_chans_lose(s);
}

/* The login came to nothing: the node stays, dead, for its error to be read. */
static void
ssh_fail(struct ssh_node *s, int status, char *text)
{
	struct wait *w = s->wait;

	ssh_say(s, text);
	ssh_log(s, "failed", s->error);
	s->wait = NULL;
	ssh_drop_session(s);
	if (w != NULL)
		wait_end(w, status);
}

/* A session that was up has ended by itself. */
static void
ssh_lost(struct ssh_node *s, const char *why)
{
	ssh_say(s, xsprintf("the SSH session with %s:%d ended: %s", s->host, s->port, why));
	ssh_log(s, "lost", s->error);
	res_hold(&s->node.res);
	ssh_drop_session(s);
	res_closed(&s->node.res);
	res_drop(&s->node.res);
}

static void
ssh_end_now(struct ssh_node *s)
{
	struct wait *w = s->wait;

	ssh_say(s, xsprintf("the SSH session with %s:%d was closed", s->host, s->port));
	s->wait = NULL;
	res_hold(&s->node.res);
	if (s->state != SSH_GONE) {
		ssh_log(s, "closed", NULL);
		if (s->state >= SSH_READY && s->peer_error == 0 && !s->disconnected) {
			ssh_chans_kill(s);
			ssh_flush(s);
		}
		ssh_drop_session(s);
	}
	if (w != NULL)
		wait_end(w, -ECANCELED);
	res_closed(&s->node.res);
	res_drop(&s->node.res);
}

static void
ssh_res_hard(struct res *r)
{
	struct ssh_node *s = (struct ssh_node *)r;

	/* within one of our own callbacks: as soon as that is over */
	if (s->pumping)
		s->want_hard = true;
	else
		ssh_end_now(s);
}

static void
ssh_res_soft(struct res *r)
{
	struct ssh_node *s = (struct ssh_node *)r;

	if (s->state != SSH_READY) {
		res_harden(r);
		return;
	}
	s->state = SSH_GOODBYE;
	ssh_kick(s);
}

static void
ssh_res_destroy(struct res *r)
{
	struct ssh_node *s = (struct ssh_node *)r;

	free(s->host);
	free(s->user);
	free(s->key);
	free(s->key_type);
	free(s->key_blob);
	free(s->error);
	free(s);
}

static const struct res_ops ssh_res_ops = {
	.kind = "node", .soft = ssh_res_soft, .hard = ssh_res_hard, .destroy = ssh_res_destroy
};

static const struct node_ops ssh_node_ops = { .spawn = ssh_chan_spawn,
					      .undo = ssh_chan_undo,
					      .drop = ssh_chan_undo_drop };

/* ---- the way in: handshake, host key, login ---- */

bool
ssh_is_fatal(int rc)
{
	switch (rc) {
	case LIBSSH2_ERROR_SOCKET_NONE:
	case LIBSSH2_ERROR_INVALID_MAC:
	case LIBSSH2_ERROR_KEX_FAILURE:
	case LIBSSH2_ERROR_SOCKET_SEND:
	case LIBSSH2_ERROR_SOCKET_DISCONNECT:
	case LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE:
	case LIBSSH2_ERROR_DECRYPT:
	case LIBSSH2_ERROR_ENCRYPT:
	case LIBSSH2_ERROR_PROTO:
	case LIBSSH2_ERROR_SOCKET_RECV:
	case LIBSSH2_ERROR_BAD_SOCKET:
		return true;
	default:
		return false;
	}
}

static const char *
ssh_why(struct ssh_node *s)
{
	char *text = NULL;

	libssh2_session_last_error(s->session, &text, NULL, 0);
	return text != NULL && *text ? text : "no reason given";
}

/* Is the server's host key the pinned one? */
static bool
ssh_key_fits(struct ssh_node *s)
{
	size_t len;
	int type;
	const char *key = libssh2_session_hostkey(s->session, &len, &type);
	char *pinned = NULL;
	unsigned int pinned_len;
	bool fits;

	if (libssh2_base64_decode(s->session, &pinned, &pinned_len, s->key_blob,
				  (unsigned int)strlen(s->key_blob)) != 0)
		return false;
	fits = key != NULL && len == pinned_len && memcmp(key, pinned, len) == 0;
	libssh2_free(s->session, pinned);
	return fits;
}

static bool
ssh_shake(struct ssh_node *s)
{
	int rc = libssh2_session_handshake(s->session, s->fd);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (rc == LIBSSH2_ERROR_KEX_FAILURE)
		ssh_fail(
			s, -EPROTO,
			xsprintf(
				"%s:%d and we have no key exchange in common (we ask for a host key "
				"of type %s): %s",
				s->host, s->port, s->key_type, ssh_why(s)));
	else if (rc != 0)
		ssh_fail(s, -EPROTO,
			 xsprintf("the SSH handshake with %s:%d failed: %s", s->host, s->port,
				  ssh_why(s)));
	else if (!ssh_key_fits(s))
		ssh_fail(
			s, -EKEYREJECTED,
			xsprintf(
				"%s:%d has another host key than the pinned %s one: not the machine we know, or "
				"its key was made anew; then pin the new one",
				s->host, s->port, s->key_type));
	else
		s->state = SSH_LOGIN;
	return true;
}

static bool
ssh_login(struct ssh_node *s)
{
	struct wait *w = s->wait;
	int rc = libssh2_userauth_publickey_fromfile_ex(
		s->session, s->user, (unsigned int)strlen(s->user), NULL, s->key, NULL);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (ssh_is_fatal(rc)) {
		ssh_fail(s, -ECONNRESET,
			 xsprintf("%s:%d ended the connection during the login of %s: %s", s->host,
				  s->port, s->user, ssh_why(s)));
		return true;
	}
	if (rc != 0) {
		ssh_fail(
			s, -EACCES,
			xsprintf(
				"%s:%d refused the login of %s with the key %s (%s); is its public "
				"half in authorized_keys there?",
				s->host, s->port, s->user, s->key, ssh_why(s)));
		return true;
	}
	s->state = SSH_READY;
	s->wait = NULL;
	ssh_log(s, "login", NULL);
	if (w != NULL)
		wait_end(w, 0);
	return true;
}

static void
ssh_login_forget(void *owner, struct wait *w)
{
	static const char *const doing[] = { "connecting", "in the SSH handshake", "logging in" };
	struct ssh_node *s = owner;
	bool silent = s->state == SSH_HANDSHAKE && libssh2_session_banner_get(s->session) == NULL;

	s->wait = NULL;
	ssh_fail(
		s, 0,
		xsprintf(
			"no login on %s:%d in %.1f s: still %s%s", s->host, s->port, w->seconds,
			doing[s->state],
			silent ? "; it accepts connections and says nothing (is it sshd? is the machine "
				 "still booting?)"
			       : ""));
}

static int
ssh_session_start(struct ssh_node *s)
{
	s->session = libssh2_session_init_ex(NULL, NULL, NULL, s);
	if (s->session == NULL)
		return -ENOMEM;
	libssh2_session_set_blocking(s->session, 0);
	/* libssh2 takes any function here and calls it by the event's own type */
	libssh2_session_callback_set(s->session, LIBSSH2_CALLBACK_RECV, (void *)ssh_recv);
	libssh2_session_callback_set(s->session, LIBSSH2_CALLBACK_SEND, (void *)ssh_send);
	if (libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY, s->key_type) != 0)
		return -EINVAL;
	return watch_start(&s->watch, s->fd, UV_READABLE, ssh_event, s);
}

static void
ssh_connected(void *arg, int fd)
{
	struct ssh_node *s = arg;
	int rc = fd;

	s->dial = NULL;
	s->fd = fd;
	if (rc == -ECONNREFUSED)
		ssh_fail(s, rc,
			 xsprintf("%s:%d refuses connections: nothing listens there (yet?)",
				  s->host, s->port));
	else if (rc < 0)
		ssh_fail(s, rc,
			 xsprintf("cannot connect to %s:%d: %s", s->host, s->port,
				  rc == -ENOENT ? "no such host" : strerror(-rc)));
	else if ((rc = ssh_session_start(s)) < 0)
		ssh_fail(s, rc,
			 xsprintf("cannot start an SSH session with %s:%d: %s", s->host, s->port,
				  rc == -EINVAL ? "the pinned host key is of an unknown type"
						: strerror(-rc)));
	else {
		s->state = SSH_HANDSHAKE;
		ssh_kick(s);
	}
}

/* ---- the pump ---- */

static bool
ssh_goodbye(struct ssh_node *s)
{
	if (!s->ended_all) {
		s->ended_all = true;
		ssh_chans_end(s);
		return true;
	}
	if (!ssh_chans_are_gone(s) || s->disconnected)
		return false;
	if (libssh2_session_disconnect(s->session, "done") == LIBSSH2_ERROR_EAGAIN)
		return false;
	s->disconnected = true;
	return true;
}

/* True when something moved, so that another round may move more. */
static bool
ssh_step(struct ssh_node *s, int *fatal)
{
	switch (s->state) {
	case SSH_HANDSHAKE:
		return ssh_shake(s);
	case SSH_LOGIN:
		return ssh_login(s);
	case SSH_READY:
		return ssh_chans_step(s, fatal);
	case SSH_GOODBYE: {
		bool moved = ssh_chans_step(s, fatal);

		return ssh_goodbye(s) || moved;
	}
	default:
		return false;
	}
}

/* What the round has led to besides: true when the session is no more. */
static bool
ssh_is_over(struct ssh_node *s, bool moved, int fatal)
{
	if (s->state == SSH_GONE)
		return true;
	if (s->want_hard || (s->disconnected && s->out.len == s->out_at)) {
		ssh_end_now(s);
		return true;
	}
	if (fatal != 0) {
		ssh_lost(s, ssh_why(s));
		return true;
	}
	if (s->peer_error == 0 || moved)
		return false;
	if (s->state >= SSH_READY)
		ssh_lost(s, s->peer_error == -ECONNRESET ? "the other side closed the connection"
							 : strerror(-s->peer_error));
	else
		ssh_fail(
			s, s->peer_error,
			xsprintf(
				"%s:%d closed the connection before the login (is the machine still booting?): %s",
				s->host, s->port, strerror(-s->peer_error)));
	return true;
}

static void
ssh_pump(struct ssh_node *s)
{
	bool moved = true;
	int fatal = 0;

	if (s->pumping || s->state == SSH_GONE)
		return;
	res_hold(&s->node.res);
	s->pumping = true;
	for (int i = 0; i < PUMP_ROUNDS && moved && fatal == 0 && !s->want_hard; i++) {
		uint64_t taken = s->taken;

		/* a packet taken for one channel may be another's, visited before */
		moved = ssh_step(s, &fatal) || s->taken != taken;
		if (s->state != SSH_GONE)
			ssh_flush(s);
	}
	s->pumping = false;
	if (!ssh_is_over(s, moved, fatal)) {
		ssh_chans_sweep(s);
		ssh_rearm(s);
		if (moved)
			ssh_kick(s);
	} else if (s->want_hard) {
		ssh_end_now(s);
	}
	res_drop(&s->node.res);
}

/* ---- what others call ---- */

/* "ssh-ed25519 AAAA... comment": its first two words. */
static int
ssh_take_host_key(struct ssh_node *s, const char *line)
{
	char type[64], blob[1024];

	if (line == NULL || sscanf(line, "%63s %1023s", type, blob) != 2)
		return -EINVAL;
	s->key_type = xstrdup(type);
	s->key_blob = xstrdup(blob);
	return 0;
}

int
ssh_node_open(struct node **out, struct scope *scope, const char *name, const struct ssh_opts *o,
	      double seconds, struct wait *w)
{
	struct ssh_node *s;
	int rc;

	if (o->host == NULL || o->user == NULL || o->key == NULL || o->port < 1 || o->port > 65535)
		return -EINVAL;
	s = xcalloc(1, sizeof(*s));
	s->fd = -1;
	s->port = o->port;
	s->host = xstrdup(o->host);
	s->user = xstrdup(o->user);
	s->key = xstrdup(o->key);
	rc = ssh_take_host_key(s, o->host_key);
	if (rc == 0)
		rc = ssh_dial(&s->dial, s->host, s->port, ssh_connected, s);
	if (rc < 0) {
		ssh_res_destroy(&s->node.res);
		return rc;
	}
	s->node.ops = &ssh_node_ops;
	res_open(&s->node.res, &ssh_res_ops, scope, name, GRACE_SECONDS);
	*out = &s->node;
	s->wait = w;
	wait_arm(w, seconds, ssh_login_forget, s);
	if (access(s->key, R_OK) < 0)
		ssh_fail(s, -ENOKEY,
			 xsprintf("cannot read the private key %s for %s@%s:%d: %s", s->key,
				  s->user, s->host, s->port, strerror(errno)));
	return 0;
}

const char *
ssh_node_error(const struct node *n)
{
	const struct ssh_node *s = (const struct ssh_node *)n;

	return s->error != NULL ? s->error : "";
}
