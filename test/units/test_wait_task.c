/* test_wait_task: waits with deadlines, and the coroutines that wait. */
#include "units/lab.h"

#include <errno.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>

#include "core/task.h"

#define SLOTS 8

static lua_State *L;
static struct wait *slots[SLOTS];
static int forgotten[SLOTS];
static bool ended_ok;
static char ended_with[512];
static int starts, ends;

/* ---- waits ---- */

struct counted {
	struct wait wait;
	int done, forgot, status;
};

static void
counted_done(struct wait *w, int status)
{
	struct counted *c = (struct counted *)w;

	c->done++;
	c->status = status;
}

static void
counted_forget(void *owner, struct wait *w)
{
	assert_ptr_equal(owner, w);
	((struct counted *)w)->forgot++;
}

static void
a_wait_ends_once(void **state)
{
	struct counted c = { .wait.done = counted_done };

	(void)state;
	wait_end(&c.wait, 0);
	wait_cancel(&c.wait, -ECANCELED);
	assert_int_equal(c.done, 0);
	wait_arm(&c.wait, 50, counted_forget, &c.wait);
	assert_true(c.wait.armed);
	wait_end(&c.wait, -EIO);
	wait_end(&c.wait, 0);
	wait_cancel(&c.wait, -ECANCELED);
	assert_int_equal(c.done, 1);
	assert_int_equal(c.status, -EIO);
	assert_int_equal(c.forgot, 0);
	/* and may be armed again */
	wait_arm(&c.wait, 50, counted_forget, &c.wait);
	wait_cancel(&c.wait, -ECANCELED);
	assert_int_equal(c.done, 2);
	assert_int_equal(c.status, -ECANCELED);
	assert_int_equal(c.forgot, 1);
}

/* A wait whose callback cancels another one of the same list. */
static void
counted_cancel(struct wait *w, int status)
{
	counted_done(w, status);
	wait_cancel(w->arg, -ECANCELED);
}

static void
all_waits_of_a_list_end(void **state)
{
	struct counted c[3] = { 0 };
	struct wait *list = NULL;

	(void)state;
	wait_end_all(&list, 0);
	for (int i = 0; i < 3; i++) {
		c[i].wait.done = counted_done;
		wait_queue(&list, &c[i].wait, 50);
	}
	/* the middle one leaves the list by itself */
	wait_cancel(&c[1].wait, -ETIMEDOUT);
	wait_end_all(&list, -EPIPE);
	assert_null(list);
	assert_int_equal(c[0].status, -EPIPE);
	assert_int_equal(c[1].status, -ETIMEDOUT);
	assert_int_equal(c[2].status, -EPIPE);
	for (int i = 0; i < 3; i++)
		assert_int_equal(c[i].done, 1);
}

static void
a_wait_may_cancel_the_next_of_its_list(void **state)
{
	struct counted next = { .wait.done = counted_done };
	struct counted first = { .wait = { .done = counted_cancel, .arg = &next.wait } };
	struct wait *list = NULL;

	(void)state;
	wait_queue(&list, &next.wait, 50);
	wait_queue(&list, &first.wait, 50);
	wait_end_all(&list, 0);
	assert_null(list);
	assert_int_equal(first.done, 1);
	assert_int_equal(first.status, 0);
	assert_int_equal(next.done, 1);
	assert_int_equal(next.status, -ECANCELED);
}

static bool
counted_is_done(void *arg)
{
	return ((struct counted *)arg)->done > 0;
}

static void
at_the_deadline_the_owner_forgets(void **state)
{
	struct counted c = { .wait.done = counted_done }, none = { .wait.done = counted_done };

	(void)state;
	wait_arm(&c.wait, 0.01, counted_forget, &c.wait);
	wait_arm(&none.wait, 0, NULL, NULL);
	drive_until(counted_is_done, &c);
	assert_int_equal(c.status, -ETIMEDOUT);
	assert_int_equal(c.forgot, 1);
	assert_int_equal(none.status, -ETIMEDOUT);
	/* late is too late */
	wait_end(&c.wait, 0);
	assert_int_equal(c.done, 1);
}

/* ---- tasks ---- */

static int
push_status(lua_State *co, void *arg, int status)
{
	slots[(intptr_t)arg] = NULL;
	lua_pushinteger(co, status);
	return 1;
}

static void
slot_forget(void *owner, struct wait *w)
{
	int i = (int)(intptr_t)owner;

	assert_ptr_equal(slots[i], w);
	forgotten[i]++;
}

