"""plan_fixed_waits: the plan vdev_primary_secondary in the way of the DPDK Test Suite (DTS) that has its script:
the stock image booted for each case, pexpect's sessions, the suite's fixed waits.

plan_fixed_waits.py SETUP (see stock.py) prints the seconds of both cases; their phases go to stderr. What the suite
would do besides is left out, to its favour: it builds each example in the guest, scans the PCI devices, and waits 20 s
more where the guest's network is not up at the first look. What it only takes for granted is checked: packets on
each port of each process, devices that are gone and come back.
"""
import json
import re
import socket
import sys
import time

from pexpect import pxssh

import stock

# The fixed waits, in seconds, each with its place in DTS; together 53 in case 1, 47 in case 2.
LINKS_UP = 10       # framework/pmd_output.py, start_testpmd: "to ensure links getting up"
QEMU_READY = 2      # framework/qemu_kvm.py, __send_qemu_cmd: for QEMU's process
BIOS_GRUB = 10      # framework/qemu_kvm.py, _start_vm: for BIOS and GRUB
NETWORK_READY = 5   # framework/qemu_kvm.py, control_command "network" by the guest agent
PRIMARY_READY = 3   # tests/TestSuite_vdev_primary_secondary.py, launch_symmetric_mp and launch_hotplug_mp
TRAFFIC = 3         # the same, before the primary is interrupted
BETWEEN_ENDS = 3    # the same, before the secondary is interrupted
POWERDOWN = 10      # framework/qemu_kvm.py, control_command "powerdown"
VM_STOPPED = 5      # framework/qemu_kvm.py, _stop_vm
TEAR_DOWN = 2       # tests/TestSuite_vdev_primary_secondary.py, tear_down
# A login that fails is tried again after as long: framework/ssh_pexpect.py, _connect_host.
LOGIN_RETRIES, LOGIN_PAUSE = 10, 2

# A loaded machine's, not the suite's: what takes longer does not come.
DEADLINE = 240

NICS = ["0000:00:05.0", "0000:00:06.0"]
PROCESS = "%s -l %d -n 1 --iova-mode=pa --proc-type=%s -- -p 3 --num-procs=2 --proc-id=%d"


class Phases:
    """Prints the seconds of each phase on stderr."""

    def __init__(self):
        self.since = time.monotonic()

    def end(self, name):
        now = time.monotonic()
        print("%6.1f s  %s" % (now - self.since, name), file=sys.stderr)
        self.since = now


def need(ok, what):
    if not ok:
        raise RuntimeError(what)


class Agent:
    """QEMU's guest agent, a line of JSON each way."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(DEADLINE)
        self.file = self.socket.makefile("rb")

    def send(self, command):
        self.socket.sendall(json.dumps({"execute": command}).encode() + b"\n")

    def ask(self, command):
        self.send(command)
        reply = json.loads(self.file.readline())
        need("return" in reply, "%s: %s" % (command, reply))
        return reply["return"]


def start_testpmd(guest):
    guest.start_testpmd()
    time.sleep(LINKS_UP)


def start_vm(guest):
    """QEMU, and the suite's waits until the guest agent reports a network."""
    guest.start_qemu()
    time.sleep(QEMU_READY)
    time.sleep(BIOS_GRUB)
    guest.check_qemu()
    agent = Agent(guest.setup["work"] + "/qga")
    agent.ask("guest-ping")
    until = time.monotonic() + DEADLINE
    while True:
        time.sleep(NETWORK_READY)
        if "10.0.2." in json.dumps(agent.ask("guest-network-get-interfaces")):
            return agent
        need(time.monotonic() < until, "the guest's network did not come")


def login(guest):
    """A session as the suite's: pxssh, tried again where it fails. Its look at the prompt's echo, for which an
    emulated guest is too slow, is left out."""
    options = {"StrictHostKeyChecking": "no", "UserKnownHostsFile": "/dev/null", "BatchMode": "yes",
               "LogLevel": "ERROR"}
    for _ in range(LOGIN_RETRIES):
        session = pxssh.pxssh(encoding="utf-8", timeout=DEADLINE, options=options)
        try:
            session.login("127.0.0.1", "root", port=guest.port, ssh_key=guest.setup["image"] + "/id_ed25519",
                          original_prompt="[$#>]", login_timeout=20, sync_original_prompt=False)
            command(session, "stty -echo")
            return session
        except pxssh.ExceptionPxssh as err:
            print("          a login failed: %s" % err, file=sys.stderr)
            session.close(force=True)
            time.sleep(LOGIN_PAUSE)
    raise RuntimeError("no login in %d attempts" % LOGIN_RETRIES)


