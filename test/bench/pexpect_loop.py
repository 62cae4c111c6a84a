"""pexpect_loop: a round trip at a prompt with pexpect, as one would write it; delaybeforesend is off.

pexpect_loop.py COUNT LINE PROMPT PROGRAM... prints the seconds of one round trip.
"""
import signal
import sys
import time

import pexpect

UNTIMED = 20

count, line, prompt, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:]
child = pexpect.spawn(argv[0], argv[1:], echo=False, timeout=60)
child.delaybeforesend = None
child.expect_exact(prompt)
for i in range(-UNTIMED, count):
    if i == 0:
        since = time.monotonic()
    child.sendline(line)
    child.expect_exact(prompt)
print("%.9f" % ((time.monotonic() - since) / count))
child.kill(signal.SIGKILL)
