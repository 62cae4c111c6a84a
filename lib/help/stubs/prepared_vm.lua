---@meta

--- A QEMU with a guest that does not run yet.
---@class prepared_vm
local prepared_vm = {}

--- Runs the guest and logs in. A vhost-user port with server = true blocks QEMU until its backend connects:
--- start testpmd first. A second launch is an error.
---@return vm
function prepared_vm:launch() end
