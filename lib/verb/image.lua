--- image: `moonrig image`: the guest image, and the Debian packages that a person added to it.

local engine = require "engine"
local eta = require "results.eta"
local fail = require "base.fail"
local image = require "host.image"
local paths = require "base.paths"
local progress = require "report.progress"
local ui = require "report.ui"

local function show(term)
  local img, id = image.find()
  term:line("guest image: " .. (img and img.folder or ("%s is not built: run `moonrig setup`"):format(id)))
  local packages = image.packages()
  term:line("added packages: " .. (#packages > 0 and table.concat(packages, " ") or "none"))
  return 0
end

local function set(term, packages)
  assert(engine.guard(paths.journal()))
  image.set_packages(packages, progress.new(term, eta.steps(paths.cache() .. "/steps.json")))
  return show(term)
end

local function add(term, names)
  local packages = image.packages()
  for _, name in ipairs(names) do packages[#packages + 1] = name end
  return set(term, packages)
end

local function remove(term, names)
  local left, gone = {}, {}
  for _, name in ipairs(names) do gone[name] = true end
  for _, name in ipairs(image.packages()) do
    if not gone[name] then left[#left + 1] = name end
    gone[name] = nil
  end
  local unknown = next(gone)
  if unknown then fail.raise("USAGE", "image", unknown .. " was not added; `moonrig image` lists what was") end
  return set(term, left)
end

local DO = { show = show, add = add, remove = remove }

local function options(command)
  command:argument("what", "show, add or remove."):choices { "show", "add", "remove" }:default "show":args "?"
  command:argument("package", "Debian packages, of this machine's release."):args "*"
end

local function main(o)
  local what = o.what or "show"
  if (what == "show") ~= (#o.package == 0) then
    fail.raise("USAGE", "image", "expected `moonrig image`, or `moonrig image add PACKAGE...`, or remove")
  end
  return DO[what](ui.terminal(), o.package)
end

return { order = 12.5, sweeps = true, main = main, options = options,
  words = "Show the guest image, or add Debian packages to it: runs use that image from then on." }
