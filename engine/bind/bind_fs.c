/* bind_fs: files and folders of this machine. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <lualib.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "bind/bind.h"
#include "core/signals.h"
#include "fs/core_file.h"
#include "guard/guard.h"
#include "guard/huge.h"

/* `rc` of a call that sets errno. */
static int
answer(lua_State *L, int rc, const char *op, const char *path)
{
	return rc >= 0 ? bind_bool(L, true) : bind_fail_path(L, -errno, op, path);
}

static int
l_fs_mkdir(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	mode_t mode = (mode_t)bind_opt_whole(L, 2, "mode", 0755, 0, 07777);

	return answer(L, mkdir(path, mode), "mkdir", path);
}

static int
l_fs_list(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	uv_dirent_t entry;
	uv_fs_t req;
	int rc = uv_fs_scandir(NULL, &req, path, 0, NULL);

	if (rc < 0)
		return bind_fail_path(L, rc, "list", path);
	lua_createtable(L, rc, 0);
	for (int n = 1; uv_fs_scandir_next(&req, &entry) == 0; n++) {
		lua_pushstring(L, entry.name);
		lua_rawseti(L, -2, n);
	}
	uv_fs_req_cleanup(&req);
	return 1;
}

static double
seconds_of(const struct timespec *t)
{
	return (double)t->tv_sec + (double)t->tv_nsec * 1e-9;
}

static int
l_fs_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct stat st;
	int rc = lua_toboolean(L, 2) ? lstat(path, &st) : stat(path, &st);

	if (rc < 0)
		return answer(L, rc, "stat", path);
	lua_createtable(L, 0, 8);
	bind_set_text(L, "type",
		      S_ISDIR(st.st_mode)    ? "dir"
		      : S_ISREG(st.st_mode)  ? "file"
		      : S_ISLNK(st.st_mode)  ? "link"
		      : S_ISSOCK(st.st_mode) ? "socket"
		      : S_ISFIFO(st.st_mode) ? "pipe"
					     : "device");
	bind_set_number(L, "size", (double)st.st_size);
	bind_set_number(L, "mtime", seconds_of(&st.st_mtim));
	bind_set_number(L, "changed", seconds_of(&st.st_ctim));
	bind_set_number(L, "inode", (double)st.st_ino);
	bind_set_number(L, "taken", (double)st.st_blocks * 512);
	bind_set_number(L, "mode", st.st_mode & 07777);
	bind_set_number(L, "uid", st.st_uid);
	return 1;
}

/* stamp(path) → "SIZE:SECONDS.NANOSECONDS" of the last change of a file's contents; nil without a
 * file. Quicker than stat(). */
