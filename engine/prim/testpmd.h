/* testpmd: DPDK's dpdk-testpmd, its command line from options. */
#ifndef TESTPMD_H
#define TESTPMD_H

#include "core/buf.h"

/* What ends every answer of its prompt (app/test-pmd/cmdline.c). */
#define TESTPMD_PROMPT "\ntestpmd> "
#define TESTPMD_QUIT   "quit"

struct testpmd_conf {
	const char *program;
	const char *lcores; /* "-l 1-6" or "--lcores 1@0,2@1": two words, or NULL */
	const char *file_prefix;
	int memory; /* MiB for EAL without hugepages; 0: EAL's own choice */
	bool hugepages;
	bool pci;                                /* let EAL probe this machine's PCI devices */
	struct argv vdevs;                       /* devargs: "net_vhost0,iface=...,queues=2" */
	struct argv allow;                       /* PCI addresses */
	struct argv eal;                         /* further EAL words */
	int nb_cores, rxq, txq, rxd, txd, mbufs; /* 0: not said */
	struct argv args;                        /* further words of testpmd itself */
};

void testpmd_argv(const struct testpmd_conf *c, struct argv *out);

#endif
