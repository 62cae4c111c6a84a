/* fdio: non-blocking bytes out of and into descriptors, for channels. */
#include "chan/fdio.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 65536
/* a shorter read has emptied the descriptor (a pty's page has one byte less when a line ends in it)
 */
#define FULL_READ 4095
/* reads in a row before other descriptors get their turn */
#define READ_TURNS 4

struct fdio {
	int fd;
	struct watch *watch;
	fdio_data data;
	fdio_end end, room;
	void *arg;
	struct queue out;
	bool closing, ended;
	bool held;
	bool over; /* the end was read */
	/* a callback may close it: then the callback's caller frees it */
	int busy;
	bool dead;
};

static bool
fdio_leave(struct fdio *f)
{
	f->busy--;
	if (!f->dead)
		return true;
	if (f->busy == 0)
		free(f);
	return false;
}

static void
fdio_rearm(struct fdio *f)
{
	int events = 0;

	if (f->data != NULL && !f->ended && !f->held)
		events |= UV_READABLE;
	if (queue_len(&f->out) > 0)
		events |= UV_WRITABLE;
	watch_set(f->watch, events);
}

static void
fdio_finish(struct fdio *f)
{
	if (f->ended)
		return;
	f->ended = true;
	fdio_rearm(f);
	if (f->end != NULL)
		f->end(f->arg);
}

/* Read READ_SIZE bytes at most, in one piece, as each piece costs: a pty returns a page a read.
 * *more: there may be more to read; false at the end, too. */
static size_t
fdio_fill(struct fdio *f, char *bytes, bool *more)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(f->fd, bytes + len, READ_SIZE - len);
		if (n > 0)
			len += (size_t)n;
	} while (len < READ_SIZE && (n >= FULL_READ || (n < 0 && errno == EINTR)));
	*more = n > 0 && (n >= FULL_READ || len == READ_SIZE);
	/* a pty fails with EIO after its last user's exit */
	f->over = n == 0 || (n < 0 && errno != EAGAIN);
	return len;
}

/* False when a callback closed it, or nothing more can be read now. */
static bool
fdio_read(struct fdio *f)
{
	static char bytes[READ_SIZE];
	bool more;
	size_t len = fdio_fill(f, bytes, &more);

	f->busy++;
	if (len > 0)
		f->data(f->arg, bytes, len);
	if (f->over && !f->dead)
		fdio_finish(f);
	return fdio_leave(f) && more;
}

static void
fdio_flush(struct fdio *f)
{
	size_t len;

	while ((len = queue_len(&f->out)) > 0) {
		ssize_t n = write(f->fd, f->out.bytes.data + f->out.at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		/* once the reader is gone, the reading side will report its end */
		queue_drop(&f->out, n < 0 ? len : (size_t)n);
	}
	/* the other half of a socket is still read */
	if (f->closing && len == 0 && f->data != NULL)
		shutdown(f->fd, SHUT_WR);
	else if (f->closing && len == 0) {
		watch_stop(&f->watch);
		close(f->fd);
		f->fd = -1;
		return;
	}
	fdio_rearm(f);
}

static void
fdio_event(void *arg, int events)
{
	struct fdio *f = arg;

	if (events & UV_WRITABLE) {
		fdio_flush(f);
		if (f->room != NULL)
			f->room(f->arg);
	}
	if ((events & UV_READABLE) && f->fd >= 0 && f->data != NULL)
		for (int i = 0; i < READ_TURNS && !f->held && fdio_read(f); i++)
			;
}

int
fdio_open(struct fdio **out, int fd, fdio_data data, fdio_end end, void *arg)
{
	struct fdio *f = xcalloc(1, sizeof(*f));
	int rc;

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	f->fd = fd;
	f->data = data;
	f->end = end;
	f->arg = arg;
	rc = watch_start(&f->watch, fd, data != NULL ? UV_READABLE : 0, fdio_event, f);
	if (rc < 0) {
		close(fd);
		free(f);
		return rc;
	}
	*out = f;
	return 0;
}

int
fdio_write(struct fdio *f, const char *bytes, size_t len)
{
	if (f->fd < 0 || f->closing || f->ended)
		return -EPIPE;
	buf_add(&f->out.bytes, bytes, len);
	fdio_flush(f);
	return 0;
}

size_t
fdio_unsent(const struct fdio *f)
{
	return queue_len(&f->out);
}

void
fdio_hold(struct fdio *f, bool on)
{
	f->held = on;
	if (f->fd >= 0)
		fdio_rearm(f);
}

void
fdio_on_room(struct fdio *f, fdio_end fn)
{
	f->room = fn;
}

void
fdio_hang_up(struct fdio *f)
{
	queue_drop(&f->out, queue_len(&f->out));
	f->closing = true;
	if (f->fd < 0)
		return;
	shutdown(f->fd, SHUT_RDWR);
	fdio_rearm(f);
}

void
fdio_eof(struct fdio *f)
{
	f->closing = true;
	if (f->fd >= 0)
		fdio_flush(f);
}

void
fdio_close(struct fdio **fp)
{
	struct fdio *f = *fp;

	if (f == NULL)
		return;
	*fp = NULL;
	watch_stop(&f->watch);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	buf_free(&f->out.bytes);
	f->dead = true;
	if (f->busy == 0)
		free(f);
}
