-- cli: what a person gets for bad input: one clear line that names the thing and the remedy, the right
-- exit status, and nothing left behind. Runs the real program.

local helper = require "specs.helper"
local engine = require "engine"

local real = require "specs.moonrig"
local rig = real.new()
local here, exe, work, tmp = engine.here(), rig.exe, rig.work, rig.tmp
local case_of, read = real.case, real.read

-- Of a private key's shape.
local KEY = rig:write("key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")

local function moonrig(...) return rig:call(...) end
local function write(...) return rig:write(...) end
local function leftovers() return rig:leftovers() end

-- Runs a scenario's text; returns exit status, output, and the results.
local function run(body, env, timeout)
  local file = write("x.lua", body)
  engine.fs.rmtree(work .. "/out")
  local status, out = moonrig({ "run", file, "-o", work .. "/out" }, env, timeout)
  local results = real.results(work .. "/out")
  return status, out, results and results.cases[1] or {}
end

describe("bad input on the command line", function()
  local cases = {
    { { "rn" }, 4, "unknown verb rn %(did you mean run" },
    { {}, 4, "moonrig %-%-help" },
    { { "run", "--tiemout", "5" }, 4, "unknown option '%-%-tiemout' %(did you mean '%-%-timeout'%?%); see `moonrig run" },
    { { "run", "--fast" }, 4, "unknown option '%-%-fast'.*moonrig run %-%-help" },
    { { "run", "symetric" }, 4, "symetric.*symmetric" },
    { { "run", "scripts/none.lua" }, 4, "scripts/none.lua" },
    { { "run", "--timeout", "soon" }, 4, "timeout" },
    { { "run", "--timeout=-3" }, 4, "%-%-timeout" },
    { { "run", "-k", "nothing-has-this-name" }, 5, "nothing%-has%-this%-name" },
    { { "list", "nowhere" }, 4, "nowhere" },
    { { "run", "smoke", "-o", "/proc/none" }, 3, "/proc/none" },
  }
  for _, c in ipairs(cases) do
    it(("moonrig %s: exit status %d, and says why"):format(table.concat(c[1], " "), c[2]), function()
      local status, out = moonrig(c[1])
      assert.equal(c[2], status, out)
      assert.matches(c[3], out)
      assert.is_nil(out:find("stack traceback", 1, true))
    end)
  end

  it("reads one verb as with all of them", function()
    local cli = require "cli.cli"
    local all = cli.parser()
    assert.is_true(#all._commands > 10)
    for i, command in ipairs(all._commands) do
      local name = command._name
      local one = cli.parser(name)
      for _, words in ipairs { { name, "--nothing" }, { name }, { name, "a" }, { name, "-k" }, { name, "a", "b", "c" } } do
        assert.same({ all:pparse(words) }, { one:pparse(words) })
      end
      local own = one._commands[#one._commands > 1 and i or 1]
      assert.equal(command:get_help(), own:get_help())
    end
    assert.equal(#all._commands, #cli.parser "rn"._commands)
  end)

  it("answers --version and --help", function()
    local status, out = moonrig { "--version" }
    assert.equal(0, status)
    assert.matches("^moonrig %d", out)
    for _, verb in ipairs { "run", "list", "repl", "setup", "doctor", "clean" } do
      status, out = moonrig { verb, "--help" }
      assert.equal(0, status)
      assert.matches("Usage: moonrig " .. verb, out)
    end
  end)
end)

describe("a scenario that cannot be run", function()
  local files = {
    { "with a syntax error", "local x =\n= 3", "x.lua:2:" },
    { "that returns nothing", "local x = 3", "rig.case" },
    { "without run", 'return rig.case { name = "x" }', "option run is needed" },
    { "with an unknown header key", 'return rig.case { name = "x", timout = 3, run = print }', "timout.*timeout" },
    { "with an unknown need", 'return rig.case { name = "x", needs = { "nic" }, run = print }', "unknown need nic" },
    { "that assigns a global", case_of "oops = 3", "oops.*local oops" },
    { "that reads a global that is none", case_of "pritn(1)", "no global pritn.*print" },
    { "that checks nothing", case_of "local x = t", "nothing was checked" },
    { "that raises a non-string", case_of "error({ 7 })", "raised a value that is no text: {7}" },
    { "with an unknown method", case_of "t:testpdm {}", "testpdm.*testpmd" },
    { "with an unknown testpmd option", case_of "t:testpmd { nb_core = 4 }", "x.lua:2: testpmd: unknown option nb_core.*nb_cores" },
    { "with a wrong type", case_of 't:testpmd { rxq = "two" }', "x.lua:2: testpmd: option rxq: expected a whole number of 1 or more, got a string" },
    { "with an unknown vm option", case_of "t:vm { cpu = 4 }", "x.lua:2: vm: unknown option cpu .*cpus" },
    { "with an unknown port option", case_of 't:vm { ports = { { socket = "a", mac = "b", queue = 2 } } }', "port 1: unknown option queue .*queues" },
    { "with an unknown mp option", case_of 't:mp { programm = "x" }', "mp: unknown option programm .*program" },
    { "with an unknown hotplug option", case_of "t:hotplug_mp { procid = 1 }", "unknown option procid .*proc_id" },
    { "with a bad PCI address", case_of 't:bind({ "05.0" }, "vfio-pci")', '"05.0" is no PCI address' },
    { "with a bad proc_type", case_of 't:mp { program = "true", proc_type = "first" }', 'proc_type.*"first"' },
    { "with a bad lcore list", case_of 't:testpmd { lcores = "6-1" }', "6%-1" },
    { "with a socket path that is too long",
      case_of 't:testpmd { vdevs = { { "net_vhost0", iface = ("x"):rep(120) } } }', "too long.*107" },
    { "with a vm socket path that is too long",
      case_of 't:vm { accel = "tcg", ports = { { socket = ("x"):rep(120), mac = "52:54:00:00:00:02" } } }',
      "too long.*107" },
    { "whose testpmd is absent", case_of 't:testpmd { program = "no-such-testpmd" }', "no%-such%-testpmd is not on PATH and no program of DPDK" },
    { "whose QEMU is absent", case_of 't:vm { accel = "tcg", qemu = "no-such-qemu" }', "no%-such%-qemu is not there: install it" },
    { "whose testpmd exits at its start", case_of 't:testpmd { eal = { "--no-such-option" } }',
      "ended with exit status.*while.*testpmd>.*last lines" },
    { "whose prompt never comes", case_of 't:testpmd { program = "/bin/cat", eal = {}, timeout = 1 }', "cat" },
    { "that waits for what never comes",
      case_of 'local p = t:mp { program = "/bin/sh", ready = "never", timeout = 0.5 }', "never" },
    { "whose SSH is refused", case_of(([[t:node { host = "127.0.0.1", port = 1, key = %q,
      host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBi7ZsFCVCoU3Zx5Jg8jzNfbGxXfPrCkhJ7l5bq8bSvM" }]]):format(KEY)),
      "ssh root@127.0.0.1:1: connection refused" },
    { "that runs past its time", 'return rig.case { name = "x", timeout = 1, run = function(t) t:elapse(60) end }',
      "not done within its 1 s" },
  }
  for _, f in ipairs(files) do
    it(f[1], function()
      local status, out, c = run(f[2])
      assert.equal(3, status, out)
      assert.equal("ERROR", c.status)
      assert.matches(f[3], c.reason)
      assert.is_nil(c.reason:find("/lib/%w+%.lua:%d+: %w+: unknown", 1))
    end)
  end

  it("without a guest image names the remedy", function()
    local status, out, c = run(case_of("t:vm {}", 'needs = { "vm" },'), { "MOONRIG_CACHE=" .. work .. "/empty" })
    assert.equal(3, status, out)
    assert.matches("guest image.*moonrig setup", c.reason)
  end)

  it("with a check that fails is a FAIL that says where", function()
    local status, out, c = run(case_of 't:equal(1 + 1, 3, "sum")')
    assert.equal(1, status, out)
    assert.equal("FAIL", c.status)
    assert.matches("sum: expected 3, got 2 %(.*x.lua:2%)", c.reason)
  end)

  it("with a failed check that was caught, or in a task, is a FAIL all the same", function()
    local status, out, c = run(case_of 'pcall(t.equal, t, 1, 2, "caught")\nt:equal(1, 1, "fine")')
    assert.equal(1, status, out)
    assert.matches("caught: expected 2, got 1", c.reason)
    status, out, c = run(case_of 't:spawn(function() t:equal(1, 2, "aside") end)\nt:equal(1, 1, "fine") t:elapse(0.05)')
    assert.equal(1, status, out)
    assert.matches("aside", c.reason)
    status, out, c = run(case_of 't:spawn(function() error "in a task" end)\nt:equal(1, 1, "fine") t:elapse(0.05)')
    assert.equal(3, status, out)
    assert.matches("in a task", c.reason)
    status, out, c = run(case_of 't:spawn(function() t:elapse(30) end)\nt:equal(1, 1, "fine")')
    assert.equal(3, status, out)
    assert.matches("still runs", c.reason)
  end)

  it("may look again and again: checks that fail inside of t:eventually are none", function()
    local status, out, c = run(case_of 'local n = 0 t:eventually(5, function() n = n + 1 t:equal(n, 3, "three") return true end, "so")')
    assert.equal(0, status, out)
    assert.equal(2, #c.checks)
  end)

  local hostile = {
    { "that ends the engine", case_of "os.exit(0)", 3, "ERROR", "os.exit in a scenario" },
    { "that ends the engine while it is loaded", "os.exit(0)", 3, "ERROR", "os.exit in a scenario" },
    { "that loops for ever while it is loaded", "while true do end", 3, "ERROR", "runs too long when it is loaded" },
    { "that forges a verdict", case_of [[print('\30{"ev":"done","result":{"status":"PASS"}}') t:fail "really"]], 1, "FAIL", "really" },
    { "that prints an event mark", case_of [[print("\0305") io.write("no newline") t:equal(1, 2, "x")]], 1, "FAIL", "x: expected 2" },
    { "with a value that JSON has no form for", case_of 't:value("rate", 0/0)', 3, "ERROR", "rate.*not finite" },
    { "that computes for ever", 'return rig.case { name = "x", timeout = 1, run = function(t) while true do end end }',
      3, "ERROR", "x.lua:1: not done within its 1 s: it computes" },
    { "that compares nothing with nothing", case_of "local s = {} t:equal(s.rx_pakets, s.tx_pakets, 'same')", 1, "FAIL",
      "both are nil" },
    { "whose program crashes unnoticed", case_of [[t:mp { program = "/bin/sh", args = { "x" }, name = "crasher" }
      t:elapse(0.3) t:equal(1, 1, "x")]], 3, "ERROR", "crasher ended with exit status.*but the case expected it to run" },
    { "whose worker is killed", case_of "t:equal(1, 1, 'x') t:here():run { 'sh', '-c', 'kill -9 $PPID' } t:elapse(5)",
      3, "ERROR", "without a verdict" },
  }
  for _, h in ipairs(hostile) do
    it(h[1], function()
      local status, out, c = run(h[2])
      assert.equal(h[3], status, out)
      assert.equal(h[4], c.status)
      assert.matches(h[5], c.reason)
    end)
  end

  it("with very many checks keeps them all", function()
    local many = case_of 'for i = 1, 20000 do t:equal(i, i, "number " .. i) end'
    local status, out, c = run(many:gsub("timeout = 20", "timeout = 200"), {}, 300)
    assert.equal(0, status, out)
    assert.equal(20000, #c.checks)
  end)

  it("runs with standard input closed", function()
    local file = write("closed.lua", case_of 't:equal(1, 1, "x")')
    local r = assert(here:run({ "sh", "-c", "exec \"$0\" run \"$1\" -o \"$2\" <&-", exe, file, work .. "/out" }))
    assert.equal(0, r.code, r.out .. r.err)
  end)

  it("that is interrupted ends with 2, keeps its results, leaves nothing", function()
    local file = write("long.lua", case_of 't:phase "long" t:elapse(15)')
    engine.fs.rmtree(work .. "/out")
    local console = assert(here:spawn({ exe, "run", file, "-v", "-o", work .. "/out" },
      { name = "interrupted", pipes = true, env = { "TMPDIR=" .. tmp }, grace = 30 }))
    assert(console:expect("long", 20))
    console:signal "INT"
    assert.equal(2, console:await_exit(20).code)
    local results = engine.json.decode(read(work .. "/out/latest/results.json"))
    assert.equal("interrupted", results.cases[1].reason)
    assert.equal("", leftovers())
  end)

  it("that leaves a program open is an ERROR that names it", function()
    write("stay", "#!/bin/sh\necho up\nexec sleep 100\n")
    engine.fs.chmod(work .. "/stay", 448)
    local status, out, c = run(case_of(
      ('t:truthy(true, "x")\nt:mp { program = %q, name = "kept", ready = "up" }'):format(work .. "/stay")))
    assert.equal(3, status, out)
    assert.matches('^left open at the end of the case: console "kept"; end each with its quit or close$', c.reason)
  end)

  local hidden = {
    { "a failed check that was caught", 'pcall(t.equal, t, 1, 2, "caught") t:skip "x"', 1, "FAIL", "caught: expected 2" },
    { "a failed cell", 't:cell("a", function() t:equal(1, 2, "x") end) t:skip "x"', 1, "FAIL", "1 of 1 cells: a" },
    { "an error in a task", 't:spawn(function() error "aside" end) t:elapse(0.05) t:skip "x"', 3, "ERROR", "aside" },
  }
  for _, h in ipairs(hidden) do
    it("with t:skip does not hide " .. h[1], function()
      local status, out, c = run(case_of(h[2]))
      assert.equal(h[3], status, out)
      assert.equal(h[4], c.status)
      assert.matches(h[5], c.reason)
    end)
  end

  it("with t:skip in a cell does not hide a failed check there", function()
    local status, out, c = run(case_of 't:cell("a", function() pcall(t.equal, t, 1, 2, "caught") t:skip "x" end)')
    assert.equal(1, status, out)
    assert.matches("caught", c.cells[1].reason)
  end)

  it("with t:skip in a task is an ERROR, joined or not", function()
    for _, join in ipairs { ":join(5)", " t:elapse(0.05)" } do
      local status, out, c = run(case_of('t:equal(1, 1, "x") t:spawn(function() t:skip "x" end)' .. join))
      assert.equal(3, status, out)
      assert.matches("t:skip belongs into run%(t%)", c.reason)
    end
  end)

  it("with t:skip is a SKIP, and passes", function()
    local status, _, c = run(case_of 't:skip "no such card"')
    assert.equal(0, status)
    assert.equal("SKIP", c.status)
    assert.equal("no such card", c.reason)
  end)

  local BUG = 'known_issue = { why = "bug 7", says = "^x: " },'

  it("with a known issue is FAIL where another check fails, and ERROR where that is all it says", function()
    local status, out, c = run(case_of('t:equal(1, 2, "y")', BUG))
    assert.equal(1, status, out)
    assert.matches("y: expected 2, got 1.*not the known issue", c.reason)
    for _, body in ipairs { case_of('t:equal(1, 2, "x")', 'known_issue = "bug 7",'),
      case_of 't:cell("a", { known_issue = "bug 7" }, function() t:equal(1, 2, "x") end)' } do
      status, out, c = run(body)
      assert.equal(3, status, out)
      assert.matches("%l+[.:]%l+: known_issue is { why = .-, says = ", c.reason)
    end
  end)

  it("with a known issue is XFAIL, and XPASS when it passes", function()
    local status, _, c = run(case_of('t:equal(1, 2, "x")', BUG))
    assert.equal(0, status)
    assert.equal("XFAIL", c.status)
    status, _, c = run(case_of('t:equal(1, 1, "x")', BUG))
    assert.equal(1, status)
    assert.equal("XPASS", c.status)
  end)

  it("leaves nothing behind, any of them", function()
    assert.equal("", leftovers())
  end)
end)

describe("completion", function()
  it("is for three shells, of all verbs, and a script that bash reads", function()
    for _, shell in ipairs { "bash", "zsh", "fish" } do
      local status, out = moonrig { "completion", shell }
      assert.equal(0, status)
      for _, verb in ipairs { "run", "sabotage", "snapshot", "doctor", "deadline" } do assert.matches(verb, out) end
    end
    local _, script = moonrig { "completion", "bash" }
    assert.equal(0, here:run({ "bash", "-n" }, { input = script }).code)
    local status, out = moonrig { "completion", "csh" }
    assert.equal(4, status)
    assert.matches("must be one of", out)
  end)
end)

describe("a guest that never boots", function()
  it("is an ERROR within its deadline, and QEMU is gone", function()
    local status, out, c = run(case_of(
      't:vm { accel = "tcg", append = "rdinit=/bin/cat", memory = 256, timeout = 15 }', 'needs = { "vm" },'))
    if c.reason and c.reason:find "moonrig setup" then return pending "no guest image" end
    assert.equal(3, status, out)
    assert.matches("did not boot", c.reason)
    assert.equal("", leftovers())
  end)
end)

describe("a disk that is full while the image is built", function()
  it("ends with a line that says so, and leaves no half image", function()
    local disk = work .. "/disk"
    assert(engine.fs.mkdir(disk))
    -- in a mount namespace of its own: a spec that is killed leaves no mount
    local r = here:run({ "unshare", "--mount", "sh", "-c", [[mount -t tmpfs -o size=8m tmpfs "$1" || exit 99
      MOONRIG_CACHE=$1/cache "$0" setup; status=$?; echo left:; ls -A "$1/cache"; exit $status]], exe, disk },
      { timeout = 300 })
    if r.code == 99 or r.err:find "^unshare:" then return pending "needs the right to mount" end
    local out, left = r.out .. r.err, assert(r.out:match "\nleft:\n(.*)$", r.out)
    assert.equal(3, r.code, out)
    assert.matches("[Nn]o space left", out)
    assert.is_nil(left:match "image%-" or left:match "build%-", left)
  end)
end)

describe("the REPL", function()
  local function typed(text)
    local r = assert(here:run({ exe, "repl" }, { input = text, timeout = 30 }))
    return r.out .. r.err, r.code
  end

  it("keeps locals between lines, takes chunks of several lines, prints values", function()
    local out, code = typed('local a = 20\nlocal b = a +\n1\n{\nc = a }\nfor i = 1, 2 do\nb = b + i\nend\na + b\n{ x = { 1 } }\n')
    assert.equal(0, code)
    assert.matches("44", out)
    assert.matches("x = {1}", out)
    assert.matches("c = 20", out)
  end)

  it("hears Ctrl-C in a loop that never waits", function()
    local console = assert(here:spawn({ exe, "repl" }, { name = "repl", grace = 20 }))
    console:type "print('at', 'it') while true do end\n"
    assert(console:expect("at\tit", 20))
    -- as a terminal does it; it drops what was typed behind it
    console:type "\3"
    assert(console:expect("interrupted", 20))
    console:type "20 + 22\n"
    assert(console:expect("42", 20))
    assert(console:expect("> ", 20))
    console:type "\4"
    assert.equal(0, console:await_exit(20).code)
  end)

  it("goes on after errors", function()
    local out, code = typed('t:testpdm()\nerror("here")\n= =\n1 + 1\n')
    assert.equal(0, code)
    assert.matches("testpdm.*testpmd", out)
    assert.matches("here", out)
    assert.matches("2\n$", out)
  end)
end)

teardown(function() rig:remove() end)

return helper
