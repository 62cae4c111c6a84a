/* term: this process's terminal as a channel: each key as it is typed, until Ctrl-] ends it. */
#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "chan/chan.h"
#include "chan/fdio.h"

#define END_KEY 0x1d /* Ctrl-], as telnet has it */

struct term {
	struct chan chan;
	struct fdio *in, *out;
	struct termios cooked;
	int in_flags, out_flags; /* shared with the shell that started us */
};

static void
term_over(struct term *t)
{
	if (t->chan.is_over)
		return;
	t->chan.is_over = true;
	t->chan.exit.exited = true;
	if (t->chan.ended != NULL)
		t->chan.ended(t->chan.owner);
}

static void
term_end(void *arg)
{
	term_over(arg);
}

static void
term_data(void *arg, const char *bytes, size_t len)
{
	struct term *t = arg;
	const char *end = memchr(bytes, END_KEY, len);
	size_t typed = end != NULL ? (size_t)(end - bytes) : len;

	if (typed > 0 && t->chan.data != NULL)
		t->chan.data(t->chan.owner, CHAN_OUT, bytes, typed);
	if (end != NULL)
		term_over(t);
}

static int
term_write(struct chan *c, const char *bytes, size_t len)
{
	return fdio_write(((struct term *)c)->out, bytes, len);
}

static void
term_eof(struct chan *c)
{
	term_over((struct term *)c);
}

static int
term_signal(struct chan *c, int sig)
{
	(void)c;
	(void)sig;
	return -ENOTSUP;
}

static void
term_restore(struct term *t)
{
	fcntl(STDIN_FILENO, F_SETFL, t->in_flags);
	fcntl(STDOUT_FILENO, F_SETFL, t->out_flags);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t->cooked);
}

static void
term_destroy(struct chan *c)
{
	struct term *t = (struct term *)c;

	fdio_close(&t->in);
	fdio_close(&t->out);
	term_restore(t);
	free(t);
}

static const struct chan_ops term_ops = {
	.write = term_write, .eof = term_eof, .signal = term_signal, .destroy = term_destroy
};

static int
go_raw(struct term *t)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &t->cooked) < 0)
		return -errno;
	raw = t->cooked;
	cfmakeraw(&raw);
	/* programs that have made their own pty raw end their lines with \n alone */
	raw.c_oflag |= OPOST | ONLCR;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) < 0 ? -errno : 0;
}

static int
term_open(struct term *t)
{
	int in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	int out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	int rc = in < 0 || out < 0 ? -errno : fdio_open(&t->in, in, term_data, term_end, t);

	if (rc < 0) {
		if (out >= 0)
			close(out);
		return rc;
	}
	rc = fdio_open(&t->out, out, NULL, NULL, t);
	if (rc < 0)
		fdio_close(&t->in);
	return rc;
}

int
chan_terminal(struct chan **out)
{
	struct term *t = xcalloc(1, sizeof(*t));
	int rc;

	t->chan.ops = &term_ops;
	t->in_flags = fcntl(STDIN_FILENO, F_GETFL);
	t->out_flags = fcntl(STDOUT_FILENO, F_GETFL);
	rc = go_raw(t);
	if (rc == 0) {
		rc = term_open(t);
		if (rc < 0)
			term_restore(t);
	}
	if (rc < 0) {
		free(t);
		return rc;
	}
	*out = &t->chan;
	return 0;
}
