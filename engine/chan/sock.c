/* sock: a connected unix stream socket as a channel. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/fdio.h"
#include "chan/sock.h"

struct sock {
	struct chan chan;
	struct fdio *io;
	size_t unread_max; /* 0: none */
};

static int
sock_write(struct chan *c, const char *bytes, size_t len)
{
	struct sock *s = (struct sock *)c;
	int rc = fdio_write(s->io, bytes, len);

	if (rc < 0 || s->unread_max == 0 || fdio_unsent(s->io) <= s->unread_max)
		return rc;
	fdio_hang_up(s->io);
	return -EPIPE;
}

static void
sock_eof(struct chan *c)
{
	fdio_eof(((struct sock *)c)->io);
}

static void
sock_destroy(struct chan *c)
{
	struct sock *s = (struct sock *)c;

	fdio_close(&s->io);
	free(s);
}

static const struct chan_ops sock_ops = {
	.write = sock_write, .eof = sock_eof, .signal = chan_no_signal, .destroy = sock_destroy
};

int
chan_socket(struct chan **out, int fd, size_t unread_max)
{
	struct sock *s = xcalloc(1, sizeof(*s));
	int rc;

	s->chan.ops = &sock_ops;
	s->chan.exit.lost = true;
	s->unread_max = unread_max;
	rc = fdio_open(&s->io, fd, chan_out, chan_end, s);
	if (rc < 0) {
		free(s);
		return rc;
	}
	*out = &s->chan;
	return 0;
}

int
sock_new(const char *path, int type, struct sockaddr_un *addr)
{
	int fd;

	*addr = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memcpy(addr->sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd < 0 ? -errno : fd;
}

int
sock_connect(const char *path, int type)
{
	struct sockaddr_un addr;
	int fd = sock_new(path, type, &addr), rc;

	if (fd < 0)
		return fd;
	/* a local connect returns at once */
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
chan_unix(struct chan **out, const char *path)
{
	int fd = sock_connect(path, SOCK_STREAM);

	return fd < 0 ? fd : chan_socket(out, fd, 0);
}
