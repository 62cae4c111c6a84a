/* editor: the line that a person edits at the terminal (libedit), with output above it. */
#include "tty/editor.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "core/buf.h"
#include "tty/input.h"
#include "tty/modes.h"
#include "tty/rows.h"

#define HISTORY_MAX 2000
#define ESCAPES     L'\1'
#define SCREEN_SIZE 65536

/* There is one, as there is one terminal. */
static struct {
	EditLine *el;
	History *history;
	FILE *screen; /* its own stream: a redraw is one write */
	const struct editor_hooks *hooks;
	wchar_t *prompt;
	struct buf above; /* lines for the next flush */
	bool editing;
} ed;

/* ---- the screen ---- */

/* The row where the line ends, or where the cursor stands. */
static size_t
line_row(bool to_end)
{
	const LineInfoW *line = el_wline(ed.el);
	const wchar_t *end = to_end ? line->lastchar : line->cursor;
	struct rows r = { 0 };
	int columns, height;

	el_get(ed.el, EL_GETTC, "co", &columns);
	el_get(ed.el, EL_GETTC, "li", &height);
	r.columns = (size_t)columns;
	rows_add(&r, ed.prompt, wcslen(ed.prompt));
	rows_add(&r, line->buffer, (size_t)(end - line->buffer));
	/* libedit shows the end of a line that is taller than the screen */
	return r.row < (size_t)height ? r.row : (size_t)height - 1;
}

static void
move_up(size_t rows)
{
	if (rows > 0)
		fprintf(ed.screen, "\033[%zuA", rows);
}

/* Erase the edited line; the cursor is at the beginning of an empty row. Row by row: tmux stores
 * what one escape clears from the first row on, and shows it again in a larger window. */
static void
line_erase(void)
{
	size_t rows = line_row(true);
	char *up = NULL;

	/* the terminal cannot move up */
	if (el_get(ed.el, EL_GETTC, "up", &up) != 0 || up == NULL) {
		fputc('\n', ed.screen);
		return;
	}
	move_up(line_row(false));
	fputs("\r\033[K", ed.screen);
	for (size_t row = 1; row <= rows; row++)
		fputs(row < rows ? "\033[B\033[K" : "\033[B\033[J", ed.screen);
	move_up(rows);
}

/* The cursor to the beginning of the first row behind the edited line. */
static void
line_leave(void)
{
	for (size_t rows = line_row(true) - line_row(false) + 1; rows > 0; rows--)
		fputc('\n', ed.screen);
	fputc('\r', ed.screen);
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
	FILE *to = ed.editing ? ed.screen : stdout;

	if (ed.above.len == 0)
		return;
	fflush(stdout);
	if (ed.editing)
		line_erase();
	fwrite(ed.above.data, 1, ed.above.len, to);
	if (ed.editing)
		el_set(ed.el, EL_REFRESH);
	fflush(to);
	buf_free(&ed.above);
}

static void
on_signal(void *arg, int sig)
{
	(void)arg;
	if (sig == SIGTSTP) {
		line_leave();
		fflush(ed.screen);
	} else if (sig == SIGCONT) {
		el_set(ed.el, EL_PREP_TERM, 0);
		el_set(ed.el, EL_PREP_TERM, 1);
		fputs("\r\033[K", ed.screen);
		el_set(ed.el, EL_REFRESH);
	} else if (sig == SIGWINCH) {
		el_resize(ed.el);
		line_erase();
		el_set(ed.el, EL_REFRESH);
	}
}

/* ---- Tab ---- */

static int
characters(const char *bytes, size_t n)
{
	mbstate_t state = { 0 };

	return (int)mbsnrtowcs(NULL, &bytes, n, 0, &state);
}

static unsigned char
on_tab(EditLine *el, int key)
{
	const LineInfo *info = el_line(el);
	size_t cursor = (size_t)(info->cursor - info->buffer);
	struct completion c = { 0 };
	unsigned char answer = CC_ERROR;

	(void)key;
	/* pasted text */
	if (input_tabs() == 0)
		return el_insertstr(el, "\t") == 0 ? CC_REFRESH : CC_ERROR;
	if (ed.hooks->complete(info, input_tabs() > 1, &c) && c.from <= cursor) {
		if (c.list != NULL) {
			line_leave();
			fputs(c.list, ed.screen);
			el_set(el, EL_REFRESH);
		}
		el_deletestr(el, characters(info->buffer + c.from, cursor - c.from));
		el_insertstr(el, c.text);
		answer = c.is_open && c.list == NULL ? CC_REFRESH_BEEP : CC_REFRESH;
	}
	free(c.text);
	free(c.list);
	return answer;
}

/* ---- the line ---- */

static wchar_t *
prompt_of(EditLine *el)
{
	(void)el;
	return ed.prompt;
}

