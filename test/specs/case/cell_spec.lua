-- cell: what a cell opened ends with it, in good and in bad ends; its time; which cells run. And t:defer. With the real
-- program.

local engine = require "engine"
local moonrig = require "specs.moonrig"

local rig, sleeper

-- A server at a socket of the case's folder that does not end by itself.
local SERVER = [[#!/bin/sh
exec python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
print("up", flush=True)
time.sleep(100)' "$1"
]]

setup(function()
  rig = moonrig.new()
  sleeper = rig:write("sleeper", "#!/bin/sh\necho up\nexec sleep 100\n")
  engine.fs.chmod(sleeper, 448)
  engine.fs.chmod(rig:write("server", SERVER), 448)
end)
teardown(function() rig:remove() end)

-- Runs steps; returns the exit status, the output and the case.
local function run(steps, ...)
  engine.fs.rmtree(rig.work .. "/out")
  local file = rig:write("x.lua", moonrig.case(steps))
  local status, out = rig:call { "run", file, "-o", rig.work .. "/out", ... }
  return status, out, moonrig.results(rig.work .. "/out").cases[1]
end

local function statuses(c)
  local out = {}
  for i, cell in ipairs(c.cells or {}) do out[i] = cell.name .. " " .. cell.status end
  return table.concat(out, ", ")
end

local function start(name)
  return ("t:mp { program = %q, name = %q, ready = 'up', timeout = 10 }"):format(sleeper, name)
end

