-- bisect: the real program over a small repository. Its build and its program are scripts: what is looked at is which
-- commits are built and run, what is believed, and what is left.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local here = engine.here()

-- A meson that knows what bisect asks of it.
local MESON = [[#!/bin/sh
case $1 in
introspect) echo '[{"name": "tests", "value": false, "section": "user", "machine": "any"}]' ;;
setup)
	mkdir -p "$2/app" && echo "$3" >"$2/source" && touch "$2/build.ninja"
	shift 3
	echo "setup $*" >>"$BUILDS"
	;;
esac
]]

-- It waits at a commit with a file "hold" until it is killed.
local NINJA = [[#!/bin/sh
source=$(cat "$2/source")
echo "build $(cat "$source/number")" >>"$BUILDS"
if [ -e "$source/hold" ] && [ -n "${HOLD:-}" ]; then touch "$HOLD"; sleep 100 & wait; fi
if [ -e "$source/broken" ]; then
	echo "main.c:7: error: no member named 'x'"
	echo "ninja: build stopped: subcommand failed."
	exit 1
fi
cp "$source/program" "$2/app/program"
]]

local SCENARIO = [[
local out = t:here():run({ "program" }).out
if out == "no network\n" then t:fail "the network is down" end
t:equal(out, "ok\n", "the answer")]]

local function prints(text) return ("#!/bin/sh\necho %s\n"):format(text) end

-- Another answer at the first run.
local function first(text, later)
  return ("#!/bin/sh\nif mkdir \"$SEEN/%s\" 2>/dev/null; then echo %s; else echo %s; fi\n"):format(
    text:gsub("%W", ""), text, later)
end

local OK, WRONG = prints "ok", prints "$$ packets lost"

local Work = {}
Work.__index = Work

function Work:done(argv, cwd)
  local r = assert(here:run(argv, { cwd = cwd or self.tree, timeout = 60 }))
  assert.equal(0, r.code, r.out .. r.err)
  return r.out
end

function Work:file(name, text)
  local f = assert(io.open(name, "w"))
  f:write(text)
  f:close()
end

-- Commit `n` of a repository; `files`: { NAME = text, false to remove }.
function Work:commit(n, files)
  self:file(self.tree .. "/number", n .. "\n")
  for name, text in pairs(files) do
    if text then self:file(self.tree .. "/" .. name, text) else os.remove(self.tree .. "/" .. name) end
  end
  if files.program then self:done { "chmod", "755", "program" } end
  self:done { "git", "add", "-A" }
  self:done { "git", "-c", "user.name=dev", "-c", "user.email=dev@example.org", "commit", "-qm", "change " .. n }
  self:done { "git", "tag", "c" .. n }
end

-- A repository with commits 0 to `last`; `changes[n]` are the files of one.
local function new(last, changes)
  local rig = moonrig.new():settle()
  local w = setmetatable({ rig = rig, tree = rig.work .. "/tree", bin = rig.work .. "/bin" }, Work)
  for _, name in ipairs { w.tree, w.bin, rig.work .. "/seen" } do assert(engine.fs.mkdir(name)) end
  for name, text in pairs { meson = MESON, ninja = NINJA } do
    w:file(w.bin .. "/" .. name, text)
    w:done { "chmod", "755", w.bin .. "/" .. name }
  end
  w:done { "git", "init", "-q", "." }
  w:commit(0, { program = OK, ["meson_options.txt"] = "option('tests', type: 'boolean')\noption('examples', value: '')\n" })
  for n = 1, last do w:commit(n, changes[n] or {}) end
  w.case = rig:write("scripts/x.lua", moonrig.case(SCENARIO))
  w.env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache", "BUILDS=" .. rig.work .. "/builds",
    "SEEN=" .. rig.work .. "/seen", "PATH=" .. w.bin .. ":" .. os.getenv "PATH" }
  return w
end

function Work:bisect(...)
  local code, out = self.rig:call({ "bisect", "--dpdk", self.tree, "-o", self.rig.work .. "/results", ... }, self.env, 120)
  return code, out
