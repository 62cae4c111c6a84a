/* editor_keys: what is typed into the editor: characters of several bytes, and Tab. */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tty/columns.h"
#include "tty/editor_priv.h"

#define ESCAPE 27
#define CTRL_D 4
/* so much typed (or pasted) ahead is taken before the loop has its turn again */
#define TYPED_AHEAD 256
#define PASTED      16

/* ---- what is typed ---- */

static bool
typed_ahead(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

/* More at once than hasty fingers leave: it is pasted. */
static bool
is_pasting(void)
{
	int n = 0;

	return ioctl(STDIN_FILENO, FIONREAD, &n) == 0 && n > PASTED;
}

/* One byte; -1 at the end, -2 where the line is given up. A byte at a time: what is behind the
 * line may be for another who reads the terminal. */
static int
read_byte(void)
{
	unsigned char byte;
	ssize_t n;

	for (;;) {
		if (ed.taken++ >= TYPED_AHEAD || !typed_ahead()) {
			ed.taken = 0;
			if (!ed.hooks->await())
				return -2;
		}
		n = read(ed.keys, &byte, 1);
		/* Ctrl-C takes away what was typed ahead, though it was there just now */
		if (n >= 0 || (errno != EAGAIN && errno != EINTR))
			return n == 1 ? byte : -1;
	}
}

/* Ctrl-R's line stands behind the edited one. */
static bool
is_searching(void)
{
	const LineInfoW *line = el_wline(ed.el);
	const wchar_t *last = line->lastchar;

	while (last > line->buffer && *last != L'\n')
		last--;
	return line->lastchar - last > 4 &&
	       (wcsncmp(last, L"\nbck", 4) == 0 || wcsncmp(last, L"\nfwd", 4) == 0) &&
	       (last[4] == L':' || last[4] == L'?');
}

/* A byte as libedit should have it. */
static int
read_key(void)
{
	int byte;

	if (ed.escape_again) {
		ed.escape_again = false;
		return ESCAPE;
	}
	byte = read_byte();
	/* Ctrl-D, typed before the terminal was ours (n_tty keeps it so) */
	if (byte == 0)
		return CTRL_D;
	/* the search would take an arrow key's escape, and leave the rest to be typed */
	ed.escape_again = byte == ESCAPE && typed_ahead() && is_searching();
	return byte;
}

int
editor_read_char(EditLine *el, wchar_t *c)
{
	mbstate_t state = { 0 };

	(void)el;
	for (;;) {
		int byte = read_key();
		char b = (char)byte;
		size_t n;

		if (byte == -2)
			*c = L'\n';
		if (byte < 0)
			return byte == -2;
		n = mbrtowc(c, &b, 1, &state);
		if (n == (size_t)-2)
			continue;
		/* no character of ours */
		if (n == (size_t)-1)
			*c = L'\xfffd';
		return 1;
	}
}

/* ---- Tab ---- */

static size_t
characters(const char *bytes, size_t n)
{
	mbstate_t state = { 0 };

	return mbsnrtowcs(NULL, &bytes, n, 0, &state);
}

/* What all candidates begin with, in bytes, and no character cut. */
static size_t
common_prefix(const struct argv *list)
{
	size_t n = strlen(list->v[0]);

	for (size_t i = 1; i < list->n; i++) {
		size_t k = 0;

		while (k < n && list->v[i][k] == list->v[0][k])
			k++;
		n = k;
	}
	while (n > 0 && ((unsigned char)list->v[0][n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
list_candidates(const struct argv *list)
{
	size_t width = 80, height = 24;
	struct buf b = { 0 };

	editor_size(&width, &height);
	columns_format(&b, list, width, height > 3 ? height - 2 : 1);
	editor_leave_line();
	fwrite(b.data, 1, b.len, ed.screen);
	buf_free(&b);
}

/* The line as it is now: Tab once more, and the candidates are listed. */
static void
keep_line(void)
{
	const LineInfo *line = el_line(ed.el);

	buf_free(&ed.last);
	buf_add(&ed.last, line->buffer, (size_t)(line->lastchar - line->buffer));
	buf_add_char(&ed.last, '\0');
	ed.last_cursor = (size_t)(line->cursor - line->buffer);
}

static bool
is_kept(const char *line, size_t cursor)
{
	return ed.last.len > 0 && ed.last_cursor == cursor && strcmp(ed.last.data, line) == 0;
}

static unsigned char
apply(const struct candidates *c, const char *line, size_t cursor)
{
	size_t n = common_prefix(&c->list);
	size_t typed = cursor - c->from;
	bool is_new = n > 0 && (n != typed || strncmp(c->list.v[0], line + c->from, n) != 0);

	/* a prefix that is shorter than what was typed says less */
	if (is_new && (n >= typed || c->list.n == 1)) {
		char *text = xstrndup(c->list.v[0], n);

		if (typed > 0)
			el_deletestr(ed.el, (int)characters(line + c->from, typed));
		el_insertstr(ed.el, text);
		free(text);
		keep_line();
		return c->list.n == 1 ? CC_REFRESH : CC_REFRESH_BEEP;
	}
	if (c->list.n == 1)
		return CC_NORM;
	if (!is_kept(line, cursor)) {
		keep_line();
		return CC_ERROR;
	}
	list_candidates(&c->list);
	return CC_REDISPLAY;
}

unsigned char
editor_on_tab(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	struct candidates c = { 0 };
	unsigned char answer = CC_ERROR;
	char *line;
	size_t cursor;

	(void)key;
	/* pasted: it is text */
	if (is_pasting() || ed.hooks->complete == NULL)
		return el_insertstr(el, "\t") == 0 ? CC_REFRESH : CC_ERROR;
	line = xstrndup(info->buffer, (size_t)(info->lastchar - info->buffer));
	cursor = (size_t)(info->cursor - info->buffer);
	if (ed.hooks->complete(line, cursor, &c) && c.list.n > 0 && c.from <= cursor)
		answer = apply(&c, line, cursor);
	argv_free(&c.list);
	free(line);
	return answer;
}