describe("a cell", function()
  it("that failed leaves nothing for the next one: programs, consoles, sockets, tasks", function()
    local status, out, c = run(([[
      local path = os.getenv "TMPDIR" .. "/sock"
      local function serve()
        local p = t:here():spawn({ %q, path }, { name = "server", pipes = true })
        package.loaded.engine.event()
        return p:expect("up", 20)
      end
      local pids = {}
      t:cell("one", function()
        local p = %s
        pids[1] = p.console:pid()
        t:spawn(function() t:elapse(100) end)
        t:equal(1, 2, "the first cause")
      end)
      t:cell("two", function()
        t:equal(t:here():run({ "kill", "-0", tostring(pids[1]) }).code == 0, false, "the program is gone")
      end)
      for i = 1, 2 do
        t:cell("serves " .. i, function()
          local server = package.loaded.engine.here():spawn({ %q, t.ctx.scratch .. "/sock" }, { name = "server", pipes = true })
          t:truthy(server:expect("up", 20), "its socket's path is free")
          server:close(5)
        end)
      end]]):format(rig.work .. "/server", start "sleeper", rig.work .. "/server"))
    assert.equal(1, status, out)
    assert.equal("one FAIL, two PASS, serves 1 PASS, serves 2 PASS", statuses(c))
    assert.matches("^1 of 4 cells: one %(FAIL%)\none: the first cause: expected 2, got 1", c.reason)
  end)

  it("that leaves something open, or whose program exited unnoticed, is an ERROR of its own", function()
    local status, out, c = run(([[
      t:cell("leaves", function() t:equal(1, 1, "x") %s end)
      t:cell("dies", function()
        t:equal(1, 1, "x")
        local p = %s
        t:here():run { "kill", "-9", tostring(p.console:pid()) }
        p.console:await_exit(10)
      end)
      t:cell("task", function() t:equal(1, 1, "x") t:spawn(function() t:elapse(100) end) end)
      t:cell("task error", function() t:equal(1, 1, "x") t:spawn(function() error "aside" end) t:elapse(0.05) end)
      t:cell("fine", function() t:equal(1, 1, "x") end)]]):format(start "kept", start "brief"))
    assert.equal(3, status, out)
    assert.equal("leaves ERROR, dies ERROR, task ERROR, task error ERROR, fine PASS", statuses(c))
    assert.matches('^left open at the end of the cell: console "kept@leaves"; end each', c.cells[1].reason)
    assert.matches("^brief@dies ended with SIGKILL", c.cells[2].reason)
    assert.matches("still runs", c.cells[3].reason)
    assert.matches("aside", c.cells[4].reason)
  end)

  it("ends nothing that was open before it, or that a task outside of it opens", function()
    local status, out, c = run(([[
      local outer, late = %s, nil
      local go, there = package.loaded.engine.event(), package.loaded.engine.event()
      local task = t:spawn(function() go:wait(20) late = %s there:set() end)
      t:cell("one", function() t:truthy(not outer:exit(), "it runs") go:set() there:wait(20) end)
      t:truthy(not outer:exit(), "it still runs")
      t:truthy(not late:exit(), "the other one, too")
      task:join(5)
      outer:quit()
      late:quit()]]):format(start "outer", start "late"))
    assert.equal(0, status, out .. tostring(c.reason))
  end)

  it("takes the files that it made outside of the case's folder with it, and no other", function()
    local status, out, c = run [[
      local function made()
        local path = os.tmpname()
        t.ctx:own_tree(path)
        return path
      end
      local outer, inner = made(), nil
      t:cell("one", function() inner = made() t:truthy(io.open(inner), "it is there") end)
      t:truthy(not io.open(inner), "it is gone")
      t:truthy(io.open(outer), "the case's is there")]]
    assert.equal(0, status, out .. tostring(c.reason))
  end)

  it("is cut by the case's deadline, and its deferred functions run", function()
    local status, out, c = run([[
      t:defer(function() t:note "case" end)
      t:cell("long", { timeout = 100 }, function()
        t:defer(function() t:note "cell" end)
        t:elapse(100)
      end)]], "--timeout", "0.3")
    assert.equal(3, status, out)
    assert.matches("^not done within its 0.3 s; it was at: ", c.reason)
    assert.same({ "cell", "case" }, c.notices)
  end)

  it("has its consoles named after it", function()
    local _, _, c = run(([[
      local p = %s
      t:cell("packed ring, 8 queues of two ports each", function() local q = %s t:equal(1, 1, "x") q:quit() end)
      p:quit()]]):format(start "same", start "same"))
    assert.same({ "same.log", "same@packed_ring_8_queues_of_.log" }, c.transcripts)
  end)

  it("has a deadline of its own, also where it computes, and the case continues", function()
    local status, out, c = run [[
      t:cell("waits", { timeout = 0.2 }, function() t:equal(1, 1, "x") t:elapse(100) end)
      t:cell("computes", { timeout = 0.2 }, function() t:equal(1, 1, "x") while true do end end)
      t:cell("in time", { timeout = 10 }, function() t:equal(1, 1, "x") end)
      t:cell("fails", { timeout = 10 }, function() t:equal(1, 2, "x") end)]]
    assert.equal(3, status, out)
    assert.equal("waits ERROR, computes ERROR, in time PASS, fails FAIL", statuses(c))
    assert.matches("^not done within its 0.2 s; it was at: elapse: interrupted %(.*x.lua:2%)$", c.cells[1].reason)
    assert.matches("^not done within its 0.2 s; it was at: it computes", c.cells[2].reason)
    assert.matches("x.lua:3$", c.cells[2].where)
    assert.matches("x.lua:5$", c.cells[4].where)
    status, out = rig:call { "replay", rig.work .. "/out/latest" }
    assert.equal(3, status)
    assert.matches("1 replayed, 1 as recorded", out)
  end)

  it("may have no name that another one has, and only good options", function()
    for steps, words in pairs {
      ['t:cell("a", print) t:cell("a", print)'] = 't:cell: two cells are named "a": each needs a name of its own',
      ['t:cell("a", { timeout = "soon" }, print)'] = "t:cell: option timeout: expected seconds",
      ['t:cell("a", { timeuot = 5 }, print)'] = "t:cell: unknown option timeuot (did you mean timeout",
      ['t:defer(function() t:cell("a", print) end) t:equal(1, 1, "x")'] = "t:cell in a function of t:defer",
      ['t:defer(5)'] = "t:defer(fn): fn: expected a function, got a number (5)",
    } do
      local status, out, c = run(steps)
      assert.equal(3, status, out)
      assert.matches(words, c.reason, 1, true)
    end
  end)

  it("can be run alone, by its text; one that is not there is an ERROR", function()
    local CELLS = [[for _, name in ipairs { "split 1/2", "split 8", "packed" } do
      t:cell(name, function() t:equal(1, 1, name) end)
    end]]
    local _, _, c = run(CELLS)
    local file = rig.work .. "/x.lua"
    local function alone(...)
      local status, out = rig:call { "run", "-o", rig.work .. "/out", ... }
      c = (moonrig.results(rig.work .. "/out") or { cases = {} }).cases[1]
      return status, out
    end
    assert.equal(0, (alone(file .. ":split 1/2")))
    assert.equal("split 1/2 PASS", statuses(c))
    assert.equal("x:split 1/2", c.name)
    assert.equal(0, (alone(file, "-k", "x:split")))
    assert.equal("split 1/2 PASS, split 8 PASS", statuses(c))
    local status, out = alone(file, "-k", "x:spilt")
    assert.equal(3, status, out)
    assert.matches('no cell of the case holds "spilt"; its cells are: split 1/2, split 8, packed', c.reason)
    status, out = rig:call { "replay", rig.work .. "/out/latest" }
    assert.equal(3, status)
    assert.matches("1 as recorded", out)
    run 't:equal(1, 1, "x")'
    assert.equal(3, (alone(file .. ":a")))
    assert.matches("it has none", c.reason)
    -- it did not come to its cells
    run('t:skip "no card" ' .. CELLS)
    assert.equal(0, (alone(file .. ":packed")))
    assert.same({ "SKIP", "no card" }, { c.status, c.reason })
    run(CELLS .. ' t:skip "no card"')
    assert.equal(3, (alone(file .. ":a cell")))
  end)
end)

