/* shim: stands in front of a real program and changes its output. `shim RELAY.lua [WORD...]` runs
 * the Lua file with the words. The file has the table `sh`: a program on a pty or on pipes,
 * sockets, signals, one poll. Blocking: it serves one program. */
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "shim/shim.h"

#define MOST_FDS   64
#define MOST_WORDS 512

int
shim_failed(lua_State *L)
{
	lua_pushnil(L);
	lua_pushstring(L, strerror(errno));
	return 2;
}

int
shim_number(lua_State *L, int n)
{
	if (n < 0)
		return shim_failed(L);
	lua_pushinteger(L, n);
	return 1;
}

/* ---- programs ---- */

static void
words_of(lua_State *L, int index, char **argv)
{
	size_t n;

	luaL_checktype(L, index, LUA_TTABLE);
	luaL_checkstack(L, MOST_WORDS + 8, "words");
	n = lua_objlen(L, index);
	luaL_argcheck(L, n > 0 && n < MOST_WORDS, index, "no words, or too many");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, index, (int)i + 1);
		argv[i] = (char *)luaL_checkstring(L, -1);
	}
	argv[n] = NULL; /* the strings stay on the stack */
}

static void
become(char **argv)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], argv);
	_exit(127);
}

static int
raw(int fd, struct termios *before)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return -1;
	*before = t;
	cfmakeraw(&t);
	return tcsetattr(fd, TCSANOW, &t);
}

/* A program on a pty like ours, which becomes raw: pid, fd. */
static int
on_pty(lua_State *L, char **argv)
{
	struct termios t;
	int fd, pid;

	if (raw(0, &t) < 0)
		return shim_failed(L);
	pid = forkpty(&fd, NULL, &t, NULL);
	if (pid < 0)
		return shim_failed(L);
	if (pid == 0)
		become(argv);
	lua_pushinteger(L, pid);
	lua_pushinteger(L, fd);
	return 2;
}

/* A program on pipes: pid, its input, its output, its errors. */
static int
on_pipes(lua_State *L, char **argv)
{
	int in[2], out[2], err[2], pid;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		return shim_failed(L);
	pid = fork();
	if (pid < 0)
		return shim_failed(L);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		become(argv);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	lua_pushinteger(L, pid);
	lua_pushinteger(L, in[1]);
	lua_pushinteger(L, out[0]);
	lua_pushinteger(L, err[0]);
	return 4;
}

/* sh.spawn(argv): as we were started ourselves: on a pty, or on pipes. */
static int
l_spawn(lua_State *L)
{
	char *argv[MOST_WORDS + 1];

	words_of(L, 1, argv);
	return isatty(0) ? on_pty(L, argv) : on_pipes(L, argv);
}

/* sh.under(argv) → pid, fd, in a child of ours: we ourselves become the program, on a pty, so that
 * it has our pid. */
static int
l_under(lua_State *L)
{
	char *argv[MOST_WORDS + 1];
	struct termios t;
	int master, slave, real = getpid();

	words_of(L, 1, argv);
	if (raw(0, &t) < 0 || openpty(&master, &slave, NULL, &t, NULL) < 0)
		return shim_failed(L);
	int pid = fork();

	if (pid < 0)
		return shim_failed(L);
	if (pid > 0) {
		for (int fd = 0; fd < 3; fd++)
			dup2(slave, fd);
		close(slave);
		close(master);
		become(argv);
	}
	close(slave);
	lua_pushinteger(L, real);
	lua_pushinteger(L, master);
	return 2;
}

/* sh.wait(pid) → nil while it runs; else its exit status, or nil and its signal. */
static int
l_wait(lua_State *L)
{
	int status;

	if (waitpid((pid_t)luaL_checkinteger(L, 1), &status, WNOHANG) <= 0)
		return 0;
	if (WIFEXITED(status)) {
		lua_pushinteger(L, WEXITSTATUS(status));
		return 1;
	}
	lua_pushnil(L);
	lua_pushinteger(L, WTERMSIG(status));
	return 2;
}

static int
l_kill(lua_State *L)
{
	return shim_number(L, kill((pid_t)luaL_checkinteger(L, 1), (int)luaL_checkinteger(L, 2)));
}

