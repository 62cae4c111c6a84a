/* bind_fs: the files, folders and facts of this machine that lib/ needs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <lualib.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/signals.h"
#include "guard/guard.h"
#include "guard/huge.h"

static int
answer(lua_State *L, int rc, const char *op, const char *path)
{
	char what[PATH_MAX + 128];

	if (rc >= 0) {
		lua_pushboolean(L, 1);
		return 1;
	}
	rc = -errno;
	snprintf(what, sizeof(what), "%s: %s", path, strerror(-rc));
	return bind_fail(L, rc, op, what, NULL);
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
	DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	if (d == NULL)
		return answer(L, -1, "list", path);
	lua_newtable(L);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		lua_pushstring(L, e->d_name);
		lua_rawseti(L, -2, ++n);
	}
	closedir(d);
	return 1;
}

static int
l_fs_stat(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct stat st;
	int rc = lua_toboolean(L, 2) ? lstat(path, &st) : stat(path, &st);

	if (rc < 0)
		return answer(L, rc, "stat", path);
	lua_createtable(L, 0, 6);
	lua_pushstring(L, S_ISDIR(st.st_mode)    ? "dir"
			  : S_ISREG(st.st_mode)  ? "file"
			  : S_ISLNK(st.st_mode)  ? "link"
			  : S_ISSOCK(st.st_mode) ? "socket"
						 : "other");
	lua_setfield(L, -2, "type");
	lua_pushnumber(L, (lua_Number)st.st_size);
	lua_setfield(L, -2, "size");
	lua_pushnumber(L, (lua_Number)st.st_mtim.tv_sec + (lua_Number)st.st_mtim.tv_nsec * 1e-9);
	lua_setfield(L, -2, "mtime");
	lua_pushnumber(L, (lua_Number)st.st_ctim.tv_sec + (lua_Number)st.st_ctim.tv_nsec * 1e-9);
	lua_setfield(L, -2, "changed");
	lua_pushnumber(L, (lua_Number)st.st_ino);
	lua_setfield(L, -2, "inode");
	lua_pushnumber(L, (lua_Number)st.st_blocks * 512);
	lua_setfield(L, -2, "taken");
	lua_pushinteger(L, (lua_Integer)(st.st_mode & 07777));
	lua_setfield(L, -2, "mode");
	lua_pushinteger(L, (lua_Integer)st.st_uid);
	lua_setfield(L, -2, "uid");
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
l_fs_unlink(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);

	return answer(L, unlink(path), "unlink", path);
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
l_fs_rmtree(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int rc = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);

	return answer(L, rc < 0 && errno == ENOENT ? 0 : rc, "rmtree", path);
}

static int
l_fs_realpath(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	char real[PATH_MAX];

	if (realpath(path, real) == NULL)
		return answer(L, -1, "realpath", path);
	lua_pushstring(L, real);
	return 1;
}

static int
l_fs_access(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1), *mode = luaL_optstring(L, 2, "r");
	int how = strchr(mode, 'x') ? X_OK : strchr(mode, 'w') ? W_OK : R_OK;

	lua_pushboolean(L, access(path, how) == 0);
	return 1;
}

/* -errno; -EAGAIN where another has it. */
static int
lock_open(const char *path, bool shared)
{
	struct stat st;
	int fd = open(path, O_CLOEXEC | (shared ? O_RDONLY : O_RDWR | O_CREAT), 0600), rc = 0;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_NB | (shared ? LOCK_SH : LOCK_EX)) < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	else if (st.st_nlink == 0)
		/* who had it before us has removed it */
		rc = -ENOENT;
	if (rc == 0)
		return fd;
	close(fd);
	return rc;
}

/* lock(path, "shared" or "exclusive") → a lock, held until unlock or the process's end. The one
 * that many may have is of a file that is there. Does not wait: EAGAIN. */
static int
l_fs_lock(lua_State *L)
{
	static const char *const modes[] = { "exclusive", "shared", NULL };
	const char *path = luaL_checkstring(L, 1);
	int fd = lock_open(path, luaL_checkoption(L, 2, "exclusive", modes) == 1);

	if (fd < 0) {
		errno = -fd;
		return answer(L, -1, "lock", path);
	}
	lua_pushinteger(L, fd);
	return 1;
}

