/* bind_line: a line typed by a person, while the loop turns. */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/line.h"
#include "core/log.h"
#include "tty/editor.h"

/* a prompt has a deadline, too, which never comes */
#define FOREVER 1e6
/* the longest wait after Tab */
#define COMPLETE_SECONDS 2.0

static struct wait *wanted;
static char *wanted_prompt;
static char *got; /* NULL at the end of input */
static lua_State *lua;
static bool readable, interrupted;
static int completer = LUA_NOREF;

/* ---- the loop during a line ---- */

/* One turn: runs ready tasks and shows their output. A task that was cancelled while its line is
 * read continues only after the read: its next wait may be for a line again. */
static void
turn(void)
{
	loop_turn(task_has_ready());
	if (interrupted)
		return;
	if (task_has_ready())
		transcript_flush();
	task_run_ready(lua);
	editor_flush();
}

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

	editor_flush();
	readable = false;
	/* a file or /dev/null cannot be polled, and can always be read */
	if (watch_start_shared(&w, STDIN_FILENO, UV_READABLE, on_readable, NULL) < 0)
		return !interrupted;
	while (!readable && !interrupted)
		turn();
	watch_stop(&w);
	return !interrupted;
}

/* ---- completion: a Lua function that may wait ---- */

struct completing {
	struct completion *out; /* NULL once it is late */
	bool done, ok, late;
};

/* { from, text, list, is_open }, without metamethods: nothing here may raise. */
static bool
take_answer(lua_State *co, struct completion *out)
{
	static const char *const keys[] = { "from", "text", "list", "is_open" };

	if (!lua_istable(co, 1))
		return false;
	lua_settop(co, 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		lua_pushstring(co, keys[i]);
		lua_rawget(co, 1);
	}
	if (!bind_is_whole(co, 2, 1, WHOLE_MAX) || lua_type(co, 3) != LUA_TSTRING)
		return false;
	out->from = (size_t)lua_tonumber(co, 2) - 1;
	out->text = xstrdup(lua_tostring(co, 3));
	if (lua_type(co, 4) == LUA_TSTRING)
		out->list = xstrdup(lua_tostring(co, 4));
	out->is_open = lua_toboolean(co, 5);
	return true;
}

static void
print_error(lua_State *co)
{
	const char *words;

	/* in protected mode: nothing here catches an error of __tostring */
	if (luaL_getmetafield(co, -1, "__tostring")) {
		lua_insert(co, -2);
		lua_pcall(co, 1, 1, 0);
	}
	words = lua_isstring(co, -1) ? lua_tostring(co, -1) : luaL_typename(co, -1);
	words = lua_pushfstring(co, "completion: %s", words);
	editor_print(words, strlen(words));
}

static void
on_completed(void *arg, lua_State *co, bool ok, int nresults)
{
	struct completing *c = arg;

	if (c->out == NULL) {
		free(c);
		return;
	}
	c->done = true;
	if (!ok)
		print_error(co);
	else if (nresults > 0)
		c->ok = take_answer(co, c->out);
}

static void
on_late(void *arg)
{
	((struct completing *)arg)->late = true;
}

static bool
complete(const LineInfo *line, bool again, struct completion *out)
{
	struct completing *c;
	struct timer *timer;
	struct task *task;
	bool ok;

	if (completer == LUA_NOREF)
		return false;
	c = xcalloc(1, sizeof(*c));
	c->out = out;
	lua_rawgeti(lua, LUA_REGISTRYINDEX, completer);
	lua_pushlstring(lua, line->buffer, (size_t)(line->lastchar - line->buffer));
	lua_pushinteger(lua, line->cursor - line->buffer);
	lua_pushboolean(lua, again);
	task = task_start(lua, 3, on_completed, c);
	timer_start(&timer, COMPLETE_SECONDS, on_late, c);
	while (!c->done && !c->late && !interrupted)
		turn();
	timer_stop(&timer);
	ok = c->ok;
	editor_flush();
	if (c->done) {
		free(c);
	} else {
		c->out = NULL;
		task_cancel(task);
	}
	return ok;
}

/* ---- a line ---- */

static const struct editor_hooks hooks = { stdin_wait, complete };

static bool
is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
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

	lua = L;
	interrupted = false;
	free(got);
	got = is_terminal() ? editor_read(wanted_prompt, &hooks) : read_plain();
	if (wanted != w)
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
	editor_fini();
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
	interrupted = true;
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
	len = strlen(got);
	/* an entry of the history may have several lines */
	if (len > 0 && got[len - 1] == '\n')
		len--;
	lua_pushlstring(L, got, len);
	return 1;
}

/* readline(prompt [, complete]) → line; nil at the end of input; nil and EINTR on Ctrl-C. The
 * prompt has its escape sequences between two \1. complete(line, cursor, again), a task of its own,
 * is called on Tab with the cursor behind that many bytes; `again` where Tab was the last key, too.
 * It returns within 2 s nothing, or { from = byte where the word begins, text = its replacement,
 * list = lines to show, is_open = true: several words fit }. */
static int
l_readline(lua_State *L)
{
	const char *prompt = luaL_checkstring(L, 1);
	struct wait *w;

	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TFUNCTION);
	if (wanted != NULL)
		return luaL_error(L, "another task reads a line already");
	w = task_wait(L, push_line, NULL);
	luaL_unref(L, LUA_REGISTRYINDEX, completer);
	lua_settop(L, 2);
	completer = lua_isnil(L, 2) ? LUA_NOREF : luaL_ref(L, LUA_REGISTRYINDEX);
	free(wanted_prompt);
	wanted_prompt = xstrdup(prompt);
	wanted = w;
	wait_arm(w, FOREVER, line_forget, NULL);
	return task_park(L);
}

/* print_above(text): prints lines above the line that is edited, or to stdout */
static int
l_print_above(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	editor_print(text, len);
	/* while a line is read, each turn of the loop shows its output at once */
	if (wanted == NULL)
		editor_flush();
	return 0;
}

/* history(lines, is_loaded): adds them, the oldest first, none of them twice */
static int
l_history(lua_State *L)
{
	bool is_loaded = lua_toboolean(L, 2);

	bind_check_list(L, 1, "the history");
	for (size_t i = 1; is_terminal() && i <= lua_objlen(L, 1); i++) {
		lua_rawgeti(L, 1, (int)i);
		editor_remember(lua_tostring(L, -1), is_loaded);
		lua_pop(L, 1);
	}
	return 0;
}

/* terminal_size() → columns, rows; nothing where stdout is no terminal */
static int
l_terminal_size(lua_State *L)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	lua_pushinteger(L, size.ws_col > 0 ? size.ws_col : 80);
	lua_pushinteger(L, size.ws_row > 0 ? size.ws_row : 24);
	return 2;
}

static const struct bind_row functions[] = {
	{ "readline", l_readline, BIND_PERSON },
	{ "print_above", l_print_above, BIND_IDLE },
	{ "history", l_history, BIND_IDLE },
	{ "terminal_size", l_terminal_size, BIND_IDLE },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_line = { .functions = functions };
