--- setup: `moonrig setup`: builds the guest image and the example programs.

local choices = require "run.choices"
local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local paths = require "base.paths"
local ui = require "report.ui"
local under_test = require "host.under_test"
local eta = require "results.eta"

-- How often the line of a step is drawn.
local DRAW_SECONDS = 0.2

local function lines_of(step)
  local eta_words = step.eta and (", usually %.0f s"):format(step.eta) or ""
  local out = { ("%-9s %s ... %.0f s%s"):format(step.name, step.what, engine.now() - step.since, eta_words) }
  if step.last_line then out[2] = { "          " .. step.last_line, colour = "dim" } end
  return out
end

-- Draws the step until it ends or Ctrl-C cancels it.
local function follow(term, step)
  while not step.is_over do
    term:block(lines_of(step))
    if not engine.elapse(DRAW_SECONDS) then return end
  end
end

-- Shows running steps on a terminal: seconds so far, expected seconds (lib/results/eta.lua's steps), and the program's
-- last line. progress(name, what, fn) calls fn(report, show): both take a line, for the end or for now.
local function progress(term, times)
  return function(name, what, fn)
    local step = { name = name, what = what, since = engine.now(), eta = times.seconds(name) }
    local report = {}
    local eta_words = step.eta and (" (usually %.0f s)"):format(step.eta) or ""
    if not term.is_live then term:line(("%-9s %s ...%s"):format(name, what, eta_words)) end
    local ticker = term.is_live and engine.task(follow, term, step)
    local ok, err = pcall(fn, function(line) report[#report + 1] = line end, function(line)
      if line:find "[^%s%c]" then step.last_line = line end
    end)
    step.is_over = true
    if ticker then ticker:cancel() end
    term:clear()
    local seconds = engine.now() - step.since
    for _, line in ipairs(report) do term:line("          " .. line) end
    local result = ok and "done" or fail.is_cancel(err) and "interrupted" or "FAILED"
    term:line(("%-9s %s: %s, %.1f s"):format(name, what, result, seconds))
    if not ok then error(err, 0) end
    times.save(name, seconds)
  end
end

-- Prints the image's folder; builds the image first if it is missing or was changed.
local function options(command) choices.add(command, true) end

local function main(o)
  under_test.choose(choices.of(o)[1])
  local term = ui.terminal()
  local img = image.find()
  local changed = img and image.changed(img, true)
  if changed then term:line(("%s/%s changed since it was built: building it again"):format(img.folder, changed)) end
  if not img or changed then
    assert(engine.guard(paths.journal()))
    img = image.build(progress(term, eta.steps(paths.cache() .. "/steps.json")))
  end
  term:line("guest image: " .. img.folder)
  local disk
  local times = eta.steps(paths.cache() .. "/steps.json")
  progress(term, times)("dpdk", "put DPDK and its examples on a disk for guests", function(log, on_line)
    disk = under_test.disk(log, on_line)
  end)
  term:line("DPDK for guests: " .. disk.folder)
  return 0
end

return { order = 19, sweeps = true, main = main, options = options,
  words = "Build the guest image and the example programs if they are missing." }
