--- bundle: a run as one archive for other people, redacted (lib/results/redact.lua): packed and opened.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local run_store = require "results.run_store"
local redact = require "results.redact"
local page = require "report.page"
local run_folder = require "results.run_folder"
local own_modules = require "case.own_modules"
local paths = require "base.paths"
local rooms = require "base.rooms"
local recording = require "recorder.recording"
local recorder = require "recorder.recorder"

local bundle = {}

-- The file that marks an unpacked bundle.
local MARK = "bundle.json"

-- Enough for gigabytes on a slow disk.
local TAR_SECONDS = 300

-- Bytes; a larger file is left out.
local LARGEST = 256 * 2 ^ 20

-- ---- redaction ----

-- The user's line of /etc/passwd: name, full name, home.
local function account()
  local uid = tostring(engine.sys.uid())
  for line in (paths.read "/etc/passwd" or ""):gmatch "[^\n]+" do
    local name, id, full, home = line:match "^([^:]*):[^:]*:([^:]*):[^:]*:([^:]*):([^:]*)"
    if id == uid then return name, full:match "^[^,]*", home end
  end
end

-- Is a name also a word in moonrig's own source?
local function is_word(name)
  local pattern = "%f[%w]" .. name:lower():gsub("%W", "%%%0") .. "%f[%W]"
  for _, module in ipairs(rooms.all()) do
    local text = paths.read(rooms.file(module)) or ""
    if text:lower():find(pattern) then return true end
  end
  return false
end

