/* vm: QEMU's command line from a topology. */
#include "prim/vm.h"

/* Above the places that plans name. */
#define FIRST_SLOT 0x10

/* A path as a value in QEMU's option words, where a comma is written twice. */
static char *
quoted(const char *path)
{
	struct buf b = { 0 };

	for (; *path != '\0'; path++) {
		if (*path == ',')
			buf_add_char(&b, ',');
		buf_add_char(&b, *path);
	}
	return b.data != NULL ? b.data : xstrdup("");
}

static const char *
on_off(bool on)
{
	return on ? "on" : "off";
}

/* QEMU 7.2 crashes under TCG when the guest's virtio_net starts a vhost-user
 * NIC with MSI-X: set_guest_notifiers (hw/virtio/virtio-pci.c) calls the vector
 * notifiers though use_guest_notifier_mask is off. Without vectors it does not.
 * This is the one place that knows. */
static int
vm_vectors(const struct vm_conf *c, const struct vm_port *p)
{
	return strcmp(c->accel, "tcg") == 0 ? 0 : p->vectors;
}

static void
vm_device(struct argv *out, const char *device, const char *addr)
{
	argv_add(out, "-device");
	if (addr != NULL)
		argv_printf(out, "%s,bus=pcie.0,addr=%s", device, addr);
	else
		argv_add(out, device);
}

static void
vm_machine(const struct vm_conf *c, struct argv *out)
{
	const char *prealloc = c->prealloc ? ",prealloc=on,prealloc-threads=2" : "";

	argv_add(out, "-name");
	argv_printf(out, "%s", c->name);
	argv_add(out, "-nodefaults");
	argv_add(out, "-no-user-config");
	argv_add(out, "-no-reboot");
	argv_add(out, "-display");
	argv_add(out, "none");
	argv_add(out, "-machine");
	argv_printf(out, "%s,memory-backend=mem", c->machine);
	argv_add(out, "-accel");
	argv_add(out, c->accel);
	argv_add(out, "-cpu");
	argv_add(out, c->cpu);
	argv_add(out, "-smp");
	argv_printf(out, "%d", c->cpus);
	argv_add(out, "-m");
	argv_printf(out, "%dM", c->memory);
	argv_add(out, "-object");
	if (c->memory_path != NULL)
		argv_printf(out, "memory-backend-file,id=mem,size=%dM,mem-path=%s,share=on%s",
			    c->memory, c->memory_path, prealloc);
	else if (c->memory_fd > 0)
		argv_printf(out,
			    "memory-backend-file,id=mem,size=%dM,mem-path=/proc/self/fd/%d,"
			    "share=on%s",
			    c->memory, c->memory_fd, prealloc);
	else
		argv_printf(out, "memory-backend-memfd,id=mem,size=%dM,share=on%s", c->memory,
			    prealloc);
	if (c->iommu != NULL) {
		argv_add(out, "-device");
		argv_add(out, c->iommu);
	}
	if (c->paused)
		argv_add(out, "-S");
	if (c->incoming) {
		argv_add(out, "-incoming");
		argv_add(out, "defer");
	}
}

static void
vm_boot(const struct vm_conf *c, struct argv *out)
{
	argv_add(out, "-kernel");
	argv_add(out, c->kernel);
	if (c->initrd != NULL) {
		argv_add(out, "-initrd");
		argv_add(out, c->initrd);
	}
	argv_add(out, "-append");
	argv_add(out, c->append);
	if (c->disk != NULL) {
		argv_add(out, "-drive");
		char *disk = quoted(c->disk);

		argv_printf(out, "if=none,id=root,format=raw,readonly=on,file=%s", disk);
		free(disk);
		vm_device(out, "virtio-blk-pci,drive=root", c->disk_addr);
	}
}

static void
vm_consoles(const struct vm_conf *c, struct argv *out)
{
	argv_add(out, "-chardev");
	argv_printf(out, "socket,id=serial,path=%s,server=on,wait=off", c->serial);
	argv_add(out, "-serial");
	argv_add(out, "chardev:serial");
	argv_add(out, "-qmp");
	argv_printf(out, "unix:%s,server=on,wait=off", c->qmp);
	if (c->agent != NULL) {
		argv_add(out, "-chardev");
		argv_printf(out, "socket,id=qga,path=%s,server=on,wait=off", c->agent);
		vm_device(out, "virtio-serial-pci", c->serial_addr);
		argv_add(out, "-device");
		argv_add(out, "virtserialport,chardev=qga,name=org.qemu.guest_agent.2");
	}
	if (c->vnc != NULL) {
		argv_add(out, "-vnc");
		argv_add(out, c->vnc);
		argv_add(out, "-device");
		argv_add(out, "VGA");
	}
}

static void
vm_management(const struct vm_conf *c, struct argv *out)
{
	char *nic = xsprintf("virtio-net-pci,netdev=mgmt,mac=%s,romfile=", c->mgmt_mac);

	argv_add(out, "-netdev");
	argv_printf(out, "user,id=mgmt,hostfwd=tcp:127.0.0.1:%d-:22", c->ssh_port);
	vm_device(out, nic, c->mgmt_addr);
	free(nic);
}

static void
vm_one_port(const struct vm_conf *c, size_t i, struct argv *out)
{
	const struct vm_port *p = &c->ports[i];
	int vectors = vm_vectors(c, p);
	struct buf dev = { 0 };

	argv_add(out, "-chardev");
	/* the netdev waits for its backend all the same, but all sockets are there by then */
	argv_printf(out, "socket,id=char%zu,path=%s%s", i, p->socket,
		    p->server ? ",server=on,wait=off" : "");
	argv_add(out, "-netdev");
	argv_printf(out, "vhost-user,id=net%zu,chardev=char%zu,vhostforce=on,queues=%d", i, i,
		    p->queues);
	buf_printf(
		&dev,
		"virtio-net-pci,id=nic%zu,netdev=net%zu,mac=%s,mrg_rxbuf=%s,csum=%s,mq=%s,romfile=",
		i, i, p->mac, on_off(p->mrg_rxbuf), on_off(p->csum), on_off(p->mq));
	if (vectors >= 0)
		buf_printf(&dev, ",vectors=%d", vectors);
	vm_device(out, dev.data, p->addr);
	buf_free(&dev);
}

void
vm_argv(const struct vm_conf *c, struct argv *out)
{
	argv_add(out, c->program);
	vm_machine(c, out);
	vm_boot(c, out);
	vm_consoles(c, out);
	vm_management(c, out);
	for (size_t i = 0; i < c->n_ports; i++)
		vm_one_port(c, i, out);
	for (int i = 0; i < c->slots; i++) {
		argv_add(out, "-device");
		argv_printf(out, "pcie-root-port,id=slot%d,bus=pcie.0,chassis=%d,addr=%02x.0", i,
			    i + 1, FIRST_SLOT + i);
	}
	for (size_t i = 0; i < c->extra.n; i++)
		argv_add(out, c->extra.v[i]);
}
