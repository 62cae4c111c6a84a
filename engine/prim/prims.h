/* prims: the primitives' options, a table each. */
#ifndef PRIMS_H
#define PRIMS_H

#include "prim/option.h"

/* What all DPDK programs take; their own rows are behind these. */
extern const struct prim_option eal_options[];
/* What all of DPDK's multi-process examples take, in front of their own words. */
extern const struct prim_option mp_options[];

extern struct prim testpmd_prim, mp_prim, hotplug_prim, devbind_prim, vm_prim, vm_port_prim;

#endif
