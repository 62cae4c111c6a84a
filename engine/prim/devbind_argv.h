/* devbind_argv: the command lines that look at PCI devices' drivers, and change
 * them. Their POSIX shell needs its builtins and sysfs, and nothing else. */
#ifndef DEVBIND_ARGV_H
#define DEVBIND_ARGV_H

#include "core/buf.h"

/* Prints a line "ADDRESS DRIVER" for each device, "-" for no driver, "?" for no
 * such device. */
void devbind_look_argv(const char *sysfs, const struct argv *devices, struct argv *out);

/* dpdk-devbind.py, one call for all. */
void devbind_tool_argv(const char *program, const char *driver, const struct argv *devices,
		       struct argv *out);

/* Looks, binds all as dpdk-devbind.py does, looks again: the lines of both looks.
 * Where it cannot, status 1, and a reason in place of the second look; where a
 * device is missing, the driver is not loaded or an interface has a route,
 * nothing was touched. `sysfs` is absolute, `routes` /proc/net/route. */
void devbind_sysfs_argv(const char *sysfs, const char *routes, const char *driver,
			const struct argv *devices, struct argv *out);

#endif
