/* term: this process's terminal as a channel, raw, until Ctrl-] ends it. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/fdio.h"
#include "tty/modes.h"

#define END_KEY 0x1d /* Ctrl-], as telnet has it */

struct term {
	struct chan chan;
	struct fdio *in, *out;
	struct modes modes;
	int flags[2]; /* of stdin and stdout, shared with the shell that started us */
};

static void
term_data(void *arg, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, END_KEY, len);
	size_t typed = end != NULL ? (size_t)(end - bytes) : len;

	chan_out(arg, bytes, typed);
	if (end != NULL)
		chan_end(arg);
}

static int
term_write(struct chan *c, const char *bytes, size_t len)
{
	return fdio_write(((struct term *)c)->out, bytes, len);
}

static void
term_eof(struct chan *c)
{
	chan_end(c);
}

static void
term_destroy(struct chan *c)
{
	struct term *t = (struct term *)c;

	fdio_close(&t->in);
	fdio_close(&t->out);
	for (int fd = 0; fd < 2; fd++)
		fcntl(fd, F_SETFL, t->flags[fd]);
	modes_give_back(&t->modes);
	free(t);
}

static const struct chan_ops term_ops = {
	.write = term_write, .eof = term_eof, .signal = chan_no_signal, .destroy = term_destroy
};

static void
go_raw(struct termios *t)
{
	cfmakeraw(t);
	/* programs that have made their own pty raw end their lines with \n alone */
	t->c_oflag |= OPOST | ONLCR;
}

int
chan_terminal(struct chan **out)
{
	struct term *t = xcalloc(1, sizeof(*t));
	int rc;

	t->chan.ops = &term_ops;
	t->chan.exit.exited = true;
	t->modes.fd = STDIN_FILENO;
	rc = modes_take(&t->modes, go_raw);
	if (rc < 0) {
		free(t);
		return rc;
	}
	for (int fd = 0; fd < 2; fd++)
		t->flags[fd] = fcntl(fd, F_GETFL);
	rc = fdio_open(&t->in, fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3), term_data, chan_end, t);
	if (rc == 0)
		rc = fdio_open(&t->out, fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), NULL, NULL, t);
	if (rc < 0)
		term_destroy(&t->chan);
	else
		*out = &t->chan;
	return rc;
}
