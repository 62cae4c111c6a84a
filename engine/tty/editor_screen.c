/* editor_screen: what the editor shows: lines above the edited one, and that one where it was. */
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tty/editor_priv.h"
#include "tty/rows.h"

/* ---- the screen ---- */

bool
editor_size(size_t *columns, size_t *rows)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return false;
	*columns = size.ws_col > 0 ? size.ws_col : 80;
	*rows = size.ws_row > 0 ? size.ws_row : 24;
	return true;
}

/* Where the cursor stands, and with `to_end` where the line ends. */
static size_t
line_row(bool to_end)
{
	const LineInfoW *line = el_wline(ed.el);
	struct rows r = { .columns = 80 };
	size_t height = 24;
	size_t n = mbstowcs(NULL, ed.prompt, 0);

	editor_size(&r.columns, &height);
	if (n != (size_t)-1) {
		wchar_t *wide = xcalloc(n + 1, sizeof(*wide));

		mbstowcs(wide, ed.prompt, n);
		rows_add(&r, wide, n);
		free(wide);
	}
	rows_add(&r, line->buffer,
		 (size_t)((to_end ? line->lastchar : line->cursor) - line->buffer));
	/* of a line that is taller than the screen the end is shown */
	return r.row < height ? r.row : height - 1;
}

static bool
screen_moves(void)
{
	char *up = NULL, *clear = NULL;

	return el_get(ed.el, EL_GETTC, "up", &up) == 0 && up != NULL &&
	       el_get(ed.el, EL_GETTC, "cd", &clear) == 0 && clear != NULL;
}

static void
move_up(size_t rows)
{
	if (rows > 0)
		fprintf(ed.screen, "\033[%zuA", rows);
}

/* Take the edited line away; the cursor is at the beginning of an empty row. Row by row: tmux keeps
 * what is cleared from the first row on to the last, and shows it again in a larger window. */
static void
line_erase(void)
{
	size_t rows = line_row(true);

	if (!screen_moves()) {
		fputc('\n', ed.screen);
		return;
	}
	move_up(line_row(false));
	fputs("\r\033[K", ed.screen);
	for (size_t row = 1; row <= rows; row++)
		fputs(row < rows ? "\033[B\033[K" : "\033[B\033[J", ed.screen);
	move_up(rows);
}

void
editor_leave_line(void)
{
	for (size_t rows = line_row(true) - line_row(false) + 1; rows > 0; rows--)
		fputc('\n', ed.screen);
	fputc('\r', ed.screen);
}

static void
line_draw(void)
{
	el_set(ed.el, EL_REFRESH);
	fflush(ed.screen);
}

void
editor_print(const char *text, size_t len)
{
	buf_add(&ed.above, text, len);
	if (len > 0 && text[len - 1] != '\n')
		buf_add_char(&ed.above, '\n');
}

void
editor_flush(void)
{
	if (ed.above.len == 0)
		return;
	fflush(stdout);
	if (ed.editing) {
		line_erase();
		fwrite(ed.above.data, 1, ed.above.len, ed.screen);
		line_draw();
	} else {
		fwrite(ed.above.data, 1, ed.above.len, stdout);
		fflush(stdout);
	}
	buf_free(&ed.above);
}

/* ---- signals that are about the terminal ---- */

static void
on_resized(uv_signal_t *uv, int sig)
{
	(void)uv;
	(void)sig;
	if (!ed.editing)
		return;
	line_erase();
	el_resize(ed.el);
	line_draw();
}

/* The shell may have had the terminal meanwhile: its modes are to be ours again. */
static void
terminal_take(void)
{
	el_set(ed.el, EL_PREP_TERM, 0);
	el_set(ed.el, EL_PREP_TERM, 1);
	fputs("\r\033[K", ed.screen);
	line_draw();
}

static void
on_suspended(uv_signal_t *uv, int sig)
{
	if (ed.editing) {
		editor_leave_line();
		fflush(ed.screen);
	}
	editor_restore();
	/* libuv gives the signal back its way of old, which is to stop us, here */
	uv_signal_stop(uv);
	raise(sig);
	uv_signal_start(uv, on_suspended, sig);
	if (ed.editing)
		terminal_take();
}

/* After SIGSTOP, which nobody sees coming. */
static void
on_resumed(uv_signal_t *uv, int sig)
{
	struct termios now;

	(void)uv;
	(void)sig;
	if (ed.editing && tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ICANON) != 0)
		terminal_take();
}

void
editor_watch_signals(void)
{
	static const struct {
		uv_signal_t *uv;
		uv_signal_cb fn;
		int signal;
	} watched[] = { { &ed.resized, on_resized, SIGWINCH },
			{ &ed.suspended, on_suspended, SIGTSTP },
			{ &ed.resumed, on_resumed, SIGCONT } };

	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++) {
		uv_signal_init(loop(), watched[i].uv);
		uv_signal_start(watched[i].uv, watched[i].fn, watched[i].signal);
		uv_unref((uv_handle_t *)watched[i].uv);
	}
}
