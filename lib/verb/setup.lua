--- setup: `moonrig setup`: builds the guest image and the example programs.

local choices = require "run.choices"
local debian = require "host.debian"
local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local paths = require "base.paths"
local progress = require "report.progress"
local ui = require "report.ui"
local under_test = require "host.under_test"
local eta = require "results.eta"

-- Builds the image if it is missing or was changed; prints its folder.
local function build(term, times)
  local img = image.find()
  local changed = img and image.changed(img, true)
  if changed then term:line(("%s/%s changed since it was built: building it again"):format(img.folder, changed)) end
  if not img or changed then img = image.build(progress.new(term, times)) end
  term:line("guest image: " .. img.folder)
  local disk
  progress.new(term, times)("disk", "put DPDK and its examples on a disk for guests", function(log, on_line)
    disk = under_test.disk(log, on_line)
  end)
  term:line("DPDK for guests: " .. disk.folder)
end

-- The suite of "debian:SUITE".
local function suite_of(where)
  local suite = where:match "^debian:(.+)$"
  if suite then return suite end
  fail.raise("EINVAL", "setup", ("--fetch %s: not \"debian:SUITE\", such as debian:trixie"):format(where))
end

-- Fetches DPDK and QEMU of a suite. A suite of backports may have only one of them.
local function fetch(term, times, suite)
  local found, missing = 0, nil
  for _, what in ipairs { "dpdk", "qemu" } do
    local tree, err = fail.try(debian.fetch, suite, what, progress.new(term, times))
    if not tree and fail.code(err) ~= "ENOENT" then error(err, 0) end
    missing = missing or err
    term:line(tree and ("%s %s of debian:%s: %s"):format(what, tree.version, suite, tree.folder) or fail.what(err))
    found = found + (tree and 1 or 0)
  end
  if found == 0 then error(missing, 0) end
end

local function options(command)
  choices.add(command, true)
  command:option("--fetch", "Fetch DPDK and QEMU of another suite of Debian, too: debian:SUITE (repeatable).")
    :argname "<where>":count "*"
end

-- Fetches what is asked for; builds the image if it is missing or was changed; prints the folders.
local function main(o)
  local term, suites = ui.terminal(), {}
  for i, where in ipairs(o.fetch or {}) do
    suites[i] = suite_of(where)
    debian.check(suites[i])
  end
  under_test.choose(choices.of(o)[1])
  assert(engine.guard(paths.journal()))
  local times = eta.steps(paths.cache() .. "/steps.json")
  build(term, times)
  for _, suite in ipairs(suites) do fetch(term, times, suite) end
  return 0
end

return { order = 19, sweeps = true, main = main, options = options,
  words = "Build the guest image and the example programs if they are missing; fetch other suites' DPDK and QEMU." }
