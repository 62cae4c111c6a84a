--- kind: the kinds of arguments and options, their tests and their words.

local show = require "base.show"

local kind = {}

-- Longer than any wait of a scenario: detects milliseconds.
local LONGEST_SECONDS = 1e6

local function of_type(name)
  return function(value) return type(value) == name end
end

local function like(pattern)
  return function(value) return type(value) == "string" and value:find(pattern) ~= nil end
end

local function is_whole(value, least)
  return type(value) == "number" and value % 1 == 0 and value >= least and value < 2 ^ 31
end

-- Without `of`: an array of anything.
local function array(of)
  return function(value)
    if type(value) ~= "table" then return false end
    local n = 0
    for key, one in pairs(value) do
      if type(key) ~= "number" or of and not of(one) then return false end
      n = n + 1
    end
    return n == #value
  end
end

-- A handle of the engine's prints as its kind and its name.
local function is_node(value) return type(value) == "userdata" and tostring(value):find "^node " ~= nil end

local SIGNALS = { INT = true, TERM = true, KILL = true, STOP = true, CONT = true, HUP = true, USR1 = true, USR2 = true,
  QUIT = true }

--- Name → { its words, the test, the type in a stub (lib/help/stubs) }.
kind.all = {
  any = { "anything", function() return true end, "any" },
  string = { "a string", of_type "string", "string" },
  text = { "a string that is not empty", like ".", "string" },
  number = { "a number", of_type "number", "number" },
  boolean = { "true or false", of_type "boolean", "boolean" },
  table = { "a table", of_type "table", "table" },
  ["function"] = { "a function", of_type "function", "fun" },
  node = { "a node (t:here(), vm.node, t:node{...})", is_node, "node" },
  words = { "an array of strings", array(of_type "string"), "string[]" },
  -- engine/bind/bind_arg.c looks into it
  env = { 'variables, { NAME = "value" }', of_type "table", "table<string, string>" },
  -- lib/dpdk/vdev.lua and lib/vm/topology.lua look into each
  vdevs = { 'an array of vdevs, { { "net_vhost0", iface = "vhost-net" }, ... }', array(), "table[]" },
  ports = { 'an array of ports, { { socket = "vhost-net", mac = "..." }, ... }', array(), "vm.Port[]" },
  whole = { "a whole number of 0 or more", function(v) return is_whole(v, 0) end, "number" },
  count = { "a whole number of 1 or more", function(v) return is_whole(v, 1) end, "number" },
  share = { "a number above 0", function(v) return type(v) == "number" and v > 0 and v < math.huge end, "number" },
  mac = { "a MAC address like 52:54:00:00:00:02", like("^" .. ("%x%x:"):rep(5) .. "%x%x$"), "string" },
  slot = { 'a place on pcie.0 like "05.0"', like "^%x%x?%.?[0-7]?$", "string" },
  port = { "a port, 1 to 65535", function(v) return is_whole(v, 1) and v < 65536 end, "number" },
  host_key = { 'a host key, one line like "ssh-ed25519 AAAA..."', like "^%S+ AAAA%S+", "string" },
  signal = { "INT, TERM, KILL, STOP, CONT, HUP, USR1, USR2 or QUIT", function(v) return SIGNALS[v] == true end,
    "string" },
  span = { "seconds, above 0 and up to 1000000", function(v)
    return type(v) == "number" and v > 0 and v <= LONGEST_SECONDS
  end, "number" },
  seconds = { "seconds, 0 to 1000000", function(v)
    return type(v) == "number" and v >= 0 and v <= LONGEST_SECONDS
  end, "number" },
}

--- Is `value` of one of `kinds` ("string|words")?
function kind.fits(value, kinds)
  for name in kinds:gmatch "[^|]+" do
    if kind.all[name][2](value) then return true end
  end
  return false
end

--- "a string or an array of strings".
function kind.words(kinds)
  local out = {}
  for name in kinds:gmatch "[^|]+" do out[#out + 1] = kind.all[name][1] end
  return table.concat(out, " or ")
end

local LONGEST = 60

--- A given value: "nothing", "true", "a number (5)", 'a string ("2")', 'a node "vm"'.
function kind.given(value)
  local name = type(value)
  if value == nil then return "nothing" end
  if name == "boolean" then return tostring(value) end
  if name == "function" or name == "thread" then return "a " .. name end
  if name == "userdata" then return show.value(value, LONGEST) end
  return ("a %s (%s)"):format(name, show.value(value, LONGEST))
end

--- A default of engine/prim ("30", "true", "vhost") as a value of the first of `kinds`.
function kind.parsed(text, kinds)
  local name = kinds:match "^[^|]+"
  if name == "boolean" then return text == "true" end
  return kind.all[name][3] == "number" and tonumber(text) or text
end

--- The type in a stub for `kinds`: "string|number".
function kind.type(kinds)
  return (kinds:gsub("[^|]+", function(name) return kind.all[name][3] end))
end

--- "expected a string, got a number (5)".
function kind.refusal(value, kinds)
  return ("expected %s, got %s"):format(kind.words(kinds), kind.given(value))
end

return kind
