"""stock: the guest of the stock image and its testpmd, started as in a hand-written script.

A setup is a JSON object: { work: a folder, image: the stock image's, testpmd: its command line with the sockets
WORK/vhost-net and WORK/vhost-net1, qemu, accel, cpu, cpus, memory, machine, iommu, hugepages, mgmt_mac }.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys

import pexpect

PROMPT = "testpmd> "
PR_SET_PDEATHSIG = 1


def end_with_us():
    """In a child: killed together with this script."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def read_setup(text):
    """The setup as an object; makes its folder. SIGTERM ends the script as an error does: with its cleanup."""
    def end(*_):
        sys.exit("stock: ended from outside")
    signal.signal(signal.SIGTERM, end)
    setup = json.loads(text)
    os.makedirs(setup["work"], mode=0o700)
    return setup


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def qemu_line(setup, port):
    """QEMU with the plan's devices, and with our machine's sizes."""
    work = setup["work"]
    nic = "virtio-net-pci,netdev=net%d,mac=52:54:00:00:00:0%d,mrg_rxbuf=on,csum=on,mq=on,romfile=,bus=pcie.0,addr=0%d.0"
    # QEMU 7.2 crashes under TCG when the guest starts a vhost-user NIC that has vectors
    nic += ",vectors=0" if setup["accel"] == "tcg" else ",vectors=15"
    argv = [setup["qemu"], "-name", "stock", "-nodefaults", "-display", "none", "-no-reboot",
            "-machine", setup["machine"] + ",memory-backend=mem", "-accel", setup["accel"], "-cpu", setup["cpu"],
            "-smp", str(setup["cpus"]), "-m", "%dM" % setup["memory"],
            "-object", "memory-backend-memfd,id=mem,size=%dM,share=on,prealloc=on,prealloc-threads=2" % setup["memory"],
            "-device", setup["iommu"],
            "-kernel", setup["image"] + "/vmlinuz", "-initrd", setup["image"] + "/initrd.img", "-append",
            "root=/dev/vda rw console=ttyS0 no_timer_check intel_iommu=on hugepages=%d" % setup["hugepages"],
            "-drive", "if=none,id=root,format=raw,snapshot=on,file=%s/disk.ext4" % setup["image"],
            "-device", "virtio-blk-pci,drive=root,bus=pcie.0,addr=02.0",
            "-chardev", "socket,id=qga,path=%s/qga,server=on,wait=off" % work,
            "-device", "virtio-serial-pci,bus=pcie.0,addr=04.0",
            "-device", "virtserialport,chardev=qga,name=org.qemu.guest_agent.0",
            "-serial", "file:%s/serial" % work,
            "-netdev", "user,id=mgmt,hostfwd=tcp:127.0.0.1:%d-:22" % port,
            "-device", "virtio-net-pci,netdev=mgmt,mac=%s,romfile=,bus=pcie.0,addr=03.0" % setup["mgmt_mac"]]
    for i, name in enumerate(("vhost-net", "vhost-net1")):
        argv += ["-chardev", "socket,id=char%d,path=%s/%s,server=on" % (i, work, name),
                 "-netdev", "vhost-user,id=net%d,chardev=char%d,vhostforce=on,queues=2" % (i, i),
                 "-device", nic % (i, i + 2, i + 5)]
    return argv


class Stock:
    """The processes and their end: `with Stock(setup) as s:` leaves nothing, even after a failure."""

    def __init__(self, setup):
        self.setup, self.port = setup, free_port()
        self.pmd = self.qemu = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_qemu()
        self.stop_testpmd()
        prefix = [w.split("=", 1)[1] for w in self.setup["testpmd"] if w.startswith("--file-prefix=")]
        base = "/var/run" if os.getuid() == 0 else self.setup["work"]
        for name in prefix:
            shutil.rmtree("%s/dpdk/%s" % (base, name), ignore_errors=True)
        shutil.rmtree(self.setup["work"], ignore_errors=True)

    def start_testpmd(self):
        """testpmd at its prompt. The vhost library's log goes to a file: a full pty would stop testpmd, and QEMU
        with it."""
        work = self.setup["work"]
        env = dict(os.environ, XDG_RUNTIME_DIR=work)
        words = ["-c", 'exec "$@" 2>"$0"', work + "/testpmd.log"] + self.setup["testpmd"]
        self.pmd = pexpect.spawn("/bin/sh", words, echo=False, timeout=120, env=env, preexec_fn=end_with_us)
        self.pmd.expect_exact(PROMPT)

    def testpmd(self, line):
        """A command; returns the output before its prompt."""
        self.pmd.sendline(line)
        self.pmd.expect_exact(PROMPT)
        return self.pmd.before.decode(errors="replace")

    def quit_testpmd(self):
        self.pmd.sendline("quit")
        self.pmd.expect(pexpect.EOF)
        self.stop_testpmd()

    def stop_testpmd(self):
        if self.pmd:
            self.pmd.kill(signal.SIGKILL)
            self.pmd.wait()
            self.pmd.close()
            self.pmd = None

    def start_qemu(self):
        with open(self.setup["work"] + "/qemu.log", "w") as log:
            self.qemu = subprocess.Popen(qemu_line(self.setup, self.port), stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=log, preexec_fn=end_with_us,
                                         env=dict(os.environ, TMPDIR=self.setup["work"]))

    def check_qemu(self):
        """Raises, with QEMU's last lines, where it has ended."""
        if self.qemu.poll() is not None:
            with open(self.setup["work"] + "/qemu.log") as log:
                raise RuntimeError("QEMU ended with %d: %s" % (self.qemu.returncode, log.read()[-500:]))

    def stop_qemu(self):
        if self.qemu:
            self.qemu.kill()
            self.qemu.wait()
            self.qemu = None

    def ssh_options(self):
        return ["-i", self.setup["image"] + "/id_ed25519", "-p", str(self.port), "-F", "none", "-o", "BatchMode=yes",
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
