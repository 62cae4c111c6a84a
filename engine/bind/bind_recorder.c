/* bind_recorder: writes a recording: each call's arguments and results as a line of JSON, to the
 * byte. Memory holds only what is not flushed yet. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/value.h"
#include "core/loop.h"

/* of longer texts only size and sum are written; a command may print as much as the second */
#define LONG_ARGUMENT ((size_t)4 << 10)
#define LONG_RESULT   ((size_t)16 << 20)

#define BUFFER_BYTES ((size_t)64 << 10)
/* The longest time before written bytes are flushed: a write(2) for each command would be a tenth
 * of its cost. */
#define FLUSH_SECONDS 0.02

static const char recording_kind[] = "recording";

struct recording {
	FILE *f;    /* NULL: closed */
	int labels; /* registry reference: { [handle] = "console 5" } */
	int error;  /* the first, an errno */
	struct timer *flush;
};

static struct recording *
check_recording(lua_State *L)
{
	struct recording *r = luaL_checkudata(L, 1, recording_kind);

	if (r->f == NULL)
		luaL_error(L, "this recording is closed");
	return r;
}

static void
note_error(struct recording *r, bool is_ok)
{
	if (!is_ok && r->error == 0)
		r->error = errno != 0 ? errno : EIO;
}

/* recording:write(head, arguments or nil, key, ...): a line, { head, "args": [arguments], key:
 * [...] }. `head` is the beginning of an object in JSON; arguments.n is how many there are;
 * arguments.is_brief: long results are cut as arguments are. */
static int
l_recording_write(lua_State *L)
{
	struct recording *r = check_recording(L);
	struct writer w = { .f = r->f, .limit = LONG_RESULT };
	struct writer args = { .f = r->f, .limit = LONG_ARGUMENT };
	size_t len;
	const char *head = luaL_checklstring(L, 2, &len), *key = luaL_checkstring(L, 4);
	int top = lua_gettop(L);
	size_t n = 0;

	if (lua_istable(L, 3)) {
		lua_getfield(L, 3, "n");
		n = (size_t)bind_opt_whole(L, -1, "n", 0, 0, INT_MAX);
		lua_getfield(L, 3, "is_brief");
		w.limit = lua_toboolean(L, -1) ? LONG_ARGUMENT : LONG_RESULT;
		lua_pop(L, 2);
	}
	lua_rawgeti(L, LUA_REGISTRYINDEX, r->labels);
	w.labels = args.labels = top + 1;
	errno = 0;
	fwrite_unlocked(head, 1, len, w.f);
	if (lua_istable(L, 3)) {
		fputs(",\"args\":", w.f);
		value_put_list(L, &args, 3, n);
	}
	fprintf(w.f, ",\"%s\":[", key);
	for (int i = 5; i <= top; i++) {
		if (i > 5)
			putc_unlocked(',', w.f);
		value_put(L, &w, i);
	}
	fputs("]}\n", w.f);
	note_error(r, !ferror(w.f));
	return 0;
}

static void
flush_now(void *arg)
{
	struct recording *r = arg;

	timer_stop(&r->flush);
	errno = 0;
	note_error(r, fflush(r->f) == 0);
}

/* recording:flush(is_now): to the file, so that a kill loses nothing: now, or soon */
static int
l_recording_flush(lua_State *L)
{
	struct recording *r = check_recording(L);

	if (lua_toboolean(L, 2))
		flush_now(r);
	else if (r->flush == NULL)
		timer_start(&r->flush, FLUSH_SECONDS, flush_now, r);
	return 0;
}

static int
recording_end(lua_State *L, struct recording *r)
{
	timer_stop(&r->flush);
	errno = 0;
	if (r->f != NULL)
		note_error(r, fclose(r->f) == 0);
	r->f = NULL;
	luaL_unref(L, LUA_REGISTRYINDEX, r->labels);
	r->labels = LUA_NOREF;
	return r->error;
}

/* recording:close() → true; nil and an error where not all of it was written */
static int
l_recording_close(lua_State *L)
{
	int error = recording_end(L, luaL_checkudata(L, 1, recording_kind));

	return bind_answer(L, -error, "recording", NULL);
}

static int
l_recording_gc(lua_State *L)
{
	recording_end(L, luaL_checkudata(L, 1, recording_kind));
	return 0;
}

/* recording(path, labels) → a new recording; labels: { [handle] = text }. nil and an error */
static int
l_recording(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct recording *r;
	int fd;

	luaL_checktype(L, 2, LUA_TTABLE);
	r = bind_new(L, recording_kind, sizeof(*r));
	r->labels = LUA_NOREF;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	r->f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (r->f == NULL)
		return bind_fail_path(L, -errno, "recording", path);
	setvbuf(r->f, NULL, _IOFBF, BUFFER_BYTES);
	lua_pushvalue(L, 2);
	r->labels = luaL_ref(L, LUA_REGISTRYINDEX);
	return 1;
}

static const struct bind_row methods[] = {
	{ "write", l_recording_write, BIND_IDLE },
	{ "flush", l_recording_flush, BIND_IDLE },
	{ "close", l_recording_close, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row functions[] = {
	{ "recording", l_recording, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_kind kind = { .name = recording_kind,
				       .methods = methods,
				       .gc = l_recording_gc };

const struct bind_file bind_recorder = { .functions = functions, .kinds = { &kind } };