/* park(slot, seconds) → status */
static int
l_park(lua_State *co)
{
	int i = luaL_checkint(co, 1);
	struct wait *w = task_wait(co, push_status, (void *)(intptr_t)i);

	slots[i] = w;
	wait_arm(w, luaL_optnumber(co, 2, 100), slot_forget, (void *)(intptr_t)i);
	return task_park(co);
}

static int
push_nothing(lua_State *co, void *arg, int status)
{
	(void)co;
	(void)arg;
	(void)status;
	return 0;
}

/* rest(): a moment */
static int
l_rest(lua_State *co)
{
	wait_arm(task_wait(co, push_nothing, NULL), 0.001, NULL, NULL);
	return task_park(co);
}

/* at_once() → status: ended before it was parked */
static int
l_at_once(lua_State *co)
{
	struct wait *w = task_wait(co, push_status, (void *)(intptr_t)7);

	wait_arm(w, 100, NULL, NULL);
	wait_end(w, -EXDEV);
	return task_park(co);
}

/* join(task, seconds) → status or "EDEADLK" */
static int
l_join(lua_State *co)
{
	struct task *t = lua_touserdata(co, 1);
	struct wait *w = task_wait(co, push_status, (void *)(intptr_t)6);

	if (task_join(t, w, luaL_optnumber(co, 2, 100)) == -EDEADLK) {
		lua_pushliteral(co, "EDEADLK");
		return 1;
	}
	return task_park(co);
}

static int
l_me(lua_State *co)
{
	lua_pushlightuserdata(co, task_here(co));
	return 1;
}

static int
l_clear_cancel(lua_State *co)
{
	task_clear_cancel(task_here(co));
	return 0;
}

static void
on_end(void *arg, lua_State *co, bool ok, int nresults)
{
	const char *text;

	/* an error object prints itself */
	if (nresults > 0 && luaL_callmeta(co, -1, "__tostring"))
		lua_replace(co, -2);
	text = nresults > 0 ? lua_tostring(co, -1) : NULL;
	if (arg != NULL)
		++*(int *)arg;
	ended_ok = ok;
	snprintf(ended_with, sizeof(ended_with), "%s", text != NULL ? text : "");
	ends++;
}

static int
boot(void **state)
{
	static const luaL_Reg functions[] = {
		{ "park", l_park }, { "at_once", l_at_once },           { "join", l_join },
		{ "me", l_me },     { "clear_cancel", l_clear_cancel }, { "rest", l_rest },
		{ NULL, NULL },
	};

	(void)state;
	L = luaL_newstate();
	luaL_openlibs(L);
	lua_pushvalue(L, LUA_GLOBALSINDEX);
	luaL_register(L, NULL, functions);
	lua_pop(L, 1);
	memset(slots, 0, sizeof(slots));
	memset(forgotten, 0, sizeof(forgotten));
	starts = ends = 0;
	return 0;
}

static int
count_tasks(void)
{
	return starts - ends;
}

static int
shut(void **state)
{
	bool all_ended = count_tasks() == 0;

	(void)state;
	lua_close(L);
	return all_ended ? 0 : -1;
}

static struct task *
start(const char *code)
{
	if (luaL_loadstring(L, code) != 0)
		fail_msg("%s", lua_tostring(L, -1));
	starts++;
	return task_start(L, 0, on_end, NULL);
}

/* Until no task is ready; no wait ends by itself meanwhile. */
static void
run(void)
{
	while (task_has_ready())
		task_run_ready(L);
}

static void
run_to_the_end(void)
{
	for (task_run_ready(L); count_tasks() > 0; task_run_ready(L))
		loop_turn(task_has_ready());
}

static const char *
global(const char *name)
{
	const char *s;

	lua_getglobal(L, name);
	s = lua_tostring(L, -1);
	lua_pop(L, 1);
	return s != NULL ? s : "nil";
}

static void
a_parked_task_is_resumed(void **state)
{
	(void)state;
	start("seen = 'started'; local s = park(1); seen = 'woken ' .. s; return 'result'");
	/* it runs on a later turn */
	assert_string_equal(global("seen"), "nil");
	run();
	assert_string_equal(global("seen"), "started");
	assert_int_equal(count_tasks(), 1);
	wait_end(slots[1], -ENXIO);
	/* not inside wait_end() */
	assert_string_equal(global("seen"), "started");
	run();
	assert_string_equal(global("seen"), "woken -6");
	assert_true(ended_ok);
	assert_string_equal(ended_with, "result");
	assert_int_equal(forgotten[1], 0);
	assert_int_equal(count_tasks(), 0);
}

