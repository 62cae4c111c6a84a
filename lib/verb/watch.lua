--- watch: `moonrig watch`: runs a selection, and after each save the affected cases, until `q` or Ctrl-C.

local scenario = require "case.scenario"
local choices = require "run.choices"
local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local runner = require "run.runner"
local screen = require "report.screen"
local selection = require "run.selection"
local ui = require "report.ui"
local watch_set = require "run.watch_set"

-- Editors write a file in several steps: wait until nothing changed for so long. A linker needs longer.
local QUIET_SECONDS, LINK_SECONDS = 0.05, 1
-- The longest wait for such a pause.
local RESTLESS_SECONDS = 5
-- The deadline of a wait for a person.
local FOREVER = 1e6
-- The most results folders that a watch leaves.
local MAX_FOLDERS = 5

local INTERRUPTED = 2

local HINT = "watching %d %s: Enter runs again, a all, q ends"

local function label(item) return item.plan .. "/" .. item.name end

-- A file has a case for each row.
local function key_of(item) return item.file .. "\0" .. item.name end

local function by_key(items)
  local out = {}
  for _, item in ipairs(items) do out[key_of(item)] = item end
  return out
end

local function has_file(items, file)
  for _, item in ipairs(items) do
    if item.file == file then return true end
  end
  return false
end

-- ---- scenarios that cannot be loaded ----

