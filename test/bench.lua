--- bench: measures the costs of moonrig and of its alternatives, side by side in one run.

local engine = require "engine"
local fail = require "base.fail"
local frame = require "bench.frame"
local json = require "base.json"
local paths = require "base.paths"
local runner = require "run.runner"
local sides = require "bench.sides"
local size = require "bench.size"
local ui = require "report.ui"

local bench = {}

local GROUPS = { "start", "jobs", "consoles", "vm", "watch", "before" }

local ORDER = { "schema", "id", "started", "seconds", "rounds", "machine", "rows", "name", "against", "limit",
  "verdict", "ratio", "spread", "at_most", "at_least", "ours", "theirs", "unit", "what", "problem" }

-- All measurements whose group or name holds one of `words`; all without any. `has_before`: there is another moonrig to
-- compare with.
local function selected(words, has_before)
  local out = {}
  for _, group in ipairs(GROUPS) do
    for _, m in ipairs(require("bench." .. group)) do
      local is_meant = #words == 0
      for _, word in ipairs(words) do is_meant = is_meant or (group .. ": " .. m.name):find(word, 1, true) end
      if is_meant and (has_before or not m.is_about_before) then out[#out + 1] = m end
    end
  end
  return out
end

-- One side, once; nil and why not.
local function cost_of(fn, b, round)
  local ok, cost, limits = pcall(fn, b, round)
  if ok then return cost, limits end
  if fail.is_cancel(cost) then error(cost, 0) end
  return nil, (type(cost) == "table" and cost.what or tostring(cost)):match "[^\n]*"
end

local function note(seen, into, cost, more)
  if cost then into[#into + 1] = cost
  else seen.problem = more end
end

-- A round runs each side once, so that all sides have the same load of the machine.
local function round_of(m, b, round, seen)
  local cost, more = cost_of(m.ours, b, round)
  note(seen, seen.ours, cost, more)
  for name, value in pairs(cost and more or {}) do
    seen.limits[name] = seen.limits[name] or {}
    table.insert(seen.limits[name], value)
  end
  for i, side in ipairs(m.against or {}) do note(seen, seen[i], cost_of(side.run, b, round)) end
end

local function rounds_of(m, b, rounds, term)
  local seen = { ours = {}, limits = {} }
  for i in ipairs(m.against or {}) do seen[i] = {} end
  rounds = math.min(rounds, m.rounds or rounds)
  for round = 1, rounds do
    term:status(("%s: round %d of %d"):format(m.name, round, rounds))
    round_of(m, b, round, seen)
    -- a side without this round's cost cannot be compared round by round
    if seen.problem then break end
  end
  return seen
end

local function first_line(argv)
  local here = engine.here()
  local r = fail.try(here.run, here, argv, { timeout = 10 })
  return r and r.code == 0 and r.out:match "[^\n]+" or "absent"
end

-- The machine and the versions.
local function machine()
  local u = engine.sys.uname()
  local out = { cpus = #engine.sys.cpus(), memory = engine.sys.memory(), kernel = u.release,
    processor = (paths.read "/proc/cpuinfo" or ""):match "model name%s*:%s*([^\n]*)",
    load = tonumber((paths.read "/proc/loadavg" or ""):match "%S+"), moonrig = engine.version, luajit = jit.version }
  for _, package in ipairs { "dpdk", "python3-pexpect", "python3-paramiko", "python3-pytest", "dropbear-bin",
    "qemu-system-x86" } do
    out[package] = first_line { "dpkg-query", "-W", "-f", "${Version}", package }
  end
  return out
end

local function machine_line(m)
  return ("%s; %d processors, %.1f GiB, load %.1f; Linux %s; dpdk %s, pexpect %s, paramiko %s, pytest %s"):format(
    m.processor or "unknown processor", m.cpus, m.memory / 2 ^ 30, m.load or 0, m.kernel, m.dpdk, m["python3-pexpect"],
    m["python3-paramiko"], m["python3-pytest"])
end

local function options_of(args)
  local p = require "argparse"("make bench", "Measures moonrig and its alternatives side by side.")
  p:argument("what", "Measurements whose group or name has this text."):args "*"
  p:option("--rounds", "How often each side is run."):default "5":convert(tonumber)
  p:flag("--small", "Run each measurement once and small, to see that it works; compare nothing.")
  p:option("--against", "A stored bench.json to compare with."):argname "<file>"
  p:option("--before", "Another moonrig's program, to measure in the same run."):argname "<program>"
  p:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
  return p:parse { unpack(args, 2) }
end

local function stored(file)
  local text = fail.check(paths.read(file))
  return assert(engine.json.decode(text), file .. ": no JSON").rows
end

local function save(run, lines)
  paths.write(run.folder .. "/bench.json", json.encode({ schema = 1, id = run.id, started = run.started,
    seconds = run.seconds, rounds = run.rounds, machine = run.machine, rows = run.rows },
    { order = ORDER, arrays = { rows = true, ours = true, theirs = true }, indent = 2 }) .. "\n")
  paths.write(run.folder .. "/bench.txt", table.concat(lines, "\n") .. "\n")
end

-- Calls fn(m, seen) for each measurement.
local function measure_all(measurements, o, term, fn)
  local scratch = fail.check(engine.scratch())
  local b = sides.new(scratch, o.before and fail.check(engine.fs.realpath(o.before)))
  for _, m in ipairs(measurements) do fn(m, rounds_of(m, b, o.rounds, term)) end
  b:close()
  engine.fs.rmtree(scratch)
end

local function try_all(o, term)
  local failed, measurements = 0, selected(o.what, true)
  o.rounds = 1
  measure_all(measurements, o, term, function(m, seen)
    local problem = seen.problem
    for _, row in ipairs(frame.rows(m, seen)) do
      local is_there = row.verdict ~= "not measured"
      problem = problem or not is_there and ("%s was not measured"):format(row.against or row.limit) or nil
    end
    if problem then failed = failed + 1 end
    term:line(("%s: %s"):format(m.name, problem or "measured"))
  end)
  term:line(("%d passed, %d failed"):format(#measurements - failed, failed))
  return failed == 0 and 0 or 3
end

--- args: { this file, options... }. Exit status 3 where something could not be measured. A missed target is a row
--- of the table and no failure.
function bench.main(args)
  local o, term, since = options_of(args), ui.terminal(), engine.now()
  local before = o.against and stored(o.against)
  assert(engine.guard(paths.journal()))
  size.is_small = o.small
  if o.small then return try_all(o, term) end
  local id, folder = runner.new_folder(o.out or (paths.results()))
  local run = { id = id, folder = folder, started = os.date "!%Y-%m-%dT%H:%M:%SZ", rounds = o.rounds,
    machine = machine(), rows = {} }
  measure_all(selected(o.what, o.before), o, term, function(m, seen)
    for _, row in ipairs(frame.rows(m, seen)) do run.rows[#run.rows + 1] = row end
  end)
  run.seconds = engine.now() - since
  local lines = frame.lines(run.rows)
  table.insert(lines, 1, machine_line(run.machine))
  lines[#lines + 1] = frame.summary(run.rows)
  for _, line in ipairs(before and frame.changes(run.rows, before) or {}) do lines[#lines + 1] = line end
  save(run, lines)
  for _, line in ipairs(lines) do term:line(line) end
  term:line("results: " .. folder)
  for _, row in ipairs(run.rows) do
    if row.verdict == "not measured" then return 3 end
  end
  return 0
end

return bench
