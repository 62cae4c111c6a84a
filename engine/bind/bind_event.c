/* bind_event: an event, by which one task wakes another. */
#include "bind/bind.h"

struct event {
	struct wait *wait;
	bool is_set;
};

static const char event_kind[] = "event";

static void
event_forget(void *owner, struct wait *w)
{
	(void)w;
	((struct event *)owner)->wait = NULL;
}

static int
push_set(lua_State *L, void *arg, int status)
{
	(void)arg;
	return bind_answer(L, status, "event", "it was not set in time");
}

/* event:wait(seconds): until it is set; one that was set since the last wait ends it at once */
static int
l_event_wait(lua_State *L)
{
	struct event *e = luaL_checkudata(L, 1, event_kind);
	double seconds = bind_seconds(L, 2, 10);
	struct wait *w;

	if (e->wait != NULL)
		return luaL_error(L, "another task waits for this event already");
	w = task_wait(L, push_set, NULL);
	wait_arm(w, seconds, event_forget, e);
	if (e->is_set)
		wait_end(w, 0);
	else
		e->wait = w;
	e->is_set = false;
	return task_park(L);
}

/* event:set(): wakes the task that waits for it, or the next one that will */
static int
l_event_set(lua_State *L)
{
	struct event *e = luaL_checkudata(L, 1, event_kind);
	struct wait *w = e->wait;

	e->wait = NULL;
	e->is_set = w == NULL;
	if (w != NULL)
		wait_end(w, 0);
	return 0;
}

/* event() → a new one */
static int
l_event(lua_State *L)
{
	bind_new(L, event_kind, sizeof(struct event));
	return 1;
}

static const struct bind_row methods[] = {
	{ "wait", l_event_wait, BIND_PERSON },
	{ "set", l_event_set, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_row functions[] = {
	{ "event", l_event, BIND_IDLE },
	{ NULL, NULL, 0 },
};

static const struct bind_kind kind = { .name = event_kind, .methods = methods, .is_plain = true };

const struct bind_file bind_event = { .functions = functions, .kinds = { &kind } };
