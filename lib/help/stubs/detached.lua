---@meta

--- A program that goes on when its SSH session ends (t:detached). Its output is kept in a file on the node. Without a
--- session for a minute it is ended there; so it is when moonrig was killed.
---@class detached
---@field console console its output, and its input, over the present session
local detached = {}

--- Joins it over another session to the same machine: after node:close() and t:node{...}, or after a migration. The new
--- console has what it printed since the old one's last byte.
---@param node node
function detached:rejoin(node) end

--- Sends a signal to its process group.
---@param name signal
function detached:signal(name) end

--- Waits until it exits. Returns { code }: 128 and the signal's number if a signal ended it.
---@param seconds? seconds (15)
---@return table
function detached:wait(seconds) end

--- Kills it and removes its files on the node. Not needed: the end of the case does it.
function detached:stop() end
