/* bind_sys: facts of this machine and process. */
#include <limits.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bind/bind.h"
#include "core/signals.h"

static int
l_sys_uname(lua_State *L)
{
	struct utsname u;

	uname(&u);
	lua_createtable(L, 0, 4);
	bind_set_text(L, "release", u.release);
	bind_set_text(L, "version", u.version);
	bind_set_text(L, "machine", u.machine);
	bind_set_text(L, "nodename", u.nodename);
	return 1;
}

/* cpus() → the processors that this process may run on, which may be fewer than the machine has */
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
	return bind_number(L, getuid());
}

static int
l_sys_pid(lua_State *L)
{
	return bind_number(L, getpid());
}

/* signal_name(9) → "SIGKILL" */
static int
l_sys_signal_name(lua_State *L)
{
	return bind_text(L, signal_name(luaL_checkint(L, 1)));
}

static int
l_sys_isatty(lua_State *L)
{
	return bind_bool(L, isatty((int)bind_whole(L, 1, "descriptor", 0, INT_MAX)));
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
	return bind_number(L, sysconf(_SC_PHYS_PAGES) * (lua_Number)sysconf(_SC_PAGESIZE));
}

static const struct bind_row functions[] = {
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

const struct bind_file bind_sys = { .functions = functions, .in = "sys" };
