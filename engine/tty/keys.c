/* keys: single keys pressed at a terminal. */
#include "tty/keys.h"

#include <errno.h>
#include <unistd.h>

#include "core/buf.h"
#include "tty/modes.h"

struct keys {
	struct res res;
	struct modes modes;
	struct watch *watch;
	struct wait *wait;
	struct buf pressed;
	bool over;
};

static void
keys_wake(struct keys *k)
{
	wait_end_all(&k->wait, k->pressed.len > 0 ? 0 : -EPIPE);
}

static void
keys_event(void *arg, int events)
{
	struct keys *k = arg;
	char bytes[64];
	ssize_t n;

	(void)events;
	if (modes_is_others(k->modes.fd)) {
		/* until SIGCONT in the foreground */
		watch_set(k->watch, 0);
		return;
	}
	n = read(k->modes.fd, bytes, sizeof(bytes));
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
keys_on_signal(void *arg, int sig)
{
	struct keys *k = arg;

	if (k->watch != NULL && (sig == SIGCONT || sig == 0))
		watch_set(k->watch, UV_READABLE);
}

static void
keys_hard(struct res *r)
{
	struct keys *k = (struct keys *)r;

	watch_stop(&k->watch);
	modes_give_back(&k->modes);
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

/* Without line editing and echo. */
static void
single_keys(struct termios *t)
{
	t->c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}

int
keys_open(struct keys **out, struct scope *s, int fd)
{
	struct keys *k = xcalloc(1, sizeof(*k));
	int rc;

	k->modes = (struct modes){ .fd = fd, .on_signal = keys_on_signal, .arg = k };
	/* Ctrl-C is a signal only at our own terminal */
	rc = tcgetpgrp(fd) != getpgrp() ? -ENOTTY : modes_take(&k->modes, single_keys);
	if (rc == 0) {
		rc = watch_start_shared(&k->watch, fd, UV_READABLE, keys_event, k);
		if (rc < 0)
			modes_give_back(&k->modes);
	}
	if (rc < 0) {
		free(k);
		return rc;
	}
	res_open(&k->res, &keys_ops, s, "terminal", 0);
	*out = k;
	return 0;
}

struct res *
keys_res(struct keys *k)
{
	return &k->res;
}

int
keys_await(struct keys *k, double seconds, struct wait *w)
{
	if (k->wait != NULL)
		return -EBUSY;
	wait_queue(&k->wait, w, seconds);
	if (k->pressed.len > 0 || k->over)
		keys_wake(k);
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
