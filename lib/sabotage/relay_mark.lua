-- relay_mark: how the harness learns that a fault was put in: by a file, from a guest by a line on its console, which
-- QEMU's relay takes off. Part of relay.lua.

local mark = {}

local MARK = os.getenv "MOONRIG_SHIM_MARK"
local is_fired = false

--- The line on a guest's console.
mark.FIRED = "moonrig-shim: fired"

--- The fault was put in. Told once.
function mark.fire()
  if is_fired then return end
  is_fired = true
  local f = io.open(MARK or "/dev/console", "w")
  if f then
    f:write(mark.FIRED, "\n")
    f:close()
  end
end

-- A hook that gives back what it was given has done nothing.
local function filtering(fn)
  return function(text, ...)
    local new = fn(text, ...)
    if new ~= text then mark.fire() end
    return new
  end
end

--- fn, whose call puts the fault in.
function mark.acting(fn)
  return function(...)
    mark.fire()
    return fn(...)
  end
end

local FILTERS = { "line", "prompt", "bytes", "input" }
local ACTS = { "start", "begun", "signal", "final", "argv", "ready", "accepted" }

--- A fault's hooks, which tell when they do something.
function mark.hooks(own)
  for _, key in ipairs(FILTERS) do own[key] = own[key] and filtering(own[key]) end
  for _, key in ipairs(ACTS) do own[key] = own[key] and mark.acting(own[key]) end
  if own.socket then mark.hooks(own.socket) end
  return own
end

--- Does a fault have no hooks of its own? That its program runs is all, then.
function mark.is_bare(own)
  local socket = own.socket or {}
  for _, keys in ipairs { FILTERS, ACTS } do
    for _, key in ipairs(keys) do
      if own[key] or socket[key] then return false end
    end
  end
  return not own.guest
end

return mark