end

-- The numbers of the built commits, in order.
function Work:builds()
  local out = {}
  for n in moonrig.read(self.rig.work .. "/builds"):gmatch "build (%d+)" do out[#out + 1] = n end
  return table.concat(out, " ")
end

function Work:report(out)
  return engine.json.decode(moonrig.read(out:match "results: (%S+)" .. "/bisect.json"))
end

-- Nothing of the bisection is in the repository or the cache, and the checkout is as it was.
function Work:assert_clean()
  assert.equal("", self:done { "git", "status", "--porcelain" })
  assert.equal(1, select(2, self:done({ "git", "worktree", "list" }):gsub("\n", "")))
  for _, name in ipairs(engine.fs.list(self.rig.work .. "/cache")) do assert.is_nil(name:find "^bisect", name) end
end

local function found(out) return out:match "the first bad commit:\n%x+ (change %d+)\n" end

describe("bisect", function()
  local w

  after_each(function() w.rig:remove() end)

  it("finds the commit among 20, of which some do not build, and leaves nothing", function()
    w = new(20, { [5] = { broken = "" }, [6] = { broken = false }, [10] = { broken = "" }, [11] = { broken = false },
      [13] = { program = WRONG } })
    local head = w:done { "git", "rev-parse", "HEAD" }
    local code, out = w:bisect("--good", "c0", "--bad", "c20", w.case)
    assert.equal("change 13", found(out), out)
    assert.equal(0, code)
    assert.matches("by dev <dev@example.org>, %d+%-", out)
    assert.matches("skipped %x+: does not build: main%.c:7: error: no member named 'x'", out)
    -- both runs compared
    assert.matches("\nFAIL  scripts/x\n      verdict: FAIL, was PASS\n", out)
    assert.matches("about %d more steps, about %d+ s\n", out)
    local report = w:report(out)
    for _, test in ipairs(report.tests) do
      for _, id in ipairs(test.runs) do assert.is_truthy(engine.fs.stat(("%s/%s/results.json"):format(report.results, id))) end
    end
    assert.matches("git bisect skip ", moonrig.read(report.results .. "/bisect.log"))
    assert.matches("error: no member", moonrig.read(("%s/build-%s.log"):format(report.results, report.tests[3].short)))
    assert.equal(head, w:done { "git", "rev-parse", "HEAD" })
    w:assert_clean()
  end)

  -- Of eight commits four touch "lib".
  local function half_touch_lib(changes)
    for n = 1, 8 do
      changes[n] = changes[n] or {}
      if n % 2 == 0 then changes[n].lib = "version " .. n end
    end
    return new(8, changes)
  end

  it("tests only revisions that touch a path, and the parent of the first bad one", function()
    w = half_touch_lib { [6] = { program = WRONG } }
    local code, out = w:bisect("--only", "lib", "--good", "c0", "--bad", "c8", w.case)
    assert.equal("change 6", found(out), out)
    assert.equal(0, code)
    assert.equal("8 0 4 6 5 6", w:builds())
    w:assert_clean()
  end)

  it("refuses a path that no revision touches before it builds", function()
    w = half_touch_lib {}
    local code, out = w:bisect("--only", "lbi", "--good", "c0", "--bad", "c8", w.case)
    assert.equal(4, code)
    assert.matches("%-%-only: no revision between %x+ and %x+ touches lbi", out)
    assert.is_nil(engine.fs.stat(w.rig.work .. "/builds"))
  end)

  it("finds out that the first bad commit does not touch the path", function()
    w = half_touch_lib { [5] = { program = WRONG } }
    local code, out = w:bisect("--only", "lib", "--good", "c0", "--bad", "c8", w.case)
    assert.equal(3, code)
    local bad = w:done({ "git", "log", "-1", "--format=%h", "c5" }):match "%x+"
    assert.matches("the first bad commit touches none of lib: bisect again without --only, with --bad " .. bad, out, 1, true)
    w:bisect "--abort"
  end)

  it("names all that are left where those between do not build", function()
    w = new(6, { [3] = { broken = "", program = WRONG }, [5] = { broken = false } })
    local code, out = w:bisect("--good", "c0", "--bad", "c6", w.case)
    assert.equal(1, code, out)
    assert.matches("one of these 3 is the first bad:\n", out)
    for _, n in ipairs { 3, 4, 5 } do assert.matches("\n%x+ change " .. n .. "\n      by dev", out) end
    w:assert_clean()
  end)

  it("does not believe a bad revision that passes once", function()
    w = new(8, { [4] = { program = first("ok", "4 packets lost") }, [5] = { program = WRONG } })
    local code, out = w:bisect("--good", "c0", "--bad", "c8", w.case)
    assert.equal("change 4", found(out), out)
    assert.equal(0, code)
    assert.matches("note: the failure comes and goes", out)
    for _, test in ipairs(w:report(out).tests) do
      if test.subject == "change 4" then assert.same({ "good", "bad", "bad", "bad" }, test.answers) end
    end
  end)

  it("repeats each pass from the start with --flaky", function()
    w = new(2, { [2] = { program = WRONG } })
    local code, out = w:bisect("--flaky", "--confirm", "2", "--good", "c0", "--bad", "c2", w.case)
    assert.equal(0, code)
    for _, test in ipairs(w:report(out).tests) do assert.equal(3, #test.answers) end
  end)

  it("does not believe a good revision that fails once", function()
    w = new(8, { [4] = { program = first("4 packets lost", "ok") }, [6] = { program = WRONG } })
    local _, out = w:bisect("--good", "c0", "--bad", "c8", w.case)
    assert.equal("change 6", found(out), out)
  end)

  it("does not take another failure for bad: it repeats it, then skips the revision", function()
    w = new(8, { [4] = { program = prints "no network" }, [5] = { program = OK }, [7] = { program = WRONG } })
    local _, out = w:bisect("--good", "c0", "--bad", "c8", w.case)
    assert.equal("change 7", found(out), out)
    assert.matches("run 1: other, scripts/x: FAIL the network is down", out)
    assert.matches("run 4: other", out)
    assert.matches("skipped %x+: no verdict: scripts/x: FAIL the network is down", out)
  end)

  it("follows a failure that the bad end has twice, not one by chance", function()
    w = new(4, { [2] = { program = WRONG }, [4] = { program = first("no network", "4 packets lost") } })
    local _, out = w:bisect("--good", "c0", "--bad", "c4", w.case)
    assert.equal("change 2", found(out), out)
    assert.matches("run 1: other, a failure, seen once: scripts/x: FAIL the network is down", out)
    assert.matches("bad is: FAIL scripts/x: the answer", out)
  end)

  it("refuses a bad end that never fails in the same way", function()
    local program = "#!/bin/sh\nfor i in a b c d e; do mkdir $SEEN/$i 2>/dev/null && echo $i && exit; done\n"
    w = new(1, { [1] = { program = program } })
    w.case = w.rig:write("scripts/x.lua", moonrig.case [[t:fail("it answers " .. t:here():run({ "program" }).out)]])
    local code, out = w:bisect("--good", "c0", "--bad", "c1", w.case)
    assert.equal(3, code)
    assert.matches("the bad end c1 %(%x+%) fails in another way each time %(4 runs, 0 passes%): try %-%-any; ", out)
    w:bisect "--abort"
  end)

  it("follows the failure that has a text, in front of others", function()
    w = new(8, { [3] = { program = prints "no network" }, [5] = { program = WRONG },
      [8] = { program = first("no network", "4 packets lost") } })
    local _, out = w:bisect("--says", "packets lost", "--good", "c0", "--bad", "c8", w.case)
    assert.matches("run 1: other, scripts/x: FAIL the network is down", out)
    assert.matches("one of these %d is the first bad", out)
  end)

  it("takes it for bad where --any says so", function()
    w = new(8, { [4] = { program = prints "no network" }, [7] = { program = WRONG } })
    local _, out = w:bisect("--any", "--good", "c0", "--bad", "c8", w.case)
    assert.equal("change 4", found(out), out)
  end)

  it("refuses ends that are not what they are called", function()
    w = new(3, { [2] = { program = WRONG } })
    local code, out = w:bisect("--good", "c2", "--bad", "c3", w.case)
    assert.equal(3, code)
    assert.matches("the good end c2 %(%x+%) fails as the bad end does: choose another %-%-good", out)
    code, out = w:bisect("--abort")
    assert.equal(0, code, out)
    code, out = w:bisect("--good", "c0", "--bad", "c1", w.case)
    assert.equal(3, code)
    assert.matches("the bad end c1 %(%x+%) passes %(4 of 4 runs%): nothing to bisect", out)
    -- not of what was seen before, but tested again
    out = select(2, w:bisect "--continue")
    assert.matches("passes %(4 of 4 runs%)", out)
    assert.equal(4, select(2, out:gsub("PASS  scripts/x", "")))
    w:bisect "--abort"
    w:assert_clean()
  end)

  it("refuses to start without ninja: no revision would build", function()
    w = new(1, {})
    for _, name in ipairs { "git", "env", "sh", "sha256sum" } do
      assert(engine.fs.symlink(require("base.paths").program(name), w.bin .. "/" .. name))
    end
    os.remove(w.bin .. "/ninja")
    w.env[#w.env + 1] = "PATH=" .. w.bin
    local code, out = w:bisect("--good", "c0", "--bad", "c1", w.case)
    assert.equal(3, code)
    assert.matches("bisect: ninja is not in %$PATH", out)
  end)

  it("refuses an end that does not build, with the build's words", function()
    w = new(2, { [2] = { broken = "" } })
    local code, out = w:bisect("--good", "c0", "--bad", "c2", w.case)
    assert.equal(3, code)
    assert.matches("the bad end c2 %(%x+%) does not build: main%.c:7: error", out)
    w:bisect "--abort"
  end)

  it("uses the options of the user's build, of those that the revision knows", function()
    w = new(2, { [2] = { program = WRONG } })
    local build = w.tree .. "/build"
    assert(engine.fs.mkdir(build))
    assert(engine.fs.mkdir(build .. "/meson-info"))
    w:file(build .. "/meson-info/meson-info.json", ('{ "directories": { "source": "%s" } }'):format(w.tree))
    w:file(build .. "/.gitignore", "*\n")
    local _, out = w:bisect("--good", "c0", "--bad", "c2", w.case)
    assert.equal("change 2", found(out), out)
    assert.matches("^setup %-Dtests=false\n", moonrig.read(w.rig.work .. "/builds"))
  end)

  -- What the runs of a bisection had under test: { [qemu accel] = true }.
  local function guests_of(out)
    local report, seen = w:report(out), {}
    for _, test in ipairs(report.tests) do
      for _, id in ipairs(test.runs) do
        local run = engine.json.decode(moonrig.read(("%s/%s/results.json"):format(report.results, id)))
        seen[("%s %s"):format(run.under_test.qemu, run.under_test.accel)] = true
      end
    end
    return seen
  end

  it("runs each step with the QEMU and the accelerator that were chosen", function()
    w = new(2, { [2] = { program = WRONG } })
    local qemu = w.bin .. "/qemu-system-x86_64"
    w:file(qemu, "#!/bin/sh\n")
    w:done { "chmod", "755", qemu }
    local _, out = w:bisect("--qemu", qemu, "--accel", "tcg", "--good", "c0", "--bad", "c2", w.case)
    assert.equal("change 2", found(out), out)
    assert.same({ [qemu .. " tcg"] = true }, guests_of(out))
    -- of the environment, too
    w.env[#w.env + 1] = "MOONRIG_QEMU=" .. qemu
    w.env[#w.env + 1] = "MOONRIG_ACCEL=kvm"
    out = select(2, w:bisect("--good", "c0", "--bad", "c2", w.case))
    assert.same({ [qemu .. " kvm"] = true }, guests_of(out))
  end)

  it("refuses a QEMU that is none before it builds, and another one for --continue", function()
    w = new(1, { [1] = { program = WRONG } })
    local code, out = w:bisect("--qemu", "/no/qemu", "--good", "c0", "--bad", "c1", w.case)
    assert.equal(4, code)
    assert.matches('there is no "/no/qemu"', out)
    w:assert_clean()
    code, out = w:bisect("--continue", "--accel", "tcg", "--any", "--confirm", "2", "--good", "c0", w.case)
    assert.equal(4, code)
    assert.matches("omit %-%-accel, %-%-any, %-%-confirm, %-%-good, cases", out)
    code, out = w:bisect("--any", "--says", "x", "--good", "c0", "--bad", "c1", w.case)
    assert.equal(4, code)
    assert.matches("%-%-any takes each failure, and %-%-says one", out)
  end)

  -- A bisection of nine commits, which gets a signal while it builds the third that it tests.
  local function signalled(signal)
    w = new(8, { [4] = { hold = "" }, [5] = { hold = false }, [6] = { program = WRONG } })
    local held = w.rig.work .. "/held"
    local env = { "HOLD=" .. held, unpack(w.env) }
    local console = assert(here:spawn({ w.rig.exe, "bisect", "--dpdk", w.tree, "-o", w.rig.work .. "/results", "--good",
      "c0", "--bad", "c8", w.case }, { name = "signalled", pipes = true, env = env }))
    assert(engine.await_path(held, 60))
    here:run { "kill", "-" .. signal, tostring(console:pid()) }
    local exit = signal == "INT" and console:await_exit(30)
    local out = console:since(0)
    console:close(5)
    local deadline = engine.now() + 30
    while w.rig:leftovers() ~= "" and engine.now() < deadline do engine.elapse(0.01) end
    assert.equal("", w.rig:leftovers())
    assert.equal("8 0 4", w:builds())
    return exit, out
  end

  it("leaves its build where that is asked for: the next one uses it, and clean removes it", function()
    w = new(2, { [2] = { program = WRONG } })
    for _ = 1, 2 do
      local code, out = w:bisect("--keep-build", "--good", "c0", "--bad", "c2", w.case)
      assert.equal(0, code, out)
    end
    assert.equal(1, select(2, moonrig.read(w.rig.work .. "/builds"):gsub("setup", "")))
    local code, out = w.rig:call({ "clean" }, w.env)
    assert.equal(0, code)
    assert.matches("removed %S+/cache/bisect%-%x+\n", out)
    w:assert_clean()
  end)

  it("goes on after Ctrl-C", function()
    local exit, out = signalled "INT"
    assert.equal(2, exit.code)
    assert.matches("`moonrig bisect %-%-continue %-%-dpdk .*` goes on", out)
    assert.is_nil(select(2, w.rig:call({ "clean" }, w.env)):find("bisect", 1, true))
    local _, again = w:bisect "--continue"
    assert.equal("change 6", found(again), again)
    w:assert_clean()
  end)

  it("goes on after Ctrl-C with other paths, and keeps its verdicts", function()
    signalled "INT"
    local code, out = w:bisect("--continue", "--only", "lbi")
    assert.equal(4, code)
    assert.matches("%-%-only: no revision between %x+ and %x+ touches lbi", out)
    out = select(2, w:bisect("--continue", "--only", "program"))
    assert.equal("change 6", found(out), out)
    assert.equal("8 0 4 6 5 6", w:builds())
    w:assert_clean()
  end)

  it("goes on after a SIGKILL in a build, and tests nothing twice", function()
    signalled "KILL"
    local code, out = w:bisect("--good", "c0", "--bad", "c8", w.case)
    assert.equal(4, code)
    assert.matches("is unfinished: %-%-continue it, or %-%-abort it first", out)
    code, out = w.rig:call({ "bisect", "--continue" }, w.env, 120)
    assert.equal("change 6", found(out), out)
    assert.equal(0, code)
    assert.equal("8 0 4 4 6 5 5 6", w:builds())
    w:assert_clean()
  end)
end)
