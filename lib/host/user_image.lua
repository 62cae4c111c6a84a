--- user_image: a guest image of the user's own: a disk with a boot loader, or a kernel and its disk. Its files are only
--- read: a guest writes to a layer of its own.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local show = require "base.show"
local suggest = require "base.suggest"
local table_file = require "host.table_file"

local user_image = {}

-- Is it a file?
local KEYS = { disk = true, kernel = true, initrd = true, key = true, append = false, user = false, nic = false,
  host_key = false }

-- A file of a folder, by the beginning of its name.
local NAMES = { disk = { "disk" }, kernel = { "kernel", "vmlinuz" }, initrd = { "initrd" },
  key = { "key", "id_ed25519" } }

local NICS = { virtio = "virtio-net-pci", e1000 = "e1000" }

local SHAPE = "expected a disk image, a folder with files named disk, kernel, initrd and key, or a file with the table "
  .. "{ disk, kernel, initrd, append, key, user, nic }"

-- qcow2's first bytes (docs/interop/qcow2.txt of QEMU), and where a partition table has its mark.
local QCOW2, MARK_AT, MARK = "QFI\251", 511, "\85\170"

local function refuse(form, ...) fail.raise("EINVAL", "image", form:format(...)) end

local function refuse_unknown(given)
  for _, key in ipairs(show.sorted_keys(given)) do
    if KEYS[key] == nil then
      refuse("there is no key %s%s; there are: %s", show.value(key),
        suggest.hint(tostring(key), show.sorted_keys(KEYS)), table.concat(show.sorted_keys(KEYS), ", "))
    end
    if type(given[key]) ~= "string" or given[key] == "" then
      refuse("%s: expected a text, got %s", key, show.value(given[key]))
    end
  end
end

-- The absolute path of a readable file.
local function file_at(key, path)
  local home = paths.env "HOME"
  if home and path:find "^~/" then path = home .. path:sub(2) end
  local found = engine.fs.realpath(path)
  local st = found and engine.fs.stat(found)
  if not st then refuse("%s: there is no %q", key, path) end
  if st.type == "dir" then refuse("%s: %s is a folder, expected a file", key, path) end
  if not engine.fs.access(found, "r") then refuse("%s: %s cannot be read", key, path) end
  return found
end

-- Without a key it is the one beside the disk or the kernel, or the user's own.
local function key_beside(path)
  local folder, home = path:match "^(.*)/", paths.env "HOME" or ""
  local places = { path .. ".key", folder .. "/key", folder .. "/id_ed25519", home .. "/.ssh/id_ed25519" }
  for _, place in ipairs(places) do
    if engine.fs.stat(place) then return file_at("key", place) end
  end
  refuse("there is no SSH key for it: name one with key = PATH in a table, or put it at %s", places[1])
end

-- Where a kernel finds its root, unless `append` has it: on the whole disk, or on its first partition.
local function root_word(disk, layer)
  local head = paths.read_part(disk, 512, true) or ""
  return (layer == "qcow2" or head:sub(MARK_AT) == MARK) and "root=/dev/vda1" or "root=/dev/vda"
end

local function words_of(given, img)
  local words = given.append or ""
  if not img.kernel then
    if words ~= "" then refuse "append: words are for a kernel, which a disk's boot loader has: name kernel, too" end
    return nil
  end
  if img.disk and not (" " .. words):find " root=" then words = root_word(img.disk, img.layer) .. " rw " .. words end
  return words
end

-- Tells two states of the files apart: their paths, sizes and times.
local function stamp_of(img)
  local parts = { img.append or "" }
  for _, key in ipairs { "disk", "kernel", "initrd" } do
    local st = img[key] and engine.fs.stat(img[key])
    parts[#parts + 1] = st and ("%s %.0f %.6f"):format(img[key], st.size, st.mtime) or "-"
  end
  return "user-" .. engine.checksum(table.concat(parts, "\n"))
end

local function of_table(given)
  refuse_unknown(given)
  local img = { is_users = true, user = given.user or "root", host_key = given.host_key or "any" }
  for _, key in ipairs { "disk", "kernel", "initrd", "key" } do
    img[key] = given[key] and file_at(key, given[key])
  end
  if not img.disk and not img.kernel then refuse("it has neither a disk nor a kernel: %s", SHAPE) end
  img.key = img.key or key_beside(img.disk or img.kernel)
  img.layer = img.disk and ((paths.read_part(img.disk, 4, true) == QCOW2) and "qcow2" or "raw")
  img.append = words_of(given, img)
  img.nic = NICS[given.nic or "virtio"]
  if not img.nic then refuse("nic: expected virtio or e1000, got %q", given.nic) end
  img.id = stamp_of(img)
  return img
end

-- The file of a folder whose name is, or begins with, one of `names`.
local function named(folder, names)
  local found
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    for _, word in ipairs(names) do
      if name == word or name:find("^" .. word .. "[.-]") and not name:find "%.pub$" then
        if found then refuse("%s has both %s and %s: keep one, or name it in a table", folder, found, name) end
        found = name
      end
    end
  end
  return found and folder .. "/" .. found
end

local function of_folder(folder)
  if engine.fs.stat(folder .. "/image.lua") then return user_image.of(folder .. "/image.lua") end
  local given = {}
  for key, names in pairs(NAMES) do given[key] = named(folder, names) end
  if not given.disk and not given.kernel then refuse("%s: there is no disk and no kernel in it: %s", folder, SHAPE) end
  return of_table(given)
end

--- The table with places relative to a folder made absolute.
function user_image.relative_to(folder, given)
  local out = {}
  for key, value in pairs(given) do
    local is_place = KEYS[key] and type(value) == "string" and not value:find "^[/~]"
    out[key] = is_place and ("%s/%s"):format(folder, value) or value
  end
  return out
end

local function of_file(path)
  if not path:find "%.lua$" then return of_table { disk = path } end
  local given = table_file.read(path)
  if type(given) ~= "table" then refuse("%s: expected `return { disk = PLACE, ... }`", path) end
  return of_table(user_image.relative_to(path:match "^(.*)/", given))
end

--- An image of a place (a disk, a folder, a table in a file) or of a table: { is_users = true, id (its files' paths,
--- sizes and times), disk, layer ("raw", "qcow2"), kernel, initrd, append (words for the kernel), key, user, host_key,
--- nic (QEMU's device) }. Raises for one that cannot be.
function user_image.of(where)
  if type(where) == "table" then return of_table(where) end
  local path = engine.fs.realpath(where)
  local st = path and engine.fs.stat(path)
  if not st then refuse("there is no %q: %s", where, SHAPE) end
  return (st.type == "dir" and of_folder or of_file)(path)
end

return user_image
