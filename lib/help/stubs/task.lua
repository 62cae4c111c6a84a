---@meta

--- A task of t:spawn.
---@class task
local task = {}

--- Waits until the task ends. Returns the results of fn, and raises its error.
---@param seconds? seconds (60)
---@return any
function task:join(seconds) end
