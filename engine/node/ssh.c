/* ssh: a node reached by SSH: connect, verify its host key, log in, and run programs there. */
#include "node/ssh.h"

#include <errno.h>
#include <stdio.h>

#include "core/log.h"
#include "node/ssh_chan.h"
#include "node/ssh_dial.h"
#include "node/ssh_key.h"

#define GRACE_SECONDS 5.0

enum ssh_state {
	SSH_CONNECT,
	SSH_HANDSHAKE,
	SSH_LOGIN,
	SSH_READY,
	SSH_GOODBYE, /* closing softly: first its programs end, then the session */
	SSH_GONE,
};

struct ssh_node {
	struct node node;
	enum ssh_state state;
	char *host, *user, *key, *key_type, *key_blob, *error;
	int port;
	struct wait *wait; /* for the login */
	struct ssh_dial *dial;
	struct ssh_link link;
	struct ssh_streams streams;
	struct ssh_control control;
};

/* The event has the error, if any. */
static void
ssh_log(struct ssh_node *s, const char *what)
{
	log_event("ssh",
		  json_pack("{s:s, s:s, s:o*}", "node", s->node.res.name, "what", what, "text",
			    s->error != NULL ? log_text(s->error, strlen(s->error)) : NULL));
}

/* ---- close ---- */

/* Free all but the struct; channels end lost. The first error stays. With `stays` the node stays,
 * too, dead, so that its error can be read. Takes over the text. */
static void
ssh_end(struct ssh_node *s, const char *what, bool stays, int status, char *text)
{
	if (s->error == NULL)
		s->error = xsprintf(strchr(s->host, ':') != NULL ? "ssh %s@[%s]:%d: %s"
								 : "ssh %s@%s:%d: %s",
				    s->user, s->host, s->port, text);
	free(text);
	if (s->state != SSH_GONE)
		ssh_log(s, what);
	res_hold(&s->node.res);
	s->state = SSH_GONE;
	s->node.is_gone = true;
	ssh_dial_stop(&s->dial);
	ssh_link_close(&s->link);
	ssh_streams_lose(&s->streams);
	wait_end_all(&s->wait, status);
	if (!stays)
		res_closed(&s->node.res);
	res_drop(&s->node.res);
}

/* The login failed. */
#define ssh_fail(s, status, ...) ssh_end(s, "failed", true, status, xsprintf(__VA_ARGS__))

static void
ssh_end_now(struct ssh_node *s)
{
	if (s->state >= SSH_READY && s->state < SSH_GONE) {
		/* the node is asked to kill its programs, without a wait for it */
		s->state = SSH_GOODBYE;
		ssh_streams_end(&s->streams);
		s->streams.asking = NULL;
		ssh_streams_step(&s->streams);
		ssh_link_flush(&s->link);
	}
	ssh_end(s, "closed", false, -ECANCELED, xstrdup("session closed"));
}

/* True where what the other side sent first is the reason. */
static bool
ssh_greeting_fails(struct ssh_node *s, int status)
{
	char *flaw = ssh_link_greeting_flaw(&s->link);

	if (flaw != NULL)
		ssh_end(s, "failed", true, status, flaw);
	return flaw != NULL;
}

/* The link has ended: closed by us (0), or cut during the session or the login. */
static void
ssh_over(void *owner, int err, const char *why)
{
	struct ssh_node *s = owner;

	if (err == 0)
		ssh_end_now(s);
	else if (s->state >= SSH_READY)
		ssh_end(s, "lost", false, err, xsprintf("session ended: %s", why));
	else if (!ssh_greeting_fails(s, err))
		ssh_fail(s, err,
			 "connection closed before the login (is the machine still booting?): %s",
			 why);
}

static void
ssh_res_hard(struct res *r)
{
	struct ssh_node *s = (struct ssh_node *)r;

	/* inside one of our own callbacks: once that has returned */
	if (!ssh_link_end(&s->link))
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
	ssh_link_kick(&s->link);
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
	buf_free(&s->control.heard);
	free(s);
}

static const struct res_ops ssh_res_ops = {
	.kind = "node", .soft = ssh_res_soft, .hard = ssh_res_hard, .destroy = ssh_res_destroy
};

