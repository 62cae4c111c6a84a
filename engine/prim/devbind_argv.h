/* devbind_argv: the command lines that read PCI devices' drivers, and change them. Their POSIX
 * shell needs only its builtins and sysfs. */
#ifndef DEVBIND_ARGV_H
#define DEVBIND_ARGV_H

#include "core/buf.h"

/* Prints a line "ADDRESS DRIVER" for each device, "-" for no driver, "?" for no
 * such device. */
void devbind_look_argv(const char *sysfs, const struct argv *devices, struct argv *out);

/* dpdk-devbind.py, one call for all. */
void devbind_tool_argv(const char *program, const char *driver, const struct argv *devices,
		       struct argv *out);

/* Prints those lines, binds all as dpdk-devbind.py does, prints them again. On failure exits with 1
 * and prints a reason in place of the second lines. A missing device, a driver that is not loaded
 * and an interface with a route fail before any change. `sysfs` is absolute, `routes`
 * /proc/net/route. */
void devbind_sysfs_argv(const char *sysfs, const char *routes, const char *driver,
			const struct argv *devices, struct argv *out);

#endif
