/* prims: the list of the primitives, and what they do beside their options. A new one is a row here
 * and a file beside this one. */
#ifndef PRIMS_H
#define PRIMS_H

#include "prim/option.h"

/* Programs on a node, each at a console: engine.NAME(node, options, spawn) starts one. */
#define PRIM_PROGRAMS(X)                                                                           \
	X(testpmd)                                                                                 \
	X(mp)                                                                                      \
	X(hotplug_mp)

/* All, in the order of the help: NAME_prim has its options. */
#define PRIMS(X)                                                                                   \
	PRIM_PROGRAMS(X)                                                                           \
	X(vm)                                                                                      \
	X(vm_port)                                                                                 \
	X(devbind)

#define PRIM_DECLARE(name) extern struct prim name##_prim;
PRIMS(PRIM_DECLARE)

/* Options of all DPDK programs; their own rows are behind these. */
extern const struct prim_option eal_options[];
/* Options of all of DPDK's multi-process examples, before their own words. */
extern const struct prim_option mp_options[];

/* QEMU's command line from a topology. `ports` are values of vm_port_prim. */
void
vm_argv(const struct prim_values *vm, struct prim_values *ports, size_t n_ports, struct argv *out);

/* The line to hotplug_mp's prompt for list, attach or detach (devargs NULL for list); free() it.
 * NULL for a verb that is none, or devargs that the prompt cannot take: its line is cut at 512
 * bytes, and a blank or control character would end the word. */
char *hotplug_line(const char *verb, const char *devargs);

#endif
