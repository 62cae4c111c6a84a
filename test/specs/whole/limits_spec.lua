-- limits: what the system does not allow is one line that names the limit: no crash, no search path, no loop.

local engine = require "engine"

local helper = require "specs.helper"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local rig = moonrig.new()
local here = engine.here()
local USER = "54321"

-- Runs moonrig below prlimit's or another program's words; its exit status or signal, and its lines.
local function under(words, args)
  local argv = { "env", "TMPDIR=" .. rig.tmp }
  for _, list in ipairs { words, { rig.exe }, args } do
    for _, word in ipairs(list) do argv[#argv + 1] = word end
  end
  local r = assert(here:run(argv, { timeout = 60 }))
  local out = r.out .. r.err
  assert.is_nil(out:find("no file '", 1, true), out)
  assert.is_nil(out:find("stack traceback", 1, true), out)
  return r.code or r.signal, out
end

local RUNS = moonrig.case [[
local r = t:here():run { "echo", "hi" }
t:equal(r.out, "hi\n", "what it printed")]]
local file = rig:write("x.lua", RUNS)
local RUN = { "run", file, "-o", rig.work .. "/out" }

describe("a limit of open files", function()
  for _, n in ipairs { 4, 5, 6, 7, 8, 9, 10, 12, 16, 24, 40, 60 } do
    it(("of %d is named by each verb"):format(n), function()
      for _, args in ipairs { { "list" }, RUN, { "--version" } } do
        local status, out = under({ "prlimit", ("--nofile=%d:%d"):format(n, n) }, args)
        assert.equal(3, status, out)
        assert.matches(("^moonrig: too many open files: the limit is %d %%(ulimit %%-n%%).*[^\n]\n$"):format(n), out)
      end
    end)
  end

  it("of 64 is enough", function()
    local status, out = under({ "prlimit", "--nofile=64:64" }, RUN)
    assert.equal(0, status, out)
  end)

  it("counts what is open already", function()
    local status, out = under({ "prlimit", "--nofile=80:80", "bash", "-c",
      'for fd in $(seq 10 45); do eval "exec $fd</dev/null"; done; exec "$@"', "bash" }, { "list" })
    assert.equal(3, status, out)
    assert.matches("the limit is 80 .ulimit %-n. and %d+ are free", out)
  end)
end)

describe("a limit of memory", function()
  it("ends with an error and never with a crash", function()
    -- a sanitizer reserves terabytes
    if rig.exe:find("asan", 1, true) then return pending "not with a sanitizer" end
    local seen = {}
    for kib = 8000, 14000, 250 do
      local status, out = under({ "prlimit", ("--as=%d"):format(kib * 1024) }, RUN)
      -- 127: the dynamic linker's
      assert.is_true(status == 0 or status == 3 or status == 127, ("%d KiB: %s: %s"):format(kib, status, out))
      if status == 3 then assert.matches("memory", out) end
      seen[status] = true
    end
    assert.is_true(seen[3] and seen[0])
  end)

  it("that ends as a module is loaded is one line, too", function()
    local module = rig:write("module.lua", [[error("error loading module 'x' from file 'y':\n\tnot enough memory", 0)]])
    local status, out = under({}, { "_lua", module })
    assert.equal(3, status, out)
    assert.equal("moonrig: not enough memory (is `ulimit -v` too small?)\n", out)
  end)
end)

describe("a limit of processes", function()
  local home

  lazy_teardown(function() rig:remove() end)

  setup(function()
    home = engine.scratch()
    paths.write(home .. "/x.lua", RUNS)
    paths.write(home .. "/key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    paths.write(home .. "/name.lua", moonrig.case(('t:node { name = "n", host = "no-such-host.invalid", key = "%s/key", '
      .. 'host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBi7ZsFCVCoU3Zx5Jg8jzNfbGxXfPrCkhJ7l5bq8bSvM" }'):format(home)))
    assert(here:run { "chown", "-R", USER, home })
  end)
  teardown(function() engine.fs.rmtree(home) end)

  for n, name in ipairs { "x", "x", "x", "name", "name", "name" } do
    it(("of %d is named"):format(n), function()
      -- LeakSanitizer starts a thread at the end, and the exit status is its own without one
      if rig.exe:find("asan", 1, true) then return pending "not with a sanitizer" end
      local why = helper.no_other_user()
      if why then return pending(why) end
      local status, out = under({ "setpriv", "--reuid=" .. USER, "--regid=" .. USER, "--clear-groups", "env",
        "HOME=" .. home, "TMPDIR=" .. home, ("MOONRIG_CACHE=%s/cache"):format(home), "prlimit", ("--nproc=%d:%d"):format(n, n) },
        { "run", ("%s/%s.lua"):format(home, name), "-o", home .. "/out" })
      assert.equal(3, status, out)
      assert.matches("no more processes are allowed", out)
    end)
  end
end)
