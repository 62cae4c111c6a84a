---@meta

--- What t:spawn gives.
---@class task
local task = {}

--- Waits for its end. Returns what fn returned.
---@param seconds? seconds
---@return any
function task:join(seconds) end