-- The redactor for names of this machine and this user.
local function new_redactor()
  local node = engine.sys.uname().nodename
  local name, full, home = account()
  local names = { node, node:match "^[^.]+", node:match "^[^.]+%.(.+%..+)$", name, full, os.getenv "USER",
    os.getenv "LOGNAME", os.getenv "SUDO_USER" }
  local list, homes = {}, {}
  -- the array has holes: # is no use
  for i = 1, 8 do list[#list + 1] = names[i] end
  for _, folder in ipairs { os.getenv "HOME" or "", home or "" } do homes[#homes + 1] = folder:gsub("/+$", "") end
  return redact.new { names = list, homes = homes, is_common = is_word }
end

-- ---- packing ----

local SECRET = { "^id_[%w_]+$", "%.pem$", "%.key$", "^%.netrc$" }

-- Why a file is left out; nil if it is packed.
local function refusal(name, st)
  if st.type ~= "file" then return "not a regular file" end
  if st.size > LARGEST then return ("larger than %d MiB"):format(LARGEST / 2 ^ 20) end
  for _, pattern in ipairs(SECRET) do
    if name:find(pattern) then return "it may be a key" end
  end
end

-- Bytes that are redacted at once: between two pieces Ctrl-C is noticed.
local PIECE = 2 ^ 20

-- More lines than a private key has.
local KEY_LINES = 200

-- A piece of a file that ends at a line's end and not within a key.
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

-- A recording has checksums of long texts; after redaction they are wrong.
local function without_sums(text)
  return (text:gsub('{"%$cut":%[(%d+),"%x+"%]}', ('{"$cut":[%%1,"%s"]}'):format(recording.REDACTED)))
end

local function copy_file(from, to, name, redactor)
  local f, why = io.open(from, "rb")
  local out = f and assert(io.open(to, "wb"))
  if not f then fail.raise("EIO", "bundle", why) end
  local is_json = name:find "%.jsonl?$" ~= nil
  local ok, err = pcall(function()
    for text in next_piece, f do
      text = redactor:text(text, is_json)
      assert(out:write(name == recorder.NAME and without_sums(text) or text))
      fail.check(engine.elapse(0))
    end
    assert(out:flush())
  end)
  f:close()
  out:close()
  if not ok then error(err, 0) end
end

--- Removes the scenario's file from cases without a recording: it was on another machine, and only a recording has its
--- source.
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
  -- a run of another version may not fit the page
  local ok = pcall(page.write, run, folder)
  if not ok then os.remove(("%s/%s"):format(folder, run_store.PAGE)) end
end

-- Copies a folder, redacted; adds a line to `left` for each file left out.
local function copy(from, to, redactor, left, below)
  assert(engine.fs.mkdir(to))
  for _, name in ipairs(fail.check(engine.fs.list(from))) do
    local path, shown = ("%s/%s"):format(from, name), below .. name
    local st = engine.fs.stat(path, true)
    local why = st and st.type ~= "dir" and refusal(name, st)
    if st and st.type == "dir" then
      copy(path, ("%s/%s"):format(to, redactor:text(name)), redactor, left, shown .. "/")
    elseif why then
      left[#left + 1] = ("%s: %s"):format(redactor:text(shown), why)
    elseif st and shown ~= run_store.PAGE then
      -- the page is written again from the redacted files: it escapes texts in another way
      copy_file(path, ("%s/%s"):format(to, redactor:text(name)), name, redactor)
    end
  end
end

-- A path without its steps back, which could lead out of a folder: "a/../b/x.lua" and "../b/x.lua" are "b/x.lua".
local function without_steps_back(path)
  local out = {}
  for step in path:gmatch "[^/]+" do
    if step == ".." then table.remove(out) elseif step ~= "." then out[#out + 1] = step end
  end
  return table.concat(out, "/")
end

local function write_module(folder, name, text)
  if type(text) ~= "string" then return end
  local path = ("%s/%s"):format(folder, without_steps_back(name))
  paths.make(path:match "^(.*)/")
  paths.write(path, text)
end

-- Writes each case's scenario and its modules, as they ran, from the recording.
local function write_scenarios(folder)
  for _, name in ipairs(engine.fs.list(folder)) do
    local dir = ("%s/%s"):format(folder, name)
    local head = run_store.case_facts(dir)
    local source = head and head.source
    if type(source) == "table" and type(source.text) == "string" then
      paths.write(dir .. "/scenario.lua", source.text)
      for module, text in pairs(source.modules or {}) do write_module(dir .. "/modules", module, text) end
      local beside = without_steps_back(own_modules.folder(tostring(head.spec.file))) .. "/"
      recording.each_loaded(dir, function(path, text)
        path = without_steps_back(path)
        if path:sub(1, #beside) == beside then path = path:sub(#beside + 1) end
        write_module(dir .. "/modules", path, text)
      end)
    end
  end
end

local function first(path, pattern) return (paths.read(path) or ""):match(pattern) end

-- The machine that packs the bundle: in most cases the run's.
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
  local r = engine.here():run({ "tar", unpack(argv) }, { timeout = TAR_SECONDS })
  if r.code == 0 then return r.out end
  fail.raise("EIO", "tar", r.err:match "[^\n]+" or ending.words(r))
end

-- Writes the archive of a folder below `scratch`: whole or not at all, even after a SIGKILL.
local function pack(scratch, name, file)
  local folder, base = file:match "^(.*/)([^/]+)$"
  local where = engine.fs.realpath(folder or ".")
  if not where then fail.raise("USAGE", "bundle", ("no folder %s"):format(folder)) end
  local part = ("%s/%s.part%d"):format(where, base or file, engine.sys.pid())
  local guard = engine.fs.guard_tree(part)
  local ok, err = pcall(tar, { "-C", scratch, "--owner=0", "--group=0", "--numeric-owner", "--sort=name",
    "--mode=u=rwX,go=rX", "-czf", part, name })
  if ok then ok, err = pcall(fail.check, engine.fs.rename(part, file)) end
  os.remove(part)
  engine.fs.guard_drop(guard)
  if not ok then error(err, 0) end
end

-- Calls fn(scratch) with a folder that is removed afterwards.
local function with_scratch(fn)
  assert(engine.guard(paths.journal()))
  local scratch = fail.check(engine.scratch())
  local ok, result = pcall(fn, scratch)
  engine.fs.rmtree(scratch)
  if not ok then error(result, 0) end
  return result
end

--- Packs the run in `folder` into `file`. Returns an array of lines about files left out.
function bundle.pack(folder, id, file)
  return with_scratch(function(scratch)
    local redactor, left, name = new_redactor(), {}, "moonrig-" .. id
    local to = ("%s/%s"):format(scratch, name)
    copy(folder, to, redactor, left, "")
    write_scenarios(to)
    write_page(to)
    local about = { bundle = 1, run = id, left_out = left, environment = environment() }
    local text = engine.json.encode(about, { indent = 2 }) .. "\n"
    paths.write(("%s/%s"):format(to, MARK), redactor:text(text, true))
    pack(scratch, name, file)
    return left
  end)
end

-- ---- opening ----

-- The run's folder in an unpacked archive. Raises for links: they could lead out of it.
local function unpacked(scratch, file)
  local found
  paths.walk(scratch, function(path, st, name)
    if st.type ~= "dir" and st.type ~= "file" then
      fail.raise("EBADMSG", "bundle", ("%s contains %s, which is not a regular file"):format(file, name))
    end
    if name == MARK and st.type == "file" then found = found or path:match "^(.*)/" end
  end)
  return found or fail.raise("EBADMSG", "bundle", ("%s is not a bundle: it has no %s"):format(file, MARK))
end

--- Calls fn(word) with a run's folder or name, or fn(folder) with the unpacked run of a bundle's file.
function bundle.within(word, fn)
  local st = word and engine.fs.stat(word)
  if not (st and st.type == "file") then return fn(word) end
  return with_scratch(function(scratch)
    local ok, err = pcall(tar, { "-C", scratch, "--no-same-owner", "--no-same-permissions", "-xzf",
      fail.check(engine.fs.realpath(word)) })
    if not ok then
      if fail.is_cancel(err) then error(err, 0) end
      fail.raise("EBADMSG", "bundle", ("%s is not a bundle: %s"):format(word, err.what or tostring(err)))
    end
    return fn(unpacked(scratch, word))
  end)
end

--- Is a folder an unpacked bundle? Its scenarios are redacted like its recordings, and must be replayed from there.
function bundle.is_unpacked(folder)
  return engine.fs.stat(("%s/%s"):format(folder, MARK)) ~= nil
end

return bundle
