/* main: boot LuaJIT, find lib/, call lib/cli/cli.lua, close all that is open. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bind/bind.h"
#include "bind/boot.h"
#include "bind/line.h"
#include "chan/sanitizers.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/signals.h"
#include "guard/guard.h"
#include "tty/modes.h"

/* The outermost scope may take so long to close before it is closed the hard way. */
#define CLOSE_SECONDS   45.0
#define COLLECT_SECONDS 0.5
/* A second Ctrl-C within this time counts as the same one. */
#define SAME_SECONDS 1.0

static struct {
	bool done;
	int status;
	int signals;    /* how many count */
	double counted; /* when the last of them came */
	lua_State *L;
	uv_signal_t uv[4];
} app;

/* SIGUSR2 is the SIGINT of a supervisor to its worker, which may have to ignore those of others */
static const int caught_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR2 };

/* lib/ stands beside the build folder, or under PREFIX/share. */
static bool
find_home(char home[PATH_MAX])
{
	static const char *const places[] = { "..", "../share/moonrig", "." };
	char exe[PATH_MAX], path[PATH_MAX * 2];
	size_t size = sizeof(exe);

	if (uv_exepath(exe, &size) < 0)
		return false;
	*strrchr(exe, '/') = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", exe, places[i]);
		if (realpath(path, home) == NULL)
			continue;
		snprintf(path, sizeof(path), "%s/lib/cli/cli.lua", home);
		if (access(path, R_OK) == 0)
			return true;
	}
	fprintf(stderr,
		"moonrig: lib/cli/cli.lua was not found at %s: the installation is incomplete, install it again\n",
		exe);
	return false;
}

/* Do the last error's words end in LuaJIT's? require puts a module's name before them. */
static bool
is_out_of_memory(lua_State *co)
{
	static const char words[] = "not enough memory";
	size_t len = 0;
	const char *text = lua_type(co, -1) == LUA_TSTRING ? lua_tolstring(co, -1, &len) : "";

	return len >= strlen(words) && strcmp(text + len - strlen(words), words) == 0;
}

static void
main_ended(void *arg, lua_State *co, bool ok, int nresults)
{
	(void)arg;
	app.done = true;
	/* ends a line that another task still reads */
	line_interrupt();
	if (ok) {
		app.status = nresults > 0 ? (int)lua_tointeger(co, 1) : 0;
		return;
	}
	app.status = 3;
	/* a traceback would need some */
	if (is_out_of_memory(co)) {
		fputs("moonrig: not enough memory (is `ulimit -v` too small?)\n", stderr);
		return;
	}
	if (luaL_callmeta(co, -1, "__tostring"))
		lua_replace(co, -2);
	luaL_traceback(co, co, lua_tostring(co, -1), 0);
	fprintf(stderr, "moonrig: %s\n", lua_tostring(co, -1));
}

static void
leave_at_once(int sig)
{
	modes_restore();
	fputs("moonrig: exited at once; guards undo the rest\n", stderr);
	_exit(128 + sig);
}

/* The first signal cancels all tasks, the second closes all the hard way, the third exits and
 * leaves the rest to the guard. lib/ may handle the first ones itself (engine.on_signal). */
static void
on_signal(uv_signal_t *uv, int sig)
{
	lua_State *L = app.L;

	(void)uv;
	if (app.signals > 0 && loop_now() < app.counted + SAME_SECONDS)
		return;
	app.signals++;
	app.counted = loop_now();
	if (app.signals > 2)
		leave_at_once(sig);
	line_interrupt();
	lua_getfield(L, LUA_REGISTRYINDEX, "moonrig.on_signal");
	if (!app.done && lua_isfunction(L, -1)) {
		lua_pushstring(L, signal_name(sig));
		lua_pushinteger(L, app.signals);
		if (lua_pcall(L, 2, 1, 0) == 0 && lua_toboolean(L, -1)) {
			app.signals = 0;
			lua_pop(L, 1);
			return;
		}
	}
	lua_pop(L, 1);
	task_cancel_all();
	if (app.signals == 2)
		res_harden(&scope_root()->res);
}

static void
catch_signals(void)
{
	/* not unreferenced: a loop without other work would not poll for them */
	for (size_t i = 0; i < sizeof(caught_signals) / sizeof(caught_signals[0]); i++) {
		uv_signal_init(loop(), &app.uv[i]);
		if (!signals_is_ignored(caught_signals[i]))
			uv_signal_start(&app.uv[i], on_signal, caught_signals[i]);
	}
}

static void
collect(void *arg)
{
	lua_gc(arg, LUA_GCRESTART, 0);
}

