/* vm: QEMU's options, and its command line from a topology. */
#include "prim/prims.h"

/* Above the places that plans name. */
#define FIRST_SLOT 0x10

/* Options of scenarios. */
static const struct prim_option options[] = {
	{ "profile", "text", .initial = "default", .words = "of vm/profiles.lua" },
	{ "ports", "ports", .words = "its vhost-user ports" },
	{ "cpus", "count", .flag = "-smp %s", .words = "processors (3)" },
	{ "memory", "count", "MiB", .flag = "-m %sM", .words = "(1024)" },
	{ "hugepages", "whole", .words = "of 2 MiB, in the guest (128)" },
	{ "hugepage_path", "text", .flag = "", .words = "takes its memory from this hugetlbfs" },
	{ "snapshot", "boolean", .initial = "true",
	  .words = "restored from the snapshot that its first boot saved; false: boots" },
	{ "accel", "string", .of = "auto kvm tcg",
	  .words = "auto is KVM where the guest booted under it before" },
	{ "iommu", "boolean", .initial = "true", .words = "a virtual IOMMU, which vfio-pci needs" },
	{ "agent", "boolean", .initial = "true", .words = "a channel for the guest agent" },
	{ "slots", "whole", .initial = "0", .flag = "",
	  .words = "hot-plug slots: slot0, slot1, ..." },
	{ "vnc", "text", .flag = "-vnc %s -device VGA", .words = "a display: \"127.0.0.1:10\"" },
	{ "qemu", "text", .words = "the program (the one under test)" },
	{ "image", "table",
	  .words =
		  "another guest, as in moonrig.lua: { disk, kernel, initrd, append, key, user, nic }" },
	{ "append", "string", .words = "more words for the kernel" },
	{ "extra", "words", .flag = "", .words = "more words for QEMU" },
	{ "timeout", "span", "seconds", "120", .words = "to boot" },
	{ "ssh_timeout", "span", "seconds", "30", .words = "to log in" },
	{ 0 },
};

/* Made by Lua, of those options, the profile and the image. */
static const struct prim_option inner[] = {
	{ "program", "text", .flag = "%s", .needed = true },
	{ "title", "text", .flag = "-name %s" },
	{ .flag = "-nodefaults -no-user-config -no-reboot -display none" },
	{ "machine", "text", .flag = "-machine %s,memory-backend=mem", .needed = true },
	{ "accelerator", "string", .of = "kvm tcg", .flag = "-accel %s", .needed = true },
	/* this QEMU does not crash with them (lib/vm/qemu_faults.lua) */
	{ "emulated_vectors", "boolean", .flag = "" },
	{ "cpu", "text", .flag = "-cpu %s", .needed = true },
	{ "iommu_device", "text", .flag = "-device %s" },
	/* its processors wait for "cont" over QMP */
	{ "paused", "boolean", .flag = "yes: -S" },
	/* it waits for "migrate-incoming" over QMP */
	{ "incoming", "boolean", .flag = "yes: -incoming defer" },
	/* without one, the disk's boot loader loads it */
	{ "kernel", "text", .flag = "-kernel %s" },
	{ "initrd", "text", .flag = "-initrd %s" },
	{ "kernel_words", "string", .flag = "-append %s" },
	{ "disk", "text", .flag = "" },
	/* the guest writes to a layer that goes with QEMU; without it, the disk is read-only */
	{ "disk_layer", "string", .of = "raw qcow2", .flag = "" },
	/* DPDK's, which the guest finds by its serial number */
	{ "dpdk_disk", "text", .flag = "" },
	{ "dpdk_serial", "text", .flag = "" },
	/* of its memory, in KiB; 0: ordinary pages */
	{ "page_size", "whole", .flag = "" },
	/* a file that QEMU inherits; without it, and without a path, QEMU makes its own */
	{ "memory_fd", "whole", .flag = "" },
	/* a backend's first access to untouched memory takes seconds */
	{ "prealloc", "boolean", .flag = "" },
	/* sockets */
	{ "serial", "text",
	  .flag = "-chardev socket,id=serial,path=%q,server=on,wait=off "
		  "-serial chardev:serial",
	  .needed = true },
	/* not as "-qmp unix:PATH", where no path may have a "="; QEMU 11 deprecates -mon */
	{ "qmp", "text",
	  .flag = "-chardev socket,id=qmp,path=%q,server=on,wait=off "
		  "-qmp chardev:qmp",
	  .needed = true },
	{ "agent_socket", "text", .flag = "-chardev socket,id=qga,path=%q,server=on,wait=off" },
	{ "mgmt_mac", "mac", .flag = "", .needed = true },
	{ "mgmt_nic", "string", "", "virtio-net-pci", .of = "virtio-net-pci e1000", .flag = "" },
	/* of 127.0.0.1; 0: QEMU chooses it, and QMP reads it */
	{ "ssh_port", "whole", .flag = "" },
	/* places on pcie.0 */
	{ "disk_addr", "slot", .flag = "" },
	{ "dpdk_addr", "slot", .flag = "" },
	{ "serial_addr", "slot", .flag = "" },
	{ "mgmt_addr", "slot", .flag = "" },
	{ 0 },
};

