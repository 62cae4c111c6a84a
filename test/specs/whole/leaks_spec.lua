-- leaks: a file of specs that leaves something behind fails, whatever it is; one that does not passes.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig

before_each(function()
  rig = moonrig.new()
  assert(engine.fs.mkdir(rig.work .. "/cache"))
end)

after_each(function() rig:remove() end)

-- Runs a spec whose file holds `text`, in a cache of its own; { status, what was printed }.
local function run(text)
  local file = rig:write("one_spec.lua", ([[
local engine = require "engine"
require("leaks").patience = 0.3
it("passes", function()
  %s
end)]]):format(text))
  return rig:call({ "_lua", moonrig.SPECS, file }, { "MOONRIG_CACHE=" .. rig.work .. "/cache" })
end

local function leaves(words, text)
  local code, out = run(text)
  assert.equal(1, code, out)
  assert.matches("1 success / 0 failures / 1 error / 0 pending", out)
  assert.matches("one_spec.lua leaves behind:\n.*  " .. words, out)
end

describe("what a file of specs leaves behind", function()
  it("is nothing where all is closed, or ends soon", function()
    local code, out = run [[
local folder = engine.scratch()
local file = io.open(folder .. "/file", "w")
local console = engine.here():spawn({ "cat" }, { name = "cat", pipes = true })
console:close(5)
engine.fs.rmtree(folder)
os.execute "sleep 0.1 &"]]
    assert.equal(0, code, out)
    assert.matches("1 success / 0 failures / 0 errors / 0 pending", out)
  end)

  it("is a resource", function()
    leaves('open console "cat"', [[engine.here():spawn({ "cat" }, { name = "cat", pipes = true })]])
  end)

  it("is a process, and one that has lost its parent", function()
    leaves("process %d+ %(sleep%) S: sleep 9", [[os.execute "(sleep 9 & sleep 0.01) &"]])
  end)

  it("is a descriptor", function()
    leaves("descriptor %d+ %(/dev/null%)", [[engine.kept = io.open "/dev/null"]])
    leaves("descriptor %d+ %(.*/cache/held%)", [[engine.fs.lock(os.getenv "MOONRIG_CACHE" .. "/held")]])
    leaves("descriptor %d+ %(socket:", [[engine.kept = engine.listen(os.getenv "TMPDIR" .. "/s")]])
  end)

  it("is a file", function()
    leaves("file /.*/moonrig%-%w+\n", [[engine.scratch()]])
    leaves("file /.*/lua", [[io.open(os.getenv "TMPDIR" .. "/lua", "w"):close()]])
  end)

  it("is an entry in the cache of a process that is gone", function()
    leaves("cache entry journal/99999999.1\n", [[io.open(os.getenv "MOONRIG_CACHE" .. "/journal/99999999.1", "w"):close()]])
  end)
end)
