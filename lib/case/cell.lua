--- cell: a part of a case with a verdict of its own. What it opened ends with it.

local check = require "case.check"
local deferred = require "case.deferred"
local engine = require "engine"
local fail = require "base.fail"
local findings = require "case.findings"
local kind = require "base.kind"
local options = require "base.options"
local paths = require "base.paths"
local post_mortem = require "case.post_mortem"
local recorder = require "recorder.recorder"
local sampler = require "dpdk.sampler"
local slug = require "base.slug"
local tasks = require "case.tasks"
local verdict = require "case.verdict"
local verdicts = require "base.verdicts"

local cell = {}

local OPTIONS = { known_issue = { "table|string" }, sometimes = { "boolean" }, timeout = { "span" } }

-- To close what a cell left open.
local CLOSE_SECONDS = 30

-- ---- before ----

local function check_name(ctx, name)
  tasks.check_cell(ctx, "t:cell")
  if ctx.is_over then fail.misuse "t:cell in a function of t:defer: the case's verdict is known" end
  for _, other in ipairs(ctx:cells()) do
    if other.name == name then fail.misuse("t:cell: two cells are named %q: each needs a name of its own", name) end
  end
end

-- The sockets in the case's folder: { [path] = true }.
local function sockets_in(folder)
  local out = {}
  for _, name in ipairs(engine.fs.list(folder) or {}) do
    local path = folder .. "/" .. name
    local st = engine.fs.stat(path, true)
    if st and st.type == "socket" then out[path] = true end
  end
  return out
end

-- What there is before the cell.
local function counts_of(ctx)
  return { programs = #ctx.programs, consoles = #ctx.consoles, detached = #ctx.detached, machines = #ctx.machines,
    tasks = #ctx.tasks, trees = #ctx.trees, huge_prefixes = #ctx.huge_prefixes, deferred = #ctx.deferred,
    sockets = recorder.unrecorded(sockets_in, ctx.scratch) }
end

-- ---- its end ----

local function behind(list, count) return { unpack(list, count + 1) } end