/* An argument that nothing else holds, during the wait and when the result is pushed. */
static int
push_argument(lua_State *co, void *arg, int status)
{
	(void)arg;
	(void)status;
	assert_true(lua_isuserdata(co, 1));
	lua_getglobal(co, "collected");
	return 1;
}

/* keep(argument) → was it collected? */
static int
l_keep(lua_State *co)
{
	slots[1] = task_wait(co, push_argument, NULL);
	wait_arm(slots[1], 100, slot_forget, (void *)(intptr_t)1);
	return task_park(co);
}

static void
a_parked_task_keeps_its_arguments(void **state)
{
	(void)state;
	lua_register(L, "keep", l_keep);
	start("local function new()\n"
	      "  local p = newproxy(true)\n"
	      "  getmetatable(p).__gc = function() collected = true end\n"
	      "  return p\n"
	      "end\n"
	      "return tostring(keep(new())) .. select('#', keep(new()))");
	for (int i = 0; i < 2; i++) {
		run();
		lua_gc(L, LUA_GCCOLLECT, 0);
		wait_end(slots[1], 0);
	}
	run();
	assert_true(ended_ok);
	assert_string_equal(ended_with, "nil1");
}

/* enter() a new scope, leave() for the root, where() → the scope's name, begin(fn): another task */
static struct scope *entered;

static int
l_enter(lua_State *co)
{
	(void)co;
	entered = scope_new(task_scope(), "inner");
	task_enter(entered);
	return 0;
}

static int
l_leave(lua_State *co)
{
	(void)co;
	task_enter(scope_root());
	return 0;
}

static int
l_where(lua_State *co)
{
	lua_pushstring(co, task_scope()->res.name);
	return 1;
}

static int
l_begin(lua_State *co)
{
	task_start(co, 0, NULL, NULL);
	return 0;
}

static void
a_task_opens_in_its_scope_and_so_do_those_that_it_starts(void **state)
{
	(void)state;
	lua_register(L, "enter", l_enter);
	lua_register(L, "leave", l_leave);
	lua_register(L, "where", l_where);
	lua_register(L, "begin", l_begin);
	start("seen = where() begin(function() park(2) other = where() end)\n"
	      "enter() seen = seen .. where()\n"
	      "begin(function() child = where() park(1) child = child .. where() end)\n"
	      "leave() return seen .. where()");
	run();
	assert_string_equal(ended_with, "rootinnerroot");
	assert_string_equal(global("child"), "inner");
	/* what it opened last ends with the scope; a task that outlives it opens in the root */
	res_close(&entered->res);
	wait_end(slots[1], 0);
	wait_end(slots[2], 0);
	run_to_the_end();
	assert_string_equal(global("child"), "innerroot");
	assert_string_equal(global("other"), "root");
	assert_string_equal(task_scope()->res.name, "root");
	res_close(&scope_root()->res);
}

static void
a_wait_may_end_before_the_park(void **state)
{
	(void)state;
	start("return at_once() + at_once()");
	run();
	assert_true(ended_ok);
	assert_string_equal(ended_with, "-36");
}

static void
deadlines_end_waits(void **state)
{
	(void)state;
	start("local a = park(1, 0.01); local b = park(1, 0.01); return a + b");
	run_to_the_end();
	assert_int_equal(atoi(ended_with), -2 * ETIMEDOUT);
	assert_int_equal(forgotten[1], 2);
}

static void
arguments_and_results_are_passed(void **state)
{
	int mine = 0;

	(void)state;
	assert_int_equal(luaL_loadstring(L, "local a, b = ...; park(1); return a .. b"), 0);
	lua_pushliteral(L, "x");
	lua_pushliteral(L, "y");
	starts++;
	task_start(L, 2, on_end, &mine);
	assert_int_equal(lua_gettop(L), 0);
	run();
	wait_end(slots[1], 0);
	run();
	assert_string_equal(ended_with, "xy");
	assert_int_equal(mine, 1);
}

static void
errors_end_a_task_and_no_other(void **state)
{
	(void)state;
	start("park(1); good = true");
	start("error('oops', 0)");
	run();
	assert_false(ended_ok);
	assert_string_equal(ended_with, "oops");
	wait_end(slots[1], 0);
	run();
	assert_true(ended_ok);
	assert_int_equal(ends, 2);
}

