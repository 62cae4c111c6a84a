--- passthrough: what a terminal can take over: a console of the case's, a guest's shell.

local engine = require "engine"
local suggest = require "base.suggest"

local passthrough = {}

local READY = 20 -- seconds

-- A shell on a guest, with the size of the terminal that it is for, and its echo, which our ptys have not: without it
-- BusyBox edits no line either. It starts at a newline of ours, typed once the terminal is so: what a person types
-- before would be typed unseen.
local function shell(vm, size)
  local node = vm.node
  local words = ("stty echo rows %d cols %d 2>/dev/null; echo ready; read -r go; exec ${SHELL:-/bin/sh} -i"):format(
    tonumber(size.rows) or 24, tonumber(size.columns) or 80)
  local env = { "TERM=" .. (size.term or "vt100") }
  local console, err = node:spawn({ "sh", "-c", words }, { name = "shell", env = env })
  if not console then return nil, tostring(err) end
  local is_ready
  is_ready, err = console:expect("ready\n", READY)
  if not is_ready then
    console:close(5)
    return nil, tostring(err)
  end
  console:type "\n"
  return console:keep()
end

--- A console by its name; "shell" is a new shell on the guest, "shell-2" on that whose serial console is "serial-2".
--- size: { rows, columns, term } of the terminal. nil and why where there is none.
function passthrough.find(ctx, name, size)
  local names, seen = {}, {}
  local function add(one)
    if not seen[one] then names[#names + 1] = one end
    seen[one] = true
  end
  for _, console in ipairs(engine.consoles()) do
    if console:name() == name and not console:exit() then return console end
    if not console:exit() then add(console:name()) end
  end
  for _, vm in ipairs(ctx.machines) do
    -- one that was not launched yet has none
    local serial = rawget(vm, "serial")
    local its = serial and serial:name():gsub("^serial", "shell")
    if its and name == its then return shell(vm, size) end
    if its then add(its) end
  end
  return nil, ("there is no console %s%s; there are: %s"):format(name, suggest.hint(name, names),
    #names > 0 and table.concat(names, ", ") or "none")
end

return passthrough
