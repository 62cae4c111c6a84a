--- stock: the guest image that one would take instead of ours: built once by stock.sh, kept in the user's cache.

local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local lines = require "base.lines"
local manifest = require "host.manifest"
local paths = require "base.paths"

local stock = {}

local SECONDS = 900
local FILES = { "vmlinuz", "initrd.img", "disk.ext4", "id_ed25519" }

local function recipe()
  return paths.home() .. "/test/bench/stock.sh"
end

--- The image's id: a hash of its recipe, and of our image, whose example programs are in it.
function stock.id()
  local text = fail.check(paths.read(recipe())) .. "\0" .. image.id()
  return fail.check(engine.here():run({ "sha256sum" }, { input = text })).out:sub(1, 16)
end

--- Its folder in the cache, for an id.
function stock.folder(id)
  return ("%s/stock-%s"):format(paths.cache(), id)
end

local function build_in(work, folder, id)
  for _, name in ipairs { "out", "tmp" } do paths.make(work .. "/" .. name, 448) end
  local env = { "WORK=" .. work, "OUT=" .. work .. "/out", "EXAMPLES=" .. image.need().examples }
  local r = fail.check(engine.here():run({ "sh", recipe() }, { env = env, timeout = SECONDS }))
  if r.code ~= 0 then
    local said = lines.last(r.err ~= "" and r.err or r.out, 5)
    fail.raise("EFAIL", "stock image", said:match "stock: ([^\n]*)" or "its build failed", said)
  end
  manifest.write(work .. "/out", id, FILES)
  engine.fs.rmtree(folder)
  fail.check(engine.fs.rename(work .. "/out", folder))
end

-- In a work folder that is gone at the end, however that comes. Its name and the lock are those of the other
-- image's builds: `clean` knows them.
local function build(folder, id)
  local cache = paths.make(paths.cache(), 448)
  local work = ("%s/build-%d"):format(cache, engine.sys.pid())
  local lock, err = engine.fs.lock(cache .. "/build.lock")
  if not lock then
    fail.raise(err.code, "stock image", "another build goes on (" .. err.what .. "): wait for it to end")
  end
  local guard = engine.fs.guard_tree(work)
  paths.make(work, 448)
  local ok, why = pcall(build_in, work, folder, id)
  engine.fs.rmtree(work)
  engine.fs.guard_drop(guard)
  engine.fs.unlock(lock)
  if not ok then error(why, 0) end
end

--- The folder of the image (vmlinuz, initrd.img, disk.ext4, id_ed25519), built where it is not there as it was built;
--- and a lock, by which `clean` sees that it is used. A build that is interrupted leaves nothing.
function stock.need()
  local id = stock.id()
  local folder = stock.folder(id)
  local told = manifest.read(folder)
  if not told or manifest.changed(folder, told) then build(folder, id) end
  return folder, fail.check(engine.fs.lock(folder .. "/manifest.json", "shared"))
end

--- The command line of a testpmd of ours (`given`, an array) for the stock guest: the sockets vhost-net and vhost-net1
--- in `work`, and a file prefix of its own, which is the second value.
function stock.testpmd(given, work)
  local out, sockets, prefix = {}, 0, "stock-" .. work:match "[^/]+/[^/]+$":gsub("/", "-")
  for i, word in ipairs(given) do
    word = word:gsub("^%-%-file%-prefix=.*", "--file-prefix=" .. prefix)
    local new, n = word:gsub("iface=[^,]*/(vhost%-net1?)%f[,%z]", "iface=" .. work .. "/%1")
    out[i], sockets = new, sockets + n
  end
  if sockets ~= 2 then error("stock: this testpmd has not the plan's two sockets: " .. table.concat(given, " "), 0) end
  return out, prefix
end

return stock
