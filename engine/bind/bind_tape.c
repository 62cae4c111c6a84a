/* bind_tape: a tape: each call's arguments and results as a line of JSON, to the byte. Nothing is
 * kept in memory but what is not flushed yet. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/value.h"
#include "core/loop.h"

#define TAPE_BYTES ((size_t)64 << 10)
/* What is written stays with us for so long at most: a write(2) for each command would be a tenth
 * of its cost. */
#define FLUSH_SECONDS 0.02

static const char tape_kind[] = "tape";

struct tape {
	FILE *f;    /* NULL: closed */
	int labels; /* registry reference: { [handle] = "console 5" } */
	int error;  /* the first, an errno */
	struct timer *flush;
};

static struct tape *
check_tape(lua_State *L)
{
	struct tape *t = luaL_checkudata(L, 1, tape_kind);

	if (t->f == NULL)
		luaL_error(L, "this tape is closed");
	return t;
}

static void
note_error(struct tape *t, bool is_ok)
{
	if (!is_ok && t->error == 0)
		t->error = errno != 0 ? errno : EIO;
}

/* tape:write(head, arguments or nil, key, ...): a line, { head, "args": [arguments], key: [...] }.
 * `head` is the beginning of an object in JSON; arguments.n says how many there are. */
static int
l_tape_write(lua_State *L)
{
	struct tape *t = check_tape(L);
	struct writer w = { .f = t->f };
	size_t len;
	const char *head = luaL_checklstring(L, 2, &len), *key = luaL_checkstring(L, 4);
	int top = lua_gettop(L);

	lua_rawgeti(L, LUA_REGISTRYINDEX, t->labels);
	w.labels = top + 1;
	errno = 0;
	fwrite_unlocked(head, 1, len, w.f);
	if (lua_istable(L, 3)) {
		lua_getfield(L, 3, "n");
		fputs(",\"args\":", w.f);
		w.is_argument = true;
		value_put_list(L, &w, 3, (size_t)lua_tonumber(L, -1));
		w.is_argument = false;
		lua_pop(L, 1);
	}
	fprintf(w.f, ",\"%s\":[", key);
	for (int i = 5; i <= top; i++) {
		if (i > 5)
			putc_unlocked(',', w.f);
		value_put(L, &w, i);
	}
	fputs("]}\n", w.f);
	note_error(t, !ferror(w.f));
	return 0;
}

static void
flush_now(void *arg)
{
	struct tape *t = arg;

	timer_stop(&t->flush);
	errno = 0;
	note_error(t, fflush(t->f) == 0);
}

/* tape:flush(is_now): what was written is there for others, should we be killed: now, or soon */
static int
l_tape_flush(lua_State *L)
{
	struct tape *t = check_tape(L);

	if (lua_toboolean(L, 2))
		flush_now(t);
	else if (t->flush == NULL)
		t->flush = timer_start(FLUSH_SECONDS, flush_now, t);
	return 0;
}

static int
tape_end(lua_State *L, struct tape *t)
{
	timer_stop(&t->flush);
	errno = 0;
	if (t->f != NULL)
		note_error(t, fclose(t->f) == 0);
	t->f = NULL;
	luaL_unref(L, LUA_REGISTRYINDEX, t->labels);
	t->labels = LUA_NOREF;
	return t->error;
}

/* tape:close() → true; nil and an error where not all of it was written */
static int
l_tape_close(lua_State *L)
{
	int error = tape_end(L, luaL_checkudata(L, 1, tape_kind));

	if (error != 0)
		return bind_fail(L, -error, "tape", NULL, NULL);
	lua_pushboolean(L, 1);
	return 1;
}

static int
l_tape_gc(lua_State *L)
{
	tape_end(L, luaL_checkudata(L, 1, tape_kind));
	return 0;
}

/* tape(path, labels) → a new tape; labels: { [handle] = text }. nil and an error */
static int
l_tape(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct tape *t;
	int fd;

	luaL_checktype(L, 2, LUA_TTABLE);
	t = lua_newuserdata(L, sizeof(*t));
	*t = (struct tape){ .labels = LUA_NOREF };
	luaL_getmetatable(L, tape_kind);
	lua_setmetatable(L, -2);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	t->f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (t->f == NULL) {
		lua_pushfstring(L, "%s: %s", path, strerror(errno));
		return bind_fail(L, -errno, "tape", lua_tostring(L, -1), NULL);
	}
	setvbuf(t->f, NULL, _IOFBF, TAPE_BYTES);
	lua_pushvalue(L, 2);
	t->labels = luaL_ref(L, LUA_REGISTRYINDEX);
	return 1;
}

static const luaL_Reg methods[] = {
	{ "write", l_tape_write },
	{ "flush", l_tape_flush },
	{ "close", l_tape_close },
	{ NULL, NULL },
};

void
bind_tape(lua_State *L)
{
	luaL_newmetatable(L, tape_kind);
	lua_pushcfunction(L, l_tape_gc);
	lua_setfield(L, -2, "__gc");
	lua_newtable(L);
	luaL_register(L, NULL, methods);
	lua_setfield(L, -2, "__index");
	lua_pop(L, 1);
	lua_pushcfunction(L, l_tape);
	lua_setfield(L, -2, "tape");
}