static void
run_until_done(lua_State *L)
{
	struct timer *t;

	timer_start(&t, COLLECT_SECONDS, collect, L);
	while (!app.done) {
		/* the transcript has all output that a scenario saw, should it hang or crash */
		if (task_has_ready())
			transcript_flush();
		task_run_ready(L);
		if (app.done)
			break;
		if (line_is_wanted())
			line_pump(L);
		else
			loop_turn(task_has_ready());
	}
	timer_stop(&t);
}

static void
overdue(void *arg)
{
	(void)arg;
	res_harden(&scope_root()->res);
}

static void
close_all(lua_State *L)
{
	struct res *root = &scope_root()->res;
	struct timer *t;

	timer_start(&t, CLOSE_SECONDS, overdue, NULL);
	res_hold(root);
	task_cancel_all();
	res_close(root);
	while (root->state != RES_CLOSED) {
		task_run_ready(L);
		loop_turn(task_has_ready());
	}
	timer_stop(&t);
	res_drop(root);
}

static int
l_on_signal(lua_State *L)
{
	lua_settop(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, "moonrig.on_signal");
	return 0;
}

static int
l_home(lua_State *L)
{
	boot_push_home(L);
	return 1;
}

static const struct bind_row functions[] = {
	{ "on_signal", l_on_signal, BIND_IDLE },
	{ "home", l_home, BIND_READ },
	{ NULL, NULL, 0 },
};

static bool
push_main(lua_State *L, int argc, char **argv)
{
	static const char chunk[] = "local engine = require 'engine'\n"
				    "require('base.bytecode').use()\n"
				    "local suggest = require 'base.suggest'\n"
				    "engine.set_suggest(suggest.best)\n"
				    "require('base.handles').raise()\n"
				    "local cli = require 'cli.cli'\n"
				    "return function(...) return cli.main{...} end\n";

	lua_getglobal(L, "require");
	lua_pushliteral(L, "engine");
	lua_call(L, 1, 1);
	bind_rows(L, "engine", functions, BIND_FUNCTIONS);
	lua_pop(L, 1);
	if (luaL_loadstring(L, chunk) != 0 || lua_pcall(L, 0, 1, 0) != 0) {
		fprintf(stderr, "moonrig: %s\n", lua_tostring(L, -1));
		return false;
	}
	for (int i = 1; i < argc; i++)
		lua_pushstring(L, argv[i]);
	task_start(L, argc - 1, main_ended, NULL);
	return true;
}

/* At each exit, also Lua's os.exit: output that was lost is no success. */
static void
check_output(int status, void *arg)
{
	const char *why = NULL;

	(void)arg;
	if (fflush(stdout) != 0)
		why = strerror(errno);
	/* an earlier write failed, in Lua, which did not look: the next one fails as that did */
	else if (ferror(stdout))
		why = write(STDOUT_FILENO, "\n", 1) < 0 ? strerror(errno) : "a part of it was lost";
	if (why == NULL)
		return;
	fprintf(stderr, "moonrig: stdout could not be written: %s\n", why);
	if (status == 0)
		_exit(3);
}

/* A closed standard descriptor would be the next file that is opened. Writing to a closed stdout
 * stays an error. */
static void
fill_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

/* The process of a case (lib/verb/_worker.lua) gets its guard before Lua starts: after a fork with
 * Lua in memory both processes would copy each page that one of them changes. */
static bool
guarded(int argc, char **argv)
{
	int rc = argc > 2 && strcmp(argv[1], "_worker") == 0 ? guard_start(argv[2]) : 0;

	if (rc < 0)
		fprintf(stderr, "moonrig: the guard could not be started: %s\n",
			limits_no_start(rc));
	return rc == 0;
}

int
main(int argc, char **argv)
{
	char home[PATH_MAX];
	lua_State *L;

	fill_descriptors();
	if (!limits_allow_files(LIMITS_FILES))
		return 3;
	signals_look();
	sanitizers_set();
	/* also in the guard: what undoes a case may print after its supervisor is gone */
	signal(SIGPIPE, SIG_IGN);
	/* a write behind the limit of file sizes is an error with a reason (EFBIG) */
	signal(SIGXFSZ, SIG_IGN);
	if (!guarded(argc, argv) || !find_home(home))
		return 3;
	L = boot_lua(home);
	if (L == NULL) {
		fputs("moonrig: LuaJIT has no memory to start (is `ulimit -v` too small?)\n",
		      stderr);
		return 3;
	}
	app.L = L;
	on_exit(check_output, NULL);
	loop_watch_stops();
	catch_signals();
	if (push_main(L, argc, argv)) {
		run_until_done(L);
		close_all(L);
	} else {
		app.status = 3;
	}
	line_fini();
	/* frees each object only for leak checks (make asan, make valgrind) */
	if (getenv("MOONRIG_LEAK_CHECK") != NULL)
		lua_close(L);
	log_close();
	loop_fini();
	return app.status;
}