static int
l_fs_unlock(lua_State *L)
{
	close((int)bind_whole(L, 1, "descriptor", 0, INT_MAX));
	return 0;
}

/* A folder that goes when we do, however we go. */
static int
l_fs_guard_tree(lua_State *L)
{
	lua_pushinteger(L, guard_tree(luaL_checkstring(L, 1)));
	return 1;
}

/* The same for EAL's files of a prefix in hugetlbfs; remove_huge(prefix) removes them now. */
static int
l_fs_guard_huge(lua_State *L)
{
	lua_pushinteger(L, guard_huge(luaL_checkstring(L, 1)));
	return 1;
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

static int
l_sys_uname(lua_State *L)
{
	struct utsname u;

	uname(&u);
	lua_createtable(L, 0, 4);
	lua_pushstring(L, u.release);
	lua_setfield(L, -2, "release");
	lua_pushstring(L, u.version);
	lua_setfield(L, -2, "version");
	lua_pushstring(L, u.machine);
	lua_setfield(L, -2, "machine");
	lua_pushstring(L, u.nodename);
	lua_setfield(L, -2, "nodename");
	return 1;
}

/* The processors we may run on, which may be fewer than the machine has. */
static int
l_sys_cpus(lua_State *L)
{
	cpu_set_t set;
	int n = 0;

	lua_newtable(L);
	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			lua_pushinteger(L, cpu);
			lua_rawseti(L, -2, ++n);
		}
	return 1;
}

static int
l_sys_uid(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)getuid());
	return 1;
}

static int
l_sys_pid(lua_State *L)
{
	lua_pushinteger(L, (lua_Integer)getpid());
	return 1;
}

/* signal_name(9) → "SIGKILL" */
static int
l_sys_signal_name(lua_State *L)
{
	lua_pushstring(L, signal_name(luaL_checkint(L, 1)));
	return 1;
}

static int
l_sys_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty((int)bind_whole(L, 1, "descriptor", 0, INT_MAX)));
	return 1;
}

static int
l_sys_setenv(lua_State *L)
{
	setenv(luaL_checkstring(L, 1), luaL_checkstring(L, 2), 1);
	return 0;
}

static int
l_sys_memory(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)sysconf(_SC_PHYS_PAGES) * (lua_Number)sysconf(_SC_PAGESIZE));
	return 1;
}

#define CHUNK_MAX (1 << 24)

/* load(file, at, length, name): the chunk in a part of a file that io.open gave, as loadstring has
 * it; nil where there is none. No Lua string on its way, which would stay until garbage is
 * collected. */
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
	text = xcalloc(1, length);
	n = pread(fileno(*f), text, length, at);
	if (n != (ssize_t)length || luaL_loadbuffer(L, text, (size_t)n, name) != 0)
		lua_pushnil(L);
	free(text);
	return 1;
}

static const struct bind_row fs[] = {
	{ "mkdir", l_fs_mkdir, BIND_EFFECT },
	{ "list", l_fs_list, BIND_READ },
	{ "stat", l_fs_stat, BIND_READ },
	{ "rename", l_fs_rename, BIND_EFFECT },
	{ "symlink", l_fs_symlink, BIND_EFFECT },
	{ "unlink", l_fs_unlink, BIND_EFFECT },
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
	{ NULL, NULL, 0 },
};

static const struct bind_row sys[] = {
	{ "uname", l_sys_uname, BIND_READ },
	{ "cpus", l_sys_cpus, BIND_READ },
	{ "uid", l_sys_uid, BIND_READ },
	{ "pid", l_sys_pid, BIND_READ },
	{ "isatty", l_sys_isatty, BIND_READ },
	{ "setenv", l_sys_setenv, BIND_IDLE },
	{ "memory", l_sys_memory, BIND_READ },
	{ "signal_name", l_sys_signal_name, BIND_SAME },
	{ NULL, NULL, 0 },
};

void
bind_fs(lua_State *L)
{
	lua_createtable(L, 0, 32);
	bind_rows(L, "fs", fs, BIND_FUNCTIONS);
	lua_setfield(L, -2, "fs");
	lua_newtable(L);
	bind_rows(L, "sys", sys, BIND_FUNCTIONS);
	lua_setfield(L, -2, "sys");
}
