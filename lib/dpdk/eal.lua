--- eal: the EAL's runtime folder, unique file prefixes, and hints for its errors.

local engine = require "engine"
local fail = require "base.fail"
local gcov = require "dpdk.gcov"
local releases = require "dpdk.releases"
local vdev = require "dpdk.vdev"

local eal = {}

--- The EAL's runtime folder on a node (lib/eal/unix/eal_filesystem.c) and the environment to give. Root's folder is
--- fixed, that of other users is below XDG_RUNTIME_DIR, our scratch folder. On other nodes: root's. `given`: the case's
--- own variables, or nil.
function eal.runtime(ctx, node, given)
  local scratch = ctx:scratch_on(node)
  local env = { "XDG_RUNTIME_DIR=" .. scratch, gcov.variable(ctx, node) }
  for name, value in pairs(given or {}) do
    if name == "XDG_RUNTIME_DIR" or tostring(value):find "^XDG_RUNTIME_DIR=" then
      fail.misuse "option env: XDG_RUNTIME_DIR is moonrig's own: the EAL's runtime folder is below it"
    end
    env[type(name) == "number" and #env + 1 or name] = value
  end
  if not node:is_here() or engine.sys.uid() == 0 then return "/var/run/dpdk", env end
  return scratch .. "/dpdk", env
end

-- Removes the runtime folder ($2) of a prefix ($1) and its files in hugetlbfs (engine/guard/huge.c).
local REMOVE = 'rm -rf "$2"; while read -r d m t r; do '
  .. '[ "$t" != hugetlbfs ] || rm -f "$m/$1"map_[0-9]*; done </proc/mounts'

-- The EAL's files for a prefix are removed at the case's end.
local function own(ctx, node, prefix, runtime)
  local folder = runtime .. "/" .. prefix
  if not node:is_here() then return node:undo { "sh", "-c", REMOVE, "sh", prefix, folder } end
  ctx:own_tree(folder)
  ctx:own_hugepages(prefix)
end

--- The VM of the case whose guest a node is, or nil.
function eal.guest_of(ctx, node)
  for _, vm in ipairs(ctx.machines) do
    if vm.node == node then return vm end
  end
end

-- The prefixes of the case's programs on a node: { counts = { [prefix] = how many asked for it },
-- latest = { [option file_prefix] = prefix } }.
local function prefixes_on(ctx, node)
  ctx.prefixes[node] = ctx.prefixes[node] or { counts = {}, latest = {} }
  return ctx.prefixes[node]
end

-- A prefix that no other run has.
local function of_this_case(ctx, prefix) return ("%s-%s"):format(prefix, ctx.scratch:match "[^-/]+$") end

--- A file prefix of one process of this case, so that runs at the same time do not collide; a guest has no others.
function eal.own_prefix(ctx, node, prefix, runtime)
  local known = prefixes_on(ctx, node)
  local counts, name = known.counts, eal.guest_of(ctx, node) and prefix or of_this_case(ctx, prefix)
  counts[name] = (counts[name] or 0) + 1
  if counts[name] > 1 then
    name = ("%s-%d"):format(name, counts[name])
    counts[name] = 1
  end
  known.latest[prefix] = name
  own(ctx, node, name, runtime)
  return name
end

--- The file prefix that the DPDK processes of this case share on a node. Unique on this machine, where other runs may
--- be; a VM has no others. The prefix of a process of this case (process:file_prefix) stays what it is. A secondary
--- (`is_secondary`) that asks for the prefix that another process was given as its option has that process's.
function eal.shared_prefix(ctx, node, prefix, runtime, is_secondary)
  local known, asked, name = prefixes_on(ctx, node), prefix or "rte", prefix
  if is_secondary and known.latest[asked] then return known.latest[asked] end
  if node:is_here() and not known.counts[asked] then
    name = of_this_case(ctx, asked)
    known.counts[name] = known.counts[name] or 1
    own(ctx, node, name, runtime)
  end
  known.latest[asked] = name
  return name
end

--- The telemetry socket of a prefix (lib/telemetry/telemetry.c).
function eal.telemetry_path(runtime, prefix) return ("%s/%s/dpdk_telemetry.v2"):format(runtime, prefix) end

--- The last lines in front of the usage of the EAL or its program, in a program's output (`text`): they name the
--- refused option, and the usage is longer than the lines that an error shows. Nil without a usage.
function eal.refusal(text)
  local _, pattern = releases.match("usage", text or "")
  if not pattern then return nil end
  local from = text:find(pattern)
  local words = text:sub(1, from - 1)
  return words:match(("[^\n]*\n"):rep(3) .. "[^\n]*$") or words
end

--- The cause and the remedy of a known error in the EAL's last lines (`text`), or nil.
function eal.hint(text)
  if (text or ""):find("Cannot get hugepage information", 1, true) then
    return 'no hugepages are free here: reserve some (`needs = { "hugepages" }` skips without), run it in a guest '
      .. "(vm:mp), or give hugepages = false to one that shares memory with no other"
  end
  if (text or ""):find("Cannot open '[^']*/config' for rte_mem_config") then
    return "a secondary needs a running primary with the same file_prefix: there is none"
  end
  return vdev.hint(text)
end

return eal
