--- choices: the options by which verbs choose what is under test (host/choice.lua), and the combinations of what was
--- chosen.

local choice = require "host.choice"
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

local function add_row(command, row, is_one)
  local is_several = row.is_several and not is_one
  local words = ("%s (default: $%s, moonrig.lua, or %s).%s"):format(row.help, choice.variable(row), row.default,
    is_several and " Several: a run for each." or "")
  local option = command:option(choice.option(row), words):argname(row.is_place and "<place>" or "<how>")
  if row.words then option:choices(row.words) end
  if row.is_several then option:count(is_several and "*" or "?") end
end

--- The options. `is_one`: of a verb that runs one combination.
function choices.add(command, is_one)
  for _, row in ipairs(choice.LIST) do add_row(command, row, is_one) end
end

--- The options of what guests run in, for a verb that brings its own DPDK, and runs one combination.
function choices.add_guest(command)
  for _, row in ipairs(choice.LIST) do
    if row.is_guests then add_row(command, row, true) end
  end
end

--- Of choices.add_guest's options, those that were given.
function choices.guest_options(o)
  local out = {}
  for _, row in ipairs(choice.LIST) do
    if row.is_guests and o[row.name] then out[#out + 1] = choice.option(row) end
  end
  return out
end

-- Verbs run elsewhere: a place is an absolute path. moonrig.lua may have a table of files, with absolute paths.
local function absolute(place)
  if place == choice.SAME or type(place) == "table" then return place end
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
  for _, row in ipairs(choice.LIST) do
    if row.fetch and combination[row.name] then fetch(row.fetch, combination[row.name]) end
  end
end

-- Environment and project file have words that the command line has not checked.
local function check_word(row, how)
  for _, one in ipairs(row.words) do
    if one == how then return how end
  end
  fail.raise("USAGE", "under test", ("%s: expected %s, got %q"):format(row.name, table.concat(row.words, ", "), how))
end

-- What was chosen for one row: by flags, else the environment, else the project file. { false }: nothing.
local function values_of(row, given, file)
  local flags = type(given) == "table" and given or { given }
  if #flags == 0 then flags = { paths.env(choice.variable(row)) or file[row.name] or nil } end
  if #flags == 0 then return { false } end
  local out = {}
  for i, value in ipairs(flags) do
    out[i] = row.is_place and absolute(value) or check_word(row, value)
  end
  return out
end

-- Is the guests' DPDK this machine's? Then it is no mix.
local function is_of_host(combination)
  if combination.guest_dpdk == choice.SAME then return true end
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
    under_test.image()
  end)
  if not ok then fail.raise("USAGE", "under test", fail.what(err)) end
end

--- Fetches what a combination names by debian:SUITE, unless `is_offline`, and checks its places.
function choices.prepare(combination, is_offline)
  if not is_offline then fetch_all(combination) end
  check(combination)
end

-- The combinations of values, an array for each row: each with each.
local function product(rows, values)
  local out = { {} }
  for i = #rows, 1, -1 do
    local longer = {}
    for _, so_far in ipairs(out) do
      for _, value in ipairs(values[i]) do
        local one = { [rows[i].name] = value or nil }
        for name, before in pairs(so_far) do one[name] = before end
        longer[#longer + 1] = one
      end
    end
    out = longer
  end
  return out
end

local function combinations(rows, o, is_offline)
  local file, values = project_file.find(), {}
  for i, row in ipairs(rows) do values[i] = values_of(row, o[row.name], file) end
  local out = product(rows, values)
  for _, one in ipairs(out) do choices.prepare(one, is_offline) end
  return out
end

--- The combinations that options choose: array of { [name] = value } by the rows of host/choice.lua, each optional
--- (guest_dpdk: if it is another one). Fetches what debian:SUITE names, unless `is_offline`.
function choices.of(o, is_offline) return combinations(choice.LIST, o, is_offline) end

--- The same, one, of what guests run in, for a verb that brings its own DPDK.
function choices.guest(o)
  local rows = {}
  for _, row in ipairs(choice.LIST) do
    if row.is_guests then rows[#rows + 1] = row end
  end
  return combinations(rows, o)[1]
end

return choices
