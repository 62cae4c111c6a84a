/* bind_log: the run's log: the timeline and the transcripts. */
#include "bind/bind.h"
#include "core/log.h"

/* open_log(dir, timeline, origin, case, folder) */
static int
l_open_log(lua_State *L)
{
	const char *timeline = luaL_checkstring(L, 2);
	int rc = log_open(luaL_checkstring(L, 1), timeline, luaL_checknumber(L, 3),
			  luaL_optstring(L, 4, NULL), luaL_optstring(L, 5, NULL));

	return rc < 0 ? bind_fail_path(L, rc, "open_log", timeline) : bind_bool(L, true);
}

/* log(event, fields) */
static int
l_log(lua_State *L)
{
	const char *event = luaL_checkstring(L, 1);

	log_event(event, bind_opt_json(L, 2, "log"));
	return 0;
}

static const struct bind_row functions[] = {
	{ "open_log", l_open_log, BIND_IDLE },
	{ "log", l_log, BIND_IDLE },
	{ NULL, NULL, 0 },
};

const struct bind_file bind_log = { .functions = functions };
