"""stock_boot: how long the stock image takes from power-on to the first SSH command that has finished.

stock_boot.py SETUP (see stock.py) prints the seconds, polling as a user's script would: ssh itself, again and again.
"""
import subprocess
import sys
import time

import stock

DEADLINE = 500
PAUSE = 0.2


def patience(seconds):
    """ConnectTimeout after so many seconds. QEMU's user network accepts a connection long before the guest has a
    network, and no answer comes: that costs this time once at worst. A shorter one would end before the banner of sshd
    on a loaded machine."""
    return max(2, round(seconds / 10))


def await_ssh(guest, since):
    seconds = 0
    while True:
        guest.check_qemu()
        argv = ["ssh"] + guest.ssh_options() + ["-o", "ConnectTimeout=%d" % patience(seconds), "root@127.0.0.1", "true"]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds = time.monotonic() - since
        if done.returncode == 0:
            return seconds
        if seconds > DEADLINE:
            sys.exit("stock_boot: no SSH in %d s: %s" % (seconds, done.stderr.decode(errors="replace").strip()))
        time.sleep(PAUSE)


with stock.Stock(stock.read_setup(sys.argv[1])) as s:
    s.start_testpmd()
    s.testpmd("set fwd txonly")
    s.testpmd("start")
    power_on = time.monotonic()
    s.start_qemu()
    print("%.9f" % await_ssh(s, power_on))
