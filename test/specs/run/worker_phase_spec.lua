-- worker_phase: the supervisor reads the last whole line that a worker wrote.

local engine = require "engine"

local worker_phase = require "run.worker_phase"

describe("a worker's phase", function()
  local dir

  before_each(function() dir = engine.scratch() end)
  after_each(function() engine.fs.rmtree(dir) end)

  local function write(text)
    local f = assert(io.open(dir .. "/.worker_phase", "ab"))
    f:write(text)
    f:close()
  end

  it("is the last one", function()
    assert.same({ name = "start" }, worker_phase.read(dir))
    worker_phase.report(dir, "run")
    assert.equal("run", worker_phase.read(dir).name)
    worker_phase.report(dir, "pause", nil, 3)
    assert.equal(3, worker_phase.read(dir).seconds)
    worker_phase.report(dir, "run", 12.5)
    assert.same({ name = "run", at = 12.5, pid = engine.sys.pid() }, worker_phase.read(dir))
    worker_phase.report(dir, "teardown")
    assert.equal("teardown", worker_phase.read(dir).name)
    worker_phase.remove(dir)
    assert.same({ name = "start" }, worker_phase.read(dir))
  end)

  it("is no line that was cut", function()
    write '{"name":"ru'
    assert.same({ name = "start" }, worker_phase.read(dir))
    write 'n","at":1}\n{"name":"tear'
    assert.equal("run", worker_phase.read(dir).name)
    worker_phase.report(dir, "pause")
    assert.equal("pause", worker_phase.read(dir).name)
  end)

  it("raises nothing where it cannot be written", function()
    worker_phase.report(dir .. "/absent", "run")
    assert.same({ name = "start" }, worker_phase.read(dir .. "/absent"))
  end)
end)