-- The items that can be loaded; the error of each other one is printed.
local function loadable(w, items)
  local out = {}
  for _, item in ipairs(items) do
    local header, why = scenario.case(item.file, item.row)
    if header then
      out[#out + 1] = item
    else
      w.term:line("      " .. why)
      w.term:line(("      not run: %s"):format(label(item)))
    end
  end
  return out
end

-- ---- rounds ----

-- The present change. A new folder may change before it is watched, so look again until there is none.
local function look(w)
  local known
  while true do
    local change, folders = w.files:look(), w.files:folders()
    fail.check(w.folders:set(folders))
    local all = table.concat(folders, "\n")
    if all == known then return change end
    known = all
  end
end

local function head(w, words)
  w.term:line("")
  w.term:line(w.term:colour("bold", os.date "%H:%M:%S" .. "  " .. words))
end

-- The screen of a round. A cut case starts over and has no verdict.
local function screen_of(w)
  local whole, own = screen.new(w.o, w.term), {}
  function own:start(item, ...)
    w.running = item
    whole:start(item, ...)
  end
  function own:finish(item, c)
    w.running = nil
    -- a case may be cut while it is paused
    w.term.is_held = false
    if w.pending and c.interrupted then
      whole:drop(item)
      w.term:line(("CUT   %s  %.1f s"):format(label(item), c.seconds))
      return
    end
    w.left[key_of(item)] = nil
    whole:finish(item, c)
  end
  return setmetatable(own, { __index = whole })
end

local function run_round(w)
  local items = w.pending
  w.pending, w.last, w.left = nil, items, by_key(items)
  local shows = screen_of(w)
  local run, status = runner.run(items, w.o, shows)
  table.insert(w.results, run.folder)
  while #w.results > MAX_FOLDERS do engine.fs.rmtree(table.remove(w.results, 1)) end
  w.files:learn(run)
  look(w)
  if w.pending then return end
  w.status = status
  shows:summary(run)
end

-- Waits until it is cancelled.
local function idle(w)
  local n = #w.files:items()
  if w.keys then w.term:status(HINT:format(n, n == 1 and "case" or "cases")) end
  engine.elapse(FOREVER)
end

-- Cancels the round; the next one has these items, and those that the round has not run yet.
local function start_over(w, items)
  local due, out = by_key(items), items
  for _, item in ipairs(w.files:items()) do
    if w.left[key_of(item)] and not due[key_of(item)] then out[#out + 1] = item end
  end
  w.pending = out
  w.current:cancel()
end

-- ---- changes and keys ----

-- Waits until nothing changed for `quiet` seconds; false if it was cancelled.
local function wait_until_quiet(w, quiet)
  local until_when = engine.now() + RESTLESS_SECONDS
  local more, err
  repeat
    more, err = w.folders:next(quiet)
  until not more or engine.now() > until_when
  return more or err.code == "ETIMEDOUT"
end

local function on_change(w, change)
  w.files:accept()
  if #change.files == 0 and not change.err then return end
  head(w, #change.files > 0 and watch_set.words(change) or "nothing is selected")
  if change.err then w.term:line("      " .. tostring(change.err)) end
  -- also rows that are gone
  for key, item in pairs(w.left) do
    if change.is_all or change.owners[item.file] then w.left[key] = nil end
  end
  local items = loadable(w, change.items)
  local running = w.running and has_file(change.items, w.running.file)
  if #items > 0 or running then return start_over(w, items) end
  -- nothing to run: the round continues, or the hint is shown again
  if not next(w.left) then w.current:cancel() end
end

local function follow_changes(w)
  while true do
    local some, err = w.folders:next(FOREVER)
    if not some and err.code ~= "ETIMEDOUT" then return end
    if not wait_until_quiet(w, QUIET_SECONDS) then return end
    local change = look(w)
    if change.has_program then
      if not wait_until_quiet(w, LINK_SECONDS) then return end
      change = look(w)
    end
    on_change(w, change)
  end
end

local function again(w, items, words)
  head(w, words)
  w.left = {}
  start_over(w, loadable(w, items))
end

local KEYS = {
  ["\n"] = function(w)
    local still = by_key(w.files:items())
    local items = {}
    for _, item in ipairs(w.last) do items[#items + 1] = still[key_of(item)] end
    again(w, items, "again")
  end,
  a = function(w) again(w, { unpack(w.files:items()) }, "all") end,
  q = function(w)
    w.is_over = true
    w.current:cancel()
  end,
}
KEYS["\r"] = KEYS["\n"]

local function follow_keys(w)
  while not w.is_over do
    local key, err = w.keys:next(FOREVER)
    if not key and err.code ~= "ETIMEDOUT" then return end
    if KEYS[key] then KEYS[key](w) end
  end
end

-- ---- the verb ----

-- A task whose error ends the watch.
local function follow(w, fn)
  return engine.task(function()
    local ok, err = pcall(fn, w)
    if ok then return end
    w.first_error = w.first_error or err
    w.current:cancel()
  end)
end

-- Waits for the round or idle. Ctrl-C cancels this wait, too: the round still has to clean up.
local function await_current(w)
  while true do
    local outcome = w.current:join(FOREVER)
    if outcome then return outcome end
    engine.clear_cancel()
    w.is_over, w.status = true, INTERRUPTED
  end
end

local function keep_on(w)
  while not w.is_over do
    w.current = engine.task(w.pending and #w.pending > 0 and run_round or idle, w)
    local outcome = await_current(w)
    if w.first_error then error(w.first_error, 0) end
    -- a cancelled round is no error
    if not outcome[1] and not fail.cancelled(outcome[2]) then error(outcome[2], 0) end
  end
end

local function options(command)
  selection.add(command)
  selection.add_manner(command)
  choices.add(command, true)
end

-- The exit status is the last round's after `q`, 2 after Ctrl-C.
local function main(o)
  o.under_test = choices.of(o)[1]
  local files, err = watch_set.new(o.what, o)
  if not files then selection.refuse(err, "watch") end
  local w = { o = o, files = files, term = ui.terminal(), results = {}, left = {}, last = {}, status = 0,
    running = nil, is_over = false }
  -- the guard restores the terminal, even after a SIGKILL
  if engine.sys.isatty(0) then fail.check(engine.guard(paths.journal())) end
  w.folders = fail.check(engine.watch(files:folders()))
  w.keys = engine.keys()
  look(w)
  w.files:accept()
  w.last = w.files:items()
  head(w, "all")
  w.pending = loadable(w, { unpack(w.last) })
  -- a task that may be cancelled must exist first
  w.current = engine.task(function() end)
  follow(w, follow_changes)
  if w.keys then follow(w, follow_keys) end
  local ok, why = pcall(keep_on, w)
  w.term:clear()
  w.folders:close()
  if w.keys then w.keys:close() end
  if not ok then error(why, 0) end
  return w.status
end

return { order = 2, sweeps = true, main = main, options = options,
  words = "Run scenarios as `run` does, and again after each change: a saved scenario, or all after a change of lib/ "
    .. "or a DPDK build. A running case that changed is cut. On a terminal: Enter runs the same again, a all, q ends. "
    .. "The last 5 results folders stay." }