static void
a_coroutine_that_is_no_task_does_not_wait(void **state)
{
	(void)state;
	start("local co = coroutine.create(function() park(1) end)\n"
	      "local ok, why = coroutine.resume(co)\n"
	      "return tostring(ok) .. ' ' .. why");
	run();
	assert_true(ended_ok);
	assert_non_null(strstr(ended_with, "false"));
	assert_non_null(strstr(ended_with, "needs a task"));
	/* nor does the main state */
	assert_int_not_equal(luaL_dostring(L, "park(1)"), 0);
	assert_non_null(strstr(lua_tostring(L, -1), "needs a task"));
	lua_pop(L, 1);
}

static void
coroutines_inside_of_tasks_work(void **state)
{
	(void)state;
	start("local n = 0\n"
	      "for i in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do\n"
	      "  n = n + i; park(1, 0)\n"
	      "end\n"
	      "return n");
	run_to_the_end();
	assert_string_equal(ended_with, "6");
}

static void
a_bare_yield_is_an_error(void **state)
{
	(void)state;
	start("park(1, 0); coroutine.yield(1, 2, 3)");
	run_to_the_end();
	assert_false(ended_ok);
	assert_non_null(strstr(ended_with, "coroutine.yield outside of a coroutine"));
}

static void
waiting_goes_through_pcall(void **state)
{
	(void)state;
	start("local ok, s = pcall(function() return park(1, 0) end)\n"
	      "local ok2, why = pcall(function() park(1, 0); error('inner', 0) end)\n"
	      "return tostring(ok) .. s .. tostring(ok2) .. why");
	run_to_the_end();
	assert_string_equal(ended_with, "true-110falseinner");
}

/* A wait that has begun would end the task's next one. */
static void
a_function_that_c_called_does_not_wait(void **state)
{
	(void)state;
	start("ok, why = pcall(string.gsub, 'x', 'x', function() park(1) end)\n"
	      "park(2) seen = tostring(ok) .. why");
	run();
	assert_null(slots[1]);
	wait_end(slots[2], 0);
	run();
	/* the line of the script comes first */
	assert_non_null(strstr(global("seen"), ":1: this call waits, and inside string.gsub"));
	assert_memory_equal(global("seen"), "false", 5);
	assert_true(ended_ok);
}

static void
a_cancel_ends_the_wait(void **state)
{
	struct task *t = start("seen = park(1); return 'over'");

	(void)state;
	run();
	task_cancel(t);
	task_cancel(t);
	assert_int_equal(forgotten[1], 1);
	run();
	assert_int_equal(atoi(global("seen")), -ECANCELED);
	assert_true(ended_ok);
	assert_string_equal(ended_with, "over");
}

static void
a_task_that_catches_its_interruption_does_not_wait_again(void **state)
{
	struct task *t = start("refused = 0\n"
			       "park(1)\n"
			       "for i = 1, 5 do\n"
			       "  local ok, why = pcall(park, 2)\n"
			       "  if not ok and why.code == 'ECANCELED' and why.cancelled then\n"
			       "    refused = refused + 1\n"
			       "  end\n"
			       "end\n"
			       "park(3)");

	(void)state;
	run();
	task_cancel(t);
	run();
	assert_string_equal(global("refused"), "5");
	assert_false(ended_ok);
	assert_non_null(strstr(ended_with, "interrupted"));
	assert_null(slots[2]);
	assert_null(slots[3]);
}

static void
a_cancel_before_the_start_counts(void **state)
{
	(void)state;
	task_cancel(start("seen = 'began'; park(1)"));
	run();
	assert_string_equal(global("seen"), "began");
	assert_false(ended_ok);
	assert_non_null(strstr(ended_with, "interrupted"));
}

static void
a_cleared_cancel_lets_it_clean_up(void **state)
{
	struct task *t = start(
		"park(1); local ok = pcall(park, 2); clear_cancel(); return park(2, 0) .. tostring(ok)");

	(void)state;
	run();
	task_cancel(t);
	run_to_the_end();
	assert_string_equal(ended_with, "-110false");
}

static void
cancel_all_ends_all_tasks(void **state)
{
	(void)state;
	for (int i = 1; i < 6; i++) {
		char code[64];

		snprintf(code, sizeof(code), "while true do pcall(park, %d) park(%d) end", i, i);
		start(code);
	}
	run();
	task_cancel_all();
	run();
	assert_int_equal(count_tasks(), 0);
	assert_int_equal(ends, 5);
}

