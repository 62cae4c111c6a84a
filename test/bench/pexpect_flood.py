"""pexpect_flood: much output with the prompt at its end, with pexpect.

pexpect_flood.py LINE PROMPT PROGRAM... prints the seconds from the line to the prompt.
"""
import signal
import sys
import time

import pexpect

line, prompt, argv = sys.argv[1], sys.argv[2], sys.argv[3:]
child = pexpect.spawn(argv[0], argv[1:], echo=False, timeout=500)
child.delaybeforesend = None
child.expect_exact(prompt)
since = time.monotonic()
child.sendline(line)
child.expect_exact(prompt)
print("%.9f" % (time.monotonic() - since))
child.kill(signal.SIGKILL)
