/* task: a Lua coroutine run by the loop; the only place that yields and resumes. */
#include "core/task.h"

#include <errno.h>
#include <lauxlib.h>
#include <sys/queue.h>

#include "core/buf.h"
#include "core/error.h"

struct task {
	struct wait wait;
	lua_State *co;
	int anchor; /* registry reference that keeps co */
	task_push push;
	void *push_arg;
	int status;        /* of the wait that ended */
	int nargs;         /* for the first resume */
	unsigned long act; /* its last one's number */
	task_end end;
	void *end_arg;
	struct wait *joiners;
	LIST_ENTRY(task) next;
	STAILQ_ENTRY(task) next_ready;
	int holds;
	struct scope *scope; /* held; NULL: the root */
	bool started, parked, is_ready, done, cancelled;
};

static LIST_HEAD(task_list, task) all = LIST_HEAD_INITIALIZER(all);
static STAILQ_HEAD(task_queue, task) ready = STAILQ_HEAD_INITIALIZER(ready);
static struct task *running;

static void
task_set_scope(struct task *t, struct scope *s)
{
	struct scope *old = t->scope;

	if (s != NULL)
		res_hold(&s->res);
	t->scope = s;
	if (old != NULL)
		res_drop(&old->res);
}

struct scope *
task_scope(void)
{
	struct scope *s = running != NULL ? running->scope : NULL;

	return s != NULL && s->res.state != RES_CLOSED ? s : scope_root();
}

void
task_enter(struct scope *s)
{
	if (running != NULL)
		task_set_scope(running, s->res.scope != NULL ? s : NULL);
}

static void
task_make_ready(struct task *t)
{
	if (t->is_ready)
		return;
	t->is_ready = true;
	STAILQ_INSERT_TAIL(&ready, t, next_ready);
}

static void
task_woken(struct wait *w, int status)
{
	struct task *t = w->arg;

	t->status = status;
	task_make_ready(t);
}

struct task *
task_start(lua_State *L, int nargs, task_end end, void *arg)
{
	struct task *t = xcalloc(1, sizeof(*t));

	t->co = lua_newthread(L);
	t->anchor = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_xmove(L, t->co, nargs + 1);
	t->nargs = nargs;
	t->end = end;
	t->end_arg = arg;
	t->wait.done = task_woken;
	t->wait.arg = t;
	t->holds = 1;
	task_set_scope(t, running != NULL ? running->scope : NULL);
	LIST_INSERT_HEAD(&all, t, next);
	task_make_ready(t);
	return t;
}

struct task *
task_here(lua_State *L)
{
	if (running == NULL || running->co != L)
		luaL_error(
			L,
			"this call waits, so it needs a task: call it from the scenario itself or "
			"from t:spawn, not from your own coroutine");
	return running;
}

void
task_check(lua_State *L)
{
	if (task_here(L)->cancelled) {
		error_push(L, -ECANCELED, "wait", "interrupted", NULL);
		error_mark_cancel(L);
		lua_error(L);
	}
	/* lua_yield would say so itself, but after the wait has begun */
	if (!lua_isyieldable(L))
		luaL_error(L, "this call waits, and inside string.gsub, table.sort, require or "
			      "dofile nothing can wait: call it outside of them");
}

struct wait *
task_wait(lua_State *L, task_push push, void *arg)
{
	struct task *t = task_here(L);

	task_check(L);
	t->push = push;
	t->push_arg = arg;
	return &t->wait;
}

int
task_park(lua_State *L)
{
	task_here(L)->parked = true;
	/* what is yielded stays on the stack, which keeps it from being collected */
	return lua_yield(L, lua_gettop(L));
}

unsigned long
task_act(void)
{
	static unsigned long acts;

	acts++;
	if (running != NULL)
		running->act = acts;
	return acts;
}

unsigned long
task_last_act(void)
{
	return running != NULL ? running->act : 0;
}

bool
task_is_cancelled(void)
{
	return running != NULL && running->cancelled;
}

void
task_cancel(struct task *t)
{
	if (t->done)
		return;
	t->cancelled = true;
	wait_cancel(&t->wait, -ECANCELED);
}

void
task_cancel_all(void)
{
	struct task *t;

	LIST_FOREACH(t, &all, next)
		task_cancel(t);
}

void
task_clear_cancel(struct task *t)
{
	t->cancelled = false;
}

static void
task_finish(lua_State *L, struct task *t, bool ok)
{
	t->done = true;
	if (t->end != NULL)
		t->end(t->end_arg, t->co, ok, lua_gettop(t->co));
	wait_end_all(&t->joiners, 0);
	LIST_REMOVE(t, next);
	luaL_unref(L, LUA_REGISTRYINDEX, t->anchor);
	t->co = NULL;
	task_set_scope(t, NULL);
	task_drop(t);
}

static void
task_resume(lua_State *L, struct task *t)
{
	struct task *outer = running;
	int n = t->nargs, rc;

	running = t;
	if (t->started)
		n = t->push != NULL ? t->push(t->co, t->push_arg, t->status) : 0;
	t->started = true;
	t->parked = false;
	t->push = NULL;
	rc = lua_resume(t->co, n);
	running = outer;
	if (rc == LUA_YIELD && !t->parked) {
		lua_settop(t->co, 0);
		lua_pushliteral(t->co,
				"coroutine.yield outside of a coroutine: a scenario waits by "
				"calling a function that waits");
		rc = LUA_ERRRUN;
	}
	if (rc != LUA_YIELD)
		task_finish(L, t, rc == 0);
}

bool
task_run_ready(lua_State *L)
{
	struct task_queue batch = STAILQ_HEAD_INITIALIZER(batch);
	struct task *t;

	/* tasks that become ready now run after the next turn */
	STAILQ_CONCAT(&batch, &ready);
	while ((t = STAILQ_FIRST(&batch)) != NULL) {
		STAILQ_REMOVE_HEAD(&batch, next_ready);
		t->is_ready = false;
		task_resume(L, t);
	}
	return task_has_ready();
}

bool
task_has_ready(void)
{
	return !STAILQ_EMPTY(&ready);
}

int
task_join(struct task *t, struct wait *w, double seconds)
{
	if (t == running)
		return -EDEADLK;
	wait_queue(&t->joiners, w, seconds);
	if (t->done)
		wait_end_all(&t->joiners, 0);
	return 0;
}

bool
task_is_done(const struct task *t)
{
	return t->done;
}

void
task_hold(struct task *t)
{
	t->holds++;
}

void
task_drop(struct task *t)
{
	if (--t->holds == 0)
		free(t);
}
