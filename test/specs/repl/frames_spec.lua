-- The locals of a scenario's functions, as the prompt sees them. (A spec counts as a scenario's file: lib/base/where.lua.)

local frames = require "repl.frames"

local outer = "an upvalue"

-- The text of the line where it is.
local function line_of(scope)
  local number = 0
  for line in io.lines(scope.file) do
    number = number + 1
    if number == scope.line then return line end
  end
end

local function steps(yield)
  local port, name = 5, "first"
  do
    local name = "inner" -- luacheck: ignore
    yield()
    assert(name)
  end
  assert(outer)
  return port, name
end

describe("the locals of a task that waits", function()
  local co, scope
  before_each(function()
    co = coroutine.create(steps)
    assert(coroutine.resume(co, coroutine.yield))
    scope = frames.live(co)
  end)

  it("are read, the innermost of a name, and upvalues", function()
    assert.same({ true, 5 }, { scope:get "port" })
    assert.same({ true, "inner" }, { scope:get "name" })
    assert.same({ true, "an upvalue" }, { scope:get "outer" })
    assert.same({ false }, { scope:get "absent" })
  end)

  it("are set, and the task goes on with that", function()
    assert.is_true(scope:set("port", 7))
    assert.is_false(scope:set("absent", 7))
    local _, port, name = coroutine.resume(co)
    assert.same({ 7, "first" }, { port, name })
  end)

  it("are listed, with the place", function()
    assert.same({ "name", "outer", "port", "yield" }, scope:names())
    assert.matches("frames_spec.lua$", scope.file)
    assert.matches("yield%(%)", line_of(scope))
  end)
end)

describe("the locals of what failed", function()
  local function fails(depth)
    local here, nothing = depth, nil
    if depth > 0 then
      fails(depth - 1)
      return nothing
    end
    error(tostring(here))
  end

  it("are kept as they were, the innermost first", function()
    local _, scope = xpcall(fails, frames.caught, 2)
    assert.same({ true, 0 }, { scope:get "here" })
    assert.same({ true, 0 }, { scope:get "depth" })
    assert.same({ true }, { scope:get "nothing" })
    assert.matches("error%(tostring", line_of(scope))
  end)

  it("can be set for the prompt", function()
    local _, scope = xpcall(fails, frames.caught, 0)
    assert.is_true(scope:set("here", 9))
    assert.same({ true, 9 }, { scope:get "here" })
  end)
end)

describe("a function that is about to be called", function()
  it("has its parameters by their names", function()
    local scope = frames.awaiting(function(t, port) return t, port end, "case", 5, "one too many")
    assert.same({ true, "case" }, { scope:get "t" })
    assert.same({ true, 5 }, { scope:get "port" })
    assert.same({ "port", "t" }, scope:names())
  end)
end)

describe("the locals of what returned", function()
  local function set_up()
    local port, made = 1, "a rig"
    return port, made
  end
  local function run(port, rig)
    local count = 2
    for step = 1, 3 do count = count + step end
    if rig == "fails" then error "at its end" end
    return count + port
  end
  local WATCHED = { [set_up] = true, [run] = true }

  local function after(fn) return frames.call_watched(WATCHED, fn) end

  it("are those of the steps, and of the setup where the steps have none of that name", function()
    local ok, sum, scope = after(function()
      local port, rig = set_up()
      return (run(port + 1, rig))
    end)
    assert.same({ true, 10 }, { ok, sum })
    assert.same({ true, 2 }, { scope:get "port" })
    assert.same({ true, "a rig" }, { scope:get "rig" })
    assert.same({ true, "a rig" }, { scope:get "made" })
    assert.same({ true, 8 }, { scope:get "count" })
    assert.same({ false }, { scope:get "step" })
    assert.is_true(scope:set("count", 9))
    assert.same({ true, 9 }, { scope:get "count" })
    assert.matches("return count %+ port", line_of(scope))
  end)

  it("are there after an error, too", function()
    local ok, why, scope, trace = after(function() run(set_up(), "fails") end)
    assert.is_false(ok)
    assert.matches("at its end", why)
    assert.matches("in function 'run'", trace)
    assert.same({ true, "a rig" }, { scope:get "made" })
    assert.same({ true, 8 }, { scope:get "count" })
  end)

  it("are none, where nothing returned", function()
    local _, _, scope = frames.call_watched({}, function() return 1 end)
    assert.same({}, scope:names())
    assert.is_nil(scope.file)
  end)
end)
