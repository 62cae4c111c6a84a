--- choices: the options by which verbs choose what is under test, and the combinations of what was chosen.

local dpdk_build = require "host.dpdk_build"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local project_file = require "host.project_file"
local under_test = require "host.under_test"

local choices = {}

-- Environment variables, by option.
local VARIABLES = { dpdk = "MOONRIG_DPDK", qemu = "MOONRIG_QEMU" }

--- The options. `is_one`: of a verb that runs one combination.
function choices.add(command, is_one)
  local count = is_one and "?" or "*"
  local more = is_one and "" or " Several: a run for each."
  command:option("--dpdk", "The DPDK under test: a meson build folder, a source tree, or a prefix (default: "
    .. "$MOONRIG_DPDK, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--qemu", "The QEMU under test: a program, or a build folder (default: $MOONRIG_QEMU, moonrig.lua, or "
    .. "the one on PATH)." .. more):argname "<place>":count(count)
end

-- Verbs run elsewhere: a place is an absolute path.
local function absolute(place) return engine.fs.realpath(place) or place end

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

-- A wrong place is an error of the command line, before anything runs.
local function check(combination)
  local ok, err = pcall(function()
    if combination.dpdk then dpdk_build.at(combination.dpdk) end
    under_test.choose(combination)
    under_test.qemu()
  end)
  if not ok then fail.raise("USAGE", "under test", fail.what(err)) end
end

--- The combinations that options choose: array of { dpdk, qemu }, each a place or nil.
function choices.of(o)
  local file, out = project_file.find(), {}
  for _, qemu in ipairs(of_one("qemu", o.qemu, file)) do
    for _, dpdk in ipairs(of_one("dpdk", o.dpdk, file)) do
      local one = { dpdk = dpdk or nil, qemu = qemu or nil }
      check(one)
      out[#out + 1] = one
    end
  end
  return out
end

return choices
