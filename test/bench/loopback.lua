--- loopback: an SSH server on this machine, for both sides of a measurement.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local loopback = {}

-- dropbear reads authorized_keys at home and nowhere else: nss_wrapper puts our home into this folder.
local SETUP = [[
set -e
mkdir -m 700 "$1" && cd "$1"
for key in host user; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$key"; done
dropbearconvert openssh dropbear host dropbear_host 2>/dev/null
mkdir -m 700 .ssh
cp user.pub .ssh/authorized_keys
chmod 600 .ssh/*
id -un >me
echo "$(cat me):x:$(id -u):$(id -g)::$1:/bin/sh" >passwd
echo "$(cat me):x:$(id -g):" >group
]]

local function serve(folder, port)
  local env = { "LD_PRELOAD=libnss_wrapper.so", "NSS_WRAPPER_PASSWD=" .. folder .. "/passwd",
    "NSS_WRAPPER_GROUP=" .. folder .. "/group" }
  return fail.check(engine.here():spawn({ "/usr/sbin/dropbear", "-F", "-E", "-s", "-r", folder .. "/dropbear_host",
    "-p", "127.0.0.1:" .. port }, { name = "dropbear", pipes = true, env = env }))
end

--- Starts it: { port, user, key, host_key, close() }.
function loopback.start(b)
  local folder = b.scratch .. "/ssh"
  b:output { "sh", "-c", SETUP, "sh", folder }
  local port = 20000 + engine.sys.pid() % 20000
  local console = serve(folder, port)
  fail.check(console:expect("Not backgrounding", 10))
  return { port = port, user = paths.read(folder .. "/me"):match "%S+", key = folder .. "/user",
    host_key = paths.read(folder .. "/host.pub"):match "[^\n]*",
    close = function()
      console:close(10)
      engine.fs.rmtree(folder)
    end }
end

return loopback
