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

/* Outcome for one device: driver names, "" for none. */
struct devbind_one {
	char old_driver[64], new_driver[64];
};

struct devbind;

/* Read the old drivers, say how to undo, bind all in one call, read the links
 * back; without a program all in one command. `w` ends with 0 when every device
 * was seen with the driver asked for; -ENODEV (no such device), -EIO (what binds
 * failed), -ENOTUNIQ (it said it did, and the link says otherwise):
 * devbind_error() says which and what it said. */
int devbind_start(struct devbind **out, struct scope *s, struct node *n,
		  const struct devbind_conf *c, double seconds, struct wait *w);
const struct devbind_one *devbind_results(const struct devbind *d);
const char *devbind_error(const struct devbind *d);
struct res *devbind_res(struct devbind *d);

/* A PCI address in full: 0000:00:05.0. */
bool devbind_is_address(const char *s);

#endif
