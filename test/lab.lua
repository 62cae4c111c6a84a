--- lab: a machine reached by SSH, for specs and measurements: a dropbear of our own on this one.

local engine = require "engine"

local paths = require "base.paths"

local lab = {}

local here = engine.here()

--- Is a program installed here, in $PATH or in sbin?
function lab.has(program)
  return paths.program(program) ~= nil or engine.fs.access("/usr/sbin/" .. program, "x") == true
end

-- It reads authorized_keys at home and nowhere else: nss_wrapper puts our home into this folder.
local SETUP = [[
set -e
cd "$1"
for key in host user; do ssh-keygen -q -t ed25519 -N '' -C '' -f "$key"; done
dropbearconvert openssh dropbear host dropbear_host 2>/dev/null
mkdir -m 700 .ssh
cp user.pub .ssh/authorized_keys
chmod 600 .ssh/*
id -un >me
echo "$(cat me):x:$(id -u):$(id -g)::$1:/bin/sh" >passwd
echo "$(cat me):x:$(id -g):" >group
]]

--- Starts it at an address ("127.0.0.1", "[::1]") in a folder that lab.start made. Returns its console.
function lab.serve(folder, address, port)
  local console = here:spawn({ "/usr/sbin/dropbear", "-F", "-E", "-s", "-r", folder .. "/dropbear_host",
    "-p", ("%s:%d"):format(address, port) }, { name = "dropbear", pipes = true, env = { "LD_PRELOAD=libnss_wrapper.so",
      "NSS_WRAPPER_PASSWD=" .. folder .. "/passwd", "NSS_WRAPPER_GROUP=" .. folder .. "/group" } })
  console:expect("Not backgrounding", 10)
  return console
end

--- Starts it in a new folder, which is its user's home. Returns its console, which the caller closes, and what t:node
--- and engine.ssh take; nil where there is no dropbear.
function lab.start(folder)
  if not lab.has "dropbear" then return nil end
  assert(engine.fs.mkdir(folder, 448))
  local r = here:run { "sh", "-c", SETUP, "sh", folder }
  assert(r.code == 0, r.err)
  local port = 20000 + (engine.sys.pid() + math.floor(engine.now() * 1000)) % 20000
  return lab.serve(folder, "127.0.0.1", port), { name = "lab", host = "127.0.0.1", port = port,
    user = paths.read(folder .. "/me"):match "%S+", key = folder .. "/user",
    host_key = paths.read(folder .. "/host.pub"):match "[^\n]*" }
end

--- What t:node takes, as a scenario's text.
function lab.words(node)
  local words = {}
  for key, value in pairs(node) do words[#words + 1] = ("%s = %q"):format(key, value) end
  return ("{ %s }"):format(table.concat(words, ", ")):gsub('port = "(%d+)"', "port = %1")
end

return lab
