--- guest_core: a core of a program in a guest, brought to this machine together with the files that the program had
--- mapped: its backtrace is made with the very files that ran.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local guest_core = {}

--- Where our guests leave cores (vm/start).
guest_core.FOLDER = "/var/lib/moonrig/cores"

-- A core of 50 MB comes over an emulated network in 10 s.
local SECONDS = 60

local LIST = 'for f in "$1"/core.*."$2"; do [ ! -e "$f" ] || echo "$f"; done'

-- Busybox's tar follows links by -h; a file that is gone is left out.
local PACK = 'cd / || exit 1; out=$1; shift; tar -chf "$out" "$@" 2>/dev/null; [ -s "$out" ]'

local function must_run(node, argv, what)
  local r, err = fail.try(node.run, node, argv, { timeout = SECONDS })
  if r and r.code == 0 then return r.out end
  return nil, ("%s: %s"):format(what, r and (r.err:match "[^\n]+" or "it failed") or tostring(err))
end

-- Files that are mapped, of the system's folders: not DPDK's in /dev/hugepages, nor what was removed.
local function is_code(path)
  return path:find "^/" and not path:find "^/dev/" and not path:find "^/proc/" and not path:find "^/memfd:"
    and not path:find "^/var/run/" and not path:find "^/run/" and not path:find " %(deleted%)$"
end

local function relative(files)
  local out = {}
  for _, path in ipairs(files) do
    if is_code(path) then out[#out + 1] = path:sub(2) end
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
local function take_files(node, files, folder)
  local packed = guest_core.FOLDER .. "/files.tar"
  local ok, why = must_run(node, { "sh", "-c", PACK, "sh", packed, unpack(relative(files)) }, "tar in the guest")
  if not ok then return nil, why end
  local copied, err = fail.try(node.pull, node, packed, folder .. "/files.tar", { timeout = SECONDS })
  if not copied then return nil, tostring(err) end
  node:run { "rm", "-f", packed }
  local root = paths.make(folder .. "/root")
  ok, why = must_run(engine.here(), { "tar", "-C", root, "-xf", folder .. "/files.tar" }, "tar")
  add_names(root)
  return ok and root, why
end

--- The core of process `pid` of a guest's node, in a new folder here: its path, engine.fs.core's table, and the folder
--- with the guest's files. Nil and why there is none.
function guest_core.take(node, pid, folder)
  local listed, why = must_run(node, { "sh", "-c", LIST, "sh", guest_core.FOLDER, ("%d"):format(pid) }, "no core")
  local from = listed and listed:match "[^\n]+"
  if not from then return nil, why or ("the guest has no core of process %d in %s"):format(pid, guest_core.FOLDER) end
  paths.make(folder)
  local path, err = fail.try(node.pull, node, from, folder .. "/core", { timeout = SECONDS })
  if not path then return nil, "the core could not be copied: " .. tostring(err) end
  node:run { "rm", "-f", from }
  local core, unread = engine.fs.core(path)
  if not core then return nil, tostring(unread) end
  local root, missing = take_files(node, core.files, folder)
  if not root then return nil, missing end
  return path, core, root
end

return guest_core