describe("t:defer", function()
  -- Where deferred functions write.
  local function note(word) return ("t:defer(function() t:note %q end) "):format(word) end

  it("runs its functions, the last one first, whatever happened", function()
    for steps, status in pairs { ['t:equal(1, 1, "x")'] = "PASS", ['t:equal(1, 2, "x")'] = "FAIL", ['error "oh"'] = "ERROR",
      ['t:skip "no"'] = "SKIP", ["t:elapse(100)"] = "ERROR", ["while true do end"] = "ERROR" } do
      local late = status == "ERROR" and { "--timeout", "0.3" } or {}
      local _, out, c = run(note "one" .. note "two" .. steps, unpack(late))
      assert.equal(status, c.status, out)
      assert.same({ "two", "one" }, c.notices)
    end
  end)

  it("runs them in a cell at the cell's end, before what it opened is ended", function()
    local status, out, c = run(([[
      t:defer(function() t:note "case" end)
      t:cell("one", function()
        local p = %s
        t:defer(function() t:note(p:exit() and "gone" or "runs") p:quit() end)
        t:equal(1, 1, "x")
      end)
      t:note "between"]]):format(start "mine"))
    assert.equal(0, status, out)
    -- the first one names the program
    assert.same({ "runs", "between", "case" }, { unpack(c.notices, 2) })
  end)

  it("reports an error in one, and the first cause stays first", function()
    local BOOM = 't:defer(function() error "boom" end) '
    local _, out, c = run(BOOM .. 't:equal(1, 1, "x")')
    assert.equal("ERROR", c.status, out)
    assert.matches("^t:defer %(.*x.lua:2%): .*x.lua:2: boom$", c.reason)
    _, _, c = run(note "after" .. BOOM .. 't:equal(1, 2, "sum")')
    assert.equal("ERROR", c.status)
    assert.matches("^sum: expected 2, got 1 [^\n]*\nt:defer [^\n]* boom$", c.reason)
    assert.same({ "after" }, c.notices)
    _, _, c = run('t:defer(function() t:equal(1, 3, "deferred check") end) t:equal(1, 1, "x")')
    assert.equal("FAIL", c.status)
    assert.matches("deferred check: expected 3, got 1", c.reason)
    _, _, c = run('t:defer(function() pcall(t.equal, t, 1, 3, "caught") end) t:equal(1, 1, "x")')
    assert.equal("FAIL", c.status)
    _, _, c = run('t:defer(function() t:skip "x" end) t:equal(1, 1, "x")')
    assert.equal("ERROR", c.status)
    _, _, c = run('t:cell("a", function() ' .. BOOM .. 't:equal(1, 1, "x") end) t:cell("b", function() t:equal(1, 1, "x") end)')
    assert.equal("a ERROR, b PASS", statuses(c))
    _, _, c = run('t:defer(function() t:spawn(function() error "aside" end) t:elapse(0.05) end) t:equal(1, 1, "x")')
    assert.equal("ERROR", c.status)
    assert.matches("aside", c.reason)
  end)

  it("of tasks judges those that they started only: a known issue with a task that runs stays one", function()
    local HEADER = 'known_issue = { why = "bug 7", says = "sum" },'
    local TASK = "t:spawn(function() t:elapse(100) end) "
    for deferred, want in pairs { [""] = "XFAIL", ["t:defer(function() " .. TASK .. "end) "] = "ERROR" } do
      local file = rig:write("x.lua", moonrig.case(deferred .. TASK .. 't:equal(1, 2, "sum")', HEADER))
      local _, out = rig:call { "run", file, "-o", rig.work .. "/out" }
      assert.equal(want, moonrig.results(rig.work .. "/out").cases[1].status, out)
    end
  end)

  it("counts its own checks, and not those of a task beside it", function()
    local beside = [[local task = t:spawn(function()
        t:elapse(0.05) t:truthy(true, "beside") pcall(t.equal, t, 1, 2, "caught beside") end)
      t:cell("a", function() t:elapse(0.3) %s end) task:join(5)]]
    local _, _, c = run(beside:format "")
    assert.equal("a ERROR", statuses(c))
    assert.matches("nothing was checked", c.cells[1].reason)
    _, _, c = run(beside:format 't:equal(1, 1, "in a")')
    assert.equal("a PASS", statuses(c))
    assert.equal("FAIL", c.status)
    assert.matches("caught beside", c.reason)
    _, _, c = run [[t:cell("a", function() t:spawn(function() pcall(t.equal, t, 1, 2, "caught in a") end):join(5) end)]]
    assert.equal("a FAIL", statuses(c))
  end)

  it("is alone: a task beside it starts nothing that the cell would end", function()
    for op, call in pairs { ["t:cell"] = 't:cell("b", function() end)', ["t:spawn"] = "t:spawn(function() end)",
      ["t:defer"] = "t:defer(function() end)", ["t:detached"] = 't:detached({ "true" })' } do
      local _, _, c = run(('local task = t:spawn(function() t:elapse(0.05) %s end) '
        .. 't:cell("a", function() t:elapse(0.3) t:equal(1, 1, "x") end) task:join(5)'):format(call))
      assert.equal("a PASS", statuses(c))
      assert.equal("ERROR", c.status)
      assert.matches(op .. " in a task beside an open cell: call it before or after that, or in it", c.reason, 1, true)
    end
  end)

  it("may defer in a deferred one", function()
    local _, _, c = run('t:defer(function() t:note "one" t:defer(function() t:note "two" end) end) t:equal(1, 1, "x")')
    assert.same({ "PASS", "one", "two" }, { c.status, unpack(c.notices) })
  end)

  it("runs them after a Ctrl-C, too", function()
    local file = rig:write("x.lua", moonrig.case(note "tidy" .. 't:defer(function() t:elapse(100) end) t:phase "long" t:elapse(100)'))
    engine.fs.rmtree(rig.work .. "/out")
    local console = assert(engine.here():spawn({ rig.exe, "run", file, "-v", "-o", rig.work .. "/out" },
      { name = "interrupted", pipes = true, env = { "TMPDIR=" .. rig.tmp }, grace = 30 }))
    assert(console:expect("long", 20))
    console:signal "INT"
    assert.equal(2, console:await_exit(30).code)
    local c = moonrig.results(rig.work .. "/out").cases[1]
    assert.matches("^interrupted\nt:defer .*not done within 2 s", c.reason)
    -- it would come behind the one that takes all the time
    assert.matches("t:defer .*: not run", c.reason)
  end)
end)
