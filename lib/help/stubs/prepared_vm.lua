---@meta

--- A QEMU with a guest that does not run yet.
---@class prepared_vm
---@field qmp qmp QEMU's machine protocol; mute while QEMU waits for the backend of a port with server = true
local prepared_vm = {}

--- Runs the guest and logs in. A vhost-user port with server = true blocks QEMU until its backend connects:
--- start testpmd first. A second launch is an error.
---@return vm
function prepared_vm:launch() end
