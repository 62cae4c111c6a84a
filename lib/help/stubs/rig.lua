---@meta

--- A scenario's header; a scenario file returns rig.case{...}.
---@class rig.Header
---@field name string the claim
---@field run fun(t: t, ...: any) the steps; behind t the row, if there are rows, and what setup returned
---@field each? table rows, each a case of its own: a list, or named lists of which each combination is a row; where(row) filters
---@field needs? string[] testpmd, vm, examples, hugepages, root, kvm
---@field setup? fun(t: t, row?: any): any brings up the rig; run gets its results
---@field tags? string[] words for `-t` and `-T`
---@field timeout? number seconds for setup and run together (300)
---@field plan? string the test plan that it covers
---@field case? string the test case of the plan that it covers
---@field known_issue? table { why, says, versions (of DPDK, "22.11 to 26.11") }: XFAIL if one matches, XPASS if none does; or several
---@field cpus? number processors that it needs (0.1: a tenth of one), for -j auto
---@field memory? number MiB that it needs, for -j auto

--- The global of a scenario file.
---@class rig
rig = {}

--- Makes a scenario from its header.
---@param header rig.Header
---@return table
function rig.case(header) end
