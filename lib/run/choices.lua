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
local VARIABLES = { dpdk = "MOONRIG_DPDK", qemu = "MOONRIG_QEMU", accel = "MOONRIG_ACCEL" }

local ACCELERATORS = { "auto", "kvm", "tcg" }

-- How many times --dpdk and --qemu may be given, and what is said of it.
local function how_often(is_one)
  if is_one then return "?", "" end
  return "*", " Several: a run for each."
end

--- The options of what guests run in. `is_one`: of a verb that runs one combination.
function choices.add_guest(command, is_one)
  local count, more = how_often(is_one)
  command:option("--qemu", "The QEMU under test: a program, a build folder, or debian:SUITE (default: "
    .. "$MOONRIG_QEMU, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--accel", "How guests run: kvm, tcg (emulated), or auto, which is KVM where it works "
    .. "(default: $MOONRIG_ACCEL, moonrig.lua, or auto)."):argname "<how>":choices(ACCELERATORS)
end

--- The options. `is_one`: of a verb that runs one combination.
function choices.add(command, is_one)
  local count, more = how_often(is_one)
  command:option("--dpdk", "The DPDK under test: a meson build folder, a source tree, a prefix, or debian:SUITE "
    .. "(default: $MOONRIG_DPDK, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  choices.add_guest(command, is_one)
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

-- A wrong place is an error of the command line, before anything runs.
local function check(combination)
  local ok, err = pcall(function()
    if combination.dpdk then dpdk_build.at(combination.dpdk) end
    under_test.choose(combination)
    under_test.qemu()
  end)
  if not ok then fail.raise("USAGE", "under test", fail.what(err)) end
end

--- Fetches what a combination names by debian:SUITE, unless `is_offline`, and checks its places.
function choices.prepare(combination, is_offline)
  if not is_offline then fetch_all(combination) end
  check(combination)
end

--- The combinations that options choose: array of { dpdk, qemu (places), accel }, each optional. Fetches what
--- debian:SUITE names, unless `is_offline`.
function choices.of(o, is_offline)
  local file, out = project_file.find(), {}
  local accel = accelerator(o.accel, file)
  for _, qemu in ipairs(of_one("qemu", o.qemu, file)) do
    for _, dpdk in ipairs(of_one("dpdk", o.dpdk, file)) do
      local one = { dpdk = dpdk or nil, qemu = qemu or nil, accel = accel }
      choices.prepare(one, is_offline)
      out[#out + 1] = one
    end
  end
  return out
end

--- What guests run in: { qemu (a place), accel }, each optional. For a verb that brings its own DPDK.
function choices.guest(o)
  local file = project_file.find()
  local one = { qemu = of_one("qemu", o.qemu, file)[1] or nil, accel = accelerator(o.accel, file) }
  choices.prepare(one)
  return one
end

return choices