struct prim vm_prim = {
	.name = "vm",
	.class = "vm.Options",
	.words = "Options of t:vm.",
	.parts = { options },
	.inner = inner,
};

/* A row with a flag is a property of the device. */
static const struct prim_option port_options[] = {
	{ "socket", "text", .flag = "", .needed = true,
	  .words = "a path, or a name in the case's folder" },
	{ "mac", "mac", .flag = "mac=%s", .needed = true,
	  .words = "the guest finds the NIC by it" },
	{ "server", "boolean", .initial = "true", .flag = "",
	  .words = "QEMU listens, the backend (testpmd with client = true) connects" },
	{ "kernel", "boolean", .initial = "false", .flag = "",
	  .words = "the guest's kernel drives it (virtio_net) from its boot on" },
	{ "queues", "count", .initial = "1", .flag = "", .words = "queue pairs" },
	{ "mrg_rxbuf", "boolean", .initial = "true", .flag = "mrg_rxbuf=%s",
	  .words = "mergeable receive buffers" },
	{ "csum", "boolean", .initial = "true", .flag = "csum=%s",
	  .words = "checksum offload, to the host" },
	{ "mq", "boolean", .flag = "mq=%s", .words = "multiqueue (with more than one queue)" },
	{ "vectors", "whole", .flag = "vectors=%s",
	  .words = "MSI-X vectors; none under emulation before QEMU 8.0, which crashes" },
	{ "addr", "slot", .flag = "bus=pcie.0,addr=%s",
	  .words = "on pcie.0 (the next free one from \"05.0\" on)" },
	{ "disable_modern", "boolean", .flag = "disable-modern=%s",
	  .words = "virtio 0.95 alone (false)" },
	{ "packed", "boolean", .flag = "packed=%s", .since = "QEMU 4.2",
	  .words = "packed rings, virtio 1.1 (false)" },
	{ "rx_queue_size", "count", .flag = "rx_queue_size=%s",
	  .words = "descriptors, a power of 2 from 256 to 1024 (256)" },
	{ "tx_queue_size", "count", .flag = "tx_queue_size=%s",
	  .words = "descriptors, a power of 2 from 256 to 1024 (256)" },
	{ "host_mtu", "count", "bytes", .flag = "host_mtu=%s",
	  .words = "the MTU that the guest is told (none)" },
	{ "event_idx", "boolean", .flag = "event_idx=%s", .words = "event index (true)" },
	{ "indirect_desc", "boolean", .flag = "indirect_desc=%s",
	  .words = "indirect descriptors (true)" },
	/* offered by QEMU as the backend has them */
	{ "gso", "boolean", .flag = "gso=%s", .words = "any segmentation, to the host (true)" },
	{ "host_tso4", "boolean", .flag = "host_tso4=%s",
	  .words = "TSO of IPv4, to the host (true)" },
	{ "host_tso6", "boolean", .flag = "host_tso6=%s",
	  .words = "TSO of IPv6, to the host (true)" },
	{ "host_ecn", "boolean", .flag = "host_ecn=%s",
	  .words = "TSO with ECN, to the host (true)" },
	{ "host_ufo", "boolean", .flag = "host_ufo=%s", .words = "UFO, to the host (true)" },
	{ "guest_csum", "boolean", .flag = "guest_csum=%s",
	  .words = "checksum offload, to the guest (true)" },
	{ "guest_tso4", "boolean", .flag = "guest_tso4=%s",
	  .words = "TSO of IPv4, to the guest (true)" },
	{ "guest_tso6", "boolean", .flag = "guest_tso6=%s",
	  .words = "TSO of IPv6, to the guest (true)" },
	{ "guest_ecn", "boolean", .flag = "guest_ecn=%s",
	  .words = "TSO with ECN, to the guest (true)" },
	{ "guest_ufo", "boolean", .flag = "guest_ufo=%s", .words = "UFO, to the guest (true)" },
	{ 0 },
};

struct prim vm_port_prim = {
	.name = "vm port",
	.class = "vm.Port",
	.words = "A vhost-user port of a VM.",
	.parts = { port_options },
};

static void
add_device(struct argv *out, const char *device, const char *addr)
{
	argv_add(out, "-device");
	if (addr != NULL)
		argv_printf(out, "%s,bus=pcie.0,addr=%s", device, addr);
	else
		argv_add(out, device);
}

/* Memory in a file of this path. */
static void
add_file(struct buf *from, const char *path)
{
	buf_printf(from, "file,mem-path=");
	prim_double_commas(from, path);
}

static void
add_memory(const struct prim_values *vm, struct argv *out)
{
	const char *prealloc = prim_is(vm, "prealloc") ? ",prealloc=on,prealloc-threads=2" : "";
	const char *path = prim_text(vm, "hugepage_path");
	int fd = prim_int(vm, "memory_fd");
	struct buf from = { 0 };

	if (path != NULL)
		add_file(&from, path);
	else if (fd > 0)
		buf_printf(&from, "file,mem-path=/proc/self/fd/%d", fd);
	else if (prim_int(vm, "page_size") > 0)
		buf_printf(&from, "memfd,hugetlb=on,hugetlbsize=%dK", prim_int(vm, "page_size"));
	else
		buf_printf(&from, "memfd");
	argv_add(out, "-object");
	argv_printf(out, "memory-backend-%s,id=mem,size=%dM,share=on%s", from.data,
		    prim_int(vm, "memory"), prealloc);
	buf_free(&from);
}

