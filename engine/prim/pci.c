/* pci: a PCI address, in each form that DPDK and the kernel take. */
#include "prim/pci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A hexadecimal number of at most `digits`, and `end` behind it. Moves *at behind both. -1: none.
 */
static long
field(const char **at, size_t digits, char end)
{
	size_t len = strspn(*at, "0123456789abcdefABCDEF");
	const char *text = *at;

	if (len == 0 || len > digits || text[len] != end)
		return -1;
	*at += len + (end != '\0');
	return strtol(text, NULL, 16);
}

/* As rte_pci_addr_parse (lib/pci/rte_pci.c): the domain may be missing, and may have 32 bits (a
 * VMD's is above 0xffff). */
bool
pci_name(const char *text, char name[PCI_NAME_SIZE])
{
	const char *first = strchr(text, ':'), *at = text;
	long domain = 0, bus, device, function;

	if (first != NULL && strchr(first + 1, ':') != NULL)
		domain = field(&at, 8, ':');
	bus = field(&at, 2, ':');
	device = bus < 0 ? -1 : field(&at, 2, '.');
	function = device < 0 ? -1 : field(&at, 1, '\0');
	if (domain < 0 || device < 0 || device > 0x1f || function < 0 || function > 7)
		return false;
	snprintf(name, PCI_NAME_SIZE, "%04x:%02x:%02x.%x", (unsigned int)domain, (unsigned int)bus,
		 (unsigned int)device, (unsigned int)function);
	return true;
}
