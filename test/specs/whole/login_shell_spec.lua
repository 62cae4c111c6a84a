-- login_shell: a machine reached by SSH whose login shell is another, prints, or starts nothing; keys and addresses
-- that are wrong; servers that are none. A dropbear of our own.

local engine = require "engine"

local lab_machine = require "lab"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local here = engine.here()
local folder = rig.work .. "/lab"

local function must(argv, given)
  local r = assert(here:run(argv, given))
  assert.equal(0, r.code, r.err)
  return r.out
end

local function is_there(program) return engine.fs.access(program, "x") end

-- More keys, and what is none.
local SETUP = [[
set -e
cd "$1"
ssh-keygen -q -t ed25519 -N secret -C '' -f locked
ssh-keygen -q -t rsa -b 2048 -m PEM -N secret -C '' -f locked_pem
ssh-keygen -q -t ed25519 -N '' -C '' -f stranger
# fish makes these at its first start, and reports an error where two starts do so at once
mkdir -p .local/share/fish .config/fish
head -c 300 user >cut
head -c 300 /dev/urandom >noise
: >empty
mkdir folder
mkfifo pipe
echo "-----BEGIN OPENSSH PRIVATE KEY-----
AAAA
-----END OPENSSH PRIVATE KEY-----" >broken
]]

local lab, port, me
local function set_shell(shell)
  rig:write("lab/passwd", ("%s:x:%d:%s::%s:%s\n"):format(me, engine.sys.uid(), must({ "id", "-g" }):match "%d+", folder, shell))
end

