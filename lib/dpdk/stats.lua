--- stats: counters of a DPDK process, by its telemetry socket.

local engine = require "engine"
local fail = require "base.fail"
local identity = require "host.identity"
local options = require "base.options"
local show = require "base.show"

local stats = {}

-- Its contract is lib/help/stubs/telemetry.lua.
local Telemetry = {}
local class = options.class("telemetry", Telemetry, "telemetry client")

-- Nobody listens there. Over SSH, socat exits.
local NOBODY = { ENOENT = true, ECONNREFUSED = true, EPIPE = true }

--- Connects to a primary process's telemetry socket on a node (DPDK telemetry v2).
function stats.telemetry(node, path, seconds)
  local client, err = engine.telemetry(node, path, { timeout = seconds or 15 })
  if not client then
    local what = ("%s: %s"):format(path, err.what)
    if NOBODY[err.code] then what = what .. "; is a primary process with this file prefix running?" end
    fail.raise(err.code, "telemetry connect", what, err.tail)
  end
  return setmetatable({ client = client }, class)
end

--- As stats.telemetry, for the socket of one of these programs of the case: an array of { node, console, identity }. An
--- answer of another process is an error.
function stats.telemetry_of(programs, node, path, seconds)
  local client = stats.telemetry(node, path, seconds)
  local ok, err = pcall(identity.meet, path, programs, client:greeting())
  if ok then return client end
  client:close()
  error(err, 0)
end

function Telemetry:ask(command, seconds) return fail.check(self.client:ask(command, seconds or 10)) end

-- A reply that must be a table (JSON's null is none).
local function ask_table(self, command)
  local reply = self:ask(command)
  if type(reply) == "table" then return reply end
  fail.raise("EPROTO", "telemetry " .. command, "the reply is no table: " .. show.value(reply))
end

function Telemetry:ports()
  local ports = ask_table(self, "/ethdev/list")
  for _, port in ipairs(ports) do
    if type(port) ~= "number" then fail.raise("EPROTO", "telemetry /ethdev/list", "a port id that is no number") end
  end
  return ports
end

function Telemetry:port(port) return ask_table(self, "/ethdev/stats," .. port) end

function Telemetry:info(port) return ask_table(self, "/ethdev/info," .. port) end

function Telemetry:extended(port) return ask_table(self, "/ethdev/xstats," .. port) end

function Telemetry:greeting() return self.client:greeting() end

function Telemetry:close() return self.client:close() end

return stats
