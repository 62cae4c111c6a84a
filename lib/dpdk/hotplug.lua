--- hotplug: DPDK's hotplug_mp at its prompt: list, attach, detach.

local engine = require "engine"
local options = require "base.options"
local parse = require "dpdk.parse"
local process = require "dpdk.process"
local sampler = require "dpdk.sampler"

local hotplug = {}

-- Its contract is lib/help/stubs/hotplug_mp.lua.
local Hotplug = {}
local class = process.class("hotplug_mp", Hotplug, "hotplug_mp process")

-- A request to the other processes fails after 5 s (EAL_MP's timeout), and an attach makes two.
local REPLY_SECONDS = 20

--- Starts hotplug_mp on a node and waits for its prompt. Options: engine/prim/hotplug.c.
function hotplug.start(ctx, given, node)
  local o = options.take("hotplug_mp", given, options.of "hotplug_mp")
  return process.start("hotplug_mp", ctx, node, o, class)
end

local function ask(self, verb, devargs, seconds)
  return self:command(engine.hotplug_line(verb, devargs), seconds or REPLY_SECONDS)
end

function Hotplug:list(seconds)
  local text = ask(self, "list", nil, seconds)
  return process.parsed(self:name() .. ": list", text, parse.device_list(text))
end

local function change(self, verb, devargs, seconds)
  sampler.finish_all(self.ctx, self.node)
  local text = ask(self, verb, devargs, seconds)
  local op = ("%s: %s %s"):format(self:name(), verb, devargs)
  return process.parsed(op, text, parse.hotplug_reply(verb, devargs, text))
end

function Hotplug:attach(devargs, seconds) return change(self, "attach", devargs, seconds) end

function Hotplug:detach(devargs, seconds) return change(self, "detach", devargs, seconds) end

return hotplug
