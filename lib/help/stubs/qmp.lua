---@meta

--- QEMU's machine protocol: vm.qmp:execute "query-status".
---@class qmp
local qmp = {}

--- One command. Returns its answer; a refusal is an error.
---@param command text
---@param arguments? table
---@param seconds? seconds (10)
---@return any
function qmp:execute(command, arguments, seconds) end

--- A place among the events: take it before what an event is awaited of.
---@return number
function qmp:mark() end

--- Waits for an event behind the mark that has all of `match`. Returns the event.
---@param event text
---@param match? table
---@param mark number
---@param seconds? seconds (10)
---@return table
function qmp:await(event, match, mark, seconds) end
