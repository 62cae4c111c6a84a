-- readme: "Your first scenario in five minutes", followed to the letter: its files written, its commands run in a fresh
-- folder, and what they print is what stands there, but for numbers, times and machine's notes.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local README = moonrig.read(engine.home() .. "/README.md")
local SECTION = assert(README:match "\n## Your first scenario in five minutes\n(.-)\n## ")

-- What is to be done, in order: { file, text } or { command, expected }.
local function steps_of(section)
  local steps, file = {}, nil
  for before, kind, text in section:gmatch "(.-)```(%l+)\n(.-)```" do
    file = before:match "Save this as `([^`]+)`" or file
    if kind == "lua" and file then
      steps[#steps + 1] = { file = file, text = text }
      file = nil
    elseif kind == "console" then
      for command, expected in (text .. "$ "):gmatch "%$ ([^\n]+)\n(.-)%f[$]" do
        steps[#steps + 1] = { command = command, expected = expected }
      end
    end
  end
  return steps
end

-- Numbers, times and run's names are one machine's; so are notes.
local function masked(text)
  text = text:gsub("      note: [^\n]*\n", ""):gsub("%d+T%d+Z%-%d+", "RUN"):gsub("%d+%.%d+ s", "N s")
  return (text:gsub("got %d+", "got N"))
end

-- "..." ends a line that goes on, or stands for lines.
local function is_like(expected, got)
  local pattern = expected:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0"):gsub("%%%.%%%.%%%.", ".-")
  return got:find("^" .. pattern .. "$") ~= nil
end

describe("README's first scenario", function()
  local rig = moonrig.new()
  local steps = steps_of(SECTION)

  setup(function()
    assert(engine.fs.mkdir(rig.work .. "/scripts"))
    assert(engine.fs.mkdir(rig.work .. "/scripts/mine"))
    assert(engine.fs.mkdir(rig.work .. "/results"))
    assert(engine.fs.symlink(rig.exe, rig.work .. "/moonrig"))
  end)

  it("has steps", function()
    local files, commands = 0, 0
    for _, step in ipairs(steps) do
      if step.file then files = files + 1 else commands = commands + 1 end
    end
    assert.equal(1, files)
    assert.is_true(commands >= 7)
  end)

  for i, step in ipairs(steps) do
    it(("step %d: %s"):format(i, step.file or step.command), function()
      if step.file then return rig:write(step.file, step.text) end
      local r = assert(engine.here():run({ "sh", "-c", step.command },
        { cwd = rig.work, env = { "TMPDIR=" .. rig.tmp }, timeout = 120 }))
      local expected, got = masked(step.expected), masked(r.out .. r.err)
      assert(is_like(expected, got), ("README says:\n%s\nit prints:\n%s"):format(expected, got))
    end)
  end

  it("leaves nothing", function()
    assert.equal("", rig:leftovers())
    rig:remove()
  end)
end)
