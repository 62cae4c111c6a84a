--- bundle: a run as one archive that others may have: what it left, masked (lib/results/redact.lua), and how it is
--- opened again.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local run_store = require "results.run_store"
local redact = require "results.redact"
local page = require "report.page"
local run_folder = require "results.run_folder"
local paths = require "base.paths"
local rooms = require "base.rooms"
local recording = require "recorder.recording"
local recorder = require "recorder.recorder"

local bundle = {}

--- What a folder has that came out of an archive.
bundle.NAME = "bundle.json"

-- A slow disk and a run of gigabytes.
local TAR_SECONDS = 300

-- A transcript may be without end.
local LARGEST = 256 * 2 ^ 20

-- ---- what is hidden ----

-- The user's line of /etc/passwd: name, full name, home.
local function account()
  local uid = tostring(engine.sys.uid())
  for line in (paths.read "/etc/passwd" or ""):gmatch "[^\n]+" do
    local name, id, full, home = line:match "^([^:]*):[^:]*:([^:]*):[^:]*:([^:]*):([^:]*)"
    if id == uid then return name, full:match "^[^,]*", home end
  end
end

-- Is a name a word that this program uses itself?
local function is_word(name)
  local pattern = "%f[%w]" .. name:lower():gsub("%W", "%%%0") .. "%f[%W]"
  for _, module in ipairs(rooms.all()) do
    local text = paths.read(rooms.file(module)) or ""
    if text:lower():find(pattern) then return true end
  end
  return false
end