/* ---- open: handshake, host key, login ---- */

/* "any" is for a guest of ours, which nobody else answers for on 127.0.0.1. */
static bool
ssh_takes_any_key(const struct ssh_opts *o)
{
	return o->host_key != NULL && strcmp(o->host_key, "any") == 0 &&
	       strcmp(o->host, "127.0.0.1") == 0;
}

/* Is the server's host key the pinned one? */
static bool
ssh_key_fits(struct ssh_node *s)
{
	LIBSSH2_SESSION *session = s->link.session;
	size_t len;
	int type;
	const char *key = libssh2_session_hostkey(session, &len, &type);
	char *pinned = NULL;
	unsigned int pinned_len;
	bool fits;

	if (s->key_blob == NULL)
		return true;
	if (libssh2_base64_decode(session, &pinned, &pinned_len, s->key_blob,
				  (unsigned int)strlen(s->key_blob)) != 0)
		return false;
	fits = key != NULL && len == pinned_len && memcmp(key, pinned, len) == 0;
	libssh2_free(session, pinned);
	return fits;
}

static bool
ssh_shake(struct ssh_node *s)
{
	int rc = libssh2_session_handshake(s->link.session, s->link.fd);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (rc != 0 && ssh_greeting_fails(s, -EPROTO))
		return true;
	if (rc == LIBSSH2_ERROR_KEX_FAILURE)
		ssh_fail(s, -EPROTO,
			 "no key exchange in common (expected a host key of type %s): %s",
			 s->key_type ?: "any", ssh_link_why(&s->link));
	else if (rc != 0)
		ssh_fail(s, -EPROTO, "handshake failed: %s", ssh_link_why(&s->link));
	else if (!ssh_key_fits(s))
		ssh_fail(
			s, -EKEYREJECTED,
			"the host key is not the pinned %s key: another machine, or a new key (then "
			"pin the new one)",
			s->key_type);
	else
		s->state = SSH_LOGIN;
	return true;
}

static bool
ssh_login(struct ssh_node *s)
{
	int rc = libssh2_userauth_publickey_fromfile_ex(
		s->link.session, s->user, (unsigned int)strlen(s->user), NULL, s->key, NULL);

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (ssh_link_is_fatal(rc)) {
		ssh_fail(s, -ECONNRESET, "connection closed during the login: %s",
			 ssh_link_why(&s->link));
	} else if (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
		   rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED) {
		ssh_fail(s, -EACCES,
			 "login refused with the key %s (%s); is its public half in "
			 "authorized_keys there?",
			 s->key, ssh_link_why(&s->link));
	} else if (rc != 0) {
		ssh_fail(s, -ENOKEY, "the private key %s cannot be used: %s", s->key,
			 ssh_link_why(&s->link));
	} else {
		s->state = SSH_READY;
		ssh_log(s, "login");
		wait_end_all(&s->wait, 0);
	}
	return true;
}

static void
ssh_login_forget(void *owner, struct wait *w)
{
	static const char *const doing[] = { "connecting", "in the handshake", "logging in" };
	struct ssh_node *s = owner;
	bool silent =
		s->state == SSH_HANDSHAKE && libssh2_session_banner_get(s->link.session) == NULL;

	s->wait = NULL;
	if (s->state == SSH_HANDSHAKE && ssh_greeting_fails(s, 0))
		return;
	ssh_fail(s, 0, "no login in %.1f s: still %s%s", w->seconds, doing[s->state],
		 silent ? "; connected, but got no SSH banner (is it sshd? is the machine still "
			  "booting?)"
			: "");
}

/* One step of the session, by its state. */
static bool
ssh_step(void *owner)
{
	struct ssh_node *s = owner;
	bool moved;

	if (s->state == SSH_HANDSHAKE)
		return ssh_shake(s);
	if (s->state == SSH_LOGIN)
		return ssh_login(s);
	moved = ssh_streams_step(&s->streams);
	if (s->state != SSH_GOODBYE)
		return moved;
	ssh_streams_end(&s->streams);
	if (!ssh_streams_are_done(&s->streams) || !ssh_control_end(&s->control) ||
	    s->link.leaving ||
	    libssh2_session_disconnect(s->link.session, "done") == LIBSSH2_ERROR_EAGAIN)
		return moved;
	s->link.leaving = true;
	return true;
}

