-- A rig as people join it, at real terminals: pauses, a prompt where a case fails, attach, console, a scenario's setup.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local terminal_window = require "specs.terminal_window"

-- A program with a prompt. It answers each line with what it was.
local FAKE = [[
local FAKE = "printf '\\n> '; while read -r line; do printf 'said %s\\n> ' \"$line\"; done"
local function start(t)
  local console = t:here():spawn({ "sh", "-c", FAKE }, { name = "fake", pipes = true })
  console:set_prompt("\n> "):await_prompt(10)
  return console
end
]]

-- A scenario whose setup is the fake; `steps` see it as `fake`.
local function scenario(steps, header)
  return FAKE .. ([[
return rig.case { name = "x", timeout = 60, %s setup = start, run = function(t, fake)
%s
  fake:close(5)
end }]]):format(header or "", steps)
end

describe("at a terminal", function()
  local rig, window, others

  before_each(function()
    rig, others = moonrig.new():settle(), {}
    rig.env = { "TMPDIR=" .. rig.tmp, "HOME=" .. rig.work, "MOONRIG_CACHE=" .. rig.work .. "/cache" }
    window = terminal_window.open { env = rig.env }
    window:type_line("cd " .. rig.work)
  end)

  after_each(function()
    for _, other in ipairs(others) do other:close() end
    window:close()
    rig:remove()
  end)

  local function another_window()
    others[#others + 1] = terminal_window.open { env = rig.env }
    return others[#others]
  end

  -- Starts a verb with a scenario of these steps.
  local function start(words, steps, header)
    local file = rig:write("mine.lua", scenario(steps, header))
    window:type_line(("moonrig %s %s%s"):format(words, file, words:find "^run" and " -o " .. rig.work .. "/out" or ""))
  end

  local function ends(status)
    window:await_shell()
    assert.equal(status, window:exit_status())
    assert.equal("", rig:leftovers())
  end

  local STEPS = [[
  local count = 1
  t:phase "first"
  t:pause "look here"
  t:phase "second"
  t:equal(count, 2, "count is two")]]

  it("t:pause() opens a prompt with the scenario's locals, which it can set", function()
    start("run", STEPS)
    local screen = window:await_last_line "moonrig> "
    assert.matches("look here\n[^\n]*mine%.lua:%d+\n", screen)
    assert.matches("\n> +%d+ +t:pause \"look here\"\n", screen)
    window:type_line "count"
    window:await "moonrig> count\n1\n"
    window:type_line "count = 2"
    window:type_line ":continue"
    window:await "1 passed, 0 failed"
    ends(0)
  end)

  it("Ctrl-C ends a wait at the prompt, and the case goes on", function()
    start("run", STEPS)
    window:await_last_line "moonrig> "
    window:type_line "count = 2 t:elapse(100)"
    window:await "elapse(100)"
    window:press "C-c"
    window:await "interrupted\nmoonrig>"
    window:press "C-d"
    window:await "1 passed, 0 failed"
    ends(0)
  end)

  it(":stop at a pause ends the case, which is no PASS", function()
    start("run", STEPS)
    window:await_last_line "moonrig> "
    window:type_line ":stop"
    window:await "1 in error"
    window:await "stopped at the prompt"
    ends(3)
  end)

  it("a prompt opens where a case fails: its check, its locals, its rig still up", function()
    start("run --repl-on-failure", 'local seen = { rx = 0 }\n t:equal(seen.rx, 5, "five came")')
    local screen = window:await_last_line "moonrig> "
    assert.matches("FAIL: five came: expected 5, got 0", screen)
    assert.matches("\n> +%d+ +t:equal%(seen.rx, 5", screen)
    window:type_line "seen.rx"
    window:await "moonrig> seen.rx\n0\n"
    window:type_line 'fake:command("hello", 10)'
    window:await '\n"said hello"'
    window:press "C-d"
    window:await "0 passed, 1 failed"
    ends(1)
  end)

  it("a scenario's setup is brought up, its steps stepped, read again and run again", function()
    start("repl", '  t:phase "one"\n  t:phase "two"\n  t:equal(1, 2, "one is two")')
    local screen = window:await_last_line "moonrig> "
    assert.matches("is set up; its steps come next", screen)
    window:type_line "fake"
    window:await 'console "fake"'
    window:type_line ":step"
    window:await "before: one"
    window:type_line ":step"
    window:await "before: two"
    window:type_line ":continue"
    window:await "FAIL: one is two"
    window:await_last_line "moonrig> "
    rig:write("mine.lua", scenario '  t:equal(1, 1, "one is one")')
    window:type_line ":reload"
    window:await "file reloaded, set"
    window:type_line ":continue"
    window:await "\nPASS\n"
    window:await_last_line "moonrig> "
    window:type_line ":stop"
    ends(0)
  end)

  it("another terminal joins a pause, and lets it go on", function()
    start("run --keep 60", STEPS)
    window:await "`moonrig attach` joins it"
    local second = another_window()
    second:type_line "moonrig attach"
    second:await_last_line "moonrig> "
    second:type_line "count = 2"
    second:type_line ":consoles"
    second:await "  fake                 runs"
    second:type_line ":continue"
    second:await "PASS"
    -- the steps are over, and what they and the setup had has its names
    second:type_line "fake:name() .. count"
    second:await '"fake2"'
    second:type_line ":locals"
    second:await "console"
    second:type_line ":continue"
    window:await "1 passed, 0 failed"
    second:await_shell()
    ends(0)
  end)

  it("what computes and does not wait is called off, wherever it was typed", function()
    start("run", STEPS)
    window:await_last_line "moonrig> "
    local second = another_window()
    second:type_line "moonrig attach"
    second:await_last_line "moonrig> "
    for _, one in ipairs { second, window } do
      one:type_line "while true do end"
      engine.elapse(0.5)
      one:press "C-c"
      one:await "interrupted"
      one:await_last_line "moonrig> "
      one:type_line "6 * 7"
      one:await "\n42"
    end
    window:type_line ":stop"
    ends(3)
  end)

  it("a setup that is kept goes when its time is over", function()
    start("run --keep 0.5", '  t:equal(1, 1, "one is one")')
    window:await "1 passed, 0 failed"
    ends(0)
  end)

  it("a raw terminal on a console is given back with Ctrl-]", function()
    start("run", STEPS)
    window:await_last_line "moonrig> "
    local second = another_window()
    second:type_line "moonrig console fake"
    second:await "Ctrl-] detaches"
    second:type "by hand\n"
    second:await "said by hand"
    window:type_line 'fake:command("by the prompt", 20)'
    second:press "C-]"
    second:await "detached from fake"
    window:await '\n"said by the prompt"'
    window:type_line ":stop"
    ends(3)
  end)

  it("what consoles say stands above the line that is typed", function()
    window:type_line "moonrig repl"
    window:await_last_line "moonrig> "
    window:type_line 'p = t:here():spawn({ "sh", "-c", "read -r x; echo of itself; read -r x" }, { name = "p" })'
    window:await_last_line "moonrig> "
    window:type_line 'p:type "go\\n"'
    window:type "half typed"
    window:await "p | of itself"
    window:await_last_line "moonrig> half typed"
    window:press "C-c"
    window:await_last_line "moonrig> "
    window:type_line ":quiet p"
    window:await "p is quiet"
    window:press "C-d"
    ends(0)
  end)

  it("a rig that is killed is joined no more, and leaves nothing", function()
    start("run", STEPS)
    window:await_last_line "moonrig> "
    local second = another_window()
    second:type_line "moonrig attach"
    second:await_last_line "moonrig> "
    for _, p in ipairs(rig:processes()) do
      if p.words:find("_worker", 1, true) then engine.here():run { "kill", "-KILL", p.pid } end
    end
    second:await_shell()
    window:await "1 in error"
    ends(3)
    second:type_line "moonrig attach"
    second:await "nothing to attach to"
  end)

  it("Ctrl-C twice leaves a rig that does not answer", function()
    local listener = assert(engine.listen(rig.work .. "/mute"))
    finally(function() listener:close() end)
    assert(engine.fs.mkdir(rig.work .. "/cache") and engine.fs.mkdir(rig.work .. "/cache/attach"))
    rig:write("cache/attach/1.json", engine.json.encode { socket = rig.work .. "/mute", name = "mute", pid = 1, since = 1 })
    window:type_line "moonrig attach"
    window:await "attached to mute"
    local other = assert(listener:accept(30))
    assert(other:expect('"hello"', 30))
    window:press "C-c"
    other:expect('"interrupt"', { timeout = 30, from = "last" })
    window:press "C-c"
    window:await "no answer: detached"
    window:await_shell()
    other:close(1)
  end)
end)

describe("without a terminal", function()
  it("t:pause() goes on, and says so", function()
    local rig = moonrig.new()
    local file = rig:write("mine.lua", scenario 't:pause "look here"\n t:equal(1, 1, "one is one")')
    local status, out = rig:call { "run", file, "-o", rig.work .. "/out" }
    assert.equal(0, status)
    assert.matches("look here: no terminal, so the scenario continues", out)
    rig:remove()
  end)

  it("--repl-on-failure is refused", function()
    local rig = moonrig.new()
    local file = rig:write("mine.lua", scenario 't:equal(1, 1, "one is one")')
    local status, out = rig:call { "run", "--pdb", file, "-o", rig.work .. "/out" }
    assert.equal(4, status)
    assert.matches("%-%-repl%-on%-failure needs a terminal on stdin and stdout: use %-%-keep", out)
    rig:remove()
  end)
end)
