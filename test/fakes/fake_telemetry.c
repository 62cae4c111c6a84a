/* fake_telemetry: a scripted DPDK telemetry socket on the loop of the test itself. */
#include "fakes/fake_telemetry.h"

#include <errno.h>
#include <sys/socket.h>

#include "core/buf.h"

struct fake_telemetry {
	struct fake_socket socket;
	fake_telemetry_fn fn;
	void *arg;
};

void
fake_telemetry_hang_up(struct fake_telemetry *f)
{
	fake_socket_hang_up(&f->socket);
}

static void
fake_event(void *arg, int events)
{
	struct fake_telemetry *f = arg;
	char command[1025];
	ssize_t n = recv(f->socket.fd, command, sizeof(command) - 1, MSG_DONTWAIT);

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
fake_send(struct fake_socket *s, const char *bytes, size_t len)
{
	if (s->fd >= 0 && send(s->fd, bytes, len, MSG_NOSIGNAL) < 0 && errno != EPIPE)
		abort();
}

struct fake_telemetry *
fake_telemetry_new(const char *path, const char *greeting, fake_telemetry_fn fn, void *arg)
{
	struct fake_telemetry *f = xcalloc(1, sizeof(*f));

	f->fn = fn;
	f->arg = arg;
	f->socket.event = fake_event;
	f->socket.send = fake_send;
	fake_socket_open(&f->socket, path, SOCK_SEQPACKET, greeting);
	return f;
}

void
fake_telemetry_send(struct fake_telemetry *f, const char *bytes, size_t len)
{
	fake_send(&f->socket, bytes, len);
}

void
fake_telemetry_free(struct fake_telemetry *f)
{
	fake_socket_close(&f->socket);
	free(f);
}
