/* devbind: bind devices to a driver, on any node. */
#ifndef DEVBIND_H
#define DEVBIND_H

#include "node/run.h"

#define DEVBIND_MAX 32

struct devbind_conf {
	const char *program; /* dpdk-devbind.py; NULL: the node's shell, over sysfs */
	const char *driver;
	struct argv devices; /* PCI addresses, 0000:00:05.0 */
	const char *sysfs;   /* /sys */
	const char *routes;  /* /proc/net/route: read where there is no program */
	bool restore;        /* by the program: old drivers back when the scope closes */
};

/* The result for one device: driver names, "" for none. */
struct devbind_one {
	char old_driver[64], new_driver[64];
};

/* A binding; read by others are res, devices, results and error. */
struct devbind {
	struct res res;
	struct node *node;
	struct scope *scope;
	char *program, *driver, *sysfs;
	const char *what; /* the binder, for errors */
	struct argv devices;
	struct devbind_one results[DEVBIND_MAX];
	bool restore;
	int undo_id;
	struct run *run;
	struct wait step;  /* of the command under way */
	struct wait *wait; /* the caller's */
	double until;
	void (*next)(struct devbind *d);
	char *error;
};

/* Reads the old drivers, registers the undo, binds all in one call and reads the links back;
 * without a program all in one command. `w` ends with 0 when each device has the driver asked for;
 * else its error is the reason: -ENODEV (no such device), -EIO (the binder failed),
 * -ENOTUNIQ (it reported success, and the link shows another driver). */
int devbind_start(struct devbind **out, struct scope *s, struct node *n,
		  const struct devbind_conf *c, double seconds, struct wait *w);

/* A PCI address in full: 0000:00:05.0. */
bool devbind_is_address(const char *s);

#endif
