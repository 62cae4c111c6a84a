-- A run on one clock: merged from timeline.jsonl and the transcripts.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local timeline = require "results.timeline"

local rig = moonrig.new()
local made = 0

-- A run of one case, p/c, with these events and transcripts; its entries.
local function entries(events, logs)
  made = made + 1
  local name = "run" .. made
  assert(engine.fs.mkdir(rig.work .. "/" .. name))
  assert(engine.fs.mkdir(("%s/%s/p.c"):format(rig.work, name)))
  for console, text in pairs(logs or {}) do rig:write(("%s/p.c/%s.log"):format(name, console), text) end
  local lines = {}
  for i, e in ipairs(events) do
    if type(e) == "table" then e.case = e.case or "p/c" end
    lines[i] = type(e) == "string" and e or engine.json.encode(e)
  end
  rig:write(name .. "/timeline.jsonl", table.concat(lines, "\n"))
  local out = {}
  timeline.read(rig.work .. "/" .. name, { { plan = "p", name = "c", dir = "p.c" } },
    function(e) out[#out + 1] = e end)
  return out
end

local function texts(list)
  local out = {}
  for i, e in ipairs(list) do out[i] = ("%g %s %s"):format(e.t, e.lane, e.text) end
  return out
end

local function out(t, at, len, console) return { t = t, ev = "output", console = console or "a", at = at, len = len } end

describe("timeline.read", function()
  teardown(function() rig:remove() end)

  it("sorts entries that were written late", function()
    assert.same({ "1 a one", "1.5 notices x", "2 a two" }, texts(entries({
      { t = 1.5, ev = "notice", text = "x", node = "notices" }, out(1, 0, 4), out(2, 4, 4) }, { a = "one\ntwo\n" })))
  end)

  it("gives a line the time of its last byte: it may have begun as a prompt", function()
    assert.same({ "1.02 notices x", "1.05 a one line", "1.05 a two" },
      texts(entries({ out(1, 0, 4), { t = 1.02, ev = "notice", text = "x", node = "notices" }, out(1.05, 4, 9) },
        { a = "one line\ntwo\n" })))
    -- its end alone says nothing
    assert.same({ "1 a one" }, texts(entries({ out(1, 0, 3), out(1.05, 3, 1) }, { a = "one\n" })))
  end)

  it("separates a prompt from later output and from typed commands", function()
    assert.same({ "1 a pmd> ", "4 a late" }, texts(entries({ out(1, 0, 5), out(4, 5, 5) }, { a = "pmd> late\n" })))
    assert.same({ "1 a pmd> ", "1.01 a > go", "1.02 a now" }, texts(entries({ out(1, 0, 5),
      { t = 1.01, ev = "command", console = "a", line = "go" }, out(1.02, 5, 4) }, { a = "pmd> now\n" })))
  end)

  it("shows text only: no escape sequence, no control byte, no stray byte", function()
    assert.same({ "1 a red\239\191\189" }, texts(entries({ out(1, 0, 23) }, { a = "\27[1;31mred\27[0m\27]0;x\7\7\255\r\n" })))
  end)

  it("prints a failed check with both sides", function()
    local e = entries { { t = 1, ev = "check", ok = false, what = "w", expected = 8, got = "7", where = "c.lua:3" } }
    assert.same({ "1 checks NOT OK w: expected 8, got 7 (c.lua:3)" }, texts(e))
    assert.equal("bad", e[1].kind)
  end)

  it("prints QMP's messages unchanged", function()
    assert.same({ '1 qmp out {"execute":"quit"}', "2 qmp closed: QEMU closed it" }, texts(entries {
      { t = 1, ev = "qmp", name = "qmp", dir = "out", what = "quit", msg = { execute = "quit" } },
      { t = 2, ev = "qmp", name = "qmp", what = "closed", why = "QEMU closed it" } }))
  end)

  it("separates the attempts of a case, each with its own transcripts", function()
    local function again(e)
      e.folder = "p.c-2"
      return e
    end
    made = made + 1
    local name = "run" .. made
    for _, folder in ipairs { "", "/p.c", "/p.c-2" } do assert(engine.fs.mkdir(rig.work .. "/" .. name .. folder)) end
    rig:write(name .. "/p.c/a.log", "one\n")
    rig:write(name .. "/p.c-2/a.log", "two\n")
    local lines = {}
    for i, e in ipairs { out(1, 0, 4), again(out(2, 0, 4)), again { t = 3, ev = "new" } } do
      e.case = "p/c"
      lines[i] = engine.json.encode(e)
    end
    rig:write(name .. "/timeline.jsonl", table.concat(lines, "\n"))
    local all = {}
    -- the case is its last try, as where that passed
    timeline.read(rig.work .. "/" .. name, { { plan = "p", name = "c", dir = "p.c-2" } },
      function(e) all[#all + 1] = e end)
    assert.same({ "1 a one", "2 a two", "3 case new" }, texts(all))
  end)

  it("has the rates of a port, and of its queues", function()
    assert.same({ "1 a port 0: rx 3/s, tx 0/s", "2 a port 1: rx 3/s, tx 0/s; queue 0: rx 1/s, tx 0/s; queue 1: rx 2/s, tx 0/s" },
      texts(entries { { t = 1, ev = "sample", console = "a", port = 0, rx = 3, tx = 0 },
        { t = 2, ev = "sample", console = "a", port = 1, rx = 3.2, tx = 0,
          queues = { { rx = 1, tx = 0 }, { rx = 2.2, tx = 0 } } } }))
  end)

  it("prints an event of any shape", function()
    assert.same({ "1 case new x=5", "2 case spawn argv=7" },
      texts(entries { { t = 1, ev = "new", x = 5 }, { t = 2, ev = "spawn", argv = 7 } }))
  end)

  it("reads the files of a killed worker: half a line, a short or missing transcript", function()
    assert.same({ "1 a on", "3 phases p" }, texts(entries({ out(1, 0, 400), out(2, 0, 4, "gone"),
      { t = 3, ev = "phase", name = "p" }, '{"t":4,"ev":"pha' }, { a = "on" })))
  end)

  it("gives a line of the guest's kernel its own time, where that is possible", function()
    local log = "[  10.5] in time\n[  30.0] from elsewhere\n[  9.0] long ago\n"
    assert.same({ "12.5 serial [  10.5] in time", "12.6 serial [  30.0] from elsewhere", "12.6 serial [  9.0] long ago",
      "13 serial the guest's clock started at 2.000 s, to within 0.010 s" }, texts(entries({ out(12.6, 0, #log, "serial"),
        { t = 13, ev = "clock", console = "serial", offset = 2, uncertainty = 0.01 } }, { serial = log })))
  end)

  it("leaves other cases out", function()
    assert.same({}, entries { { t = 1, ev = "phase", name = "x", case = "p/other" } })
  end)
end)

describe("moonrig timeline", function()
  local home
  setup(function()
    rig = moonrig.new()
    local plan = rig:plan("plan", { x = moonrig.case [[
      t:phase "talk"
      local c = assert(t:here():spawn({ "sh", "-c", "echo one; read line; echo two" }, { name = "sh" }))
      assert(c:expect "one")
      assert(c:type "\n")
      assert(c:await_exit(5))
      t:equal(1, 1, "what holds")
      t:equal(1, 2, "what does not")]] })
    assert.equal(1, (rig:call { "run", plan, "-o", rig.work .. "/out" }))
    home = rig.work .. "/out/latest"
  end)
  teardown(function() rig:remove() end)

  it("prints plain text on a pipe", function()
    local code, said = rig:call { "timeline", home }
    assert.equal(0, code)
    assert.matches("phases +talk\n.* sh +one\n.* sh +two\n.* checks +ok what holds\n.*NOT OK what does not", said)
    assert.is_nil(said:find "\27")
  end)

  it("prints one console, or the time around a check", function()
    local _, said = rig:call { "timeline", home, "--console", "sh" }
    assert.matches("one\n", said)
    assert.is_nil(said:find "talk")
    _, said = rig:call { "timeline", home, "--around", "does not", "--console", "checks" }
    assert.matches("NOT OK what does not", said)
  end)

  it("lists the names where nothing matches", function()
    local code, said = rig:call { "timeline", home, "--console", "sj" }
    assert.equal(5, code)
    assert.matches("has no console sj %(did you mean sh%?%); it has: checks, phases, sh", said)
    code, said = rig:call { "timeline", home, "--around", "nonsense" }
    assert.equal(5, code)
    assert.matches('no check of [^\n]* holds "nonsense"', said)
    assert.equal(4, (rig:call { "timeline", "nonsense" }))
  end)

  it("stops where its output cannot be written, on a closed pipe and a full disk", function()
    local r = assert(engine.here():run({ "sh", "-c", [[mkfifo "$2"
      ( read x <"$2"; "$0" timeline "$1"; echo $? >&2 ) | ( exec <&-; echo go >"$2" )]], rig.exe, home, rig.work .. "/go" },
      { timeout = 20 }))
    assert.equal("moonrig: stdout could not be written: Broken pipe\n3\n", r.err)
    r = assert(engine.here():run({ "sh", "-c", '"$0" timeline "$1" >/dev/full' , rig.exe, home }, { timeout = 20 }))
    assert.equal(3, r.code)
    assert.equal("moonrig: stdout could not be written: No space left on device\n", r.err)
  end)
end)