--- The mask of this machine and this user.
function bundle.mask()
  local node = engine.sys.uname().nodename
  local name, full, home = account()
  local names = { node, node:match "^[^.]+", node:match "^[^.]+%.(.+%..+)$", name, full, os.getenv "USER",
    os.getenv "LOGNAME", os.getenv "SUDO_USER" }
  local list, homes = {}, {}
  -- with holes
  for i = 1, 8 do list[#list + 1] = names[i] ~= "" and names[i] or nil end
  for _, folder in ipairs { os.getenv "HOME" or "", home or "" } do
    if folder ~= "" then homes[#homes + 1] = (folder:gsub("/+$", "")) end
  end
  return redact.new { names = list, homes = homes, is_common = is_word }
end

-- ---- what is taken ----

local SECRET = { "^id_[%w_]+$", "%.pem$", "%.key$", "^%.netrc$" }

-- Why a file is left out; nil where it is taken.
local function refusal(name, st)
  if st.type ~= "file" then return "it is no file" end
  if st.size > LARGEST then return ("it is larger than %d MiB"):format(LARGEST / 2 ^ 20) end
  for _, pattern in ipairs(SECRET) do
    if name:find(pattern) then return "it may be a key" end
  end
end

-- So much is masked at once: Ctrl-C is heard in between.
local PIECE = 2 ^ 20

-- A key has fewer.
local KEY_LINES = 200

-- A piece of a file, up to a line's end and not within a key.
local function next_piece(f)
  local text = f:read(PIECE)
  if not text then return nil end
  text = text .. (f:read "*L" or "")
  local from = text:find("PRIVATE KEY", 1, true) and text:match ".*()BEGIN [%u ]*PRIVATE KEY"
  for _ = 1, from and KEY_LINES or 0 do
    if text:find("END [%u ]*PRIVATE KEY", from) then break end
    text = text .. (f:read "*L" or "")
  end
  return text
end

-- A recording has the checksums of long texts, that are others now.
local function without_sums(text)
  return (text:gsub('{"%$cut":%[(%d+),"%x+"%]}', ('{"$cut":[%%1,"%s"]}'):format(recording.MASKED)))
end

local function copy_file(from, to, name, m)
  local f, why = io.open(from, "rb")
  local out = f and assert(io.open(to, "wb"))
  if not f then fail.raise("EIO", "bundle", why) end
  local is_json = name:find "%.jsonl?$" ~= nil
  local ok, err = pcall(function()
    for text in next_piece, f do
      text = m:text(text, is_json)
      assert(out:write(name == recorder.NAME and without_sums(text) or text))
      fail.check(engine.elapse(0))
    end
    assert(out:flush())
  end)
  f:close()
  out:close()
  if not ok then error(err, 0) end
end

-- The page is made anew, of what is masked: in it, texts are escaped in another way.
local ANEW = { [page.NAME] = true }

--- The cases of a run that was elsewhere are of files that were there: a case without a recording, which has its
--- source, has none.
function bundle.forget_files(run, folder)
  for _, case in ipairs(run.cases) do
    local dir = run_folder.folder(case, folder)
    if not (dir and run_store.case_facts(dir)) then case.file = nil end
  end
end

local function write_page(folder)
  local run = run_store.read(folder)
  if not run or run.is_killed then return end
  bundle.forget_files(run, folder)
  -- a run of another version may have none
  local ok = pcall(page.write, run, folder)
  if not ok then os.remove(("%s/%s"):format(folder, page.NAME)) end
end

-- Copies a folder, masked; what is left out stands in `left`.
local function copy(from, to, m, left, below)
  assert(engine.fs.mkdir(to))
  local names = fail.check(engine.fs.list(from))
  table.sort(names)
  for _, name in ipairs(names) do
    local path, shown = ("%s/%s"):format(from, name), below .. name
    local st = engine.fs.stat(path, true)
    local why = st and st.type ~= "dir" and refusal(name, st)
    if st and st.type == "dir" then
      copy(path, ("%s/%s"):format(to, m:text(name)), m, left, shown .. "/")
    elseif why then
      left[#left + 1] = ("%s: %s"):format(m:text(shown), why)
    elseif st and not ANEW[name] then
      copy_file(path, ("%s/%s"):format(to, m:text(name)), name, m)
    end
  end
end

-- A name comes out of the recording, as text: it may not lead out of the folder.
local function write_module(folder, name, text)
  if name:find "%.%." or name:find "^/" or type(text) ~= "string" then return end
  local path = ("%s/%s"):format(folder, name)
  paths.make(path:match "^(.*)/")
  paths.write(path, text)
end

-- A case's scenario as it ran and its modules, out of its recording.
local function write_scenarios(folder)
  for _, name in ipairs(engine.fs.list(folder)) do
    local dir = ("%s/%s"):format(folder, name)
    local told = run_store.case_facts(dir)
    local source = told and told.source
    if type(source) == "table" and type(source.text) == "string" then
      paths.write(dir .. "/scenario.lua", source.text)
      for module, text in pairs(source.modules or {}) do write_module(dir .. "/modules", module, text) end
    end
  end
end

local function first(path, pattern) return (paths.read(path) or ""):match(pattern) end

-- What the machine is that it is packed on, which is the run's in most cases.
local function environment()
  local u = engine.sys.uname()
  return { kernel = u.release, version = u.version, machine = u.machine,
    os = first("/etc/os-release", 'PRETTY_NAME="([^"]*)"'), cpu = first("/proc/cpuinfo", "model name%s*: ([^\n]*)"),
    cpus = #engine.sys.cpus(), memory = engine.sys.memory(),
    hugepages = tonumber(first("/proc/meminfo", "HugePages_Total:%s*(%d+)")),
    has_kvm = engine.fs.access("/dev/kvm", "w"),
    is_root = engine.sys.uid() == 0, moonrig = engine.version, luajit = jit.version }
end

local function tar(argv)
  local r = fail.check(engine.here():run({ "tar", unpack(argv) }, { timeout = TAR_SECONDS }))
  if r.code == 0 then return r.out end
  fail.raise("EIO", "tar", r.err:match "[^\n]+" or ending.words(r))
end

-- The archive of a folder below `scratch`, whole or not there, however we end.
local function pack(scratch, name, file)
  local folder, base = file:match "^(.*/)([^/]+)$"
  local where = engine.fs.realpath(folder or ".")
  if not where then fail.raise("USAGE", "bundle", ("there is no folder %s"):format(folder)) end
  local part = ("%s/%s.part%d"):format(where, base or file, engine.sys.pid())
  local guard = engine.fs.guard_tree(part)
  local ok, err = pcall(tar, { "-C", scratch, "--owner=0", "--group=0", "--numeric-owner", "--sort=name",
    "--mode=u=rwX,go=rX", "-czf", part, name })
  if ok then ok, err = pcall(fail.check, engine.fs.rename(part, file)) end
  os.remove(part)
  engine.fs.guard_drop(guard)
  if not ok then error(err, 0) end
end

-- Calls fn(scratch) with a folder that is gone afterwards.
local function with_scratch(fn)
  assert(engine.guard(paths.journal()))
  local scratch = fail.check(engine.scratch())
  local ok, result = pcall(fn, scratch)
  engine.fs.rmtree(scratch)
  if not ok then error(result, 0) end
  return result
end

--- Packs the run in `folder` into `file`. Returns an array of words on what was left out.
function bundle.pack(folder, id, file)
  return with_scratch(function(scratch)
    local m, left, name = bundle.mask(), {}, "moonrig-" .. id
    local to = ("%s/%s"):format(scratch, name)
    copy(folder, to, m, left, "")
    write_scenarios(to)
    write_page(to)
    paths.write(("%s/%s"):format(to, bundle.NAME), m:text(engine.json.encode({ bundle = 1, run = id, left_out = left,
      environment = environment() }, { indent = 2 }) .. "\n", true))
    pack(scratch, name, file)
    return left
  end)
end

-- ---- opened ----

-- The run's folder in an unpacked archive; raises for what is none. Links could lead out of it.
local function unpacked(scratch, file)
  local found
  local function look(path)
    for _, name in ipairs(engine.fs.list(path) or {}) do
      local at = ("%s/%s"):format(path, name)
      local st = engine.fs.stat(at, true)
      if st.type ~= "dir" and st.type ~= "file" then
        fail.raise("EBADMSG", "bundle", ("%s: %s in it is no file"):format(file, name))
      end
      if name == bundle.NAME and st.type == "file" then found = found or path end
      if st.type == "dir" then look(at) end
    end
  end
  look(scratch)
  return found or fail.raise("EBADMSG", "bundle", ("%s is no bundle: there is no %s in it"):format(file, bundle.NAME))
end

--- Calls fn(folder) with the run that is in an archive, unpacked; what fn returns.
function bundle.open(file, fn)
  return with_scratch(function(scratch)
    local ok, err = pcall(tar, { "-C", scratch, "--no-same-owner", "--no-same-permissions", "-xzf",
      fail.check(engine.fs.realpath(file)) })
    if not ok then
      if fail.is_cancel(err) then error(err, 0) end
      fail.raise("EBADMSG", "bundle", ("%s is no bundle: %s"):format(file, err.what or tostring(err)))
    end
    return fn(unpacked(scratch, file))
  end)
end

--- Calls fn with a run's folder or name as a person gives it, or with the folder of the bundle whose file that is.
function bundle.within(word, fn)
  local st = word and engine.fs.stat(word)
  if not (st and st.type == "file") then return fn(word) end
  return bundle.open(word, fn)
end

--- Does a folder come out of an archive? Its scenarios are redacted with their recordings, and run as they are there.
function bundle.is_unpacked(folder)
  return engine.fs.stat(("%s/%s"):format(folder, bundle.NAME)) ~= nil
end

return bundle
