--- stock: a stock Debian guest image, to compare with ours. Built once by stock.sh, stored in the user's cache.

local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local lines = require "base.lines"
local manifest = require "host.manifest"
local paths = require "base.paths"
local under_test = require "host.under_test"

local stock = {}

local SECONDS = 900
local FILES = { "vmlinuz", "initrd.img", "disk.ext4", "id_ed25519" }

local function recipe()
  return engine.home() .. "/test/bench/stock.sh"
end

--- The image's id: a hash of its recipe and of our image, whose example programs it contains.
function stock.id()
  local text = fail.check(paths.read(recipe())) .. "\0" .. image.id()
  return fail.check(engine.here():run({ "sha256sum" }, { input = text })).out:sub(1, 16)
end

--- Its folder in the cache, for an id.
function stock.folder(id)
  return ("%s/stock-%s"):format(paths.cache(), id)
end

-- What the recipe needs, and what the examples are built for.
local function check_tools()
  if engine.sys.uid() ~= 0 then fail.raise("EPERM", "stock image", "root is needed") end
  if not paths.program "mmdebstrap" then fail.raise("ENOENT", "stock image", "mmdebstrap is not here") end
end

local function examples_folder() return under_test.program("bench", "symmetric_mp"):match "^(.*)/" end

local function build_in(work, folder, id)
  check_tools()
  for _, name in ipairs { "out", "tmp" } do paths.make(work .. "/" .. name, 448) end
  local env = { "WORK=" .. work, "OUT=" .. work .. "/out", "EXAMPLES=" .. examples_folder() }
  local r = fail.check(engine.here():run({ "sh", recipe() }, { env = env, timeout = SECONDS }))
  if r.code ~= 0 then
    local output = lines.last(r.err ~= "" and r.err or r.out, 5)
    fail.raise("EFAIL", "stock image", output:match "stock: ([^\n]*)" or "its build failed", output)
  end
  manifest.write(work .. "/out", id, FILES)
  engine.fs.rmtree(folder)
  fail.check(engine.fs.rename(work .. "/out", folder))
end

-- Builds in a work folder that the guard removes. Its name and the lock are those of our image's builds, which `clean`
-- knows.
local function build(folder, id)
  local cache = paths.make(paths.cache(), 448)
  local work = ("%s/build-%d"):format(cache, engine.sys.pid())
  local lock, err = engine.fs.lock(cache .. "/build.lock")
  if not lock then
    fail.raise(err.code, "stock image", "another build is running (" .. err.what .. "): wait for its end")
  end
  local guard = engine.fs.guard_tree(work)
  paths.make(work, 448)
  local ok, why = pcall(build_in, work, folder, id)
  engine.fs.rmtree(work)
  engine.fs.guard_drop(guard)
  engine.fs.unlock(lock)
  if not ok then error(why, 0) end
end

--- The folder of the image (vmlinuz, initrd.img, disk.ext4, id_ed25519), built where it is missing or changed; and a
--- lock, by which `clean` knows that it is in use. An interrupted build leaves nothing.
function stock.need()
  local id = stock.id()
  local folder = stock.folder(id)
  local built = manifest.read(folder)
  if not built or manifest.changed(folder, built) then build(folder, id) end
  return folder, fail.check(engine.fs.lock(folder .. "/manifest.json", "shared"))
end

--- The command line of our testpmd (`given`, an array) for the stock guest, with the sockets vhost-net and vhost-net1
--- in `work`; and its file prefix.
function stock.testpmd(given, work)
  local out, sockets, prefix = {}, 0, "stock-" .. work:match "[^/]+/[^/]+$":gsub("/", "-")
  for i, word in ipairs(given) do
    word = word:gsub("^%-%-file%-prefix=.*", "--file-prefix=" .. prefix)
    local new, n = word:gsub("iface=[^,]*/(vhost%-net1?)%f[,%z]", "iface=" .. work .. "/%1")
    out[i], sockets = new, sockets + n
  end
  if sockets ~= 2 then
    error("stock: expected the plan's two sockets in testpmd's command line: " .. table.concat(given, " "), 0)
  end
  return out, prefix
end

return stock
