--- setup: the guest image and the example programs, built where they are not there yet.

local engine = require "engine"
local fail = require "base.fail"
local image = require "host.image"
local paths = require "base.paths"
local ui = require "report.ui"
local eta = require "results.eta"

-- How often a step's line is drawn anew.
local DRAW_SECONDS = 0.2

local function lines_of(step)
  local usually = step.usual and (", usually %.0f s"):format(step.usual) or ""
  local out = { ("%-9s %s ... %.0f s%s"):format(step.name, step.what, engine.now() - step.since, usually) }
  if step.said then out[2] = { "          " .. step.said, colour = "dim" } end
  return out
end

-- Until it is over. A wait that is called off ends the step, which says so.
local function follow(term, step)
  while not step.is_over do
    term:block(lines_of(step))
    if not engine.elapse(DRAW_SECONDS) then return end
  end
end

local function ending(ok, err)
  if ok then return "done" end
  return fail.is_cancel(err) and "interrupted" or "FAILED"
end

-- Shows steps on a terminal while they run: each with its seconds, those that are usual (lib/results/eta.lua's steps),
-- and the last line that its program said. progress(name, what, fn) calls fn(say, hear).
local function progress(term, times)
  return function(name, what, fn)
    local step = { name = name, what = what, since = engine.now(), usual = times.seconds(name) }
    local told = {}
    local usually = step.usual and (" (usually %.0f s)"):format(step.usual) or ""
    if not term.is_live then term:line(("%-9s %s ...%s"):format(name, what, usually)) end
    local ticker = term.is_live and engine.task(follow, term, step)
    local ok, err = pcall(fn, function(line) told[#told + 1] = line end, function(line)
      if line:find "[^%s%c]" then step.said = line end
    end)
    step.is_over = true
    if ticker then ticker:cancel() end
    term:clear()
    local seconds = engine.now() - step.since
    for _, line in ipairs(told) do term:line("          " .. line) end
    term:line(("%-9s %s: %s, %.1f s"):format(name, what, ending(ok, err), seconds))
    if not ok then error(err, 0) end
    times.save(name, seconds)
  end
end

-- Says where the image is; builds it first where it is not there, or not what was built.
local function main()
  local term = ui.terminal()
  local img = image.find()
  local changed = img and image.changed(img, true)
  if changed then term:line(("%s/%s is not what was built: it is built again"):format(img.folder, changed)) end
  if not img or changed then
    assert(engine.guard(paths.journal()))
    img = image.build(progress(term, eta.steps(paths.cache() .. "/steps.json")))
  end
  term:line("guest image: " .. img.folder)
  return 0
end

return { order = 19, sweeps = true, main = main,
  words = "Build the guest image and the example programs, where they are not there yet." }