-- A reason, where it left something open or a program exited unnoticed.
local function left_open(programs, scope)
  for _, program in ipairs(programs) do
    local words = program:unexpected_end()
    if words then return words end
  end
  local names = {}
  for _, r in ipairs(scope:resources()) do
    if not r.detached then names[#names + 1] = ("%s \"%s\""):format(r.kind, r.name) end
  end
  if #names == 0 then return nil end
  return ("left open at the end of the cell: %s; end each with its quit or close"):format(table.concat(names, ", "))
end

-- A program that a task of the case outside of the cell started meanwhile stays the case's.
local function forget(list, count, has_ended)
  for i = #list, count + 1, -1 do
    if has_ended(list[i]) then table.remove(list, i) end
  end
end

-- Removes new sockets that nothing listens at any more: their paths are free again.
local function remove_sockets(ctx, before)
  local open = paths.read "/proc/net/unix" or ""
  for path in pairs(sockets_in(ctx.scratch)) do
    if not before[path] and not open:find(" " .. path .. "\n", 1, true) then os.remove(path) end
  end
end

-- Closes what it opened. Returns nil, or what went wrong.
local function close(ctx, scope, had)
  for _, program in ipairs(behind(ctx.programs, had.programs)) do sampler.finish(program) end
  if #ctx.detached > had.detached then require("case.detached").finish(ctx, had.detached) end
  tasks.forget(ctx.tasks, had.tasks)
  post_mortem.let_go(behind(ctx.machines, had.machines))
  scope:leave()
  local ok, err = scope:close(CLOSE_SECONDS)
  forget(ctx.programs, had.programs, function(program) return program.console:exit() ~= nil end)
  forget(ctx.machines, had.machines, function(vm) return not vm.qemu or vm.qemu:exit() ~= nil end)
  local has_others = #ctx.programs > had.programs or #ctx.machines > had.machines
  if not has_others then ctx:remove_trees(had.trees, had.huge_prefixes) end
  recorder.unrecorded(remove_sockets, ctx, had.sockets)
  if ok then return nil end
  if fail.is_cancel(err) then error(err, 0) end
  return "teardown: " .. tostring(err)
end

-- ---- its steps ----

-- Returns as tasks.call.
local function call(ctx, fn, seconds)
  if seconds then return tasks.call(ctx, fn, seconds) end
  local trace
  local ok, err = xpcall(fn, function(e)
    trace = debug.traceback("", 2)
    return e
  end)
  return ok, err, trace
end

-- Its outcome { status, reason, where } before its end.
local function judged(t, had, o, counts, ok, err, trace, late)
  if late then
    local words = ("not done within its %g s; it was at: %s"):format(o.timeout, late.words)
    return { status = "ERROR", reason = words, where = late.where }
  end
  ok, err, trace = check.ended(counts, ok, err, trace)
  if ok or verdict.is_skip(err) then
    local loose, at = tasks.loose(t.ctx.tasks, had.tasks)
    if loose then ok, err, trace = false, loose, at end
  end
  local status, reason, place = verdict.of(ok, err, trace, counts.made, o.issues, o.sometimes,
    t.ctx.dpdk_versions)
  return { status = status, reason = reason, where = place, is_mistake = not ok and fail.place(err) ~= nil }
end

-- Runs the steps. Returns the outcome; a cancellation is raised.
local function perform(t, had, o, fn, counts)
  local ok, err, trace, late = call(t.ctx, fn, o.timeout)
  local around = counts.parent or t.checks
  around.made = around.made + counts.made
  if not ok and not late and fail.is_cancel(err) then error(err, 0) end
  return judged(t, had, o, counts, ok, err, trace, late)
end

local function finish(t, had, scope, outcome, issues)
  local ctx = t.ctx
  local machines, programs = behind(ctx.machines, had.machines), behind(ctx.programs, had.programs)
  local found = findings.new(ctx, programs, machines)
  if outcome.reason then
    outcome.reason = post_mortem.added(outcome, machines, programs, behind(ctx.consoles, had.consoles))
  end
  findings.lead(outcome, found, issues, ctx.dpdk_versions)
  local result, is_cut = deferred.run(t, had.deferred, deferred.SECONDS, outcome)
  if is_cut then fail.cancel "t:defer" end
  local function judge(words)
    result.status, result.reason = verdict.at_end(result.status, result.reason, words)
  end
  judge(left_open(behind(ctx.programs, had.programs), scope))
  programs = behind(ctx.programs, had.programs)
  judge(close(ctx, scope, had))
  findings.lead(result, findings.new(ctx, programs, machines), issues, ctx.dpdk_versions)
  return result
end

--- Runs fn as a cell of the case `t`; `given`: its options, { known_issue, sometimes, timeout }. Returns its status.
function cell.run(t, name, given, fn)
  if type(given) == "function" then given, fn = nil, given end
  if type(fn) ~= "function" then fail.misuse("t:cell(name, options, fn): fn: %s", kind.refusal(fn, "function")) end
  local ctx, o, since = t.ctx, options.take("t:cell", given, OPTIONS), engine.now()
  o.issues = verdict.issues("t:cell", o.known_issue)
  check_name(ctx, name)
  if ctx.only_cell and not name:find(ctx.only_cell, 1, true) then
    table.insert(ctx.left_out, name)
    return "SKIP"
  end
  ctx:phase(name)
  local outcome, said = tasks.inside(ctx, function(counts)
    local had, scope = counts_of(ctx), engine.scope(slug.of(name))
    local found = perform(t, had, o, fn, counts)
    local words = verdicts.of(found.status).is_broken and ctx:last_words(since)
    return finish(t, had, scope, found, o.issues), words
  end, true)
  ctx:cell { name = name, status = outcome.status, reason = outcome.reason, where = outcome.where,
    seconds = engine.now() - since,
    consoles = verdicts.of(outcome.status).is_broken and (said or ctx:last_words(since)) or nil }
  return outcome.status
end

return cell
