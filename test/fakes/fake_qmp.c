/* fake_qmp: a scripted QEMU (or guest agent) on the loop of the test itself. */
#include "fakes/fake_qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/loop.h"

struct fake_qmp {
	char *path, *greeting;
	fake_qmp_fn fn;
	void *arg;
	int listener, fd;
	struct watch *listening, *watch;
	struct buf in, out;
	size_t junk;
};

void
fake_qmp_hang_up(struct fake_qmp *f)
{
	watch_stop(&f->watch);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
	f->in.len = f->out.len = 0;
}

static void
fake_flush(struct fake_qmp *f)
{
	while (f->fd >= 0 && f->out.len > 0) {
		ssize_t n = send(f->fd, f->out.data, f->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			f->out.len = 0;
		if (n < 0)
			break;
		buf_drop(&f->out, (size_t)n);
	}
	if (f->fd >= 0)
		watch_set(f->watch, UV_READABLE | (f->out.len > 0 ? UV_WRITABLE : 0));
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
	n = recv(f->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
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
	while (f->fd >= 0 && (end = memchr(f->in.data, '\n', f->in.len)) != NULL) {
		char *line = xstrndup(f->in.data, (size_t)(end - f->in.data));

		buf_drop(&f->in, strlen(line) + 1);
		fake_line(f, line, strlen(line));
		free(line);
	}
}

static void
fake_accept(void *arg, int events)
{
	struct fake_qmp *f = arg;

	(void)events;
	fake_qmp_hang_up(f);
	f->fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (f->fd < 0)
		return;
	if (watch_start(&f->watch, f->fd, UV_READABLE, fake_event, f) < 0)
		abort();
	if (f->greeting != NULL)
		fake_qmp_send(f, f->greeting, strlen(f->greeting));
}

struct fake_qmp *
fake_qmp_new(const char *path, const char *greeting, fake_qmp_fn fn, void *arg)
{
	struct fake_qmp *f = xcalloc(1, sizeof(*f));
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	f->path = xstrdup(path);
	f->greeting = greeting != NULL ? xstrdup(greeting) : NULL;
	f->fn = fn;
	f->arg = arg;
	f->fd = -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	unlink(path);
	f->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (bind(f->listener, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(f->listener, 4) < 0 ||
	    watch_start(&f->listening, f->listener, UV_READABLE, fake_accept, f) < 0)
		abort();
	return f;
}

void
fake_qmp_send(struct fake_qmp *f, const char *bytes, size_t len)
{
	if (f->fd < 0)
		return;
	buf_add(&f->out, bytes, len);
	fake_flush(f);
}

void
fake_qmp_text(struct fake_qmp *f, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		abort();
	va_end(ap);
	fake_qmp_send(f, text, strlen(text));
	free(text);
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
	fake_qmp_hang_up(f);
	watch_stop(&f->listening);
	close(f->listener);
	unlink(f->path);
	buf_free(&f->in);
	buf_free(&f->out);
	free(f->path);
	free(f->greeting);
	free(f);
}
