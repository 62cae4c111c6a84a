---@meta

--- One of DPDK's multi-process examples, or any other DPDK program. It also has the methods of `process`.
---@class mp: process
local mp = {}

--- The statistics that symmetric_mp prints at its end: { [port] = { rx, tx, drop } }. It is an error if
--- they are missing, doubled or cut.
---@return table
function mp:statistics() end