def command(session, line):
    """A shell command, and what it printed."""
    session.sendline(line)
    need(session.prompt(DEADLINE), "no prompt after %r" % line)
    return session.before


def bind(session):
    command(session, "modprobe vfio-pci")
    reply = command(session, "dpdk-devbind.py --force --bind=vfio-pci %s; echo status $?" % " ".join(NICS))
    need("status 0" in reply, "dpdk-devbind: " + reply)


def launch(first, second, program, ready):
    """Both processes, each until it has printed `ready`."""
    for session, lcore, how in ((first, 0, "auto"), (second, 1, "secondary")):
        session.sendline(PROCESS % (program, lcore, how, lcore))
        session.expect_exact(ready)
        if session is first:
            time.sleep(PRIMARY_READY)


def interrupt(session):
    """Ctrl-C for symmetric_mp. What it received, by port."""
    session.sendcontrol("c")
    need(session.prompt(DEADLINE), "symmetric_mp did not end")
    return [int(n) for n in re.findall(r"Port \d: RX - (\d+)", session.before)]


def symmetric(guest, first, second, phases):
    launch(first, second, "symmetric_mp", "Finished Process Init")
    phases.end("two processes of symmetric_mp")
    guest.testpmd("set fwd mac")
    guest.testpmd("start tx_first")
    time.sleep(TRAFFIC)
    received = [interrupt(first)]
    time.sleep(BETWEEN_ENDS)
    received.append(interrupt(second))
    need(all(len(ports) == 2 and min(ports) > 0 for ports in received), "received: %s" % received)
    phases.end("traffic, received by port: %s" % received)


def hotplug_command(session, line, reply):
    session.sendline(line)
    session.expect_exact(reply)
    session.expect_exact("example>")
    return session.before


def check_lists(sessions, devices):
    for session in sessions:
        reply = hotplug_command(session, "list", "list all etherdev")
        need(sorted(re.findall(r"0000:00:\S+", reply)) == devices, "%s expected, listed: %s" % (devices, reply))


def hotplug(guest, first, second, phases):
    launch(first, second, "hotplug_mp", "example>")
    phases.end("two processes of hotplug_mp")
    check_lists((first, second), NICS)
    for _ in range(2):
        hotplug_command(first, "detach " + NICS[0], "detached device " + NICS[0])
        check_lists((first, second), NICS[1:])
        hotplug_command(second, "attach " + NICS[0], "attached device " + NICS[0])
        check_lists((first, second), NICS)
    phases.end("detached and attached twice")


def stop_vm(guest, agent):
    agent.send("guest-shutdown")
    time.sleep(POWERDOWN)
    guest.stop_qemu()
    time.sleep(VM_STOPPED)


def run_case(guest, name, run, sends):
    """One case from its testpmd to its end. `sends`: testpmd sends before the VM is there."""
    print(name, file=sys.stderr)
    phases = Phases()
    start_testpmd(guest)
    if sends:
        guest.testpmd("set fwd txonly")
        guest.testpmd("start")
    phases.end("testpmd")
    agent = start_vm(guest)
    phases.end("VM, until its network is up")
    sessions = [login(guest) for _ in range(3)]
    bind(sessions[0])
    phases.end("three sessions, NICs bound")
    run(guest, sessions[1], sessions[2], phases)
    guest.quit_testpmd()
    stop_vm(guest, agent)
    for session in sessions:
        session.close(force=True)
    time.sleep(TEAR_DOWN)
    phases.end("end of testpmd and VM")


with stock.Stock(stock.read_setup(sys.argv[1])) as s:
    start = time.monotonic()
    run_case(s, "case 1: symmetric_mp", symmetric, False)
    run_case(s, "case 2: hotplug_mp", hotplug, True)
    print("%.9f" % (time.monotonic() - start))
