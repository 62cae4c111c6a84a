--- dpdk_contents: the files of a DPDK that a guest needs: programs, drivers, tools, and the libraries with their
--- loader.

local closure = require "host.closure"
local dpdk_build = require "host.dpdk_build"
local engine = require "engine"
local show = require "base.show"

local dpdk_contents = {}

-- Gives each driver its place among the libraries. One that programs link is the same file: it must not be loaded
-- twice.
local function place_drivers(drivers, libraries)
  local linked = {}
  for _, name in ipairs(show.sorted_keys(libraries)) do linked[engine.fs.realpath(libraries[name])] = name end
  for _, name in ipairs(show.sorted_keys(drivers)) do
    local path = drivers[name]
    local place = linked[engine.fs.realpath(path)] or name
    drivers[name], libraries[place] = place, path
  end
end

--- The files of a build's disk: { [place on it] = file }; its drivers' folder (nil: a static build); { [driver's file]
--- = its name in lib/ }; its loader.
function dpdk_contents.of(build)
  local programs, elf, files = dpdk_build.programs(build), {}, {}
  for i, program in ipairs(programs) do
    elf[i] = program.path
    files["real/" .. program.name] = program.path
  end
  local loader = build.loader or closure.LOADER
  local libraries = closure.of(elf, loader, build.library_path)
  local drivers, folder = dpdk_build.drivers(build, libraries)
  local of_drivers = {}
  for _, name in ipairs(show.sorted_keys(drivers)) do of_drivers[#of_drivers + 1] = drivers[name] end
  for name, path in pairs(closure.of(of_drivers, loader, build.library_path)) do
    libraries[name] = libraries[name] or path
  end
  place_drivers(drivers, libraries)
  for name, path in pairs(libraries) do files["lib/" .. name] = path end
  for name, path in pairs(build.tools) do files["bin/" .. name] = path end
  files["lib/" .. loader:match "[^/]+$"] = loader
  return files, folder, drivers, loader
end

return dpdk_contents
