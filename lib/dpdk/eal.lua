--- eal: where DPDK's processes keep their sockets, and names that do not collide.

local engine = require "engine"
local vdev = require "dpdk.vdev"

local eal = {}

--- EAL's runtime folder on a node (lib/eal/unix/eal_filesystem.c): root's is fixed, everybody else's is
--- below XDG_RUNTIME_DIR, which is the scratch folder. Returns it (on another node: root's) and the environment
--- to give.
function eal.runtime(ctx, node)
  local scratch = ctx:scratch_on(node)
  local env = { "XDG_RUNTIME_DIR=" .. scratch }
  if not node:is_here() or engine.sys.uid() == 0 then return "/var/run/dpdk", env end
  return scratch .. "/dpdk", env
end

-- Of a prefix ($1): its runtime folder ($2), and its files in hugetlbfs (engine/core/huge.c).
local REMOVE = 'rm -rf "$2"; while read -r d m t r; do '
  .. '[ "$t" != hugetlbfs ] || rm -f "$m/$1"map_[0-9]*; done </proc/mounts'

-- What EAL makes for a prefix is ours, and gone with us.
local function own(ctx, node, prefix, runtime)
  local folder = runtime .. "/" .. prefix
  if not node:is_here() then return node:undo { "sh", "-c", REMOVE, "sh", prefix, folder } end
  ctx:own_tree(folder)
  ctx:own_hugepages(prefix)
end

--- A file prefix of this case alone, so that two runs at once do not meet.
function eal.own_prefix(ctx, node, prefix, runtime)
  local name = ("%s-%s"):format(prefix, ctx.scratch:match "[^-/]+$")
  ctx.prefixes[name] = (ctx.prefixes[name] or 0) + 1
  if ctx.prefixes[name] > 1 then name = ("%s-%d"):format(name, ctx.prefixes[name]) end
  own(ctx, node, name, runtime)
  return name
end

--- The prefix that the DPDK processes of this case share on a node: theirs alone on this machine, where
--- other runs may be; a VM has no others.
function eal.shared_prefix(ctx, node, prefix, runtime)
  if not node:is_here() then return prefix end
  local name = ("%s-%s"):format(prefix or "rte", ctx.scratch:match "[^-/]+$")
  own(ctx, node, name, runtime)
  return name
end

--- The telemetry socket of a prefix (lib/telemetry/telemetry.c).
function eal.telemetry_path(runtime, prefix)
  return ("%s/%s/dpdk_telemetry.v2"):format(runtime, prefix)
end

-- Its usage fills more than what is shown of a program that ends.
local USAGE = "\n+Usage: [^\n]*%[options%]"

--- Of all that a program said (`text`), the last lines in front of the EAL's usage, which tell what it refused
--- (eal_parse_common_option in lib/eal/common/eal_common_options.c); nil where it printed none.
function eal.refusal(text)
  local from = (text or ""):find(USAGE)
  if not from then return nil end
  local words = text:sub(1, from - 1)
  return words:match(("[^\n]*\n"):rep(3) .. "[^\n]*$") or words
end

--- What a program lacked that the EAL's last words (`text`) tell of, and the remedy; nil where they tell of nothing
--- known.
function eal.hint(text)
  if (text or ""):find("Cannot get hugepage information", 1, true) then
    return 'no hugepages are free here: reserve some (`needs = { "hugepages" }` skips without), run it in a guest '
      .. "(vm:mp), or give hugepages = false to one that shares memory with no other"
  end
  if (text or ""):find("Cannot open '[^']*/config' for rte_mem_config") then
    return "a secondary has a primary with the same file_prefix, which is up before it: none is"
  end
  return vdev.hint(text)
end

return eal
