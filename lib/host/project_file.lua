--- project_file: moonrig.lua of the working folder, or of the nearest folder above: what a person tests, as a table:
--- return { dpdk = "build", qemu = "/path/to/qemu", image = { disk = "guest.qcow2" } }. It is Lua without functions of
--- its own: it can do nothing else.

local engine = require "engine"
local fail = require "base.fail"
local show = require "base.show"
local suggest = require "base.suggest"
local table_file = require "host.table_file"
local user_image = require "host.user_image"

local project_file = {}

local NAME = "moonrig.lua"

-- Is it a place?
local KEYS = { dpdk = true, qemu = true, image = true, accel = false }

local function refuse(path, why) fail.raise("USAGE", "project file", ("%s: %s"):format(path, why)) end

-- Places are relative to the file's folder.
local function place(folder, value)
  if value:find "^[/~]" or value:find "^%l+:" then return value end
  return folder .. "/" .. value
end

local function value_of(path, folder, key, one)
  if key == "image" and type(one) == "table" then return user_image.relative_to(folder, one) end
  if type(one) ~= "string" then refuse(path, ("%s: expected a text, got %s"):format(key, show.value(one))) end
  return KEYS[key] and place(folder, one) or one
end

local function read(path, folder)
  local value, out = table_file.read(path), {}
  if type(value) ~= "table" then refuse(path, "expected `return { dpdk = PLACE, qemu = PLACE }`") end
  for key, one in pairs(value) do
    if KEYS[key] == nil then
      refuse(path, ("there is no key %s%s; there are: %s"):format(show.value(key),
        suggest.hint(tostring(key), show.sorted_keys(KEYS)), table.concat(show.sorted_keys(KEYS), ", ")))
    end
    out[key] = value_of(path, folder, key, one)
  end
  return out
end

--- The nearest file's table: { dpdk, qemu (absolute paths or debian:SUITE), image (host/user_image.lua), accel }, and
--- its path; an empty table without a file. Raises for a file that is no such table.
function project_file.find()
  local folder = engine.fs.realpath "."
  while folder do
    local path = (folder == "/" and "" or folder) .. "/" .. NAME
    local st = engine.fs.stat(path)
    if st and st.type == "file" then return read(path, folder), path end
    folder = folder ~= "/" and (folder:match "^(.+)/[^/]*$" or "/") or nil
  end
  return {}
end

return project_file
