--- sabotage: `moonrig sabotage`: injects each fault of the catalogue into a run, which must not pass.

local engine = require "engine"
local fail = require "base.fail"
local judge = require "sabotage.judge"
local numbers = require "base.numbers"
local paths = require "base.paths"
local rooms = require "base.rooms"
local runner = require "run.runner"
local trial = require "sabotage.trial"
local ui = require "report.ui"

-- More than the processors: most runs wait most of their time.
local JOBS = 4

local function catalogue()
  local faults = dofile(rooms.FOLDER .. "sabotage/faults.lua")
  local wrong = judge.check_catalogue(faults)
  if #wrong > 0 then error("sabotage: " .. table.concat(wrong, "; "), 0) end
  return faults
end

local function selected(faults, o)
  local out = {}
  for _, fault in ipairs(faults) do
    local label = fault.where .. ": " .. fault.name
    if (o.vm or not fault.is_vm) and (not o.pattern or label:find(o.pattern, 1, true)) then out[#out + 1] = fault end
  end
  return out
end

-- A row of the table, from a fault and its trial's outcome (nil: not tried, and `why`).
local function row_of(fault, seen, why)
  local row = { fault = fault.name, where = fault.where, harmless = fault.is_harmless or nil }
  if not seen then
    row.result, row.problem = "skipped", why
    return row
  end
  row.verdict, row.reason, row.seconds = seen.status or "none", seen.reason, seen.seconds
  row.result, row.problem = judge.problem(fault, seen)
  row.result = row.result or "ok"
  return row
end

local function text_of(row)
  local text = ("%-8s %-5s %5.1f s  %s: %s"):format(row.result, row.verdict or "", row.seconds or 0, row.where,
    row.fault)
  if row.problem then text = text .. "\n           " .. row.problem end
  local reason = tostring(row.reason or ""):match "[^\n]+"
  return reason and text .. "\n           " .. reason or text
end

-- The row of a trial, even if the trial raised an error; Ctrl-C ends all of them.
local function try(fault, folder)
  local ok, seen, why = pcall(trial.run, fault, folder)
  if ok then return row_of(fault, seen, why) end
  if fail.is_cancel(seen) then error(seen, 0) end
  local row = row_of(fault, nil, tostring(seen))
  row.result = "unclear"
  return row
end

-- Runs trials from the queue until it is empty. Saves the folder of a fault that was not caught.
local function work(queue, run)
  while #queue > 0 do
    local fault = table.remove(queue, 1)
    run.number = run.number + 1
    local folder = ("%s/%d"):format(run.scratch, run.number)
    fail.check(engine.fs.mkdir(folder, 448))
    local row = try(fault, folder)
    run.rows[#run.rows + 1] = row
    run.show(row)
    if row.result ~= "ok" and row.result ~= "skipped" then
      row.folder = ("%s/%d"):format(run.folder, run.number)
      local here = engine.here()
      pcall(here.run, here, { "cp", "-r", folder .. "/out", row.folder })
    end
    engine.fs.rmtree(folder)
  end
end

local function work_side_by_side(faults, jobs, run)
  if #faults == 0 then return end
  local queue, tasks = {}, {}
  -- trials with their own deadline wait for it: started first, they wait beside the others
  for _, is_first in ipairs { true, false } do
    for _, fault in ipairs(faults) do
      if (fault.timeout ~= nil) == is_first then queue[#queue + 1] = fault end
    end
  end
  local longest = trial.LONGEST_SECONDS * #queue
  for i = 1, jobs do tasks[i] = engine.task(work, queue, run) end
  for _, task in ipairs(tasks) do
    local outcome = fail.check(task:join(longest))
    if not outcome[1] then error(outcome[2], 0) end
  end
end

-- The last lines of the output, and whether every fault was caught.
local function summary(rows)
  local n = { ok = 0, survivor = 0, hang = 0, leftover = 0, misnamed = 0, wronged = 0, unfired = 0, unclear = 0,
    skipped = 0 }
  for _, row in ipairs(rows) do n[row.result] = n[row.result] + 1 end
  local failed = #rows - n.ok - n.skipped
  return { ("%d faults: %d survivors, %d hangs, %d leftovers, %d misnamed, %d wronged, %d unfired, %d unclear, "
    .. "%d skipped"):format(#rows, n.survivor, n.hang, n.leftover, n.misnamed, n.wronged, n.unfired, n.unclear,
    n.skipped), ("%d passed, %d failed, %d skipped"):format(n.ok, failed, n.skipped) }, failed == 0 and n.ok > 0
end

local function save(run, last_words)
  local texts = {}
  for i, row in ipairs(run.rows) do texts[i] = text_of(row) end
  texts[#texts + 1] = table.concat(last_words, "\n")
  paths.write(run.folder .. "/sabotage.txt", table.concat(texts, "\n") .. "\n")
  paths.write(run.folder .. "/sabotage.json", engine.json.encode { faults = run.rows })
end

local function options(command)
  command:option("-k", "Only faults whose name or place holds this text."):target "pattern":argname "<text>"
  command:flag("--vm", "Also inject the faults of the real VM.")
  command:option("-j", "Number of runs side by side (default: 4; on the VM: 1)."):target "jobs":argname "<n>"
    :convert(numbers.whole("-j", 1, 64))
  command:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
end

-- Exit status 1 if a fault was not caught.
local function main(o)
  local faults = selected(catalogue(), o)
  if #faults == 0 then fail.raise("NOTHING", "sabotage", "no fault is selected") end
  assert(engine.guard(paths.journal()))
  local term = ui.terminal()
  local _, folder = runner.new_folder(o.out or (paths.results()))
  local run = { folder = folder, scratch = fail.check(engine.scratch()), rows = {}, number = 0,
    show = function(row)
      for line in text_of(row):gmatch "[^\n]+" do term:line(line) end
    end }
  local here, vm = {}, {}
  for _, fault in ipairs(faults) do table.insert(fault.is_vm and vm or here, fault) end
  local ok, err = pcall(function()
    work_side_by_side(here, o.jobs or JOBS, run)
    work_side_by_side(vm, o.jobs or 1, run)
  end)
  -- also after an error or Ctrl-C
  local last_words, is_well = summary(run.rows)
  save(run, last_words)
  for _, line in ipairs(last_words) do term:line(line) end
  term:line("results: " .. run.folder)
  if not ok then error(err, 0) end
  engine.fs.rmtree(run.scratch)
  return is_well and 0 or 1
end

return { order = 11, sweeps = true, main = main, options = options,
  words = "Inject faults into runs, and check that none of them passes." }
