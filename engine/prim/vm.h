/* vm: QEMU's command line from a topology. */
#ifndef VM_H
#define VM_H

#include "core/buf.h"

struct vm_port {
	const char *socket;
	bool server; /* QEMU listens, the backend connects (testpmd's client=1) */
	const char *mac;
	int queues;
	bool mrg_rxbuf, csum, mq;
	int vectors;      /* -1: QEMU's own */
	const char *addr; /* "05.0" on pcie.0, or NULL */
};

struct vm_conf {
	const char *program; /* qemu-system-x86_64 */
	const char *name;
	const char *accel; /* kvm or tcg */
	const char *cpu;
	const char *machine; /* "q35,kernel-irqchip=split" */
	const char *iommu;   /* the device's words, or NULL */
	int cpus, memory;    /* MiB */
	bool prealloc;       /* a backend's first look at untouched memory takes seconds */
	const char *kernel, *initrd, *disk, *append;
	const char *memory_path;  /* a folder or file: hugetlbfs; NULL: memory_fd, or a memfd of
				     QEMU's own */
	int memory_fd;            /* a file of that size that QEMU inherits; 0: none */
	bool paused;              /* its processors wait for "cont" over QMP */
	bool incoming;            /* it waits for "migrate-incoming" over QMP */
	const char *serial, *qmp; /* socket paths */
	const char *agent;        /* socket of the guest-agent channel, or NULL */
	const char *vnc;          /* display, "127.0.0.1:10", or NULL */
	const char *mgmt_mac;
	int ssh_port; /* of 127.0.0.1; 0: one that is free, asked for over QMP */
	const char *disk_addr, *mgmt_addr, *serial_addr; /* on pcie.0, or NULL */
	int slots; /* hot-plug slots, PCIe root ports slot0, slot1, ...: pcie.0 itself has none */
	struct vm_port *ports;
	size_t n_ports;
	struct argv extra;
};

void vm_argv(const struct vm_conf *c, struct argv *out);

#endif
