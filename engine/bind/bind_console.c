/* bind_console: consoles as Lua handles. */
#include <errno.h>
#include <limits.h>

#include "bind/bind.h"
#include "bind/bind_reply.h"
#include "console/console.h"
#include "core/signals.h"
#include "fs/search.h"

/* console:type(bytes) */
static int
l_console_type(lua_State *L)
{
	struct console *c = bind_open(L, 1, &bind_console_kind);
	size_t len;
	const char *bytes = luaL_checklstring(L, 2, &len);

	return bind_answer(L, console_type(c, bytes, len), "type", NULL);
}

static int
push_exit(lua_State *L, const struct chan_exit *e)
{
	lua_createtable(L, 0, 3);
	bind_set_exit(L, e);
	bind_set_bool(L, "lost", e->lost);
	return 1;
}

static int
push_end(lua_State *L, void *arg, int status)
{
	struct console *c = arg;
	char *tail;

	if (status == 0)
		return push_exit(L, console_exit(c));
	tail = console_tail(c, 8);
	lua_pushfstring(L, "%s %s", console_res(c)->name,
			status == -ETIMEDOUT ? "did not exit in time"
					     : "had not exited when the wait was interrupted");
	bind_fail(L, status, "wait for the end", lua_tostring(L, -1), tail);
	free(tail);
	return 2;
}

/* console:await_exit(seconds) → { code, signal, lost } */
static int
l_console_await_exit(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	console_await_end(c, bind_seconds(L, 2, 10), task_wait(L, push_end, c));
	return task_park(L);
}

/* console:exit() → { code, signal, lost }, nil while it runs */
static int
l_console_exit(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	return console_is_over(c) ? push_exit(L, console_exit(c)) : 0;
}

/* console:signal("INT"), to its process group */
static int
l_console_signal(lua_State *L)
{
	struct console *c = bind_open(L, 1, &bind_console_kind);
	const char *name = luaL_checkstring(L, 2);
	int sig = signal_number(name);

	if (sig == 0)
		return luaL_argerror(L, 2, lua_pushfstring(L, "invalid option '%s'", name));
	return bind_answer(L, console_signal(c, sig), "signal", NULL);
}

/* console:close(seconds): its soft end, then its hard one. */
static int
l_console_close(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	console_await_end(c, bind_seconds(L, 2, 30), task_wait(L, push_end, c));
	res_close(console_res(c));
	return task_park(L);
}

static int
l_console_tail(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);
	char *tail = console_tail(c, (size_t)bind_opt_whole(L, 2, "lines", 10, 1, INT_MAX));

	lua_pushstring(L, tail);
	free(tail);
	return 1;
}

/* console:last_output() → when it last printed something, on engine.now()'s clock; nil: never */
static int
l_console_last_output(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	if (console_last_output(c) <= 0)
		return 0;
	return bind_number(L, console_last_output(c));
}

/* console:mark() → the end of the output; console:since(mark) → text */
static int
l_console_mark(lua_State *L)
{
	return bind_number(L, console_mark(bind_check(L, 1, &bind_console_kind)));
}

/* console:received() → bytes of its stdout that have come, with escape sequences */
static int
l_console_received(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);

	return bind_number(L, (double)console_received(c));
}

static int
l_console_since(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);
	uint64_t at = (uint64_t)bind_whole(L, 2, "mark", 0, WHOLE_MAX);
	size_t len;
	char *text = console_since(c, at, &len);

	lua_pushlstring(L, text, len);
	free(text);
	return 1;
}

static void
push_found(void *arg, size_t which, const char *lines)
{
	lua_State *L = arg;

	lua_createtable(L, 0, 2);
	bind_set_number(L, "which", (double)which + 1);
	bind_set_text(L, "lines", lines);
	lua_rawseti(L, -2, (int)lua_objlen(L, -2) + 1);
}

/* console:find(texts) → of all its output the first line with each of the texts, in order: an array
 * of { which (of the texts), lines (that one, the last, and up to eight in front of it) } */
static int
l_console_find(lua_State *L)
{
	struct console *c = bind_check(L, 1, &bind_console_kind);
	const struct argv *texts = bind_list(L, 2, "texts");
	char *path = transcript_path(console_res(c)->name);

	lua_newtable(L);
	/* without a transcript nothing is found */
	if (path != NULL)
		search_file(path, texts->v, texts->n, push_found, L);
	free(path);
	return 1;
}

static int
l_console_name(lua_State *L)
{
	return bind_text(L, console_res(bind_check(L, 1, &bind_console_kind))->name);
}

static int
l_console_pid(lua_State *L)
{
	return bind_number(L, console_pid(bind_check(L, 1, &bind_console_kind)));
}

static int
l_console_eof(lua_State *L)
{
	console_eof(bind_open(L, 1, &bind_console_kind));
	return 0;
}

/* console:keep(): the case may leave it open: its rig closes it. Returns the console. */
static int
l_console_keep(lua_State *L)
{
	console_res(bind_check(L, 1, &bind_console_kind))->detached = true;
	lua_settop(L, 1);
	return 1;
}

/* console:stay(): what its last wait has found is this task's last wait, whatever it has awaited
 * elsewhere meanwhile */
static int
l_console_stay(lua_State *L)
{
	console_stay(bind_check(L, 1, &bind_console_kind), task_wait(L, NULL, NULL));
	return 0;
}

/* console:lend(other): types the output of each at the other, until one ends; its commands wait
 * meanwhile */
static int
l_console_lend(lua_State *L)
{
	struct console *c = bind_open(L, 1, &bind_console_kind);
	int rc = console_pass_through(c, bind_open(L, 2, &bind_console_kind));

	if (rc == -EBUSY)
		return bind_fail(L, rc, "lend", "a terminal has it already", NULL);
	return bind_answer(L, rc, "lend", NULL);
}

static const struct bind_row methods[] = {
	{ "expect", l_console_expect, BIND_WAIT | BIND_FIRST(1) },
	{ "set_prompt", l_console_set_prompt, BIND_ACT },
	{ "await_prompt", l_console_await_prompt, BIND_WAIT | BIND_FIRST(0) },
	{ "command", l_console_command, BIND_WAIT | BIND_FIRST(1) },
	{ "type", l_console_type, BIND_ACT },
	{ "await_exit", l_console_await_exit, BIND_WAIT | BIND_FIRST(0) },
	{ "exit", l_console_exit, BIND_READ },
	{ "signal", l_console_signal, BIND_ACT },
	{ "close", l_console_close, BIND_WAIT | BIND_FIRST(0) },
	{ "tail", l_console_tail, BIND_READ },
	{ "last_output", l_console_last_output, BIND_READ },
	{ "mark", l_console_mark, BIND_READ },
	{ "since", l_console_since, BIND_READ },
	{ "find", l_console_find, BIND_READ },
	{ "received", l_console_received, BIND_READ },
	{ "name", l_console_name, BIND_READ },
	{ "pid", l_console_pid, BIND_READ },
	{ "eof", l_console_eof, BIND_ACT },
	{ "keep", l_console_keep, BIND_READ },
	{ "stay", l_console_stay, BIND_IDLE },
	{ "lend", l_console_lend, BIND_IDLE },
	{ NULL, NULL, 0 },
};

const struct bind_kind bind_console_kind = { .name = "console", .methods = methods };

const struct bind_file bind_console = { .kinds = { &bind_console_kind } };
