/* keys: single keys pressed at a terminal. */
#include "tty/keys.h"

#include <errno.h>
#include <unistd.h>

#include "core/buf.h"
#include "tty/modes.h"

struct keys {
	struct res res;
	struct modes modes;
	struct watch *watch; /* NULL at the end */
	struct wait *wait;
};

static void
keys_event(void *arg, int events)
{
	struct keys *k = arg;
	unsigned char key;
	ssize_t n;

	(void)events;
	/* until the next wait, or SIGCONT in the foreground */
	if (k->wait == NULL || modes_is_others(k->modes.fd)) {
		watch_set(k->watch, 0);
		return;
	}
	n = read(k->modes.fd, &key, 1);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		watch_stop(&k->watch);
	wait_end_all(&k->wait, n > 0 ? key : -EPIPE);
}

static void
keys_on_signal(void *arg, int sig)
{
	struct keys *k = arg;

	(void)sig;
	if (k->watch != NULL)
		watch_set(k->watch, UV_READABLE);
}

static void
keys_hard(struct res *r)
{
	struct keys *k = (struct keys *)r;

	watch_stop(&k->watch);
	modes_give_back(&k->modes);
	wait_end_all(&k->wait, -EPIPE);
	res_closed(r);
}

static const struct res_ops keys_ops = { .kind = "keys", .hard = keys_hard };

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
	if (k->watch != NULL)
		watch_set(k->watch, UV_READABLE);
	else
		wait_end_all(&k->wait, -EPIPE);
	return 0;
}
