--- passthrough: a console of the case, or a guest's shell, for a terminal that is connected with it.

local engine = require "engine"
local fail = require "base.fail"
local show = require "base.show"
local suggest = require "base.suggest"

local passthrough = {}

local READY = 20 -- seconds

-- A shell on a guest, with the terminal's size. Our ptys have no echo, and BusyBox edits no line without it. The shell
-- starts at our newline, after stty: earlier input would not be echoed.
local function shell(vm, size)
  local node = vm.node
  local words = ("stty echo rows %d cols %d 2>/dev/null; echo ready; read -r go; exec ${SHELL:-/bin/sh} -i"):format(
    tonumber(size.rows) or 24, tonumber(size.columns) or 80)
  local env = { "TERM=" .. (size.term or "vt100") }
  local console, err = fail.try(node.spawn, node, { "sh", "-c", words }, { name = "shell", env = env })
  if not console then return nil, tostring(err) end
  local is_ready
  is_ready, err = fail.try(console.expect, console, "ready\n", READY)
  if not is_ready then
    pcall(console.close, console, 5)
    return nil, tostring(err)
  end
  console:type "\n"
  return console:keep()
end

--- A console by its name. "shell" is a new shell on the guest, "shell-2" on the guest with console "serial-2". size: {
--- rows, columns, term } of the terminal. nil and an error without one.
function passthrough.find(ctx, name, size)
  local open = {}
  for _, console in ipairs(engine.consoles()) do
    if console:name() == name and not console:exit() then return console end
    if not console:exit() then open[console:name()] = true end
  end
  for _, vm in ipairs(ctx.machines) do
    -- before its start a VM has none
    local serial = rawget(vm, "serial")
    local its = serial and serial:name():gsub("^serial", "shell")
    if its == name then return shell(vm, size) end
    if its then open[its] = true end
  end
  local names = show.sorted_keys(open)
  return nil, ("no console %s%s; open: %s"):format(name, suggest.hint(name, names),
    #names > 0 and table.concat(names, ", ") or "none")
end

return passthrough
