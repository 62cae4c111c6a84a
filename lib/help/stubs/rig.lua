---@meta

--- A scenario's header; a scenario file returns rig.case{...}.
---@class rig.Header
---@field name string what is claimed
---@field run fun(t: t, ...: any) the steps
---@field needs? string[] testpmd, vm, examples, hugepages, root, kvm
---@field setup? fun(t: t): any brings up what the steps need; run gets what it returns behind t
---@field timeout? number seconds for setup and run together (300)
---@field plan? string the test plan, where it is not the folder's name
---@field known_issue? table { why, says }: fails as `says` (Lua patterns) match: XFAIL; passes: XPASS
---@field cpus? number processors it takes, for -j auto
---@field memory? number MiB it takes, for -j auto

--- What a scenario file sees beside Lua's own.
---@class rig
rig = {}

--- Makes a scenario of its header.
---@param header rig.Header
---@return table
function rig.case(header) end