static int
l_fs_stamp(lua_State *L)
{
	char text[80];
	struct stat st;

	if (stat(luaL_checkstring(L, 1), &st) < 0)
		return 0;
	snprintf(text, sizeof(text), "%lld:%lld.%09ld", (long long)st.st_size,
		 (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	lua_pushstring(L, text);
	return 1;
}

static int
l_fs_rename(lua_State *L)
{
	const char *to = luaL_checkstring(L, 2);

	return answer(L, rename(luaL_checkstring(L, 1), to), "rename", to);
}

static int
l_fs_symlink(lua_State *L)
{
	const char *path = luaL_checkstring(L, 2);

	return answer(L, symlink(luaL_checkstring(L, 1), path), "symlink", path);
}

static int
l_fs_chmod(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	mode_t mode = (mode_t)bind_whole(L, 2, "mode", 0, 07777);

	return answer(L, chmod(path, mode), "chmod", path);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
open_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_DNR || (type == FTW_D && (st->st_mode & 0700) != 0700))
		chmod(path, 0700);
	return 0;
}

static int
l_fs_rmtree(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int rc = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	/* folders of our own in which we may not write, copied from a node */
	if (rc < 0 && errno == EACCES) {
		nftw(path, open_one, 16, FTW_PHYS | FTW_MOUNT);
		rc = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
	return answer(L, rc < 0 && errno == ENOENT ? 0 : rc, "rmtree", path);
}

static int
l_fs_realpath(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char real[PATH_MAX];

	if (realpath(path, real) == NULL)
		return answer(L, -1, "realpath", path);
	return bind_text(L, real);
}

static int
l_fs_access(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
	int how = strchr(mode, 'x') ? X_OK : strchr(mode, 'w') ? W_OK : R_OK;

	return bind_bool(L, access(path, how) == 0);
}

/* -errno; -EAGAIN where another process holds it. */
static int
lock_open(const char *path, bool shared)
{
	struct stat st;
	int fd = open(path, O_CLOEXEC | O_NONBLOCK | (shared ? O_RDONLY : O_RDWR | O_CREAT), 0600);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_NB | (shared ? LOCK_SH : LOCK_EX)) < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	else if (st.st_nlink == 0)
		/* its last holder removed the file */
		rc = -ENOENT;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

/* lock(path, "shared" or "exclusive") → a lock, held until unlock or the process's end. A shared
 * one needs an existing file. Does not wait: EAGAIN. */
static int
l_fs_lock(lua_State *L)
{
	static const char *const modes[] = { "exclusive", "shared", NULL };
	const char *path = luaL_checkstring(L, 1);
	int fd = lock_open(path, luaL_checkoption(L, 2, "exclusive", modes) == 1);

	if (fd < 0)
		return bind_fail_path(L, fd, "lock", path);
	return bind_number(L, fd);
}

static int
l_fs_unlock(lua_State *L)
{
	close((int)bind_whole(L, 1, "descriptor", 0, INT_MAX));
	return 0;
}

/* guard_tree(path) → a number for guard_drop. The folder is removed when this process ends, however
 * it ends. */
static int
l_fs_guard_tree(lua_State *L)
{
	return bind_number(L, guard_tree(luaL_checkstring(L, 1)));
}

/* The same for the EAL's files of a prefix in hugetlbfs; remove_huge(prefix) removes them now. */
static int
l_fs_guard_huge(lua_State *L)
{
	return bind_number(L, guard_huge(luaL_checkstring(L, 1)));
}

static int
l_fs_remove_huge(lua_State *L)
{
	huge_remove(luaL_checkstring(L, 1));
	return 0;
}

static int
l_fs_guard_drop(lua_State *L)
{
	guard_drop((int)bind_whole(L, 1, "guard's number", INT_MIN, INT_MAX));
	return 0;
}

#define CHUNK_MAX (1 << 24)

/* load(file, at, length, name) → the chunk in a part of a file of io.open's, as by loadstring; nil
 * without one. The text is never a Lua string, which would stay until garbage is collected. */
static int
l_fs_load(lua_State *L)
{
	FILE **f = luaL_checkudata(L, 1, LUA_FILEHANDLE);
	off_t at = (off_t)bind_whole(L, 2, "at", 0, WHOLE_MAX);
	size_t length = (size_t)bind_whole(L, 3, "length of a chunk", 1, CHUNK_MAX);
	const char *name = luaL_checkstring(L, 4);
	char *text;
	ssize_t n;

	luaL_argcheck(L, *f != NULL, 1, "a closed file");
	text = xrealloc(NULL, length);
	n = pread(fileno(*f), text, length, at);
	if (n != (ssize_t)length || luaL_loadbuffer(L, text, (size_t)n, name) != 0)
		lua_pushnil(L);
	free(text);
	return 1;
}

static int
push_core(lua_State *L, const struct core_file *c)
{
	lua_createtable(L, 0, 6);
	bind_set_number(L, "pid", (double)c->pid);
	bind_set_number(L, "sid", (double)c->sid);
	bind_set_text(L, "signal", signal_name(c->signal));
	bind_set_text(L, "name", c->name);
	if (c->program < c->files.n)
		bind_set_text(L, "program", c->files.v[c->program]);
	lua_createtable(L, (int)c->files.n, 0);
	for (size_t i = 0; i < c->files.n; i++) {
		lua_pushstring(L, c->files.v[i]);
		lua_rawseti(L, -2, (int)i + 1);
	}
	lua_setfield(L, -2, "files");
	lua_createtable(L, 0, (int)c->files.n);
	for (size_t i = 0; i < c->files.n; i++)
		bind_set_number(L, c->files.v[i], (double)c->bases[i]);
	lua_setfield(L, -2, "bases");
	lua_newtable(L);
	for (size_t i = 0, n = 0; i < c->files.n; i++) {
		if (!c->is_used[i])
			continue;
		lua_pushstring(L, c->files.v[i]);
		lua_rawseti(L, -2, (int)++n);
	}
	lua_setfield(L, -2, "used");
	return 1;
}

/* core(path) → what a core file tells: { pid, sid, signal, name, program (its file), files (those
 * that were mapped), bases (the lowest address of each), used (those of them that may be on the
 * failed thread's stack) } */
static int
l_fs_core(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct core_file c;
	int rc = core_file_read(&c, path);
	int n = rc < 0 ? bind_fail_path(L, rc, "core", path) : push_core(L, &c);

	core_file_free(&c);
	return n;
}

static const struct bind_row functions[] = {
	{ "mkdir", l_fs_mkdir, BIND_EFFECT },
	{ "list", l_fs_list, BIND_READ },
	{ "stat", l_fs_stat, BIND_READ },
	{ "stamp", l_fs_stamp, BIND_READ },
	{ "rename", l_fs_rename, BIND_EFFECT },
	{ "symlink", l_fs_symlink, BIND_EFFECT },
	{ "chmod", l_fs_chmod, BIND_EFFECT },
	{ "rmtree", l_fs_rmtree, BIND_EFFECT },
	{ "realpath", l_fs_realpath, BIND_READ },
	{ "access", l_fs_access, BIND_READ },
	{ "lock", l_fs_lock, BIND_READ },
	{ "unlock", l_fs_unlock, BIND_IDLE },
	{ "guard_tree", l_fs_guard_tree, BIND_EFFECT },
	{ "guard_huge", l_fs_guard_huge, BIND_EFFECT },
	{ "remove_huge", l_fs_remove_huge, BIND_IDLE },
	{ "guard_drop", l_fs_guard_drop, BIND_IDLE },
	{ "load", l_fs_load, BIND_SAME },
	{ "core", l_fs_core, BIND_READ },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_fs = { .functions = functions, .in = "fs" };
