-- relay_mark: how a shim reports to trial.lua that its fault acted, or that the shim itself failed. On the host it
-- writes a file in $MOONRIG_SHIM_MARKS. In a guest it prints a line on the console, and QEMU's relay writes the file.

local mark = {}

local FOLDER = os.getenv "MOONRIG_SHIM_MARKS"
local LINE = "moonrig-shim: "
local is_fired = false

local function put(name, text)
  local f = io.open(FOLDER and ("%s/%s"):format(FOLDER, name) or "/dev/console", "w")
  if not f then return end
  f:write(FOLDER and "" or LINE .. name .. " ", text, "\n")
  f:close()
end

--- The fault acted. Only the first call reports.
function mark.fire()
  if is_fired then return end
  is_fired = true
  put("fired", "")
end

--- The shim itself failed: the verdict of this run proves nothing.
function mark.fail(why) put("shim_error", (tostring(why):gsub("%s+", " "))) end

--- Is this line of a guest's console the report of its shim? Then it is written to the host's file.
function mark.relays(line)
  local name, text = line:match(LINE:gsub("%p", "%%%0") .. "([%l_]+) ([^\r\n]*)")
  if name then put(name, text) end
  return name ~= nil
end

-- A hook that returns its text unchanged did not act.
local function filtering(fn)
  return function(text, ...)
    local new = fn(text, ...)
    if new ~= text then mark.fire() end
    return new
  end
end

--- fn, whose call counts as the fault.
function mark.acting(fn)
  return function(...)
    mark.fire()
    return fn(...)
  end
end

local HOOKS = { line = filtering, prompt = filtering, bytes = filtering, input = filtering, start = mark.acting,
  begun = mark.acting, signal = mark.acting, final = mark.acting, argv = mark.acting, ready = mark.acting,
  accepted = mark.acting }

--- A fault's hooks, which report when they act.
function mark.hooks(own)
  for key, wrap in pairs(HOOKS) do own[key] = own[key] and wrap(own[key]) end
  if own.socket then mark.hooks(own.socket) end
  return own
end

--- Does a fault have no hooks? Then it counts as injected once its program runs.
function mark.is_bare(own)
  local socket = own.socket or {}
  for key in pairs(HOOKS) do
    if own[key] or socket[key] then return false end
  end
  return not own.guest
end

return mark
