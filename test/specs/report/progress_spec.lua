-- progress: what a run shows while it goes on: at a terminal, lines that are taken back whole; on a pipe, plain lines.

local engine = require "engine"

local live = require "report.live"
local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

local GO = "go"
local LONG_PHASE = ("a phase with a name that is longer than a window is wide "):rep(3)

-- Phases in a row with lines in between, and one that waits for a file.
local function scenario(go)
  return moonrig.case(([[
    for i = 1, 20 do
      t:phase("%s" .. i)
      if i %% 5 == 0 then t:note("note " .. i) end
    end
    print "its own output"
    t:phase "waits"
    t:truthy(package.loaded.engine.await_path(%q, 100), "it may end")
    t:phase "ends"]]):format(LONG_PHASE, go), "timeout = 60,")
end

-- What a console says to a terminal that does what it is told: clear, go up, become another size, wrap, ring.
local HOSTILE = [[printf '\033[2J\033[H\033[5A\033[8;5;5t\033]0;title\007\033[?1049h\033[31mit is \303\244 \344\270\255 ]]
  .. [[%s \t\b\007\302\233 up\r\n']]

-- A program says hostile things until a file is there.
local function talks(rig, go)
  local program = rig:write("talker", ("%s\nwhile ! [ -e %s ]; do %s; sleep 0.05; done\nexec sleep 100\n"):format(
    HOSTILE:format "", go, HOSTILE:format(("long-"):rep(60))))
  return moonrig.case(([[
    local console = t:here():spawn({ "sh", %q }, { name = "talker" }):keep()
    assert(console:expect("up", 20))
    print "\27[2Jits own\27[5A"
    t:note "\27[3A\27[Ja note"
    t:phase "talks \27[2J"
    package.loaded.engine.await_path(%q, 60)
    console:close(10)
    t:equal("\27[2J", 1, "a \27[10A check")]]):format(program, go), "timeout = 60,")
end

-- Signals the supervisor.
local function signal(rig, name)
  local pid
  for _, p in ipairs(rig:processes()) do pid = p.words:find "^moonrig run " and p.pid or pid end
  assert.equal(0, engine.here():run({ "kill", "-" .. name, pid or "of no supervisor" }).code)
end

local LINES = { "^PASS  plan/[xy]  %d+%.%d s$", "^      note: note %d+$", "^      | its own output$",
  "^2 passed, 0 failed in %d+%.%d s$", "^results: out/%S+$", "^shell: moonrig run plan %-o out$", "^shell:$" }

local function is_known(line, lines)
  for _, pattern in ipairs(lines) do
    if line:find(pattern) then return true end
  end
  return false
end

-- All that the terminal ever showed for good is lines that are known: how many.
local function known_lines(window, lines)
  local seen = 0
  for line in window:history():gmatch "[^\n]+" do
    assert.is_true(is_known(line, lines), ("a torn line: %q in\n%s"):format(line, window:history()))
    seen = seen + 1
  end
  return seen
end

local function setup(scenarios)
  local rig = moonrig.new()
  local go = rig.work .. "/" .. GO
  local plan = {}
  for name, make in pairs(scenarios or { x = scenario, y = scenario }) do
    plan[name] = make == talks and talks(rig, go) or make(go)
  end
  rig:plan("plan", plan)
  return rig, { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }
end

local function opened(rig, env, columns, rows)
  local window = terminal_window.open { env = env, cwd = rig.work, columns = columns, rows = rows }
  finally(function()
    window:close()
    rig:remove()
  end)
  return window
end

describe("a run's progress", function()
  for _, columns in ipairs { 120, 50 } do
    it(("is one line of a terminal of %d columns, and leaves nothing of it behind"):format(columns), function()
      local rig, env = setup()
      local window = opened(rig, env, columns)
      window:type_line "moonrig run plan -o out"
      local screen = window:await_screen(function(text) return text:find("%[1/2%] plan/x  %d+ s: waits$") end, "the phase")
      assert.equal(1, select(2, screen:gsub("plan/x", "")), screen)
      rig:write(GO, "")
      window:await "results: "
      window:await_shell()
      assert.equal(12, known_lines(window, LINES))
    end)
  end

  it("tells how long it usually takes", function()
    local rig, env = setup { x = scenario }
    rig:write(GO, "")
    assert.equal(0, (rig:call({ "run", rig.work .. "/plan", "-o", rig.work .. "/out" }, env)))
    os.remove(rig.work .. "/" .. GO)
    local window = opened(rig, env)
    window:type_line "moonrig run plan -o out"
    window:await_screen(function(text) return text:find("%[1/1%] plan/x  %d+ s, usually %d+ s: waits$") end, "the time")
    rig:write(GO, "")
    window:await_shell()
    local _, out = rig:call({ "run", rig.work .. "/plan", "-v", "-o", rig.work .. "/out" }, env)
    assert.matches("^START plan/x  usually %d+%.%d s\n", out)
  end)

  it("stays whole where the window is made another size", function()
    local rig, env = setup { x = scenario, y = talks, z = scenario }
    local window = opened(rig, env, 120, 30)
    -- the shell in between hears nothing of a run that is stopped
    window:type_line "sh -c 'moonrig run plan -j 3 -o out; true'"
    local function all_three(text)
      return text:find "%[1/3%] plan/x  %d+ s: waits" and text:find "%[2/3%] plan/y  %d+ s: talks"
        and text:find "%[3/3%] plan/z  %d+ s: waits" and text:find "\n      talker: it is ä %? "
    end
    window:await_screen(all_three, "three cases")
    for _, size in ipairs { { 60, 30 }, { 35, 20 }, { 100, 12 }, { 44, 30 } } do
      -- what is drawn before the size is known is not what this is about
      signal(rig, "STOP")
      window:resize(unpack(size))
      window:await_size(unpack(size))
      signal(rig, "CONT")
      -- drawn anew at this width, and once
      local screen = window:await_screen(function(text)
        local line = text:match "\n(      talker: [^\n]+)"
        return all_three(text) and line and #line:gsub("[\128-\191]", "") == size[1] - 1
      end, ("a line of %d columns"):format(size[1] - 1))
      for _, words in ipairs { "1/3%] plan/x", "2/3%] plan/y", "3/3%] plan/z", "talker: " } do
        assert.equal(1, select(2, screen:gsub(words, "")), screen)
      end
    end
    rig:write(GO, "")
    window:await "results: "
    window:await_shell()
    window:resize(200, 30)
    local lines = { unpack(LINES) }
    for _, more in ipairs { "^      note: plan/[xz]: note %d+$", "^      note: %W*a note$", "^      | plan/y: its own$",
      "^      | plan/[xz]: its own output$", "^FAIL  plan/y  %d+%.%d s$", "^PASS  plan/z  %d+%.%d s$",
      "^      a  check: expected 1, got \"\\x1B%[2J\" %(plan/y.lua:%d+%)$", "^2 passed, 1 failed in %d+%.%d s$",
      "^shell: sh %-c 'moonrig run plan %-j 3 %-o out; true'$" } do
      lines[#lines + 1] = more
    end
    known_lines(window, lines)
  end)

  it("is gone where the run is called off", function()
    local rig, env = setup { x = talks, y = talks, z = talks }
    local window = opened(rig, env, 70, 30)
    window:type_line "moonrig run plan -j 3 -o out"
    window:await_screen(function(text) return select(2, text:gsub("/3%] plan/[xyz]  %d+ s: talks", "")) == 3 end, "three cases")
    window:press "C-c"
    window:await "results: "
    window:await_shell()
    window:resize(200, 30)
    local seen = known_lines(window, { "^ERROR plan/[xyz]  %d+%.%d s$", "^      interrupted$", "^      | plan/[xyz]: its own$",
      "^      note: %W*a note$", "^0 passed, 0 failed, 3 in error in %d+%.%d s$", "^results: out/%S+$",
      "^shell: moonrig run plan %-j 3 %-o out$", "^shell:$" })
    assert.is_true(seen >= 10)
    assert.equal(2, window:exit_status())
  end)

  it("is a plain line an event on a pipe", function()
    local rig, env = setup()
    rig:write(GO, "")
    local status, out = rig:call({ "run", rig.work .. "/plan", "-v", "-o", rig.work .. "/out" }, env)
    assert.equal(0, status)
    assert.is_nil(out:find "[\27\r]")
    for _, words in ipairs { "  waits\n", "  ends\n", "ok it may end", "note: note 5\n", "| its own output\n",
      "PASS  plan/x" } do
      assert.truthy(out:find(words, 1, true), words)
    end
    rig:remove()
  end)
end)

describe("Ctrl-C", function()
  it("pressed in a hurry is one: there are verdicts, and results", function()
    local rig = moonrig.new()
    finally(function() rig:remove() end)
    -- it hears no signal but SIGKILL, and so takes its time to end
    rig:plan("plan", { x = moonrig.case [[
      t:here():spawn({ "sh", "-c", "trap '' TERM INT HUP; while :; do sleep 0.1; done" }, { name = "deaf", grace = 1 }):keep()
      t:phase "waits"
      t:elapse(60)]] })
    local console = assert(engine.here():spawn({ rig.exe, "run", rig.work .. "/plan", "-v", "-o", rig.work .. "/out" },
      { name = "moonrig", pipes = true, env = { "TMPDIR=" .. rig.tmp } }))
    assert(console:expect("waits", 60))
    assert(engine.here():run({ "sh", "-c", "for i in 1 2 3; do kill -INT $0 || break; sleep 0.04; done",
      tostring(console:pid()) }))
    console:expect("results: ", { timeout = 60, from = "last" })
    assert.equal(2, console:await_exit(60).code)
    assert.is_true(moonrig.results(rig.work .. "/out").interrupted)
    assert.equal("", rig:leftovers())
  end)
end)

describe("live", function()
  local function new(is_live)
    local clock, said = { at = 100 }, {}
    local term = { is_live = is_live, count = 0, line = function(self, text)
      said[#said + 1], self.count = text, self.count + 1
    end, block = function() end, clear = function() end, rows = function() return 10 end }
    local l = live.new { term = term, now = function() return clock.at end,
      eta = { seconds = function(case) return case.usual end } }
    for i, name in ipairs { "a", "b", "c" } do l:add({ plan = "p", name = name, usual = i == 2 and 14.6 or nil }, i, 3) end
    finally(function() l:stop() end)
    clock.at = 112.4
    return l, term, said
  end

  it("shows cases before what their consoles say, as many as there is room for", function()
    local l = new(true)
    l:phase(l.running[1].item, "traffic")
    l.running[1].console = function() return "testpmd", "Done." end
    l.running[2].console = function() end
    l.running[3].console = function() return "vm", "login:" end
    local A, B, C = "[1/3] p/a  12 s: traffic", "[2/3] p/b  12 s, usually 15 s", "[3/3] p/c  12 s"
    local a, c = { "      testpmd: Done.", colour = "dim" }, { "      vm: login:", colour = "dim" }
    assert.same({ A, a, B, C, c }, l:lines(5))
    assert.same({ A, a, B, C }, l:lines(4))
    assert.same({ A, B, C }, l:lines(3))
    assert.same({ A, "and 2 more" }, l:lines(2))
    assert.same({ "and 3 more" }, l:lines(1))
    l:remove(l.running[2].item)
    assert.same({ A, a, C, c }, l:lines(5))
  end)

  it("gives a sign of life where nothing else is said", function()
    local l, term, said = new(false)
    term.count = 7
    l:break_silence(6)
    assert.same({}, said)
    l:phase(l.running[1].item, "traffic")
    l:break_silence(7)
    assert.same({ "      runs: [1/3] p/a  12 s: traffic", "      runs: [2/3] p/b  12 s, usually 15 s", "      runs: [3/3] p/c  12 s" }, said)
  end)
end)
