---@meta

--- A scenario's header; a scenario file returns rig.case{...}.
---@class rig.Header
---@field name string the claim
---@field run fun(t: t, ...: any) the steps
---@field needs? string[] testpmd, vm, examples, hugepages, root, kvm
---@field setup? fun(t: t): any brings up the rig; run gets its results behind t
---@field timeout? number seconds for setup and run together (300)
---@field plan? string the test plan, if it is not the folder's name
---@field known_issue? table { why, says }: XFAIL if the failure matches `says` (Lua patterns), XPASS without a failure
---@field cpus? number processors that it needs (0.1: a tenth of one), for -j auto
---@field memory? number MiB that it needs, for -j auto

--- The global of a scenario file.
---@class rig
rig = {}

--- Makes a scenario from its header.
---@param header rig.Header
---@return table
function rig.case(header) end
