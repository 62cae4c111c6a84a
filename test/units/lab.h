/* lab: shared by the unit tests: a scratch folder, the fakes, a check for leaks.
 *
 * Deadlines here and in the tests (SECONDS, LONG, lab_is_gone) only end a test that hangs, and are
 * generous. Bounded time or work is asserted without a clock: units/clock.h, units/steps.h, counts.
 */
#ifndef LAB_H
#define LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/scope.h"
#include "units/drive.h"

/* cmocka_run_group_tests_name, with a look before and after each test: one that leaves a process, a
 * descriptor, a handle of the loop or a file in $TMPDIR fails. What it left in lab_path is removed.
 */
#define LAB_RUN(name, tests, group_set_up, group_tear_down)                                        \
	lab_run(name, tests, sizeof(tests) / sizeof((tests)[0]), group_set_up, group_tear_down)
int lab_run(const char *name, const struct CMUnitTest *tests, size_t n,
	    CMFixtureFunction group_set_up, CMFixtureFunction group_tear_down);

/* The time that a process may take to exit: 10 s by default. */
void lab_patience(double seconds);

/* The program's own folder, its $TMPDIR, from before the group's setup to its end. */
const char *lab_home(void);

/* This test's scope, closed the hard way after it where it is still open. */
struct scope *lab_scope(void);
/* Close it now; the next lab_scope() is a new one. */
void lab_close(void);

/* A path in the scratch folder; valid until the test's end. */
const char *lab_path(const char *name);
/* A program built beside this one; valid until the test's end. */
const char *lab_program(const char *name);

/* Whole files. What read returns is the caller's; NULL where there is none. */
char *lab_read(const char *path);
void lab_write(const char *path, const char *text);
bool lab_exists(const char *path);

/* Turn the loop (or sleep) until the file is there, and has a line. */
void lab_await_file(const char *path);
/* The same, and the pid in it. */
pid_t lab_await_pid(const char *path);
/* Until no such process runs any more (a zombie does not). False after 10 s. */
bool lab_is_gone(pid_t pid);

/* Memcheck runs the instructions itself, and has its own limit of descriptors. */
bool lab_is_under_memcheck(void);

#endif
