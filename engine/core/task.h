/* task: a Lua coroutine run by the loop; the only place that yields and resumes. */
#ifndef TASK_H
#define TASK_H

#include <lua.h>

#include "core/scope.h"

struct task;

/* Pushes a wait's result on the task's stack and returns the number of values. Called when the task
 * is resumed; may free `arg`; must not raise. */
typedef int (*task_push)(lua_State *L, void *arg, int status);

/* Called once when a task ends. `co` has its results, or its error on top. */
typedef void (*task_end)(void *arg, lua_State *co, bool ok, int nresults);

/* Start the function below its nargs arguments on L's stack as a task (pops
 * them). It runs on a later turn of the loop. */
struct task *task_start(lua_State *L, int nargs, task_end end, void *arg);

/* The scope of what the running task opens: that of the task that started it, until it enters
 * another one; the root without a task, and where that scope has been closed. */
struct scope *task_scope(void);
void task_enter(struct scope *s);

/* The running task; raises on a coroutine that is no task. */
struct task *task_here(lua_State *L);

/* Raise unless the running task may wait now: not in a function that C called, as string.gsub does.
 * Call it before memory is allocated. A cancelled task raises an error object with the mark
 * (core/error.h). */
void task_check(lua_State *L);

/* The running task's wait; `push` with `arg` pushes its result. Pass it to its owner, then
 * `return task_park(L)`. A second call only changes `push` and `arg`. Raises as task_check: a
 * script that catches an interruption must not wait again. When it raises, the owner has nothing to
 * end. The stack stays as it is until `push` has run: the handle at index 1 holds its resource, and
 * `push` finds the arguments and all that was pushed. */
struct wait *task_wait(lua_State *L, task_push push, void *arg);
int task_park(lua_State *L);

/* The running task acts: it types a line, sends a signal, starts a program. Returns the act's
 * number, counted over all tasks; the second: of its last act, 0 for none. */
unsigned long task_act(void);
unsigned long task_last_act(void);

/* Was the running task cancelled? False where none runs. */
bool task_is_cancelled(void);

/* End the task's wait with -ECANCELED, and refuse it further ones. */
void task_cancel(struct task *t);
void task_cancel_all(void);
/* Let a cancelled task wait again, to clean up. */
void task_clear_cancel(struct task *t);

/* Run the tasks that are ready. True when some are ready again. */
bool task_run_ready(lua_State *L);
bool task_has_ready(void);

/* Wait for another task's end. -EDEADLK for the running task itself. */
int task_join(struct task *t, struct wait *w, double seconds);
bool task_is_done(const struct task *t);

/* A task is freed once it has ended and the last hold was dropped. */
void task_hold(struct task *t);
void task_drop(struct task *t);

#endif
