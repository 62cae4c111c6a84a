--- setup: the guest image and the example programs, built where they are not there yet.

local engine = require "engine"
local paths = require "paths"
local image = require "image"
local ui = require "ui"

local setup = {}

-- Shows a step with its seconds while it runs.
local function progress_on(term)
  return function(name, what, fn)
    local since, over, said = engine.now(), false, {}
    local ticker = term.is_live and engine.task(function()
      while not over do
        term:status(("%-9s %s ... %.0f s"):format(name, what, engine.now() - since))
        engine.elapse(0.5)
      end
    end)
    if not term.is_live then term:line(("%-9s %s ..."):format(name, what)) end
    local ok, err = pcall(fn, function(line) said[#said + 1] = line end)
    over = true
    if ticker then ticker:cancel() end
    for _, line in ipairs(said) do term:line("          " .. line) end
    term:line(("%-9s %s: %s, %.1f s"):format(name, what, ok and "done" or "FAILED", engine.now() - since))
    if not ok then error(err, 0) end
  end
end

--- The verb. Says where the image is; builds it first where it is not there, or not what was built.
function setup.main()
  local term = ui.terminal()
  local img = image.find()
  local changed = img and image.changed(img, true)
  if changed then term:line(("%s/%s is not what was built: it is built again"):format(img.folder, changed)) end
  if not img or changed then
    assert(engine.guard(paths.journal()))
    img = image.build(progress_on(term))
  end
  term:line("guest image: " .. img.folder)
  return 0
end

return setup
