/* fake_telemetry: a scripted DPDK telemetry socket on the loop of the test itself. */
#include "fakes/fake_telemetry.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"

struct fake_telemetry {
	char *path, *greeting;
	fake_telemetry_fn fn;
	void *arg;
	int listener, fd;
	struct watch *listening, *watch;
};

void
fake_telemetry_hang_up(struct fake_telemetry *f)
{
	watch_stop(&f->watch);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static void
fake_event(void *arg, int events)
{
	struct fake_telemetry *f = arg;
	char command[1025];
	ssize_t n = recv(f->fd, command, sizeof(command) - 1, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fake_telemetry_hang_up(f);
		return;
	}
	command[n] = '\0';
	f->fn(f->arg, f, command);
}

static void
fake_accept(void *arg, int events)
{
	struct fake_telemetry *f = arg;

	(void)events;
	fake_telemetry_hang_up(f);
	f->fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);
	if (f->fd < 0)
		return;
	if (watch_start(&f->watch, f->fd, UV_READABLE, fake_event, f) < 0)
		abort();
	if (f->greeting != NULL)
		fake_telemetry_send(f, f->greeting, strlen(f->greeting));
}

struct fake_telemetry *
fake_telemetry_new(const char *path, const char *greeting, fake_telemetry_fn fn, void *arg)
{
	struct fake_telemetry *f = xcalloc(1, sizeof(*f));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	f->path = xstrdup(path);
	f->greeting = greeting != NULL ? xstrdup(greeting) : NULL;
	f->fn = fn;
	f->arg = arg;
	f->fd = -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	f->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(f->listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(f->listener, 4) < 0 ||
	    watch_start(&f->listening, f->listener, UV_READABLE, fake_accept, f) < 0)
		abort();
	return f;
}

void
fake_telemetry_send(struct fake_telemetry *f, const char *bytes, size_t len)
{
	if (f->fd >= 0 && send(f->fd, bytes, len, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		abort();
}

void
fake_telemetry_text(struct fake_telemetry *f, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fake_telemetry_send(f, text, strlen(text));
	free(text);
}

void
fake_telemetry_free(struct fake_telemetry *f)
{
	fake_telemetry_hang_up(f);
	watch_stop(&f->listening);
	close(f->listener);
	unlink(f->path);
	free(f->path);
	free(f->greeting);
	free(f);
}
