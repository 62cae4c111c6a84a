/* fake_qmp: a scripted QEMU (or guest agent) on the loop of the test itself. */
#include "fakes/fake_qmp.h"

#include <errno.h>
#include <sys/socket.h>

#include "core/buf.h"

struct fake_qmp {
	struct fake_socket socket;
	fake_qmp_fn fn;
	void *arg;
	struct buf in, out;
	size_t junk;
};

static void
fake_gone(struct fake_socket *s)
{
	struct fake_qmp *f = (struct fake_qmp *)s;

	f->in.len = f->out.len = 0;
}

void
fake_qmp_hang_up(struct fake_qmp *f)
{
	fake_socket_hang_up(&f->socket);
}

static void
fake_flush(struct fake_qmp *f)
{
	while (f->socket.fd >= 0 && f->out.len > 0) {
		ssize_t n =
			send(f->socket.fd, f->out.data, f->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			f->out.len = 0;
		if (n < 0)
			break;
		buf_drop(&f->out, (size_t)n);
	}
	if (f->socket.fd >= 0)
		watch_set(f->socket.watch, UV_READABLE | (f->out.len > 0 ? UV_WRITABLE : 0));
}

static void
fake_line(struct fake_qmp *f, const char *line, size_t len)
{
	json_t *msg = json_loadb(line, len, 0, NULL);

	if (json_is_object(msg))
		f->fn(f->arg, f, json_string_value(json_object_get(msg, "execute")), msg);
	else
		f->junk += len;
	json_decref(msg);
}

static void
fake_event(void *arg, int events)
{
	struct fake_qmp *f = arg;
	char bytes[65536], *end;
	ssize_t n;

	if (events & UV_WRITABLE)
		fake_flush(f);
	n = recv(f->socket.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fake_qmp_hang_up(f);
		return;
	}
	buf_add(&f->in, bytes, (size_t)n);
	/* the guest agent's lexer starts anew at 0xff */
	while (f->in.len > 0 && (unsigned char)f->in.data[0] == 0xff) {
		buf_drop(&f->in, 1);
		f->junk++;
	}
	while (f->socket.fd >= 0 && (end = memchr(f->in.data, '\n', f->in.len)) != NULL) {
		char *line = xstrndup(f->in.data, (size_t)(end - f->in.data));

		buf_drop(&f->in, strlen(line) + 1);
		fake_line(f, line, strlen(line));
		free(line);
	}
}

static void
fake_send(struct fake_socket *s, const char *bytes, size_t len)
{
	fake_qmp_send((struct fake_qmp *)s, bytes, len);
}

struct fake_qmp *
fake_qmp_new(const char *path, const char *greeting, fake_qmp_fn fn, void *arg)
{
	struct fake_qmp *f = xcalloc(1, sizeof(*f));

	f->fn = fn;
	f->arg = arg;
	f->socket.event = fake_event;
	f->socket.send = fake_send;
	f->socket.gone = fake_gone;
	fake_socket_open(&f->socket, path, SOCK_STREAM, greeting);
	return f;
}

void
fake_qmp_send(struct fake_qmp *f, const char *bytes, size_t len)
{
	if (f->socket.fd < 0)
		return;
	buf_add(&f->out, bytes, len);
	fake_flush(f);
}

void
fake_qmp_return(struct fake_qmp *f, json_t *msg, json_t *result)
{
	json_t *reply = json_pack("{s:o, s:O}", "return", result != NULL ? result : json_object(),
				  "id", json_object_get(msg, "id"));
	char *text = json_dumps(reply, JSON_COMPACT);

	fake_qmp_text(f, "%s\r\n", text);
	free(text);
	json_decref(reply);
}

size_t
fake_qmp_junk(const struct fake_qmp *f)
{
	return f->junk;
}

void
fake_qmp_free(struct fake_qmp *f)
{
	fake_socket_close(&f->socket);
	buf_free(&f->in);
	buf_free(&f->out);
	free(f);
}
