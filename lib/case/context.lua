--- context: shared by the objects of a case: its result, its processes and tasks, and its files, here and on its nodes,
--- which are removed at its end.

local engine = require "engine"
local fail = require "base.fail"
local options = require "base.options"
local result = require "case.result"

local context = {}

local Context = {}

-- What fills in the result.
for name, method in pairs(result) do Context[name] = method end

local FIELDS = {
  "result",     -- its result: { checks, phases, notices, deviations, values, cells, programs, accelerator, boot,
                -- image, clocks }
  "typed",      -- checks of a person at the prompt, which are no part of it
  "consoles",   -- an array
  "origin",     -- the run's zero on engine.now()'s clock
  "emit",       -- gets { ev = "phase" | "check" | "notice" | "cell", ... }
  "paused",     -- the seconds of a person's pauses so far
  "open",       -- the phase that has begun and not ended
  "here",       -- this machine, as a node
  "root",       -- our folder: a scenario's places are relative to it
  "scratch",    -- its private folder here
  "scratches",  -- { [node] = its private folder there }
  "trees",      -- its files and folders outside of these, an array
  "case_trees", -- those that end with the case, not with a cell
  "huge_prefixes", -- EAL file prefixes with hugepages that are its own, an array
  "deferred",   -- of t:defer, an array (lib/case/deferred.lua)
  "only_cell",  -- the text that the names of cells hold which run; nil: all run
  "left_out",   -- the names of the other cells, an array
  "tallies",    -- { [coroutine] = who counts its checks (lib/case/tasks.lua) }, without those of the case
  "cell_open",  -- the innermost open cell, as that tally; nil: none
  "is_over",    -- run(t) has ended: no cell may follow
  "tasks",      -- of t:spawn, an array
  "programs",   -- its DPDK processes, an array
  "detached",   -- its programs that outlive a session (lib/case/detached.lua), an array
  "machines",   -- its VMs, an array
  "vms",        -- how many VMs were prepared
  "samplers",   -- { [program] = sampler } (lib/dpdk/sampler.lua)
  "dpdk_versions", -- of its programs, { [version] = true }
  "prefixes",   -- EAL file prefixes by node (lib/dpdk/eal.lua)
  "found",      -- { [program, VM or name of a console] = true }: those with a finding (lib/case/findings.lua)
  "dir",        -- its folder of results; nil: it has none
  "counters",   -- the folder of this machine's coverage counters (lib/dpdk/gcov.lua); nil: none are asked for
  "is_cold",    -- guests boot; snapshots are not used
  "attach",     -- lib/repl/attach_server.lua, for terminals; nil: without
}

-- Another field is an error, set or read.
local class = options.class("case context", Context, nil, FIELDS)

--- A context, and its `result`. `origin` and `emit` are its fields; the attach server gets the events, too.
function context.new(origin, emit)
  local self
  local function emit_all(event)
    emit(event)
    if self.attach then self.attach:event(event) end
  end
  local scratch = fail.check(engine.scratch())
  local filled = { checks = {}, phases = {}, notices = {}, deviations = {}, values = {}, cells = {},
    programs = {} }
  self = setmetatable({ result = filled, typed = {}, consoles = {}, origin = origin, emit = emit_all, scratch = scratch,
    here = engine.here(), root = engine.home(), scratches = {}, trees = {}, case_trees = {},
    huge_prefixes = {}, tasks = {}, programs = {}, detached = {}, machines = {}, vms = 0, samplers = {}, prefixes = {},
    dpdk_versions = {}, found = {}, deferred = {}, left_out = {},
    tallies = setmetatable({}, { __mode = "k" }),
    is_over = false, paused = 0, is_cold = false }, class)
  return self, filled
end

--- A folder or file of ours outside the scratch folder. It ends with the cell that made it; with `for_case` not before
--- the case.
function Context:own_tree(path, for_case)
  engine.fs.guard_tree(path)
  table.insert(for_case and self.case_trees or self.trees, path)
end

--- A socket that a program of the case will make outside the scratch folder; an existing one is not ours.
function Context:own_socket(path)
  if path:sub(1, #self.scratch + 1) ~= self.scratch .. "/" and not engine.fs.stat(path) then self:own_tree(path) end
end

-- sun_path (unix(7)) with its NUL.
local LONGEST = 107

--- A path for a socket: the case's folder of results may be too deep for one.
function Context:socket(name)
  if name:find "/" or name == "." or name == ".." then
    fail.misuse("t:socket: expected a name without a slash, got %q", name)
  end
  local path = ("%s/%s"):format(self.scratch, name)
  if #path > LONGEST then
    fail.misuse("t:socket: a path has at most %d bytes, %s has %d: use a shorter name", LONGEST, path, #path)
  end
  return path
end

--- The hugepages of a DPDK file prefix that is ours alone: the EAL leaves its files even at a normal exit.
function Context:own_hugepages(prefix)
  engine.fs.guard_huge(prefix)
  table.insert(self.huge_prefixes, prefix)
end

--- A private folder on a node, removed at the end of its session, which is named $MOONRIG_SESSION.
function Context:scratch_on(node)
  if node:is_here() then return self.scratch end
  if not self.scratches[node] then
    node:undo { "sh", "-c", 'rm -rf "/tmp/moonrig-$MOONRIG_SESSION"' }
    local r = node:run { "sh", "-c", 'p=/tmp/moonrig-$MOONRIG_SESSION; mkdir -m 700 "$p" && echo "$p"' }
    if r.code ~= 0 then fail.raise("EIO", "scratch", node:name() .. ": no scratch folder", r.err) end
    self.scratches[node] = r.out:match "[^\n]+"
  end
  return self.scratches[node]
end

-- Removes what is behind the first `count` of a list, and not among them: a secondary has its primary's prefix.
local function remove_behind(list, count, remove)
  local kept = {}
  for i = 1, count do kept[list[i]] = true end
  for i = #list, count + 1, -1 do
    local one = table.remove(list, i)
    if not kept[one] then remove(one) end
  end
end

--- Removes the files and folders outside its folder, but the first `trees` and those of the first `huge_prefixes`.
function Context:remove_trees(trees, huge_prefixes)
  remove_behind(self.trees, trees, engine.fs.rmtree)
  remove_behind(self.huge_prefixes, huge_prefixes, engine.fs.remove_huge)
end

--- Removes the case's files on this machine.
function Context:clean()
  self:remove_trees(0, 0)
  for _, path in ipairs(self.case_trees) do engine.fs.rmtree(path) end
  engine.fs.rmtree(self.scratch)
end

return context
