"""paramiko_loop: a round trip at a prompt over SSH with paramiko.

paramiko_loop.py PORT USER KEY COUNT LINE PROMPT COMMAND prints the seconds of one round trip.
"""
import sys
import time

import paramiko

UNTIMED = 20

port, user, key, count, line, prompt, command = sys.argv[1:8]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect("127.0.0.1", port=int(port), username=user, key_filename=key,
               allow_agent=False, look_for_keys=False)
channel = client.get_transport().open_session()
channel.settimeout(60)
channel.get_pty()
channel.exec_command(command)
sent, wanted = (line + "\n").encode(), prompt.encode()


def await_prompt():
    seen = b""
    while not seen.endswith(wanted):
        data = channel.recv(65536)
        if not data:
            sys.exit("paramiko_loop: the channel was closed")
        seen += data


await_prompt()
for i in range(-UNTIMED, int(count)):
    if i == 0:
        since = time.monotonic()
    channel.sendall(sent)
    await_prompt()
print("%.9f" % ((time.monotonic() - since) / int(count)))
client.close()
