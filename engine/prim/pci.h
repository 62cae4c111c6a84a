/* pci: a PCI address, in each form that DPDK and the kernel take. */
#ifndef PCI_H
#define PCI_H

#include <stdbool.h>

/* "ffffffff:ff:1f.7" */
#define PCI_NAME_SIZE 24

/* "5:00.0", "05:00.0", "0000:05:00.0", "0000:AF:00.1", "10000:01:00.0" → the name that sysfs has
 * and DPDK prints: "0000:05:00.0". False for a text that is none. */
bool pci_name(const char *text, char name[PCI_NAME_SIZE]);

#endif
