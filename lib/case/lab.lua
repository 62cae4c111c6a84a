--- lab: a machine of the case's that is reached by SSH, and what its login shell does there.

local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"
local options = require "base.options"

local lab = {}

local NODE = { name = { "text" }, host = { "text", needed = true }, port = { "port" }, user = { "text" },
  key = { "text", needed = true }, host_key = { "host_key", needed = true }, timeout = { "span" } }

-- Any byte as a person may see it.
local function quoted(text) return ('"%s"'):format((text:gsub("%s+$", ""):gsub("[%c\127-\255]", "?"))) end

-- Each command is started by the login shell: one that starts none, or that prints, is named before it is blamed on
-- a command.
local function check_shell(ctx, node)
  local r = fail.check(node:run { "echo", "moonrig" })
  if r.out ~= "moonrig\n" then
    local words = lines.last(r.err .. r.out, 1)
    fail.raise("ENOEXEC", "ssh", ("%s: its login shell starts no command: it ended with %s and printed %s"):format(
      node:name(), r.signal or "exit status " .. tostring(r.code), quoted(words)))
  end
  local printed = node:preamble()
  if printed ~= "" then
    ctx:notice(("%s: its login shell prints before each command, which is left out of the output: %s"):format(
      node:name(), quoted(printed:match "[^\n]*")))
  end
end

--- Connects (t:node).
function lab.node(ctx, given)
  local o = options.take("t:node", given, NODE)
  if not engine.fs.access(o.key, "r") then fail.misuse("t:node: option key: there is no file %s to read", o.key) end
  o.name = o.name or o.host
  local node = fail.check(engine.ssh(o))
  check_shell(ctx, node)
  return node
end

return lab
