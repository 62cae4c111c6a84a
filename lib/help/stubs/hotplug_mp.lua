---@meta

--- hotplug_mp with its prompt. It also has the methods of `process`.
---@class hotplug_mp: process
local hotplug_mp = {}

--- `list`: an array of { port, device }, with the tables by_device and by_port.
---@param seconds? seconds (20)
---@return table
function hotplug_mp:list(seconds) end

--- `attach DEVARGS`. Returns { ok, words = the reply, log = lines of the EAL }. A refusal is a value, not an error.
---@param devargs string
---@param seconds? seconds (20)
---@return table
function hotplug_mp:attach(devargs, seconds) end

--- `detach DEVARGS`. Returns { ok, words, log } as attach does.
---@param devargs string
---@param seconds? seconds (20)
---@return table
function hotplug_mp:detach(devargs, seconds) end