/* sh.die(code, signal): ends us as the program ended. */
static int
l_die(lua_State *L)
{
	int sig = (int)luaL_optinteger(L, 2, 0);
	struct rlimit none = { 0, 0 };
	sigset_t all;

	if (sig > 0) {
		setrlimit(RLIMIT_CORE, &none);
		signal(sig, SIG_DFL);
		sigfillset(&all);
		sigprocmask(SIG_UNBLOCK, &all, NULL);
		raise(sig);
	}
	_exit((int)luaL_optinteger(L, 1, 0));
}

/* sh.signals() → an fd from which sh.signal(fd) takes signal numbers. */
static int
l_signals(lua_State *L)
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < 5; i++)
		sigaddset(&set, (int[]){ SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH }[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return shim_number(L, signalfd(-1, &set, SFD_CLOEXEC));
}

static int
l_signal(lua_State *L)
{
	struct signalfd_siginfo info;

	if (read((int)luaL_checkinteger(L, 1), &info, sizeof info) != (ssize_t)sizeof info)
		return shim_failed(L);
	lua_pushinteger(L, (int)info.ssi_signo);
	return 1;
}

/* ---- bytes ---- */

/* sh.poll(fds, seconds) → { [fd] = true } of those with something to read. */
static int
l_poll(lua_State *L)
{
	struct pollfd fds[MOST_FDS];
	size_t n = lua_objlen(L, 1);
	double seconds = luaL_checknumber(L, 2);

	luaL_argcheck(L, n <= MOST_FDS, 1, "too many");
	for (size_t i = 0; i < n; i++) {
		lua_rawgeti(L, 1, (int)i + 1);
		fds[i] = (struct pollfd){ (int)lua_tointeger(L, -1), POLLIN, 0 };
		lua_pop(L, 1);
	}
	poll(fds, n, seconds < 0 ? -1 : (int)(seconds * 1000));
	lua_newtable(L);
	for (size_t i = 0; i < n; i++) {
		if (fds[i].revents == 0)
			continue;
		lua_pushboolean(L, 1);
		lua_rawseti(L, -2, fds[i].fd);
	}
	return 1;
}

/* sh.read(fd) → bytes (one packet of a seqpacket socket); nil at the end. */
static int
l_read(lua_State *L)
{
	static char bytes[262144];
	ssize_t n = read((int)luaL_checkinteger(L, 1), bytes, sizeof bytes);

	if (n <= 0)
		return 0;
	lua_pushlstring(L, bytes, (size_t)n);
	return 1;
}

/* sh.write(fd, bytes): all of them. nil once nobody reads. */
static int
l_write(lua_State *L)
{
	size_t len;
	int fd = (int)luaL_checkinteger(L, 1);
	const char *bytes = luaL_checklstring(L, 2, &len);

	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return shim_failed(L);
		bytes += n;
		len -= (size_t)n;
	}
	lua_pushboolean(L, 1);
	return 1;
}

static int
l_close(lua_State *L)
{
	close((int)luaL_checkinteger(L, 1));
	return 0;
}

static int
l_now(lua_State *L)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	lua_pushnumber(L, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
	return 1;
}

static const luaL_Reg sh[] = {
	{ "spawn", l_spawn }, { "under", l_under },     { "wait", l_wait },     { "kill", l_kill },
	{ "die", l_die },     { "signals", l_signals }, { "signal", l_signal }, { "poll", l_poll },
	{ "read", l_read },   { "write", l_write },     { "close", l_close },   { "now", l_now },
	{ NULL, NULL },
};

int
main(int argc, char **argv)
{
	lua_State *L = luaL_newstate();

	if (L == NULL || argc < 2)
		return 126;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	luaL_openlibs(L);
	luaL_register(L, "sh", sh);
	luaL_register(L, "sh", shim_sockets);
	lua_settop(L, 0);
	if (luaL_loadfile(L, argv[1]) == 0) {
		for (int i = 2; i < argc; i++)
			lua_pushstring(L, argv[i]);
		if (lua_pcall(L, argc - 2, 0, 0) == 0)
			return 0;
	}
	dprintf(2, "shim: %s\r\n", lua_tostring(L, -1));
	return 126;
}