/* A disk that no guest writes to; none without a path. `layer`: the format of one below a layer for
 * writes, which QEMU makes and removes; NULL: a raw one, read-only. */
static void
add_disk(struct argv *out, const char *id, const char *path, const char *layer, const char *device,
	 const char *addr)
{
	struct buf drive = { 0 };

	if (path == NULL || *path == '\0')
		return;
	buf_printf(&drive, "if=none,id=%s,format=%s,%s=on,file=", id, layer ?: "raw",
		   layer != NULL ? "snapshot" : "readonly");
	prim_double_commas(&drive, path);
	argv_add(out, "-drive");
	argv_add(out, drive.data);
	buf_free(&drive);
	add_device(out, device, addr);
}

static void
add_dpdk(const struct prim_values *vm, struct argv *out)
{
	const char *path = prim_text(vm, "dpdk_disk");
	char *device;

	if (path == NULL)
		return;
	device = xsprintf("virtio-blk-pci,drive=dpdk,serial=%s", prim_text(vm, "dpdk_serial"));
	add_disk(out, "dpdk", path, NULL, device, prim_text(vm, "dpdk_addr"));
	free(device);
}

/* The disks and the channel of the agent, each at its place. */
static void
add_devices(const struct prim_values *vm, struct argv *out)
{
	add_disk(out, "root", prim_text(vm, "disk"), prim_text(vm, "disk_layer"),
		 "virtio-blk-pci,drive=root", prim_text(vm, "disk_addr"));
	add_dpdk(vm, out);
	if (prim_text(vm, "agent_socket") != NULL) {
		add_device(out, "virtio-serial-pci", prim_text(vm, "serial_addr"));
		argv_add(out, "-device");
		argv_add(out, "virtserialport,chardev=qga,name=org.qemu.guest_agent.2");
	}
}

static void
add_management(const struct prim_values *vm, struct argv *out)
{
	char *nic = xsprintf("%s,netdev=mgmt,mac=%s,romfile=", prim_text(vm, "mgmt_nic"),
			     prim_text(vm, "mgmt_mac"));

	argv_add(out, "-netdev");
	argv_printf(out, "user,id=mgmt,hostfwd=tcp:127.0.0.1:%d-:22", prim_int(vm, "ssh_port"));
	add_device(out, nic, prim_text(vm, "mgmt_addr"));
	free(nic);
}

static void
add_port(struct prim_values *port, size_t i, struct argv *out)
{
	struct argv properties = { 0 };
	struct buf socket = { 0 }, device = { 0 };

	buf_printf(&socket, "socket,id=char%zu,path=", i);
	prim_double_commas(&socket, prim_text(port, "socket"));
	/* the netdev waits for its backend, but all sockets exist by then */
	if (prim_is(port, "server"))
		buf_printf(&socket, ",server=on,wait=off");
	argv_add(out, "-chardev");
	argv_add(out, socket.data);
	argv_add(out, "-netdev");
	argv_printf(out, "vhost-user,id=net%zu,chardev=char%zu,vhostforce=on,queues=%d", i, i,
		    prim_int(port, "queues"));
	buf_printf(&device, "virtio-net-pci,id=nic%zu,netdev=net%zu,romfile=", i, i);
	prim_argv(port, &properties);
	for (size_t k = 0; k < properties.n; k++)
		buf_printf(&device, ",%s", properties.v[k]);
	argv_add(out, "-device");
	argv_add(out, device.data);
	argv_free(&properties);
	buf_free(&socket);
	buf_free(&device);
}

void
vm_argv(const struct prim_values *vm, struct prim_values *ports, size_t n_ports, struct argv *out)
{
	const struct prim_value *extra = prim_value(vm, "extra");

	prim_inner_argv(vm, out);
	add_memory(vm, out);
	add_devices(vm, out);
	prim_argv(vm, out);
	add_management(vm, out);
	for (size_t i = 0; i < n_ports; i++) {
		/* Before 8.0, QEMU crashes under TCG when the guest's virtio_net starts a
		 * vhost-user NIC with MSI-X. Without vectors it does not. No other place depends on
		 * this. */
		if (strcmp(prim_text(vm, "accelerator"), "tcg") == 0 &&
		    !prim_is(vm, "emulated_vectors"))
			prim_set_number(&ports[i], "vectors", 0);
		add_port(&ports[i], i, out);
	}
	for (int i = 0; i < prim_int(vm, "slots"); i++) {
		argv_add(out, "-device");
		argv_printf(out, "pcie-root-port,id=slot%d,bus=pcie.0,chassis=%d,addr=%02x.0", i,
			    i + 1, FIRST_SLOT + i);
	}
	for (size_t i = 0; i < extra->words.n; i++)
		argv_add(out, extra->words.v[i]);
}
