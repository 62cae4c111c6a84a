/* packets: a connected unix SEQPACKET socket as a channel; data() gets one packet a call. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/sock.h"
#include "core/buf.h"
#include "core/loop.h"

#define PACKETS_A_TURN 16

struct packets {
	struct chan chan;
	int fd;
	struct watch *watch;
	bool is_busy, is_dead; /* destroyed within data(): its caller frees us */
	size_t max;
	char bytes[]; /* max of them */
};

static void
packets_end(struct packets *p, int error)
{
	watch_stop(&p->watch);
	p->chan.exit = (struct chan_exit){ .lost = true, .error = error };
	chan_end(&p->chan);
}

/* False when nothing more can be read, or data() destroyed the channel. */
static bool
packets_read(struct packets *p)
{
	ssize_t n = recv(p->fd, p->bytes, p->max, MSG_DONTWAIT | MSG_TRUNC);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0 || (size_t)n > p->max) {
		packets_end(p, n > 0 ? -EMSGSIZE : n < 0 && errno != ECONNRESET ? -errno : 0);
		return false;
	}
	p->is_busy = true;
	chan_out(&p->chan, p->bytes, (size_t)n);
	p->is_busy = false;
	if (!p->is_dead)
		return true;
	free(p);
	return false;
}

static void
packets_event(void *arg, int events)
{
	(void)events;
	for (int i = 0; i < PACKETS_A_TURN && packets_read(arg); i++)
		;
}

static int
packets_write(struct chan *c, const char *bytes, size_t len)
{
	struct packets *p = (struct packets *)c;

	if (send(p->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

static void
packets_eof(struct chan *c)
{
	shutdown(((struct packets *)c)->fd, SHUT_WR);
}

static void
packets_destroy(struct chan *c)
{
	struct packets *p = (struct packets *)c;

	watch_stop(&p->watch);
	close(p->fd);
	p->is_dead = true;
	if (!p->is_busy)
		free(p);
}

static const struct chan_ops packets_ops = { .write = packets_write,
					     .eof = packets_eof,
					     .signal = chan_no_signal,
					     .destroy = packets_destroy };

int
chan_packets(struct chan **out, const char *path, size_t max)
{
	int fd = sock_connect(path, SOCK_SEQPACKET), rc;
	struct packets *p;

	if (fd < 0)
		return fd;
	p = xcalloc(1, sizeof(*p) + max);
	p->chan.ops = &packets_ops;
	p->fd = fd;
	p->max = max;
	rc = watch_start(&p->watch, fd, UV_READABLE, packets_event, p);
	if (rc < 0) {
		close(fd);
		free(p);
		return rc;
	}
	*out = &p->chan;
	return 0;
}
