/* ssh_dial: a TCP connection to a host by name, made without blocking. */
#include "node/ssh_dial.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/limits.h"
#include "core/loop.h"

struct ssh_dial {
	uv_getaddrinfo_t req;
	ssh_dialled fn;
	void *arg;
	struct addrinfo *all, *at;
	int fd;
	struct watch *watch;
	struct timer *begin; /* for an address that needs no resolver */
	bool resolving, stopped;
};

static void dial_next(struct ssh_dial *d, int err);

static void
dial_shut(struct ssh_dial *d)
{
	watch_stop(&d->watch);
	if (d->fd >= 0)
		close(d->fd);
	d->fd = -1;
}

static void
dial_free(struct ssh_dial *d)
{
	timer_stop(&d->begin);
	dial_shut(d);
	uv_freeaddrinfo(d->all);
	free(d);
}

static void
dial_done(struct ssh_dial *d, int fd)
{
	ssh_dialled fn = d->fn;
	void *arg = d->arg;

	d->fd = -1;
	dial_free(d);
	fn(arg, fd);
}

static void
dial_connected(void *arg, int events)
{
	struct ssh_dial *d = arg;
	int err = 0, on = 1;
	socklen_t len = sizeof(err);

	(void)events;
	getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err != 0) {
		dial_next(d, -err);
		return;
	}
	/* commands and prompts are small and awaited */
	setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	dial_done(d, d->fd);
}

static int
dial_try(struct ssh_dial *d, const struct addrinfo *ai)
{
	d->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0)
		return -errno;
	if (connect(d->fd, ai->ai_addr, ai->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	return watch_start(&d->watch, d->fd, UV_WRITABLE, dial_connected, d);
}

/* The next address, or the end with the last one's error. */
static void
dial_next(struct ssh_dial *d, int err)
{
	while (d->at != NULL) {
		struct addrinfo *ai = d->at;

		d->at = ai->ai_next;
		dial_shut(d);
		err = dial_try(d, ai);
		if (err == 0)
			return;
	}
	dial_shut(d);
	dial_done(d, err);
}

static void
dial_resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *all)
{
	struct ssh_dial *d = req->data;

	d->resolving = false;
	d->all = d->at = all;
	if (d->stopped)
		dial_free(d);
	else
		dial_next(d, status == UV_EAI_AGAIN ? -EAGAIN : -ENOENT);
}

static void
dial_begin(void *arg)
{
	dial_next(arg, -ENOENT);
}

int
ssh_dial(struct ssh_dial **out, const char *host, int port, ssh_dialled fn, void *arg)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct ssh_dial *d = xcalloc(1, sizeof(*d));
	char service[16];
	int rc;

	snprintf(service, sizeof(service), "%d", port);
	d->fn = fn;
	d->arg = arg;
	d->fd = -1;
	d->req.data = d;
	/* the resolver starts four threads: not for a VM's 127.0.0.1 */
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	if (getaddrinfo(host, service, &hints, &d->all) == 0) {
		d->at = d->all;
		timer_start(&d->begin, 0, dial_begin, d);
		*out = d;
		return 0;
	}
	hints.ai_flags = 0;
	rc = limits_allow_resolver() ? 0 : -EAGAIN;
	if (rc == 0)
		rc = uv_getaddrinfo(loop(), &d->req, dial_resolved, host, service, &hints);
	if (rc < 0) {
		free(d);
		return rc;
	}
	d->resolving = true;
	*out = d;
	return 0;
}

void
ssh_dial_stop(struct ssh_dial **dp)
{
	struct ssh_dial *d = *dp;

	if (d == NULL)
		return;
	*dp = NULL;
	d->stopped = true;
	/* the resolver's thread still holds the request: its callback frees it */
	if (d->resolving)
		uv_cancel((uv_req_t *)&d->req);
	else
		dial_free(d);
}
