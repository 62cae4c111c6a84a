/* editor: the line that a person edits at the terminal (libedit), while others print above it. */
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <unistd.h>

#include "tty/editor_priv.h"

#define HISTORY_MAX 2000
#define ESCAPES     '\1'
#define SCREEN_SIZE 65536

struct editor ed;

/* ---- the line ---- */

static char *
prompt_of(EditLine *el)
{
	(void)el;
	return ed.prompt;
}

/* Keys that libedit's emacs mode has otherwise or not, as common terminals send them. */
static void
bind_keys(void)
{
	static const char *const keys[][2] = {
		{ "^R", "em-inc-search-prev" },    { "^S", "em-inc-search-next" },
		{ "^W", "ed-delete-prev-word" },   { "\\e[A", "ed-prev-history" },
		{ "\\e[B", "ed-next-history" },    { "\\e[C", "ed-next-char" },
		{ "\\e[D", "ed-prev-char" },       { "\\eOA", "ed-prev-history" },
		{ "\\eOB", "ed-next-history" },    { "\\eOC", "ed-next-char" },
		{ "\\eOD", "ed-prev-char" },       { "\\e[H", "ed-move-to-beg" },
		{ "\\e[F", "ed-move-to-end" },     { "\\eOH", "ed-move-to-beg" },
		{ "\\eOF", "ed-move-to-end" },     { "\\e[1~", "ed-move-to-beg" },
		{ "\\e[4~", "ed-move-to-end" },    { "\\e[7~", "ed-move-to-beg" },
		{ "\\e[8~", "ed-move-to-end" },    { "\\e[3~", "ed-delete-next-char" },
		{ "\\e[1;5D", "ed-prev-word" },    { "\\e[1;5C", "em-next-word" },
		{ "\\e[1;3D", "ed-prev-word" },    { "\\e[1;3C", "em-next-word" },
		{ "\\e^?", "ed-delete-prev-word" }
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		el_set(ed.el, EL_BIND, keys[i][0], keys[i][1], NULL);
}

/* LuaJIT writes and reads numbers by LC_NUMERIC, which stays C. */
static void
use_characters(void)
{
	setlocale(LC_CTYPE, "");
	/* no locale is named: Lua's source is UTF-8, and so are most terminals */
	if (strncmp(nl_langinfo(CODESET), "ANSI", 4) == 0)
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* Without these libedit draws the rest of the row anew where something is put in or taken out: with
 * them it miscounts wide characters. */
static void
shun_insertion(void)
{
	static const char *const capabilities[] = { "ic", "IC", "im", "ei", "ip",
						    "dc", "DC", "dm", "ed" };

	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		el_set(ed.el, EL_SETTC, capabilities[i], "", NULL);
}

static int
open_keys(void)
{
	const char *name = ttyname(STDIN_FILENO);
	int fd = open(name != NULL ? name : "/dev/tty",
		      O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	return fd >= 0 ? fd : STDIN_FILENO;
}

static void
editor_start(void)
{
	HistEvent ev;

	use_characters();
	ed.keys = open_keys();
	ed.screen = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	setvbuf(ed.screen, NULL, _IOFBF, SCREEN_SIZE);
	ed.el = el_init("moonrig", stdin, ed.screen, stderr);
	ed.past = history_init();
	history(ed.past, &ev, H_SETSIZE, HISTORY_MAX);
	history(ed.past, &ev, H_SETUNIQUE, 1);
	el_set(ed.el, EL_PROMPT_ESC, prompt_of, ESCAPES);
	el_set(ed.el, EL_EDITOR, "emacs");
	el_set(ed.el, EL_HIST, history, ed.past);
	el_set(ed.el, EL_GETCFN, editor_read_char);
	/* the loop has the signals */
	el_set(ed.el, EL_SIGNAL, 0);
	/* the wide one: the other copies the words, and loses them */
	el_wset(ed.el, EL_ADDFN, L"moonrig-complete", L"Complete the word", editor_on_tab);
	bind_keys();
	shun_insertion();
	/* the user's own, where he has them (editrc(5)) */
	el_source(ed.el, NULL);
	el_set(ed.el, EL_BIND, "^I", "moonrig-complete", NULL);
	editor_watch_signals();
}

bool
editor_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

char *
editor_read(const char *prompt, const struct editor_hooks *hooks)
{
	int n = 0;
	const char *line;
	char *copy;

	if (ed.el == NULL)
		editor_start();
	fflush(stdout);
	free(ed.prompt);
	ed.prompt = xstrdup(prompt);
	ed.hooks = hooks;
	ed.escape_again = false;
	buf_free(&ed.last);
	/* before the prompt: a Ctrl-D typed at it, the terminal not yet raw, would be lost */
	el_set(ed.el, EL_PREP_TERM, 1);
	ed.editing = true;
	line = el_gets(ed.el, &n);
	ed.editing = false;
	copy = line != NULL && n > 0 ? xstrndup(line, (size_t)n) : NULL;
	editor_restore();
	editor_flush();
	return copy;
}

/* ---- history ---- */

void
editor_recall(const char *entry)
{
	HistEvent ev;

	if (ed.el == NULL)
		editor_start();
	history(ed.past, &ev, H_ENTER, entry);
}

void
editor_remember(const char *entry)
{
	HistEvent ev, gone;
	int rc;

	if (ed.el == NULL)
		editor_start();
	for (rc = history(ed.past, &ev, H_FIRST); rc >= 0; rc = history(ed.past, &ev, H_NEXT)) {
		if (strcmp(ev.str, entry) != 0)
			continue;
		history(ed.past, &gone, H_DEL, ev.num);
		free((char *)gone.str);
		break;
	}
	history(ed.past, &ev, H_ENTER, entry);
}

/* ---- the end ---- */

void
editor_restore(void)
{
	if (ed.el == NULL)
		return;
	fflush(ed.screen);
	el_set(ed.el, EL_PREP_TERM, 0);
}

void
editor_fini(void)
{
	editor_flush();
	if (ed.el == NULL)
		return;
	editor_restore();
	uv_close((uv_handle_t *)&ed.resized, NULL);
	uv_close((uv_handle_t *)&ed.suspended, NULL);
	uv_close((uv_handle_t *)&ed.resumed, NULL);
	history_end(ed.past);
	/* el_end throws away what was typed ahead, which is the shell's: only for those who count
	 */
	if (getenv("MOONRIG_LEAK_CHECK") != NULL)
		el_end(ed.el);
	fclose(ed.screen);
	if (ed.keys != STDIN_FILENO)
		close(ed.keys);
	free(ed.prompt);
	buf_free(&ed.last);
	ed.el = NULL;
	ed.prompt = NULL;
}
