--- work: how much a function does, counted without a clock: instructions of Lua, patterns' steps among them, and bytes
--- of new strings and tables.

local patterns = require "specs.patterns"

local work = {}

-- Work that is quadratic would be far above this for the sizes here.
local MOST = 2e8

-- What C does unseen, and not in proportion to the bytes that it returns.
local REPLACED = { "find", "match", "gmatch", "gsub" }

local function with_patterns(fn)
  local real, library = {}, package.loaded.string
  for _, name in ipairs(REPLACED) do real[name], library[name] = library[name], patterns[name] end
  local ok, err = pcall(fn)
  for name, f in pairs(real) do library[name] = f end
  return ok, err
end

--- The work of fn(): { instructions, bytes }. The same call twice does the same.
function work.of(fn)
  local instructions, was_compiled = 0, jit.status()
  jit.off()
  jit.flush()
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  debug.sethook(function()
    instructions = instructions + 10
    if instructions > MOST then error("more than " .. MOST .. " instructions", 0) end
  end, "", 10)
  local ok, err = with_patterns(fn)
  debug.sethook()
  local bytes = (collectgarbage "count" - before) * 1024
  collectgarbage "restart"
  if was_compiled then jit.on() end
  if not ok then error(err, 0) end
  return { instructions = instructions, bytes = bytes }
end

--- Asserts that fn(make(2 * n)) does about twice the work of fn(make(n)): four times would be quadratic. Returns both.
function work.assert_linear(fn, make, n)
  local short, long = make(n), make(2 * n)
  fn(make(1)) -- what is made once and kept, as a module that is loaded
  local one, two = work.of(function() fn(short) end), work.of(function() fn(long) end)
  for _, what in ipairs { "instructions", "bytes" } do
    assert(two[what] <= 2.5 * one[what] + 1000, ("%s: %d for %d, %d for %d"):format(what, one[what], n, two[what], 2 * n))
  end
  return one, two
end

return work
