--- eal: where DPDK's processes keep their sockets, and names that do not collide.

local engine = require "engine"

local eal = {}

--- EAL's runtime folder on a node (lib/eal/unix/eal_filesystem.c): root's is fixed, everybody else's is
--- below XDG_RUNTIME_DIR, which is the scratch folder here. Returns it and the environment to give.
function eal.runtime(ctx, node)
  local scratch = ctx.scratch_on(node)
  if not node:is_here() or engine.sys.uid() == 0 then return "/var/run/dpdk", {} end
  return scratch .. "/dpdk", { "XDG_RUNTIME_DIR=" .. scratch }
end

--- A file prefix of this case alone, so that two runs at once do not meet, and the folder that EAL
--- makes for it: ours, and gone with us.
function eal.own_prefix(ctx, node, prefix, runtime)
  local own = ("%s-%s"):format(prefix, ctx.scratch:match "[^-/]+$")
  ctx.prefixes = ctx.prefixes or {}
  ctx.prefixes[own] = (ctx.prefixes[own] or 0) + 1
  if ctx.prefixes[own] > 1 then own = ("%s-%d"):format(own, ctx.prefixes[own]) end
  if node:is_here() then ctx.own_tree(runtime .. "/" .. own) end
  return own
end

--- The prefix that the DPDK processes of this case share on a node: theirs alone on this machine, where
--- other runs may be; a VM has no others.
function eal.shared_prefix(ctx, node, prefix, runtime)
  if not node:is_here() then return prefix end
  local own = ("%s-%s"):format(prefix or "rte", ctx.scratch:match "[^-/]+$")
  ctx.own_tree(runtime .. "/" .. own)
  return own
end

--- The telemetry socket of a prefix (lib/telemetry/telemetry.c).
function eal.telemetry_path(runtime, prefix)
  return ("%s/%s/dpdk_telemetry.v2"):format(runtime, prefix)
end

return eal
