/* devbind: bind devices to a driver, on any node. */
#ifndef DEVBIND_H
#define DEVBIND_H

#include "node/run.h"
#include "prim/option.h"

#define DEVBIND_MAX 32

/* The result for one device: driver names, "" for none. */
struct devbind_one {
	char old_driver[64], new_driver[64];
};

/* A binding; read by others are res, devices, results and error. */
struct devbind {
	struct res res;
	struct node *node;
	struct scope *scope;
	struct prim_values values;
	const struct argv *devices; /* as they were given */
	struct argv names;          /* as sysfs has them */
	const char *what;           /* the command under way, for errors */
	struct devbind_one results[DEVBIND_MAX];
	bool restore; /* the old drivers at its end; they are known */
	bool is_restoring;
	int undo_id;
	struct run *run;
	struct wait step;  /* of the command under way */
	struct wait *wait; /* the caller's */
	double until;
	int (*next)(struct devbind *d, const struct run *run);
	char *error;
};

/* Reads the old drivers, binds all and reads the links back, in one command; with `restore` the old
 * drivers are read, and their undo is registered, before it. Takes over the values of devbind_prim,
 * also on failure. `w` ends with 0 when each device has the driver asked for; else its error is the
 * reason: -ENODEV (no such device), -ENOENT (no such program), -EIO (the binder failed), -ENOTUNIQ
 * (it reported success, and the link shows another driver), or run_start's. -EINVAL at once,
 * without a binding, for no devices or too many, and for `restore` without a program. The resource
 * stays open only for a restore, once the old drivers are read; its close restores them. What it
 * could not restore is noted (scope_note_error), unless its node is gone. */
int devbind_start(struct devbind **out, struct scope *s, struct node *n, struct prim_values *values,
		  struct wait *w);

/* Its command lines (devbind_argv.c), of a POSIX shell's builtins and sysfs. The option `sysfs` is
 * an absolute path. `program` and `routes` may be relative to the folder where the node starts
 * programs. */

/* Prints a line "ADDRESS DRIVER" for each device, "-" for no driver, "?" for no such device. */
void devbind_look_argv(const struct devbind *d, struct argv *out);

/* Prints those lines, binds all, by the program or as dpdk-devbind.py does, prints them again. On
 * failure it exits with another status than 0 and prints a reason in place of the second lines. A
 * missing device fails before any change; without a program so do a driver that is not loaded and
 * an interface with a route. */
void devbind_bind_argv(const struct devbind *d, struct argv *out);

/* Gives each device its old driver, by the program. */
void devbind_restore_argv(const struct devbind *d, struct argv *out);

#endif
