/* keys: single keys pressed at a terminal. */
#include "tty/keys.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "core/buf.h"

struct keys {
	struct res res;
	int fd;
	struct termios was, raw;
	struct watch *watch;
	uv_signal_t *suspended, *continued;
	struct wait *wait;
	struct buf pressed;
	bool over;
};

/* A terminal that another program has would stop us. */
static bool
is_ours(int fd)
{
	return tcgetpgrp(fd) == getpgrp();
}

static void
keys_wake(struct keys *k)
{
	struct wait *w = k->wait;

	k->wait = NULL;
	if (w != NULL)
		wait_end(w, k->pressed.len > 0 ? 0 : -EPIPE);
}

static void
keys_event(void *arg, int events)
{
	struct keys *k = arg;
	char bytes[64];
	ssize_t n;

	(void)events;
	/* one that has hung up is nobody's, and read() says so */
	if (!is_ours(k->fd) && tcgetpgrp(k->fd) > 0) {
		/* until we are in the foreground again */
		watch_set(k->watch, 0);
		return;
	}
	n = read(k->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		k->over = true;
		watch_stop(&k->watch);
	} else {
		buf_add(&k->pressed, bytes, (size_t)n);
	}
	keys_wake(k);
}

static void
keys_take_terminal(struct keys *k)
{
	if (k->watch == NULL || !is_ours(k->fd))
		return;
	tcsetattr(k->fd, TCSADRAIN, &k->raw);
	watch_set(k->watch, UV_READABLE);
}

/* Ctrl-Z: the shell gets the terminal as it was, whichever shell that is. */
static void
keys_suspended(uv_signal_t *uv, int sig)
{
	struct keys *k = uv->data;

	if (is_ours(k->fd))
		tcsetattr(k->fd, TCSADRAIN, &k->was);
	/* libuv gives the signal back its way of old, which is to stop us, here */
	uv_signal_stop(uv);
	raise(sig);
	uv_signal_start(uv, keys_suspended, sig);
	keys_take_terminal(k);
}

/* After SIGSTOP, which nobody sees coming, or a start in the background. */
static void
keys_continued(uv_signal_t *uv, int sig)
{
	(void)sig;
	keys_take_terminal(uv->data);
}

static void
signal_free(uv_handle_t *h)
{
	free(h);
}

static void
keys_hard(struct res *r)
{
	struct keys *k = (struct keys *)r;

	watch_stop(&k->watch);
	uv_close((uv_handle_t *)k->suspended, signal_free);
	uv_close((uv_handle_t *)k->continued, signal_free);
	if (is_ours(k->fd))
		tcsetattr(k->fd, TCSADRAIN, &k->was);
	k->over = true;
	keys_wake(k);
	res_closed(r);
}

static void
keys_destroy(struct res *r)
{
	struct keys *k = (struct keys *)r;

	buf_free(&k->pressed);
	free(k);
}

static const struct res_ops keys_ops = { .kind = "keys",
					 .hard = keys_hard,
					 .destroy = keys_destroy };

static uv_signal_t *
on_signal(struct keys *k, uv_signal_cb fn, int sig)
{
	uv_signal_t *uv = xcalloc(1, sizeof(*uv));

	uv->data = k;
	uv_signal_init(loop(), uv);
	uv_signal_start(uv, fn, sig);
	uv_unref((uv_handle_t *)uv);
	return uv;
}

int
keys_open(struct keys **out, struct scope *s, int fd)
{
	struct keys *k = xcalloc(1, sizeof(*k));
	int rc = 0;

	k->fd = fd;
	if (!is_ours(fd) || tcgetattr(fd, &k->was) < 0)
		rc = -ENOTTY;
	else
		rc = watch_start_shared(&k->watch, fd, UV_READABLE, keys_event, k);
	if (rc < 0) {
		free(k);
		return rc;
	}
	k->suspended = on_signal(k, keys_suspended, SIGTSTP);
	k->continued = on_signal(k, keys_continued, SIGCONT);
	res_open(&k->res, &keys_ops, s, "terminal", 0);
	k->raw = k->was;
	k->raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	k->raw.c_cc[VMIN] = 1;
	k->raw.c_cc[VTIME] = 0;
	tcsetattr(fd, TCSADRAIN, &k->raw);
	*out = k;
	return 0;
}

struct res *
keys_res(struct keys *k)
{
	return &k->res;
}

static void
keys_forget(void *owner, struct wait *w)
{
	(void)w;
	((struct keys *)owner)->wait = NULL;
}

int
keys_await(struct keys *k, double seconds, struct wait *w)
{
	if (k->wait != NULL)
		return -EBUSY;
	wait_arm(w, seconds, keys_forget, k);
	if (k->pressed.len > 0 || k->over)
		wait_end(w, k->pressed.len > 0 ? 0 : -EPIPE);
	else
		k->wait = w;
	return 0;
}

int
keys_take(struct keys *k)
{
	unsigned char c;

	if (k->pressed.len == 0)
		return -1;
	c = (unsigned char)k->pressed.data[0];
	buf_drop(&k->pressed, 1);
	return c;
}
