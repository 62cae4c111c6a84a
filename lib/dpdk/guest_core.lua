--- guest_core: a core of a program in a guest, brought to this machine together with the files on its stack: the
--- backtrace is made with the very files that ran.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local guest_core = {}

--- Where our guests leave cores (vm/start).
guest_core.FOLDER = "/var/lib/moonrig/cores"

-- Of testpmd's 52 MB, 47 are zeros: packed it is here in 3 s, and else in 10.
local PACK_CORE = 'for f in "$1"/core.*."$2"; do [ -e "$f" ] || continue; gzip -1 -c "$f" >"$f.gz" && echo "$f.gz"; '
  .. 'rm "$f"; done'
local UNPACK_CORE = 'gzip -dc "$1" >"$2"'

-- Busybox's tar follows links by -h; a file that is gone is left out.
local PACK = 'cd / || exit 1; out=$1; shift; tar -chf "$out" "$@" 2>/dev/null; [ -s "$out" ]'

-- What is left until the time `over`; the last step may have a second more.
local function left(over) return { timeout = math.max(1, over - engine.now()) } end

local function must_run(node, argv, what, over)
  local r, err = fail.try(node.run, node, argv, left(over))
  if r and r.code == 0 then return r.out end
  return nil, ("%s: %s"):format(what, r and (r.err:match "[^\n]+" or "it failed") or tostring(err))
end

--- Files that are mapped, of the system's folders: not DPDK's in /dev/hugepages, nor what was removed.
function guest_core.is_code(path)
  return path:find "^/" and not path:find "^/dev/" and not path:find "^/proc/" and not path:find "^/memfd:"
    and not path:find "^/var/run/" and not path:find "^/run/" and not path:find " %(deleted%)$"
end

-- Those for the stack of the failed thread: DPDK's shared libraries alone are a hundred files. The loader's has the
-- list of the others.
local function wanted(core)
  local out, is_listed = {}, {}
  local function add(path)
    if guest_core.is_code(path) and not is_listed[path] then out[#out + 1] = path:sub(2) end
    is_listed[path] = true
  end
  for _, path in ipairs(core.used) do add(path) end
  for _, path in ipairs(core.files) do
    if path:find "/ld[-.][^/]*$" or path == core.program then add(path) end
  end
  return out
end

-- A core has the files' own names, and gdb asks for those by which the loader found them: a library's without its minor
-- version, and Debian's /lib for /usr/lib.
local function add_names(root)
  for _, name in ipairs { "lib", "lib64", "bin", "sbin" } do engine.fs.symlink("usr/" .. name, root .. "/" .. name) end
  paths.walk(root, function(path, st, name)
    local short = st.type == "file" and path:match "^(.*%.so%.%d+)%.[%d.]+$"
    if short then engine.fs.symlink(name, short) end
  end)
end

-- The files of the guest below a folder here.
local function take_files(node, core, folder, over)
  local packed = guest_core.FOLDER .. "/files.tar"
  local ok, why = must_run(node, { "sh", "-c", PACK, "sh", packed, unpack(wanted(core)) }, "tar in the guest", over)
  if not ok then return nil, why end
  local copied, err = fail.try(node.pull, node, packed, folder .. "/files.tar", left(over))
  if not copied then return nil, tostring(err) end
  fail.try(node.run, node, { "rm", "-f", packed }, left(over))
  local root = paths.make(folder .. "/root")
  ok, why = must_run(engine.here(), { "tar", "-C", root, "-xf", folder .. "/files.tar" }, "tar", over)
  add_names(root)
  return ok and root, why
end

-- The core of a process: its path here, and engine.fs.core's table; nil and why there is none.
local function take_core(node, pid, folder, over)
  local argv = { "sh", "-c", PACK_CORE, "sh", guest_core.FOLDER, ("%d"):format(pid) }
  local listed, why = must_run(node, argv, "no core", over)
  local from = listed and listed:match "[^\n]+"
  if not from then return nil, why or ("the guest has no core of process %d in %s"):format(pid, guest_core.FOLDER) end
  local path, packed, err = folder .. "/core", fail.try(node.pull, node, from, folder .. "/core.gz", left(over))
  if not packed then return nil, "the core could not be copied: " .. tostring(err) end
  fail.try(node.run, node, { "rm", "-f", from }, left(over))
  local ok, broken = must_run(engine.here(), { "sh", "-c", UNPACK_CORE, "sh", packed, path }, "gzip", over)
  if not ok then return nil, broken end
  local core, unread = engine.fs.core(path)
  if not core then return nil, tostring(unread) end
  return path, core
end

--- The core of process `pid` of a guest's node, in a new folder here: its path, engine.fs.core's table, the folder with
--- the guest's files, or nil and why they are missing. Nil and why there is no core. `over`: when it must be done, on
--- engine.now()'s clock.
function guest_core.take(node, pid, folder, over)
  paths.make(folder)
  local path, core = take_core(node, pid, folder, over)
  if not path then return nil, core end
  return path, core, take_files(node, core, folder, over)
end

return guest_core
