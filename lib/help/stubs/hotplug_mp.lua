---@meta

--- hotplug_mp at its prompt. It has the methods of `process`, too.
---@class hotplug_mp: process
local hotplug_mp = {}

--- `list`: an array of { port, device }, and by_device, by_port.
---@param seconds? seconds (20)
---@return table
function hotplug_mp:list(seconds) end

--- `attach DEVARGS`: { ok, words = the reply, log = the EAL's lines }. A refusal is a value, too.
---@param devargs string
---@param seconds? seconds (20)
---@return table
function hotplug_mp:attach(devargs, seconds) end

--- `detach DEVARGS`: { ok, words, log }.
---@param devargs string
---@param seconds? seconds (20)
---@return table
function hotplug_mp:detach(devargs, seconds) end
