--- meson: a meson build folder: its source, its options.

local engine = require "engine"
local paths = require "base.paths"

local meson = {}

local INFO = "/meson-info/meson-info.json"

--- Is it one?
function meson.is_build(folder) return engine.fs.stat(folder .. INFO) ~= nil end

--- The source tree of a build folder.
function meson.source(folder)
  local info = paths.read_table(folder .. INFO) or {}
  return info.directories and info.directories.source or folder:match "^(.*)/[^/]*$"
end

--- The values of options, as texts: { [name] = value }. Those that the build has not are not there.
function meson.options(folder, names)
  local found, wanted = {}, {}
  for _, name in ipairs(names) do wanted[name] = true end
  for _, option in ipairs(paths.read_table(folder .. "/meson-info/intro-buildoptions.json") or {}) do
    if wanted[option.name] then found[option.name] = tostring(option.value) end
  end
  return found
end

return meson
