--- mp: DPDK's multi-process examples, or any DPDK program, primary or secondary.

local options = require "base.options"
local parse = require "dpdk.parse"
local process = require "dpdk.process"

local mp = {}

-- Its contract is lib/help/stubs/mp.lua.
local Mp = {}
local class = process.class("mp", Mp, "DPDK process")

--- Starts a DPDK process on a node; waits for `ready` where it is given. Options: engine/prim/mp.c.
function mp.start(ctx, given, node)
  local o = options.take("mp", given, options.of "mp")
  return process.start("mp", ctx, node, o, class)
end

function Mp:statistics()
  local text = self:last_words()
  return process.parsed(self:name() .. ": statistics", text, parse.symmetric_stats(text))
end

return mp
