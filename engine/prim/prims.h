/* prims: the list of the primitives. A new one is a row here and a file beside this one. */
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

#endif
