--- watch_set: the files that `moonrig watch` looks at: the selected scenarios and the modules that they name, lib/,
--- this program, and a DPDK build's. What has changed is read off the files, and not from the events: editors write in
--- many ways.

local engine = require "engine"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local rooms = require "base.rooms"
local runner = require "run.runner"

local watch_set = {}

local Watched = {}
Watched.__index = Watched

-- Deeper than any tree of scripts.
local DEEPEST = 8
-- So many changed files are named one by one.
local NAMED = 3

local function stamp(path)
  local st = engine.fs.stat(path)
  return st and st.type == "file" and ("%.0f %.0f %.9f"):format(st.inode, st.size, st.mtime) or nil
end

local function is_folder(path)
  local st = engine.fs.stat(path)
  return st ~= nil and st.type == "dir"
end

local function add_tree(folder, out, depth)
  out[#out + 1] = folder
  for _, name in ipairs(depth < DEEPEST and engine.fs.list(folder) or {}) do
    local path = folder .. "/" .. name
    if not name:find "^%." and is_folder(path) then add_tree(path, out, depth + 1) end
  end
end

-- Files that are everybody's: { path = kind }. A build's programs take its libraries from beside their folder.
local function common_files(self)
  local out = {}
  for _, path in ipairs(rooms.files()) do out[path] = "lib" end
  for program in pairs(self.programs) do
    out[program] = "program"
    local build = own_modules.folder(own_modules.folder(program))
    for _, folder in ipairs(engine.fs.stat(build .. "/build.ninja") and { "lib", "drivers" } or {}) do
      for _, name in ipairs(engine.fs.list(build .. "/" .. folder) or {}) do
        if name:find "%.so" then out[("%s/%s/%s"):format(build, folder, name)] = "program" end
      end
    end
  end
  return out
end

-- What was typed as a folder is watched with all below it; all of scripts/ where nothing was.
local function add_typed(self, folders)
  for _, word in ipairs(#self.words > 0 and self.words or { engine.home() .. "/scripts" }) do
    if is_folder(word) then add_tree(word:gsub("(.)/+$", "%1"), folders, 0) end
  end
end

-- All as it is now: { items, err, files = { path = { stamp, kind, owners } }, folders }.
local function survey(self)
  local items, err = runner.select(self.words, self.pattern)
  local s = { items = items or {}, err = err, files = {}, folders = {} }
  local function add(path, kind, owner)
    local file = s.files[path] or { stamp = stamp(path), kind = kind, owners = {} }
    s.files[path], file.owners[#file.owners + 1] = file, owner
    s.folders[#s.folders + 1] = own_modules.folder(path)
  end
  for _, item in ipairs(s.items) do
    for _, path in ipairs(own_modules.of(item.file)) do add(path, "module", item.file) end
  end
  for _, item in ipairs(s.items) do add(item.file, "scenario", item.file) end
  for path, kind in pairs(common_files(self)) do add(path, kind) end
  add_typed(self, s.folders)
  return s
end

-- One that is gone may come back, which the folder above it tells.
local function there(folder)
  while not is_folder(folder) and folder ~= "." and folder ~= "/" do folder = own_modules.folder(folder) end
  return folder
end

--- The folders to watch, of those that were ever looked into.
function Watched:folders()
  local out, seen = {}, {}
  for _, folder in ipairs(self.now.folders) do self.ever[folder] = true end
  for folder in pairs(self.ever) do
    local path = there(folder)
    if not seen[path] then out[#out + 1] = path end
    seen[path] = true
  end
  table.sort(out)
  return out
end

local function add_change(c, path, kind, what, owners)
  c.files[#c.files + 1] = { path = path, kind = kind, what = what }
  c.is_all = c.is_all or kind == "lib" or kind == "program"
  c.has_program = c.has_program or kind == "program"
  for _, owner in ipairs(owners) do c.owners[owner] = true end
end

local function compare(before, now)
  local c = { files = {}, owners = {}, items = {}, err = now.err }
  for path, file in pairs(now.files) do
    local was = before.files[path]
    if was and was.stamp ~= file.stamp then
      add_change(c, path, file.kind, file.stamp and "changed" or "is gone", file.owners)
    elseif not was then
      add_change(c, path, file.kind, "is new", file.owners)
    end
  end
  for path, file in pairs(before.files) do
    -- a module that is named no more may still be there
    if not now.files[path] and not stamp(path) then add_change(c, path, file.kind, "is gone", file.owners) end
  end
  for _, item in ipairs(now.items) do
    if c.is_all or c.owners[item.file] then c.items[#c.items + 1] = item end
  end
  table.sort(c.files, function(a, b) return a.path < b.path end)
  return c
end

--- What is different since accept(): { items (to run again), files = { { path, kind, what }, ... } (empty: nothing),
--- err (why none is selected any more), has_program }.
function Watched:look()
  self.now = survey(self)
  return compare(self.seen, self.now)
end

--- From here on that is how things are.
function Watched:accept()
  self.seen = self.now
end

--- All that are selected.
function Watched:items()
  return self.now.items
end

--- Programs that a run has used: another one in their place is a change. Debian's are not watched.
function Watched:learn(run)
  for _, c in ipairs(run.cases) do
    for _, program in ipairs(c.programs or {}) do
      local path = program.path
      if path and not path:find "^/usr/" and stamp(path) and not self.programs[path] then
        self.programs[path] = true
        self.seen.files[path] = { stamp = stamp(path), kind = "program", owners = {} }
      end
    end
  end
end

--- In a line: what changed.
function watch_set.words(c)
  local out, here = {}, (engine.fs.realpath "." or "") .. "/"
  for i, file in ipairs(c.files) do
    local path = file.path
    if path:sub(1, #here) == here then path = path:sub(#here + 1) end
    if i <= NAMED then out[i] = ("%s %s"):format(path, file.what) end
  end
  if #c.files > NAMED then out[#out + 1] = ("and %d more"):format(#c.files - NAMED) end
  return table.concat(out, ", ")
end

--- What `words` and `pattern` select (runner.select's), as it is now; nil and an error where that is nothing.
function watch_set.new(words, pattern)
  local self = setmetatable({ words = words, pattern = pattern, programs = {}, ever = {} }, Watched)
  self.programs[engine.fs.realpath "/proc/self/exe"] = true
  local testpmd = paths.program "dpdk-testpmd"
  if testpmd and not testpmd:find "^/usr/" then self.programs[engine.fs.realpath(testpmd)] = true end
  self.now = survey(self)
  self.seen = self.now
  if self.now.err then return nil, self.now.err end
  return self
end

return watch_set
