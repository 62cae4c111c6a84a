---@meta

--- The machine protocol of QEMU: vm.qmp:execute "query-status".
---@class qmp
local qmp = {}

--- Sends a command. Returns the answer; a refusal is an error.
---@param command text
---@param arguments? table
---@param seconds? seconds (10)
---@return any
function qmp:execute(command, arguments, seconds) end

--- The present place in the list of events. Take it before the action whose event you await.
---@return number
function qmp:mark() end

--- Waits for an event behind the mark that has all fields of `match`. Returns the event.
---@param event text
---@param match? table
---@param mark number
---@param seconds? seconds (10)
---@return table
function qmp:await(event, match, mark, seconds) end
