/* bind_mem: a guest's memory as a Lua handle. It ends with its last holder: no resource of a scope.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "bind/bind.h"
#include "fs/mem.h"

static const char memory_kind[] = "guest memory";

/* Between two looks at the loop: some ms. */
#define STEP_BYTES ((size_t)8 << 20)

struct memory {
	int fd;       /* -1: closed */
	uint64_t sum; /* of what was copied last */
};

static struct memory *
check_memory(lua_State *L)
{
	struct memory *m = luaL_checkudata(L, 1, memory_kind);

	if (m->fd < 0)
		luaL_error(L, "this guest memory is closed");
	return m;
}

static int
fail_copy(lua_State *L, int rc, const char *op, const char *path)
{
	if (rc != -EFBIG)
		return bind_fail_path(L, rc, op, path);
	lua_pushfstring(L, "%s: the snapshot has more memory than this guest", path);
	return bind_fail(L, rc, op, lua_tostring(L, -1), NULL);
}

/* Copies one step from offset `at` of the file. → the next offset, or true at the end; nil and an
 * error. */
static int
copy_step(lua_State *L, bool is_load)
{
	struct memory *m = check_memory(L);
	const char *op = is_load ? "load" : "save", *path = luaL_checkstring(L, 2);
	off_t at = (off_t)bind_opt_whole(L, 3, "at", 0, 0, WHOLE_MAX);
	int flags = is_load ? O_RDONLY : O_WRONLY | O_CREAT | (at > 0 ? 0 : O_TRUNC);
	int file = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600), rc = -errno;

	if (at == 0)
		m->sum = 0;
	if (file >= 0)
		rc = mem_copy(is_load ? file : m->fd, is_load ? m->fd : file, &at, STEP_BYTES,
			      &m->sum);
	if (file >= 0 && close(file) < 0 && rc >= 0)
		rc = -errno;
	if (rc < 0)
		return fail_copy(L, rc, op, path);
	if (rc == 0)
		return bind_bool(L, true);
	return bind_number(L, at);
}

/* memory:load(path, at) → the next `at`; true once all is there. Copies at most 8 MB of the file,
 * into a memory that was not written to. */
static int
l_load(lua_State *L)
{
	return copy_step(L, true);
}

/* memory:save(path, at) → as load, in the other direction, into a new file */
static int
l_save(lua_State *L)
{
	return copy_step(L, false);
}

static int
push_sum(lua_State *L, uint64_t sum)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)sum);
	return bind_text(L, text);
}

/* memory:sum() → a checksum of what was loaded or saved last, as text */
static int
l_sum(lua_State *L)
{
	return push_sum(L, check_memory(L)->sum);
}

/* memory:fd() → the descriptor, for engine.vm's memory_fd */
static int
l_fd(lua_State *L)
{
	return bind_number(L, check_memory(L)->fd);
}

/* memory:close(): a process that has it mapped keeps it */
static int
l_close(lua_State *L)
{
	struct memory *m = luaL_checkudata(L, 1, memory_kind);

	if (m->fd >= 0)
		close(m->fd);
	m->fd = -1;
	return 0;
}

/* memory(bytes, page) → a handle; nil and an error. `page`: bytes of a hugepage; 0 or nil: ordinary
 * pages */
static int
l_memory(lua_State *L)
{
	size_t bytes = (size_t)bind_whole(L, 1, "bytes", 4096, 1e15);
	size_t page = (size_t)bind_opt_whole(L, 2, "page", 0, 0, WHOLE_MAX);
	struct memory *m;
	int fd;

	m = bind_new(L, memory_kind, sizeof(*m));
	m->fd = -1;
	fd = mem_new(bytes, page);
	if (fd < 0)
		return bind_fail(L, fd, "memory", NULL, NULL);
	m->fd = fd;
	return 1;
}

/* checksum(text) → 16 hexadecimal digits: finds damage, not an attack */
static int
l_checksum(lua_State *L)
{
	size_t len;
	const char *text = luaL_checklstring(L, 1, &len);

	return push_sum(L, mem_sum(text, len));
}

static const struct bind_row methods[] = {
	{ "load", l_load, BIND_READ }, { "save", l_save, BIND_READ },   { "sum", l_sum, BIND_READ },
	{ "fd", l_fd, BIND_READ },     { "close", l_close, BIND_IDLE }, { NULL, NULL, 0 },
};

static const struct bind_row functions[] = {
	{ "memory", l_memory, BIND_READ },
	/* of what may be too long for a recording */
	{ "checksum", l_checksum, BIND_READ | BIND_FIRST(0) },
	{ NULL, NULL, 0 },
};

static const struct bind_kind kind = { .name = memory_kind, .methods = methods, .gc = l_close };

const struct bind_file bind_mem = { .functions = functions, .kinds = { &kind } };
