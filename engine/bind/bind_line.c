/* bind_line: a line typed by a person, while the loop goes on. */
#include <errno.h>
#include <histedit.h>
#include <stdio.h>
#include <unistd.h>

#include "bind.h"
#include "line.h"

#define HISTORY_MAX 2000
/* a prompt has a deadline too: one that nobody sees */
#define FOREVER 1e6

static struct wait *wanted;
static char *wanted_prompt;
static char *got; /* NULL at the end of input */
static EditLine *editor;
static History *past;
static lua_State *state;
static bool readable, interrupted;
static unsigned long asked; /* how many lines were */

static void
on_readable(void *arg, int events)
{
	(void)arg;
	(void)events;
	readable = true;
}

/* Turn the loop until stdin can be read. False when the line is given up. */
static bool
stdin_wait(void)
{
	struct watch *w = NULL;

	readable = false;
	/* a file or /dev/null cannot be polled, and can always be read */
	if (watch_start_shared(&w, STDIN_FILENO, UV_READABLE, on_readable, NULL) < 0)
		return true;
	while (!readable && !interrupted) {
		loop_turn(task_has_ready());
		task_run_ready(state);
	}
	watch_stop(&w);
	return !interrupted;
}

static int
read_char(EditLine *el, wchar_t *c)
{
	unsigned char byte;

	(void)el;
	if (!stdin_wait()) {
		*c = L'\n';
		return 1;
	}
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	*c = byte;
	return 1;
}

static char *
prompt_of(EditLine *el)
{
	(void)el;
	return wanted_prompt;
}

static void
editor_start(void)
{
	HistEvent ev;

	editor = el_init("moonrig", stdin, stdout, stderr);
	past = history_init();
	history(past, &ev, H_SETSIZE, HISTORY_MAX);
	history(past, &ev, H_SETUNIQUE, 1);
	el_set(editor, EL_PROMPT, prompt_of);
	el_set(editor, EL_EDITOR, "emacs");
	el_set(editor, EL_HIST, history, past);
	el_set(editor, EL_GETCFN, read_char);
	/* the loop has the signals */
	el_set(editor, EL_SIGNAL, 0);
}

static char *
read_edited(void)
{
	int n = 0;
	const char *line;

	if (editor == NULL)
		editor_start();
	/* before the prompt: a Ctrl-D typed at it, the terminal not yet raw, would be lost */
	el_set(editor, EL_PREP_TERM, 1);
	line = el_gets(editor, &n);
	return line != NULL && n > 0 ? xstrndup(line, (size_t)n) : NULL;
}

static char *
read_plain(void)
{
	struct buf b = { 0 };
	char c = 0;

	while (c != '\n' && stdin_wait() && read(STDIN_FILENO, &c, 1) == 1)
		buf_add_char(&b, c);
	return b.data;
}

int
line_is_wanted(void)
{
	return wanted != NULL;
}

void
line_pump(lua_State *L)
{
	struct wait *w = wanted;
	unsigned long which = asked;

	state = L;
	interrupted = false;
	free(got);
	got = isatty(STDIN_FILENO) ? read_edited() : read_plain();
	/* who was called off has gone on while we read: his wait is of something else by now */
	if (wanted != w || asked != which)
		return;
	wanted = NULL;
	wait_end(w, interrupted ? -EINTR : 0);
}

void
line_interrupt(void)
{
	interrupted = true;
}

void
line_fini(void)
{
	if (editor != NULL) {
		history_end(past);
		el_end(editor);
	}
	editor = NULL;
	free(got);
	free(wanted_prompt);
	got = wanted_prompt = NULL;
}

static void
line_forget(void *owner, struct wait *w)
{
	(void)owner;
	(void)w;
	wanted = NULL;
}

static int
push_line(lua_State *L, void *arg, int status)
{
	size_t len;

	(void)arg;
	if (status < 0)
		return bind_fail(L, status, "readline", NULL, NULL);
	if (got == NULL) {
		lua_pushnil(L);
		return 1;
	}
	len = strcspn(got, "\n");
	lua_pushlstring(L, got, len);
	return 1;
}

/* readline(prompt) → line; nil at the end of input; nil and EINTR on Ctrl-C */
static int
l_readline(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct wait *w;

	if (wanted != NULL)
		return luaL_error(L, "another task reads a line already");
	w = task_wait(L, push_line, NULL);
	free(wanted_prompt);
	wanted_prompt = xstrdup(prompt);
	wanted = w;
	asked++;
	wait_arm(w, FOREVER, line_forget, NULL);
	return task_park(L);
}

/* history("load" | "save", path), history("add", line) */
static int
l_history(lua_State *L)
{
	static const char *const verbs[] = { "load", "save", "add", NULL };
	int verb = luaL_checkoption(L, 1, NULL, verbs);
	const char *text = luaL_checkstring(L, 2);
	HistEvent ev;

	if (!isatty(STDIN_FILENO))
		return 0;
	if (editor == NULL)
		editor_start();
	if (verb == 2)
		history(past, &ev, H_ENTER, text);
	else
		history(past, &ev, verb == 0 ? H_LOAD : H_SAVE, text);
	return 0;
}

static const luaL_Reg functions[] = { { "readline", l_readline },
				      { "history", l_history },
				      { NULL, NULL } };

void
bind_line(lua_State *L)
{
	luaL_register(L, NULL, functions);
}
