-- crashes: a program that crashes, or whose sanitizer reports, fails its case, and the reason shows where. Runs the real
-- program, with a small faulty one under test.

local engine = require "engine"

local faulty = require "specs.faulty"
local helper = require "specs.helper"
local moonrig = require "specs.moonrig"

-- Debian's loader, as it runs programs of another suite.
local LOADED = "#!/bin/sh\nexec /lib64/ld-linux-x86-64.so.2 %s\n"

describe("a program under test", function()
  local rig, program

  before_each(function() rig = moonrig.new() end)
  after_each(function() rig:remove() end)

  -- Runs a case with these lines; returns it, and the folder of its results.
  local function run(lines, env, header, node, before)
    local steps = (before or "") .. faulty.steps(program, lines, node)
    local file, out = rig:write("x.lua", moonrig.case(steps, header)), rig.work .. "/out"
    local _, said = rig:call({ "run", file, "-o", out }, env, 200)
    local case = assert(moonrig.results(out), said).cases[1]
    case.reason = case.reason and case.reason:gsub("/[^\n ]*x%.lua:%d+", "AT")
    return case, engine.fs.realpath(out .. "/latest") .. "/" .. (case.folder or "work.x"), said
  end

  local function folder_of(out)
    for _, name in ipairs(engine.fs.list(out)) do
      if engine.fs.stat(("%s/%s/result.json"):format(out, name)) then return ("%s/%s"):format(out, name) end
    end
  end

  describe("that crashes", function()
    before_each(function()
      program = faulty.compile(rig.work, "-lpthread")
    end)

    it("is the reason, with the stack of the thread that did", function()
      if not faulty.leaves_cores() then return pending "no cores here" end
      local case = run { "thread" }
      assert.equal("ERROR", case.status)
      assert.matches("^AT: faulty ended with SIGSEGV in store %([^\n]*faulty%.c:%d+%)\n"
        .. "  #0 store %(where=0x0%) at [^\n]*\n  #1 lcore [^\n]*\n  core: files/core%.faulty %([%d.]+ MiB%)\n"
        .. 'command "thread": faulty ended with SIGSEGV', case.reason)
      assert.is_nil(case.reason:find("expected it to run", 1, true))
      local folder = folder_of(rig.work .. "/out/latest")
      assert.same({ "core.faulty" }, engine.fs.list(folder .. "/files"))
      assert.equal("SIGSEGV", engine.fs.core(folder .. "/files/core.faulty").signal)
    end)

    it("is named by the function that aborted it", function()
      if not faulty.leaves_cores() then return pending "no cores here" end
      assert.matches("^AT: faulty ended with SIGABRT in main %([^\n]*faulty%.c:%d+%)\n", run({ "abort" }).reason)
    end)

    it("is named where a loader runs it", function()
      if not faulty.leaves_cores() then return pending "no cores here" end
      local real = program
      program = rig:write("loaded", LOADED:format(real))
      engine.fs.chmod(program, 493)
      local named = "^AT: faulty ended with SIGSEGV in store %([^\n]*faulty%.c:%d+%)\n"
      assert.matches(named, run({ "null" }).reason)
      -- a file of data in front of the program
      local config = rig:write("config", ("0"):rep(4096))
      assert.matches(named, run({ "map " .. config, "null" }).reason)
    end)

    it("fails a case that passed, also where the case awaited its end", function()
      local case = run { 'faulty.console:type "null\\n"', "faulty:wait(10)" }
      assert.equal("ERROR", case.status)
      assert.matches("^faulty ended with SIGSEGV", case.reason)
    end)

    it("is a known issue where that has its words", function()
      local issue = 'known_issue = { why = "DPDK 1.0: a store", says = "ended with SIGSEGV" },'
      local case = run({ 'faulty.console:type "null\\n"', "faulty:wait(10)" }, nil, issue)
      assert.equal("XFAIL", case.status)
    end)

    it("leaves no core above the limit, and says so", function()
      if not faulty.leaves_cores() then return pending "no cores here" end
      local case = run({ "null" }, { "MOONRIG_CORES=0" })
      assert.matches("\n  #0 store[^\n]*\n[^@]*  the core %([%d.]+ MiB%) is not kept: the limit is 0%.0 MiB a run "
        .. "%(%$MOONRIG_CORES%), and 0%.0 MiB are kept\n", case.reason)
      assert.is_nil(engine.fs.stat(folder_of(rig.work .. "/out/latest") .. "/files"))
    end)

    it("is the same in a replay", function()
      if not faulty.leaves_cores() then return pending "no cores here" end
      local case = run { "null" }
      local _, said = rig:call { "replay", folder_of(rig.work .. "/out/latest") }
      assert.matches("1 as recorded", said)
      assert.matches(case.reason:match "ended with SIGSEGV in store", said, 1, true)
    end)

    it("has its stack from inside a guest, where a loader runs it", function()
      if not helper.has_image() then return pending "no guest image" end
      if not faulty.leaves_cores() then return pending "no gdb" end
      local loaded = rig:write("loaded", LOADED:format "/usr/bin/real")
      engine.fs.chmod(loaded, 493)
      local before = ('local vm = t:vm {}\nvm.node:push(%q, "/usr/bin/real")\nvm.node:push(%q, "/usr/bin/faulty")\n')
        :format(program, loaded)
      program = "/usr/bin/faulty"
      local case = run({ "abort" }, nil, 'needs = { "vm" },', "vm", before)
      assert.equal("ERROR", case.status)
      assert.matches("^AT: faulty ended with SIGABRT in main %([^\n]*faulty%.c:%d+%)\n", case.reason)
    end)
  end)

  describe("with a sanitizer", function()
    before_each(function() program = faulty.compile(rig.work, "-lpthread", "-fsanitize=address,undefined") end)

    it("leads with its report where it ends the program", function()
      local case = run { "overflow" }
      assert.equal("ERROR", case.status)
      assert.matches("^AT: faulty: AddressSanitizer: heap%-buffer%-overflow in overflow %([^\n]*faulty%.c:%d+%)\n"
        .. "  #0 overflow [^\n]*\n  #1 main [^\n]*\n  the report is in faulty%.log\ncommand", case.reason)
    end)

    it("fails a case that passed, though it runs on", function()
      local case = run { "too large", "faulty:quit()" }
      assert.equal("FAIL", case.status)
      assert.matches("^faulty: UndefinedBehaviorSanitizer: signed integer overflow: [^\n]* in too_large %([^\n]*%)\n"
        .. "  #0 too_large", case.reason)
    end)

    it("fails a case by what comes at its exit", function()
      local case = run { "late", "faulty:quit()" }
      assert.equal("FAIL", case.status)
      assert.matches("^faulty: AddressSanitizer: heap%-buffer%-overflow in overflow ", case.reason)
    end)

    it("fails a cell, and that only", function()
      local cells = {}
      for _, line in ipairs { "fine", "too large" } do
        cells[#cells + 1] = ("t:cell(%q, function()\n%s\nfaulty:quit()\nend)"):format(line,
          faulty.steps(program, { line }))
      end
      local file, out = rig:write("x.lua", moonrig.case(table.concat(cells, "\n"))), rig.work .. "/out"
      rig:call { "run", file, "-o", out }
      local case = moonrig.results(out).cases[1]
      assert.same({ "PASS", "FAIL" }, { case.cells[1].status, case.cells[2].status })
      assert.matches("^faulty@too_large: UndefinedBehaviorSanitizer: ", case.cells[2].reason)
      assert.matches("^1 of 2 cells: too large %(FAIL%)\ntoo large: faulty@too_large: Undefined", case.reason)
    end)

    it("leaks where nobody asked, and fails where somebody did", function()
      assert.equal("PASS", run({ "leak", "leak", "faulty:quit()" }).status)
      local case = run({ "leak", "leak", "faulty:quit()" }, { "ASAN_OPTIONS=detect_leaks=1" })
      assert.equal("FAIL", case.status)
      assert.matches("^faulty: LeakSanitizer: detected memory leaks in leak %(", case.reason)
    end)

    it("reports also where the case only spawned it", function()
      local spawned = ('local p = t:here():spawn({ %q }, { name = "p" })\np:type "too large\\nquit\\n"\n'
        .. 'p:await_exit(10)\nt:equal(1, 1, "one")'):format(program)
      local file, out = rig:write("x.lua", moonrig.case(spawned)), rig.work .. "/out"
      rig:call { "run", file, "-o", out }
      local case = moonrig.results(out).cases[1]
      assert.equal("FAIL", case.status)
      assert.matches("^p: UndefinedBehaviorSanitizer: signed integer overflow", case.reason)
    end)

    it("is the same in a replay", function()
      run { "too large", "faulty:quit()" }
      local _, said = rig:call { "replay", folder_of(rig.work .. "/out/latest") }
      assert.matches("1 as recorded", said)
      assert.matches("UndefinedBehaviorSanitizer: signed integer overflow", said, 1, true)
    end)

    it("reports from inside a guest", function()
      if not helper.has_image() then return pending "no guest image" end
      local static = faulty.compile(rig.work, "-static-libasan", "-static-libubsan", "-fsanitize=address,undefined",
        "-lpthread")
      local before = ('local vm = t:vm {}\nvm.node:push(%q, "/usr/bin/faulty")\n'):format(static)
      program = "/usr/bin/faulty"
      local case = run({ "too large", "faulty:quit()" }, nil, 'needs = { "vm" },', "vm", before)
      assert.equal("FAIL", case.status, case.reason)
      assert.matches("^faulty: UndefinedBehaviorSanitizer: [^\n]* in too_large ", case.reason)
    end)
  end)
end)
