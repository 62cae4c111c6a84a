-- stage: the supervisor knows the last one that a worker could tell whole.

local engine = require "engine"

local worker_phase = require "run.worker_phase"

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
    assert.same({ name = "start" }, worker_phase.read(dir))
    worker_phase.tell(dir, "run")
    assert.equal("run", worker_phase.read(dir).name)
    worker_phase.tell(dir, "pause", nil, 3)
    assert.equal(3, worker_phase.read(dir).seconds)
    worker_phase.tell(dir, "run", 12.5)
    assert.same({ name = "run", at = 12.5, pid = engine.sys.pid() }, worker_phase.read(dir))
    worker_phase.tell(dir, "teardown")
    assert.equal("teardown", worker_phase.read(dir).name)
    worker_phase.forget(dir)
    assert.same({ name = "start" }, worker_phase.read(dir))
  end)

  it("is none that was told in part", function()
    write '{"name":"ru'
    assert.same({ name = "start" }, worker_phase.read(dir))
    write 'n","at":1}\n{"name":"tear'
    assert.equal("run", worker_phase.read(dir).name)
    worker_phase.tell(dir, "pause")
    assert.equal("pause", worker_phase.read(dir).name)
  end)

  it("that cannot be told is nobody's error", function()
    worker_phase.tell(dir .. "/absent", "run")
    assert.same({ name = "start" }, worker_phase.read(dir .. "/absent"))
  end)
end)
