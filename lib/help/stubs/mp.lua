---@meta

--- One of DPDK's multi-process examples, or any other DPDK program. It has the methods of `process`, too.
---@class mp: process
local mp = {}

--- symmetric_mp's statistics, printed at its end: { [port] = { rx, tx, drop } }.
---@return table
function mp:statistics() end