static const struct ssh_link_ops ssh_link_ops = { .step = ssh_step, .over = ssh_over };

static const char *
no_connection(const char *host, int err)
{
	if (err == -ECONNREFUSED)
		return "connection refused: nothing listens there (yet?)";
	if (err == -EINVAL)
		return "the pinned host key is of an unknown type";
	if (err != -ENOENT)
		return strerror(-err);
	if (strchr(host, ':') == NULL)
		return "no such host";
	return strchr(host, '%') != NULL
		       ? "no such address; a link-local one has an interface of this machine behind %"
		       : "no such address";
}

static void
ssh_connected(void *arg, int fd)
{
	struct ssh_node *s = arg;
	int rc = fd;

	s->dial = NULL;
	if (fd >= 0)
		rc = ssh_link_start(&s->link, fd, s->key_type, &ssh_link_ops, s);
	if (rc < 0)
		ssh_fail(s, rc, "%s%s",
			 rc == -ECONNREFUSED ? "" : "no connection: ", no_connection(s->host, rc));
	else
		s->state = SSH_HANDSHAKE;
}

static int
ssh_spawn(struct node *n, struct chan **out, const struct chan_spec *spec)
{
	struct ssh_node *s = (struct ssh_node *)n;

	if (s->state != SSH_READY)
		return -ENOTCONN;
	*out = ssh_chan_spawn(&s->control, spec);
	return 0;
}

static int
ssh_undo(struct node *n, char *const *argv)
{
	struct ssh_node *s = (struct ssh_node *)n;

	return s->state == SSH_READY ? ssh_control_undo(&s->control, argv) : 0;
}

static void
ssh_undo_drop(struct node *n, int id)
{
	ssh_control_drop(&((struct ssh_node *)n)->control, id);
}

static const struct node_ops ssh_node_ops = { .spawn = ssh_spawn,
					      .undo = ssh_undo,
					      .drop = ssh_undo_drop };

/* "[::1]" is "::1", as in a URL. */
static char *
host_without_brackets(const char *host)
{
	size_t len = strlen(host);

	return len > 2 && host[0] == '[' && host[len - 1] == ']' ? xstrndup(host + 1, len - 2)
								 : xstrdup(host);
}

int
ssh_node_open(struct node **out, struct scope *scope, const char *name, const struct ssh_opts *o,
	      double seconds, struct wait *w)
{
	struct ssh_node *s;
	char *flaw;
	int rc;

	if (o->host == NULL || o->user == NULL || o->key == NULL || o->port < 1 || o->port > 65535)
		return -EINVAL;
	s = xcalloc(1, sizeof(*s));
	*s = (struct ssh_node){ .node.ops = &ssh_node_ops,
				.port = o->port,
				.host = host_without_brackets(o->host),
				.user = xstrdup(o->user),
				.key = xstrdup(o->key),
				.link.fd = -1,
				.streams.link = &s->link,
				.control.streams = &s->streams };
	/* "ssh-ed25519 AAAA... comment": its first two words */
	if (!ssh_takes_any_key(o) &&
	    (o->host_key == NULL ||
	     sscanf(o->host_key, "%63ms %1023ms", &s->key_type, &s->key_blob) != 2))
		rc = -EINVAL;
	else
		rc = ssh_dial(&s->dial, s->host, s->port, ssh_connected, s);
	if (rc < 0) {
		ssh_res_destroy(&s->node.res);
		return rc;
	}
	res_open(&s->node.res, &ssh_res_ops, scope, name, GRACE_SECONDS);
	*out = &s->node;
	s->wait = w;
	wait_arm(w, seconds, ssh_login_forget, s);
	flaw = ssh_key_flaw(s->key);
	if (flaw != NULL)
		ssh_end(s, "failed", true, -ENOKEY, flaw);
	return 0;
}

const char *
ssh_node_preamble(const struct node *n)
{
	return n->is_here ? "" : ((const struct ssh_node *)n)->control.heard.data ?: "";
}

const char *
ssh_node_error(const struct node *n)
{
	return ((const struct ssh_node *)n)->error ?: "";
}