/* Keys of common terminals that libedit's emacs mode lacks or has otherwise. */
static void
bind_keys(void)
{
	static const char *const keys[][2] = {
		{ "^S", "em-inc-search-next" },      { "^W", "ed-delete-prev-word" },
		{ "\\e[1~", "ed-move-to-beg" },      { "\\e[4~", "ed-move-to-end" },
		{ "\\e[7~", "ed-move-to-beg" },      { "\\e[8~", "ed-move-to-end" },
		{ "\\e[3~", "ed-delete-next-char" }, { "\\e[1;5D", "ed-prev-word" },
		{ "\\e[1;5C", "em-next-word" },      { "\\e[1;3D", "ed-prev-word" },
		{ "\\e[1;3C", "em-next-word" },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		el_set(ed.el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

/* With these capabilities libedit miscounts wide characters. Without them it redraws the row. */
static void
shun_insertion(void)
{
	static const char capabilities[][3] = { "ic", "IC", "im", "dc", "DC" };

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		el_set(ed.el, EL_SETTC, capabilities[i], "", NULL);
}

static void
editor_start(void)
{
	HistEvent ev;

	if (ed.el != NULL)
		return;
	/* LuaJIT writes and reads numbers by LC_NUMERIC, which stays C */
	setlocale(LC_CTYPE, "");
	/* no locale is set: Lua's source is UTF-8, and so are most terminals */
	if (strncmp(nl_langinfo(CODESET), "ANSI", 4) == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	ed.screen = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	setvbuf(ed.screen, NULL, _IOFBF, SCREEN_SIZE);
	ed.el = el_init("moonrig", stdin, ed.screen, stderr);
	ed.history = history_init();
	history(ed.history, &ev, H_SETSIZE, HISTORY_MAX);
	/* wide strings: the narrow EL_ADDFN frees its copies too early */
	el_wset(ed.el, EL_PROMPT_ESC, prompt_of, ESCAPES);
	el_wset(ed.el, EL_ADDFN, L"moonrig-complete", L"Complete the word", on_tab);
	el_set(ed.el, EL_EDITOR, "emacs");
	el_set(ed.el, EL_HIST, history, ed.history);
	el_set(ed.el, EL_GETCFN, input_read);
	bind_keys();
	shun_insertion();
	/* the user's own keys (editrc(5)) */
	el_source(ed.el, NULL);
	el_set(ed.el, EL_BIND, "^I", "moonrig-complete", NULL);
	/* INPUT_ESCAPE, in vi's command mode, too */
	el_set(ed.el, EL_BIND, "-s", "\\200", "\\e", NULL);
	el_set(ed.el, EL_BIND, "-a", "-s", "\\200", "\\e", NULL);
}

char *
editor_read(const char *prompt, const struct editor_hooks *hooks)
{
	struct modes modes = { .fd = STDIN_FILENO, .on_signal = on_signal };
	int n = 0, taken;
	const char *line;
	char *copy;

	editor_start();
	fflush(stdout);
	free(ed.prompt);
	ed.prompt = xcalloc(strlen(prompt) + 1, sizeof(*ed.prompt));
	/* ends where it is not valid in this locale */
	mbstowcs(ed.prompt, prompt, strlen(prompt));
	ed.hooks = hooks;
	input_open(hooks->await);
	taken = modes_take(&modes, NULL);
	/* before the prompt: a Ctrl-D would be lost while the terminal is not raw */
	el_set(ed.el, EL_PREP_TERM, 1);
	ed.editing = true;
	line = el_gets(ed.el, &n);
	ed.editing = false;
	copy = line != NULL && n > 0 ? xstrndup(line, (size_t)n) : NULL;
	fflush(ed.screen);
	if (taken == 0)
		modes_give_back(&modes);
	editor_flush();
	return copy;
}

void
editor_remember(const char *entry, bool is_new)
{
	HistEvent ev, gone;
	int rc;

	editor_start();
	for (rc = is_new ? -1 : history(ed.history, &ev, H_FIRST); rc >= 0;
	     rc = history(ed.history, &ev, H_NEXT)) {
		if (strcmp(ev.str, entry) != 0)
			continue;
		history(ed.history, &gone, H_DEL, ev.num);
		free((char *)gone.str);
		break;
	}
	history(ed.history, &ev, H_ENTER, entry);
}

void
editor_fini(void)
{
	editor_flush();
	if (ed.el == NULL)
		return;
	history_end(ed.history);
	/* el_end drops typed-ahead input, which belongs to the shell: only for a leak check. It
	 * does not free macros, which a new keymap does. */
	if (getenv("MOONRIG_LEAK_CHECK") != NULL) {
		el_set(ed.el, EL_EDITOR, "emacs");
		el_end(ed.el);
	}
	fclose(ed.screen);
	input_close();
	ed.el = NULL;
}
