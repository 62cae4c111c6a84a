/* lab: what unit tests share: a scratch folder, the fakes, a look at what was left behind. */
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

/* Before and after each test. The teardown fails a test that leaves a process or
 * a descriptor behind; what it left in the scratch folder is removed. */
int lab_setup(void **state);
int lab_teardown(void **state);

#define LAB_TEST(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)

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
/* Until no such process runs any more (a zombie does not). False after 10 s. */
bool lab_is_gone(pid_t pid);

#endif
