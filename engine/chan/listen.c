/* listen: a unix socket that others of the same user connect to. */
#include "chan/listen.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chan/fdio.h"
#include "chan/sock.h"
#include "guard/guard.h"

#define BACKLOG 8
/* the interval of checks for a free descriptor */
#define AGAIN_SECONDS 0.5
/* the limit of a console's output for a terminal that does not read (it was stopped) */
#define UNREAD_MAX ((size_t)32 << 20)

struct listener {
	struct res res;
	int fd;
	struct watch *watch;
	struct timer *again; /* it does not accept until then */
	struct wait *wait;
	char *path;
	int next; /* an accepted connection, unread; -1: none. The kernel queues further ones */
};

static bool
is_same_user(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.uid == geteuid();
}

static void
listen_again(void *arg)
{
	struct listener *l = arg;

	watch_set(l->watch, UV_READABLE);
}

static void
listener_readable(void *arg, int events)
{
	struct listener *l = arg;
	int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
		watch_set(l->watch, 0);
		timer_start(&l->again, AGAIN_SECONDS, listen_again, l);
	}
	if (fd < 0)
		return;
	if (!is_same_user(fd)) {
		close(fd);
		return;
	}
	l->next = fd;
	watch_set(l->watch, 0);
	wait_end_all(&l->wait, 0);
}

static void
listener_hard(struct res *r)
{
	struct listener *l = (struct listener *)r;

	watch_stop(&l->watch);
	timer_stop(&l->again);
	close(l->fd);
	unlink(l->path);
	if (l->next >= 0)
		close(l->next);
	l->next = -1;
	wait_end_all(&l->wait, -EPIPE);
	res_closed(r);
}

static void
listener_destroy(struct res *r)
{
	struct listener *l = (struct listener *)r;

	free(l->path);
	free(l);
}

static const struct res_ops listener_ops = { .kind = "listener",
					     .hard = listener_hard,
					     .destroy = listener_destroy };

static int
bind_path(const char *path)
{
	struct sockaddr_un addr;
	mode_t old;
	int fd = sock_new(path, SOCK_STREAM, &addr), rc;

	if (fd < 0)
		return fd;
	guard_tree(path);
	old = umask(077);
	rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? -errno : 0;
	umask(old);
	if (rc == 0 && listen(fd, BACKLOG) < 0)
		rc = -errno;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

int
listener_open(struct listener **out, struct scope *s, const char *path)
{
	struct listener *l;
	int fd = bind_path(path), rc;

	if (fd < 0)
		return fd;
	l = xcalloc(1, sizeof(*l));
	l->fd = fd;
	l->next = -1;
	rc = watch_start(&l->watch, fd, UV_READABLE, listener_readable, l);
	if (rc < 0) {
		close(fd);
		unlink(path);
		free(l);
		return rc;
	}
	l->path = xstrdup(path);
	res_open(&l->res, &listener_ops, s, path, 0);
	l->res.detached = true;
	*out = l;
	return 0;
}

struct res *
listener_res(struct listener *l)
{
	return &l->res;
}

int
listener_await(struct listener *l, double seconds, struct wait *w)
{
	if (l->wait != NULL)
		return -EBUSY;
	wait_queue(&l->wait, w, seconds);
	if (l->next >= 0 || l->res.state == RES_CLOSED)
		wait_end_all(&l->wait, l->next >= 0 ? 0 : -EPIPE);
	return 0;
}

struct chan *
listener_take(struct listener *l)
{
	struct chan *chan = NULL;
	int fd = l->next;

	if (fd < 0)
		return NULL;
	l->next = -1;
	watch_set(l->watch, UV_READABLE);
	return chan_socket(&chan, fd, UNREAD_MAX) < 0 ? NULL : chan;
}