-- Runs a case with `node`; returns the exit status, the output and the case.
local function run(steps, given)
  local words = {}
  for key, value in pairs { host = "127.0.0.1", user = me, key = folder .. "/user", timeout = 15,
    host_key = moonrig.read(folder .. "/host.pub"):match "[^\n]*" } do
    if given == nil or given[key] == nil then words[#words + 1] = ("%s = %q"):format(key, value) end
  end
  words[#words + 1] = ("port = %d"):format(given and given.port or port)
  for key, value in pairs(given or {}) do
    if key ~= "port" then words[#words + 1] = ("%s = %q"):format(key, value) end
  end
  local text = ("local node = t:node { %s }\n"):format((table.concat(words, ", "):gsub('timeout = "(%d+)"', "timeout = %1")))
  local file = rig:write("x.lua", moonrig.case(text .. (steps or 't:equal(1, 1, "one")')))
  local code, out = rig:call { "run", file, "-o", rig.work .. "/out" }
  return code, out, moonrig.results(rig.work .. "/out").cases[1]
end

-- Words that a shell could read otherwise.
local WORDS = [==[
local words = { "a b", "'", "''", '"', "$HOME", "`id`", "!", "!!", "\\", "\\n", "\\\\", "'\\''", "a\nb", "\n", "", "*", "~",
  "{a,b}", "[x]", "(id)", "a;b", "a|b", "a&b", "#", "%s", "<x", "é", "^a", "a\tb", "$(id)", "\\'", "end\\", ("x"):rep(3000) }
local argv = { "printf", "%s\1" }
for _, word in ipairs(words) do argv[#argv + 1] = word end
local r = node:run(argv, { env = { "V=a '!\\$\n", "W=" }, cwd = "/" })
t:equal(r.out, table.concat(words, "\1") .. "\1", "words")
t:equal(node:run({ "sh", "-c", 'printf "%s|%s|%s" "$V" "$W" "$PWD"; echo bad >&2; exit 7' },
  { env = { "V=a '!\\$\n", "W=" }, cwd = "/" }).out, "a '!\\$\n||/", "environment and folder")
local bad = node:run { "sh", "-c", "echo out; echo bad >&2; exit 7" }
t:equal(("%s%s%d"):format(bad.out, bad.err, bad.code), "out\nbad\n7", "both outputs")
local console = node:spawn({ "sh", "-c", "echo ready; read -r line; echo got $line" }, { name = "c" })
console:expect("ready", 10)
console:type "x y\n"
console:expect("got x y", 10)
console:await_exit(10)
]==]

describe("a machine reached by SSH", function()
  local has = is_there "/usr/sbin/dropbear"

  lazy_setup(function()
    if not has then return end
    local login
    lab, login = lab_machine.start(folder)
    me, port = login.user, login.port
    must { "sh", "-c", SETUP, "sh", folder }
  end)

  for _, shell in ipairs { "/bin/sh", "/bin/bash", "/usr/bin/fish", "/usr/bin/tcsh", "/usr/bin/zsh", "/usr/bin/dash" } do
    it("takes the words of commands as they are, by " .. shell, function()
      if not has or not is_there(shell) then return pending("needs dropbear and " .. shell) end
      set_shell(shell)
      local code, out = run(WORDS)
      assert.equal(0, code, out)
      assert.is_nil(out:find("login shell", 1, true), out)
    end)
  end

  for shell, c in pairs {
    ["/bin/bash"] = { ".bashrc", "echo \"Welcome, $USER\"; echo second; echo 'Again, here' >&2" },
    ["/usr/bin/zsh"] = { ".zshenv", "echo 'Welcome, you'" },
    ["/usr/bin/tcsh"] = { ".tcshrc", "echo 'Welcome, you'" },
    ["/usr/bin/fish"] = { ".config/fish/config.fish", "echo 'Welcome, you'" },
  } do
    it("has a login shell that prints, which is no output of a command: " .. shell, function()
      if not has or not is_there(shell) then return pending("needs dropbear and " .. shell) end
      set_shell(shell)
      must { "mkdir", "-p", folder .. "/.config/fish" }
      rig:write("lab/" .. c[1], c[2] .. "\n")
      local code, out = run(WORDS)
      must { "rm", folder .. "/" .. c[1] }
      assert.equal(0, code, out)
      assert.matches('127.0.0.1: its login shell prints before each command, which is left out of the output: "%u%l+, ', out)
    end)
  end

  it("has a login shell that starts nothing, which is named", function()
    if not has then return pending "needs dropbear" end
    set_shell "/bin/bash"
    for text, words in pairs {
      ["echo 'closed for today' >&2; exit 3"] = 'exit status 3 and printed "closed for today"',
      ["exec echo 'no shells here'"] = 'exit status 0 and printed "no shells here"',
      ["exit 0"] = 'exit status 0 and printed ""',
      ["kill -KILL $$"] = 'SIGKILL and printed ""',
    } do
      rig:write("lab/.bashrc", text .. "\n")
      local code, out, c = run()
      assert.equal(3, code, out)
      assert.matches("its login shell starts no command: it ended with " .. words, c.reason)
    end
    must { "rm", folder .. "/.bashrc" }
    set_shell "/bin/sh"
  end)

  for key, words in pairs {
    locked = "the private key %S+/locked has a passphrase, .*ssh%-keygen %-p",
    locked_pem = "the private key %S+/locked_pem has a passphrase",
    ["user.pub"] = "user.pub is a public key: name the file of the private one",
    empty = "the private key %S+/empty is empty",
    noise = "noise is no private key",
    cut = "the private key %S+/cut is cut",
    folder = "the private key %S+/folder is no file",
    pipe = "the private key %S+/pipe is no file",
    broken = "the private key %S+/broken cannot be used",
    stranger = "login refused with the key %S+/stranger .*authorized_keys",
    ["none-such"] = "there is no file %S+/none%-such to read",
  } do
    it("names what is wrong with a key: " .. key, function()
      if not has then return pending "needs dropbear" end
      local code, out, c = run(nil, { key = folder .. "/" .. key })
      assert.equal(3, code, out)
      assert.matches(words, c.reason)
      if key ~= "stranger" then assert.is_nil(c.reason:find("refused", 1, true), c.reason) end
    end)
  end

  for what, c in pairs {
    ["a greeting that is too long"] = { "SSH-2.0-OpenSSH_9.2 " .. ("x"):rep(300) .. "\r\n", "its greeting has more than the 253 bytes that SSH allows" },
    ["a mail server"] = { "220 mail ESMTP\r\n", 'it sent "220 mail ESMTP" and no SSH greeting: it is no SSH server' },
    ["a web server"] = { "HTTP/1.1 400 Bad Request\r\n\r\n", 'it sent "HTTP/1.1 400 Bad Request" and no SSH greeting' },
    ["bytes"] = { "\0\1\2\255\254", "no SSH greeting" },
    ["SSH 1"] = { "SSH-1.5-old\r\n", 'it speaks another SSH than version 2: "SSH%-1.5%-old"' },
  } do
    it("is " .. what .. ", which is named", function()
      rig:write("greeting", c[1])
      local server = assert(here:spawn({ "python3", "-c", [[
import socket, sys
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1)
print("port", s.getsockname()[1], flush=True)
c, _ = s.accept()
c.sendall(open(sys.argv[1], "rb").read())
while c.recv(4096): pass
]], rig.work .. "/greeting" }, { name = "server", pipes = true }))
      local at = assert(server:expect("\n", 10)):match "%d+"
      local _, _, case = run(nil, { port = tonumber(at), timeout = 2 })
      assert.matches(c[2], case.reason)
      server:close(5)
    end)
  end

  it("has an IPv6 address, with brackets and a zone, too", function()
    if not has or not is_there "/proc/net/if_inet6" and not moonrig.read("/proc/net/if_inet6"):find "00000001 " then
      return pending "needs dropbear and ::1"
    end
    lab:close(5)
    lab = lab_machine.serve(folder, "[::1]", port)
    for _, host in ipairs { "::1", "[::1]", "0:0:0:0:0:0:0:1" } do
      local code, out = run(('t:equal(node:name(), %q, "its name")'):format(host), { host = host })
      assert.equal(0, code, out)
    end
    local _, _, c = run(nil, { host = "::1", port = 1 })
    assert.matches("@%[::1%]:1: connection refused", c.reason)
    _, _, c = run(nil, { host = "fe80::1%none0", timeout = 5 })
    assert.matches("fe80::1%%none0%]:%d+: no connection: no such address; a link%-local one has an interface", c.reason)
  end)

  lazy_teardown(function()
    if lab then lab:close(5) end
    rig:remove()
  end)
end)
