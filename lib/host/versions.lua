--- versions: which DPDK and QEMU a run was with. The programs that say so take longer than a short run does:
--- what they said is kept in the user's cache, for as long as the file that they speak of is the same.

local engine = require "engine"
local paths = require "base.paths"

local versions = {}

-- dpkg's database: what is installed stands in it.
local DPKG = "/var/lib/dpkg/status"

local function first_line(argv)
  local r = engine.here():run(argv, { timeout = 10 })
  return r and r.code == 0 and r.out:match "[^\n]+" or nil
end

--- Which file it is, and as of when, as a text; nil where there is none. A file that was written to and given its old
--- time back has another time of change.
function versions.stamp(path)
  local st = engine.fs.stat(path)
  return st and ("%s %.0f %.0f %.6f %.6f"):format(engine.fs.realpath(path), st.inode, st.size, st.mtime, st.changed)
end

local function kept(file)
  local known = engine.json.decode(paths.read(file) or "")
  return type(known) == "table" and known or {}
end

-- Without a place to keep it, it is asked anew each time.
local function keep(file, name, text, of)
  local known = kept(file)
  known[name] = { text = text, of = of }
  pcall(function()
    paths.make(file:match "^(.*)/", 448)
    paths.write(file, engine.json.encode(known))
  end)
end

--- What a command says about `path` in its first line, nil where it fails. Kept in `file` under `name`, and
--- asked again once the file at `path` is another; not kept where it became another one meanwhile.
function versions.ask(file, name, argv, path)
  local of = versions.stamp(path)
  local known = of and kept(file)[name]
  if type(known) == "table" and known.of == of and type(known.text) == "string" then return known.text end
  local text = first_line(argv)
  if text and of and versions.stamp(path) == of then keep(file, name, text, of) end
  return text
end

--- Where the answers of all runs are kept.
function versions.store()
  return paths.cache() .. "/versions.json"
end

local function cached(name, argv, path)
  return versions.ask(versions.store(), name, argv, path)
end

--- The installed package's version; "absent".
function versions.dpdk()
  return cached("dpdk", { "dpkg-query", "-W", "-f", "${Version}", "dpdk" }, DPKG) or "absent"
end

--- QEMU's own; "absent".
function versions.qemu()
  local program = paths.program "qemu-system-x86_64"
  local text = program and cached("qemu", { program, "--version" }, program)
  return text and (text:gsub("^QEMU emulator version ", "")) or "absent"
end

--- The kernel of an image in the cache ("6.1.0-49-cloud-amd64"), as its file has it: what each guest of it boots. Nil
--- where that cannot be told.
function versions.guest_kernel(id)
  local path = ("%s/image-%s/vmlinuz"):format(paths.cache(), id)
  local text = cached("guest_kernel", { "grep", "-aom1", "Linux version [0-9][^ ]*", path }, path)
  return text and text:match "^Linux version (%S+)$"
end

return versions
