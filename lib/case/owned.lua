--- owned: files of a case, here and on its nodes, that are removed at its end.

local engine = require "engine"
local fail = require "base.fail"
local options = require "base.options"

local owned = {}

local Owned = {}
local class = options.class("case's files", Owned, nil, { "scratch", "trees", "prefixes", "remote" })

--- Starts with a scratch folder.
function owned.new()
  return setmetatable({ scratch = fail.check(engine.scratch()), trees = {}, prefixes = {}, remote = {} }, class)
end

--- A folder or file of ours outside the scratch folder.
function Owned:own_tree(path)
  engine.fs.guard_tree(path)
  table.insert(self.trees, path)
end

--- A socket that a program of the case will make outside the scratch folder; an existing one is not ours.
function Owned:own_socket(path)
  if path:sub(1, #self.scratch + 1) ~= self.scratch .. "/" and not engine.fs.stat(path) then self:own_tree(path) end
end

--- The hugepages of a DPDK file prefix that is ours alone: the EAL leaves its files even at a normal exit.
function Owned:own_hugepages(prefix)
  engine.fs.guard_huge(prefix)
  table.insert(self.prefixes, prefix)
end

--- A private folder on a node, removed at the end of its session, which is named $MOONRIG_SESSION.
function Owned:scratch_on(node)
  if node:is_here() then return self.scratch end
  if not self.remote[node] then
    node:undo { "sh", "-c", 'rm -rf "/tmp/moonrig-$MOONRIG_SESSION"' }
    local r = fail.check(node:run { "sh", "-c", 'p=/tmp/moonrig-$MOONRIG_SESSION; mkdir -m 700 "$p" && echo "$p"' })
    if r.code ~= 0 then fail.raise("EIO", "scratch", node:name() .. ": no scratch folder", r.err) end
    self.remote[node] = r.out:match "[^\n]+"
  end
  return self.remote[node]
end

--- Removes the case's files on this machine.
function Owned:clean()
  for _, path in ipairs(self.trees) do engine.fs.rmtree(path) end
  for _, prefix in ipairs(self.prefixes) do engine.fs.remove_huge(prefix) end
  engine.fs.rmtree(self.scratch)
end

owned.methods = Owned

return owned
