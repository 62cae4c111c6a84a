--- bisect_store: the work folders of bisections in the user's cache, one for each checkout. In each are a git worktree
--- (source), its build (build), a lock, and the state, from which an interrupted bisection continues.

local engine = require "engine"
local fail = require "base.fail"
local git = require "host.git"
local paths = require "base.paths"

local store = {}

--- The work folder for a checkout.
function store.folder(tree)
  local r = engine.here():run({ "sha256sum" }, { input = tree })
  return ("%s/bisect-%s"):format(paths.cache(), r.out:sub(1, 12))
end

--- The state in a work folder; nil without one.
function store.read(folder) return paths.read_table(folder .. "/state.json") end

--- Writes the state: a reader sees the old or the new one.
function store.write(folder, state) paths.write(folder .. "/state.json", engine.json.encode(state)) end

--- Takes a work folder, until store.release or the end of this process. Raises where another moonrig has it.
function store.hold(folder)
  paths.make(folder, 448)
  local lock, err = engine.fs.lock(folder .. "/lock")
  if lock then return lock end
  fail.raise(err.code, "bisect", ("another moonrig bisects in %s (%s): wait for its end"):format(folder, err.what))
end

function store.release(lock) engine.fs.unlock(lock) end

--- Is a work folder's bisection over? It was kept for the next one.
function store.is_finished(folder)
  local state = store.read(folder)
  return state ~= nil and state.is_finished == true
end

--- The work folders in the cache with their states: { { folder, state }, ... }, without finished ones.
function store.unfinished()
  local out = {}
  for _, name in ipairs(engine.fs.list(paths.cache()) or {}) do
    local folder = ("%s/%s"):format(paths.cache(), name)
    local state = name:find "^bisect%-%x+$" and store.read(folder)
    if state and not state.is_finished then out[#out + 1] = { folder = folder, state = state } end
  end
  return out
end

--- The one unfinished bisection, of `tree` if that is given. Raises where there is none, or more than one.
function store.find(tree)
  local found, names = {}, {}
  for _, one in ipairs(store.unfinished()) do
    if not tree or one.state.tree == tree then
      found[#found + 1], names[#names + 1] = one, one.state.tree
    end
  end
  if #found == 1 then return found[1] end
  local words = #found == 0 and "no unfinished bisection" .. (tree and " of " .. tree or "")
    or ("%d unfinished bisections: name one with --dpdk: %s"):format(#found, table.concat(names, ", "))
  fail.raise("USAGE", "bisect", words)
end

--- Removes a work folder and its worktree.
function store.remove(folder)
  local state = store.read(folder) or {}
  if state.tree then git.remove_worktree(state.tree, folder .. "/source") end
  engine.fs.rmtree(folder)
  if state.tree then git.remove_worktree(state.tree, folder .. "/source") end
end

return store
