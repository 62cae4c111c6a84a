--- watch_set: the files that `moonrig watch` watches: the selected scenarios, their modules, lib/, this program, DPDK's
--- build. Editors write in many ways, so the files decide what has changed, not the events.

local engine = require "engine"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local rooms = require "base.rooms"
local show = require "base.show"
local discover = require "run.discover"

local watch_set = {}

local WatchSet = {}
WatchSet.__index = WatchSet

-- Changed files that are named one by one.
local NAMED = 3

local function stamp(path)
  local st = engine.fs.stat(path)
  return st and st.type == "file" and ("%.0f %.0f %.9f"):format(st.inode, st.size, st.mtime) or nil
end

local function is_folder(path)
  local st = engine.fs.stat(path)
  return st ~= nil and st.type == "dir"
end

--- All files of lib/: modules, the report's page, stubs, templates.
function watch_set.lib_files()
  local out = {}
  paths.walk(rooms.FOLDER:sub(1, -2), function(path, st, name)
    if name:find "^%." or name:find "~$" then return false end
    if st.type ~= "dir" then out[#out + 1] = path end
  end)
  return out
end

-- The files of all cases: { path = kind }. A program in a build folder has its libraries there too.
local function common_files(self)
  local out = {}
  for _, path in ipairs(watch_set.lib_files()) do out[path] = "lib" end
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

-- Adds the folders on the command line with all below them; scripts/ without words.
local function add_typed(self, folders)
  for _, word in ipairs(#self.words > 0 and self.words or { engine.home() .. "/scripts" }) do
    local tree = is_folder(word) and discover.tree((word:gsub("(.)/+$", "%1")))
    for _, folder in ipairs(tree and tree.folders or {}) do folders[#folders + 1] = folder end
  end
end

-- The present files: { items, err, files = { path = { stamp, kind, owners } }, folders }.
local function survey(self)
  local items, err = discover.scenarios(self.words, self.filter)
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

-- A folder, or the nearest one above it that exists: it reports when a removed folder is made again.
local function existing(folder)
  while not is_folder(folder) and folder ~= "." and folder ~= "/" do folder = own_modules.folder(folder) end
  return folder
end

--- The folders to watch, including those of earlier looks.
function WatchSet:folders()
  local set = {}
  for _, folder in ipairs(self.now.folders) do self.ever[folder] = true end
  for folder in pairs(self.ever) do set[existing(folder)] = true end
  return show.sorted_keys(set)
end

local function add_change(c, path, file, what)
  c.files[#c.files + 1] = { path = path, kind = file.kind, what = what }
  c.is_all = c.is_all or file.kind == "lib" or file.kind == "program"
  c.has_program = c.has_program or file.kind == "program"
  for _, owner in ipairs(file.owners) do c.owners[owner] = true end
end

local function compare(before, now)
  local c = { files = {}, owners = {}, items = {}, err = now.err }
  for path, file in pairs(now.files) do
    local was = before.files[path]
    if not was then add_change(c, path, file, "is new") end
    if was and was.stamp ~= file.stamp then add_change(c, path, file, file.stamp and "changed" or "is gone") end
  end
  for path, file in pairs(before.files) do
    -- a module that nothing requires any more may still exist
    if not now.files[path] and not stamp(path) then add_change(c, path, file, "is gone") end
  end
  for _, item in ipairs(now.items) do
    if c.is_all or c.owners[item.file] then c.items[#c.items + 1] = item end
  end
  table.sort(c.files, function(a, b) return a.path < b.path end)
  return c
end

--- The changes since accept(): { items (to run again), files = { { path, kind, what }, ... }, err (of the selection),
--- has_program }.
function WatchSet:look()
  self.now = survey(self)
  return compare(self.seen, self.now)
end

--- Takes the last look as the base of the next.
function WatchSet:accept() self.seen = self.now end

--- The selected scenarios.
function WatchSet:items() return self.now.items end

-- Watches a program, except Debian's. True where it is new.
local function add_program(self, path)
  if not path or path:find "^/usr/" or self.programs[path] or not stamp(path) then return false end
  self.programs[path] = true
  return true
end

--- Watches the programs that a run has used.
function WatchSet:learn(run)
  for _, c in ipairs(run.cases) do
    for _, program in ipairs(c.programs or {}) do
      local path = program.path
      if add_program(self, path) then
        self.seen.files[path] = { stamp = stamp(path), kind = "program", owners = {} }
      end
    end
  end
end

--- The changed files, in a line.
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

--- A watch set of `words` and a `filter` (discover.scenarios); nil and an error where they select nothing.
function watch_set.new(words, filter)
  local self = setmetatable({ words = words, filter = filter, programs = {}, ever = {} }, WatchSet)
  self.programs[engine.fs.realpath "/proc/self/exe"] = true
  local testpmd = paths.program "dpdk-testpmd"
  add_program(self, testpmd and engine.fs.realpath(testpmd))
  self.now = survey(self)
  self.seen = self.now
  if self.now.err then return nil, self.now.err end
  return self
end

return watch_set
