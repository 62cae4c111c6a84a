/* vm: QEMU's command line from a topology (its options: engine/prim/prims.h). */
#ifndef VM_H
#define VM_H

#include "prim/option.h"

/* `ports` are values of vm_port_prim. */
void
vm_argv(const struct prim_values *vm, struct prim_values *ports, size_t n_ports, struct argv *out);

#endif
