--- choices: the options by which verbs choose what is under test, and the combinations of what was chosen.

local debian = require "host.debian"
local dpdk_build = require "host.dpdk_build"
local engine = require "engine"
local eta = require "results.eta"
local fail = require "base.fail"
local paths = require "base.paths"
local progress = require "report.progress"
local project_file = require "host.project_file"
local ui = require "report.ui"
local under_test = require "host.under_test"

local choices = {}

-- Environment variables, by option.
local VARIABLES = { dpdk = "MOONRIG_DPDK", qemu = "MOONRIG_QEMU", image = "MOONRIG_IMAGE", accel = "MOONRIG_ACCEL" }

local ACCELERATORS = { "auto", "kvm", "tcg" }

--- The options. `is_one`: of a verb that runs one combination.
function choices.add(command, is_one)
  local count = is_one and "?" or "*"
  local more = is_one and "" or " Several: a run for each."
  command:option("--dpdk", "The DPDK under test: a meson build folder, a source tree, a prefix, or debian:SUITE "
    .. "(default: $MOONRIG_DPDK, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--qemu", "The QEMU under test: a program, a build folder, or debian:SUITE (default: "
    .. "$MOONRIG_QEMU, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--image", "The guest: a disk image, a folder with disk, kernel, initrd and key, or a table in a file "
    .. "(default: $MOONRIG_IMAGE, moonrig.lua, or moonrig's own image)."):argname "<place>"
  command:option("--accel", "How guests run: kvm, tcg (emulated), or auto, which is KVM where it works "
    .. "(default: $MOONRIG_ACCEL, moonrig.lua, or auto)."):argname "<how>":choices(ACCELERATORS)
end

-- Verbs run elsewhere: a place is an absolute path.
local function absolute(place)
  local home = paths.env "HOME"
  if home and place:find "^~/" then place = home .. place:sub(2) end
  return engine.fs.realpath(place) or place
end

-- Fetches a suite's packages that are not in the cache. An interrupted fetch leaves nothing.
local function fetch(what, place)
  local suite = place:match "^debian:(.+)$"
  if not suite or debian.find(suite, what) then return end
  fail.check(engine.guard(paths.journal()))
  debian.fetch(suite, what, progress.new(ui.terminal(), eta.steps(paths.cache() .. "/steps.json")))
end

local function fetch_all(combination)
  if combination.dpdk then fetch("dpdk", combination.dpdk) end
  if combination.qemu then fetch("qemu", combination.qemu) end
end

-- The places that were chosen for one thing: by flags, else the environment, else the project file. { false }: none.
local function of_one(name, given, file)
  if type(given) == "string" then given = { given } end
  if given and #given > 0 then
    local out = {}
    for i, place in ipairs(given) do out[i] = absolute(place) end
    return out
  end
  local variable = paths.env(VARIABLES[name])
  if variable then return { absolute(variable) } end
  return { file[name] and absolute(file[name]) or false }
end

-- How guests run, as it was chosen; nil: no choice.
local function accelerator(given, file)
  local how = given or paths.env(VARIABLES.accel) or file.accel
  for _, one in ipairs(ACCELERATORS) do
    if one == how then return how end
  end
  if how then
    fail.raise("USAGE", "under test", ("accel: expected %s, got %q"):format(table.concat(ACCELERATORS, ", "), how))
  end
end

-- The guest image, as it was chosen: a place, or moonrig.lua's table.
local function guest(given, file)
  local place = given or paths.env(VARIABLES.image) or file.image
  return type(place) == "string" and absolute(place) or place
end

-- A wrong place is an error of the command line, before anything runs.
local function check(combination)
  local ok, err = pcall(function()
    if combination.dpdk then dpdk_build.at(combination.dpdk) end
    under_test.choose(combination)
    under_test.qemu()
    under_test.image()
  end)
  if not ok then fail.raise("USAGE", "under test", fail.what(err)) end
end

--- The combinations that options choose: array of { dpdk, qemu, image (places), accel }, each optional. Fetches
--- what debian:SUITE names, unless `is_offline`.
function choices.of(o, is_offline)
  local file, out = project_file.find(), {}
  local accel, image = accelerator(o.accel, file), guest(o.image, file)
  for _, qemu in ipairs(of_one("qemu", o.qemu, file)) do
    for _, dpdk in ipairs(of_one("dpdk", o.dpdk, file)) do
      local one = { dpdk = dpdk or nil, qemu = qemu or nil, image = image, accel = accel }
      if not is_offline then fetch_all(one) end
      check(one)
      out[#out + 1] = one
    end
  end
  return out
end

return choices
