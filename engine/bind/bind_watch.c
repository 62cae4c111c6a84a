/* bind_watch: acts of a person during a run: files saved, keys pressed. */
#include <errno.h>
#include <unistd.h>

#include "bind/bind.h"
#include "fs/changes.h"
#include "tty/keys.h"

static const struct bind_kind watch_kind, keys_kind;

/* ---- folders ---- */

static int
fail_set(lua_State *L, int rc, const char *folder)
{
	if (rc != -ENOSPC && rc != -EMFILE)
		return bind_fail_path(L, rc, "watch", folder);
	folder = lua_pushfstring(
		L, "%s: the kernel has no more watches: raise fs.inotify.max_user_%s (sysctl)",
		folder, rc == -ENOSPC ? "watches" : "instances");
	return bind_fail(L, rc, "watch", folder, NULL);
}

/* watch:set(folders) → true: watches these and no others, as far as they exist. One that was
 * removed and made again since the last call gets a new watch. */
static int
l_watch_set(lua_State *L)
{
	struct changes *c = bind_open(L, 1, &watch_kind);
	const struct argv *folders = bind_list(L, 2, "folders");
	const char *bad = NULL;
	int rc = changes_set(c, folders->v, folders->n, &bad);

	return rc < 0 ? fail_set(L, rc, bad) : bind_bool(L, true);
}

static int
push_changes(lua_State *L, void *arg, int status)
{
	struct changes *c = arg;
	const char *folder;
	int n = 0;

	if (status < 0)
		return bind_answer(L, status, "watch", "nothing changed in time");
	lua_newtable(L);
	while ((folder = changes_take(c)) != NULL) {
		lua_pushstring(L, folder);
		lua_rawseti(L, -2, ++n);
	}
	return 1;
}

/* watch:next(seconds) → the folders in which something changed since the last one */
static int
l_watch_next(lua_State *L)
{
	struct changes *c = bind_check(L, 1, &watch_kind);

	if (changes_await(c, bind_seconds(L, 2, 10), task_wait(L, push_changes, c)) < 0)
		return luaL_error(L, "another task waits for this watch already");
	return task_park(L);
}

static int
l_watch_close(lua_State *L)
{
	res_close(changes_res(bind_check(L, 1, &watch_kind)));
	return 0;
}

/* watch(folders) → a handle; nil and an error */
static int
l_watch(lua_State *L)
{
	struct changes *c;

	bind_check_list(L, 1, "folders");
	lua_settop(L, 1);
	c = changes_open(scope_root(), "files");
	bind_push(L, &watch_kind, changes_res(c));
	lua_insert(L, 1);
	if (l_watch_set(L) != 1) {
		res_close(changes_res(c));
		return 2;
	}
	lua_settop(L, 1);
	return 1;
}

/* ---- keys ---- */

static int
push_key(lua_State *L, void *arg, int status)
{
	char key = (char)status;

	(void)arg;
	if (status < 0)
		return bind_answer(L, status, "keys", "no key in time");
	lua_pushlstring(L, &key, 1);
	return 1;
}

/* keys:next(seconds) → the next key, a byte */
static int
l_keys_next(lua_State *L)
{
	struct keys *k = bind_check(L, 1, &keys_kind);

	if (keys_await(k, bind_seconds(L, 2, 10), task_wait(L, push_key, NULL)) < 0)
		return luaL_error(L, "another task waits for a key already");
	return task_park(L);
}

/* keys:close(): restores the terminal */
static int
l_keys_close(lua_State *L)
{
	res_close(keys_res(bind_check(L, 1, &keys_kind)));
	return 0;
}

/* keys() → the keys pressed at the terminal on stdin; nil and ENOTTY unless it is this process's */
static int
l_keys(lua_State *L)
{
	struct keys *k;
	int rc = keys_open(&k, scope_root(), STDIN_FILENO);

	if (rc < 0)
		return bind_fail(L, rc, "keys", "stdin is no terminal in the foreground", NULL);
	return bind_push(L, &keys_kind, keys_res(k));
}

static const struct bind_row watch_methods[] = {
	{ "set", l_watch_set, BIND_IDLE },
	{ "next", l_watch_next, BIND_PERSON },
	{ "close", l_watch_close, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row keys_methods[] = {
	{ "next", l_keys_next, BIND_PERSON },
	{ "close", l_keys_close, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_kind watch_kind = { .name = "watch", .methods = watch_methods };
static const struct bind_kind keys_kind = { .name = "keys", .methods = keys_methods };

static const struct bind_row functions[] = {
	{ "watch", l_watch, BIND_IDLE },
	{ "keys", l_keys, BIND_IDLE },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_watch = { .functions = functions,
				      .kinds = { &watch_kind, &keys_kind } };
