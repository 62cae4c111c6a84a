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
local VARIABLES = { dpdk = "MOONRIG_DPDK", guest_dpdk = "MOONRIG_GUEST_DPDK", qemu = "MOONRIG_QEMU",
  accel = "MOONRIG_ACCEL", hugepages = "MOONRIG_HUGEPAGES" }

-- The words of those that are no places.
local WORDS = { accel = { "auto", "kvm", "tcg" }, hugepages = { "auto", "off", "on" } }

--- The options. `is_one`: of a verb that runs one combination.
function choices.add(command, is_one)
  local count = is_one and "?" or "*"
  local more = is_one and "" or " Several: a run for each."
  command:option("--dpdk", "The DPDK under test: a meson build folder, a source tree, a prefix, or debian:SUITE "
    .. "(default: $MOONRIG_DPDK, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--guest-dpdk", "Another DPDK for guests, as for --dpdk; same: that of this machine (default: "
    .. "$MOONRIG_GUEST_DPDK, moonrig.lua, or same). Verdicts name both." .. more):argname "<place>":count(count)
  command:option("--qemu", "The QEMU under test: a program, a build folder, or debian:SUITE (default: "
    .. "$MOONRIG_QEMU, moonrig.lua, or the one on PATH)." .. more):argname "<place>":count(count)
  command:option("--accel", "How guests run: kvm, tcg (emulated), or auto, which is KVM where it works "
    .. "(default: $MOONRIG_ACCEL, moonrig.lua, or auto)."):argname "<how>":choices(WORDS.accel)
  command:option("--hugepages", "DPDK on this machine and guests on hugepages: on, off, or auto, which is on where "
    .. "enough are free (default: $MOONRIG_HUGEPAGES, moonrig.lua, or auto)."):argname "<how>":choices(WORDS.hugepages)
end

-- The guests' DPDK is that of this machine.
local SAME = "same"

-- Verbs run elsewhere: a place is an absolute path.
local function absolute(place)
  if place == SAME then return place end
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
  if combination.guest_dpdk then fetch("dpdk", combination.guest_dpdk) end
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

-- The word that was chosen for `name`; nil: no choice.
local function word_of(name, given, file)
  local how = given or paths.env(VARIABLES[name]) or file[name]
  for _, one in ipairs(WORDS[name]) do
    if one == how then return how end
  end
  if how then
    fail.raise("USAGE", "under test", ("%s: expected %s, got %q"):format(name, table.concat(WORDS[name], ", "), how))
  end
end

-- Is the guests' DPDK this machine's? Then it is no mix.
local function is_of_host(combination)
  if combination.guest_dpdk == SAME then return true end
  local guest, host = dpdk_build.at(combination.guest_dpdk), dpdk_build.at(combination.dpdk)
  return guest.kind == host.kind and guest.folder == host.folder
end

-- A wrong place is an error of the command line, before anything runs.
local function check(combination)
  local ok, err = pcall(function()
    if combination.dpdk then dpdk_build.at(combination.dpdk) end
    if combination.guest_dpdk and is_of_host(combination) then combination.guest_dpdk = nil end
    under_test.choose(combination)
    under_test.qemu()
  end)
  if not ok then fail.raise("USAGE", "under test", fail.what(err)) end
end

--- The combinations that options choose: array of { dpdk, guest_dpdk (if it is another one), qemu (places), accel,
--- hugepages }, each optional. Fetches what debian:SUITE names, unless `is_offline`.
function choices.of(o, is_offline)
  local file, out = project_file.find(), {}
  local accel, pages = word_of("accel", o.accel, file), word_of("hugepages", o.hugepages, file)
  for _, qemu in ipairs(of_one("qemu", o.qemu, file)) do
    for _, dpdk in ipairs(of_one("dpdk", o.dpdk, file)) do
      for _, guest in ipairs(of_one("guest_dpdk", o.guest_dpdk, file)) do
        local one = { dpdk = dpdk or nil, guest_dpdk = guest or nil, qemu = qemu or nil, accel = accel,
          hugepages = pages }
        if not is_offline then fetch_all(one) end
        check(one)
        out[#out + 1] = one
      end
    end
  end
  return out
end

return choices
