/* fake_socket: a unix socket with one client at a time, on the loop of the test itself. */
#include "fakes/fake_socket.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"

void
fake_socket_hang_up(struct fake_socket *s)
{
	watch_stop(&s->watch);
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	if (s->gone != NULL)
		s->gone(s);
}

static void
on_client(void *arg, int events)
{
	struct fake_socket *s = arg;

	(void)events;
	fake_socket_hang_up(s);
	s->fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (s->fd < 0)
		return;
	if (watch_start(&s->watch, s->fd, UV_READABLE, s->event, s) < 0)
		abort();
	if (s->greeting != NULL)
		s->send(s, s->greeting, strlen(s->greeting));
}

void
fake_socket_open(struct fake_socket *s, const char *path, int type, const char *greeting)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	s->path = xstrdup(path);
	s->greeting = greeting != NULL ? xstrdup(greeting) : NULL;
	s->fd = -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	s->listener = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(s->listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(s->listener, 4) < 0 ||
	    watch_start(&s->listening, s->listener, UV_READABLE, on_client, s) < 0)
		abort();
}

void
fake_socket_text(struct fake_socket *s, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	s->send(s, text, strlen(text));
	free(text);
}

void
fake_socket_close(struct fake_socket *s)
{
	fake_socket_hang_up(s);
	watch_stop(&s->listening);
	close(s->listener);
	unlink(s->path);
	free(s->path);
	free(s->greeting);
}
