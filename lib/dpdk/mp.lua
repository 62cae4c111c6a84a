--- mp: DPDK's multi-process examples, or any DPDK program, primary or secondary.

local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local options = require "base.options"
local parse = require "dpdk.parse"
local paths = require "base.paths"
local process = require "dpdk.process"
local suggest = require "base.suggest"

local mp = {}

-- Its contract is lib/help/stubs/mp.lua.
local Mp = {}
local class = process.class("mp", Mp, "DPDK process")

--- The path of one of DPDK's examples on this machine, where they are not in $PATH; nil for other programs.
function mp.located(kind, ctx, node, program)
  if not node:is_here() or program:find "/" or paths.program(program) then return nil end
  local built = image.find()
  if built then
    image.verify(built)
    ctx:image(built.id)
  end
  local path = built and ("%s/%s"):format(built.examples, program)
  if path and engine.fs.access(path, "x") then return path end
  local examples = built and engine.fs.list(built.examples) or {}
  fail.misuse("%s: %s is not on PATH and none of DPDK's examples%s%s", kind, program,
    suggest.hint(program, examples), built and "" or ": `moonrig setup` builds those")
end

--- Starts a DPDK process on a node; waits for `ready` where it is given. Options: engine/prim/mp.c.
function mp.start(ctx, given, node)
  local o = options.take("mp", given, options.of "mp")
  return process.start("mp", ctx, node, o, class, mp.located("mp", ctx, node, o.program))
end

function Mp:statistics()
  local text = self:last_words()
  return process.parsed(self:name() .. ": statistics", text, parse.symmetric_stats(text))
end

return mp