static struct task *
shared(const char *code)
{
	struct task *t = start(code);

	task_hold(t);
	lua_pushlightuserdata(L, t);
	lua_setglobal(L, "other");
	return t;
}

static void
a_join_ends_with_the_task(void **state)
{
	struct task *t = shared("park(1); done = true");

	(void)state;
	start("a = join(other) .. tostring(done)");
	start("b = join(other) .. tostring(done)");
	run();
	assert_false(task_is_done(t));
	wait_end(slots[1], 0);
	run();
	assert_true(task_is_done(t));
	assert_string_equal(global("a"), "0true");
	assert_string_equal(global("b"), "0true");
	/* one that has ended long ago */
	start("return join(other)");
	run();
	assert_string_equal(ended_with, "0");
	task_drop(t);
}

static void
a_joiner_may_give_up(void **state)
{
	struct task *t = shared("park(1)");

	(void)state;
	start("first = join(other, 0.01)");
	start("second = join(other, 100)");
	run();
	while (strcmp(global("first"), "nil") == 0) {
		loop_turn(task_has_ready());
		task_run_ready(L);
	}
	assert_int_equal(atoi(global("first")), -ETIMEDOUT);
	wait_end(slots[1], 0);
	run();
	assert_string_equal(global("second"), "0");
	task_drop(t);
}

static void
no_task_joins_itself(void **state)
{
	(void)state;
	start("return join(me())");
	run();
	assert_string_equal(ended_with, "EDEADLK");
}

static void
ready_tasks_run_in_turn(void **state)
{
	(void)state;
	assert_int_equal(luaL_dostring(L, "order = ''"), 0);
	for (int i = 1; i <= 3; i++) {
		char code[128];

		snprintf(code, sizeof(code), "for n = 1, 3 do order = order .. %d; at_once() end",
			 i);
		start(code);
	}
	/* only what is ready now: what becomes ready meanwhile waits its turn */
	assert_true(task_run_ready(L));
	assert_string_equal(global("order"), "123");
	run();
	assert_string_equal(global("order"), "123123123");
}

static void
a_thousand_tasks(void **state)
{
	(void)state;
	assert_int_equal(luaL_dostring(L, "sum = 0"), 0);
	for (int i = 0; i < 1000; i++)
		start("for n = 1, 10 do at_once(); collectgarbage('step') end; rest(); sum = sum + 1");
	assert_int_equal(count_tasks(), 1000);
	run_to_the_end();
	assert_string_equal(global("sum"), "1000");
	assert_int_equal(ends, 1000);
}

#define TASK_TEST(f) cmocka_unit_test_setup_teardown(f, boot, shut)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wait_ends_once),
		cmocka_unit_test(all_waits_of_a_list_end),
		cmocka_unit_test(a_wait_may_cancel_the_next_of_its_list),
		cmocka_unit_test(at_the_deadline_the_owner_forgets),
		TASK_TEST(a_parked_task_is_resumed),
		TASK_TEST(a_parked_task_keeps_its_arguments),
		TASK_TEST(a_task_opens_in_its_scope_and_so_do_those_that_it_starts),
		TASK_TEST(a_wait_may_end_before_the_park),
		TASK_TEST(deadlines_end_waits),
		TASK_TEST(arguments_and_results_are_passed),
		TASK_TEST(errors_end_a_task_and_no_other),
		TASK_TEST(a_coroutine_that_is_no_task_does_not_wait),
		TASK_TEST(coroutines_inside_of_tasks_work),
		TASK_TEST(a_bare_yield_is_an_error),
		TASK_TEST(waiting_goes_through_pcall),
		TASK_TEST(a_function_that_c_called_does_not_wait),
		TASK_TEST(a_cancel_ends_the_wait),
		TASK_TEST(a_task_that_catches_its_interruption_does_not_wait_again),
		TASK_TEST(a_cancel_before_the_start_counts),
		TASK_TEST(a_cleared_cancel_lets_it_clean_up),
		TASK_TEST(cancel_all_ends_all_tasks),
		TASK_TEST(a_join_ends_with_the_task),
		TASK_TEST(a_joiner_may_give_up),
		TASK_TEST(no_task_joins_itself),
		TASK_TEST(ready_tasks_run_in_turn),
		TASK_TEST(a_thousand_tasks),
	};

	return LAB_RUN("wait and task", tests, NULL, NULL);
}
