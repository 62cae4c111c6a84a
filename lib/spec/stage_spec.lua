-- stage: the supervisor knows the last one that a worker could tell whole.

local engine = require "engine"

if not engine.here then return end -- outside of the engine there is nothing to run

local stage = require "stage"

describe("a worker's stage", function()
  local dir

  before_each(function() dir = engine.scratch() end)
  after_each(function() engine.fs.rmtree(dir) end)

  local function write(text)
    local f = assert(io.open(dir .. "/.stage", "ab"))
    f:write(text)
    f:close()
  end

  it("is the last that was told", function()
    assert.same({ name = "start" }, stage.read(dir))
    stage.tell(dir, "run")
    assert.equal("run", stage.read(dir).name)
    stage.tell(dir, "pause", nil, 3)
    assert.equal(3, stage.read(dir).seconds)
    stage.tell(dir, "run", 12.5)
    assert.same({ name = "run", at = 12.5, pid = engine.sys.pid() }, stage.read(dir))
    stage.tell(dir, "teardown")
    assert.equal("teardown", stage.read(dir).name)
    stage.forget(dir)
    assert.same({ name = "start" }, stage.read(dir))
  end)

  it("is none that was told in part", function()
    write '{"name":"ru'
    assert.same({ name = "start" }, stage.read(dir))
    write 'n","at":1}\n{"name":"tear'
    assert.equal("run", stage.read(dir).name)
    stage.tell(dir, "pause")
    assert.equal("pause", stage.read(dir).name)
  end)

  it("that cannot be told is nobody's error", function()
    stage.tell(dir .. "/absent", "run")
    assert.same({ name = "start" }, stage.read(dir .. "/absent"))
  end)
end)
