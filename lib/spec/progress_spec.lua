-- progress: what a run shows while it goes on: at a terminal, one line that is taken back whole; on a pipe, plain lines.

local engine = require "engine"

if not engine.here then return end -- outside of the engine there is nothing to run

local moonrig = require "spec.moonrig"
local terminal_window = require "spec.terminal_window"

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
    t:truthy(require("engine").await_path(%q, 100), "it may end")
    t:phase "ends"]]):format(LONG_PHASE, go))
end

local LINES = { "^PASS  plan/[xy]  %d+%.%d s$", "^      note: note %d+$", "^      | its own output$",
  "^2 passed, 0 failed in %d+%.%d s$", "^results: out/%S+$", "^shell: moonrig run plan %-o out$", "^shell:$" }

local function is_known(line)
  for _, pattern in ipairs(LINES) do
    if line:find(pattern) then return true end
  end
  return false
end

local function setup()
  local rig = moonrig.new()
  local go = rig.work .. "/" .. GO
  rig:plan("plan", { x = scenario(go), y = scenario(go) })
  return rig, { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache" }
end

describe("a run's progress", function()
  for _, columns in ipairs { 120, 50 } do
    it(("is one line of a terminal of %d columns, and leaves nothing of it behind"):format(columns), function()
      local rig, env = setup()
      local window = terminal_window.open { env = env, cwd = rig.work, columns = columns }
      finally(function()
        window:close()
        rig:remove()
      end)
      window:type_line "moonrig run plan -o out"
      local screen = window:await_screen(function(text) return text:find("plan/x: waits %(%d+ s%)$") end, "the phase")
      assert.equal(1, select(2, screen:gsub("plan/x", "")), screen)
      rig:write(GO, "")
      window:await "results: "
      window:await_shell()
      local seen = 0
      for line in window:history():gmatch "[^\n]+" do
        assert.is_true(is_known(line), ("a torn line: %q in\n%s"):format(line, window:history()))
        seen = seen + 1
      end
      assert.equal(12, seen)
    end)
  end

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
