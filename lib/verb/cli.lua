--- cli: what each verb does, and its exit status.

local engine = require "engine"
local results_verbs = require "verb.results_verbs"

local cli = {}

-- Exit statuses, the same for every verb.
local OK, INTERRUPTED, BROKEN, USAGE, NOTHING = 0, 2, 3, 4, 5

local VERBS = {}

local function write_error(text)
  io.stdout:flush()
  io.stderr:write("moonrig: ", (tostring(text):gsub("\n+$", "")), "\n")
end

local function verb_names(p)
  local names = {}
  for _, command in ipairs(p._commands) do names[#names + 1] = command._name end
  return names
end

-- argparse's own words, made to name the remedy.
local function usage_error(p, words, given)
  local suggest = require "base.suggest"
  local bad = words:match("^unknown command '(.-)'")
  if bad then words = ("unknown verb %s%s"):format(bad, suggest.hint(bad, verb_names(p))) end
  local verb = given[1]
  local help = verb and VERBS[verb] and "moonrig " .. verb .. " --help" or "moonrig --help"
  write_error(("%s; see `%s`"):format(words, help))
  return USAGE
end

-- Says why nothing is selected; the exit status.
local function unselected(err)
  write_error(err)
  return rawget(err, "code") == "NOTHING" and NOTHING or USAGE
end

-- The scenarios that `o` means; nil and the exit status where there are none.
local function selected(o, every)
  local items, err = require("run.runner").select(o.what, o.pattern, every)
  if items and o.last_failed then items, err = results_verbs.select(items, o) end
  if items then return items end
  return nil, unselected(err)
end

-- What a pause of a case has (lib/repl/attach_server.lua), set in `o`; a line where that cannot be.
local function lingering(o)
  local has_terminal = engine.sys.isatty(0) and engine.sys.isatty(1)
  local is_alone = o.jobs == nil or o.jobs == 1
  if o.on_failure and not has_terminal then
    return "--repl-on-failure opens a prompt, and here is no terminal: use --keep"
  end
  if o.annotations and o.tap then return "--tap is for one reader, and --annotations for another: say one" end
  if o.on_failure and o.tap then return "--tap is for programs: leave out --repl-on-failure, or --tap" end
  if o.on_failure and not is_alone then return "--repl-on-failure is for cases one after the other: leave -j out" end
  local is_free = is_alone and not o.keep and not o.tap
  o.attach = { terminal = has_terminal and is_free, keep = o.keep, on_failure = o.on_failure }
end

-- A pause of a case opens a prompt at the run's terminal.
local function talk(...) return require("repl.attach").talk(...) end

VERBS.run = function(o)
  local runner, ui = require "run.runner", require "report.ui"
  local items, status = selected(o)
  if not items then return status end
  if #items == 0 then
    write_error "no case is selected"
    return NOTHING
  end
  local why = lingering(o)
  if why then
    write_error(why)
    return USAGE
  end
  if o.shuffle then o.seed = o.seed or os.time() % 1e6 end
  if o.seed and not o.shuffle then
    write_error "--seed is the seed of --shuffle: say both"
    return USAGE
  end
  o.talk = talk
  local screen = o.tap and require("report.tap").screen(ui.write, #items) or ui.new(o)
  if o.annotations then screen = require("report.annotations").screen(screen, ui.write) end
  local ok, run, exit_status = pcall(runner.run, items, o, screen)
  if not ok then
    screen.leave()
    error(run, 0)
  end
  screen.summary(run)
  return exit_status
end

VERBS.watch = function(o)
  o.talk = talk
  local status, err = require("verb.watch").main(o)
  return status or unselected(err)
end

VERBS.list = function(o)
  local scenario = require "case.scenario"
  local items, status = selected(o, true)
  if not items then return status end
  status = OK
  for _, item in ipairs(items) do
    local header, why = scenario.load(item.file)
    local needs = header and #header.needs > 0 and "  [" .. table.concat(header.needs, " ") .. "]" or ""
    local title = header and header.name or "cannot be loaded: " .. why
    print(("%-44s %s%s"):format(item.plan .. "/" .. item.name, title, needs))
    if not header then status = BROKEN end
  end
  return status
end

VERBS.setup = function()
  return require("verb.setup").main()
end

VERBS.completion = function(o, p)
  io.stdout:write(p[("get_%s_complete"):format(o.shell)](p))
  return OK
end

VERBS.doctor = function()
  return require("verb.doctor").main()
end

VERBS.clean = function(o)
  return require("verb.clean").main(o)
end

VERBS.new = function(o)
  local file, why = require("help.new").write(o.name, o.from or "plain")
  if not file then
    write_error(why)
    return USAGE
  end
  local is_named = file == ("scripts/%s.lua"):format(o.name)
  print(("wrote %s; run it with `moonrig run %s`"):format(file, is_named and o.name or file))
  return OK
end

VERBS.warm = function(o)
  return require("verb.snapshot").main(o)
end

VERBS.sabotage = function(o)
  return require("verb.sabotage").main(o)
end

-- A verb about a run that was, which may not be there.
local function of_past(main, o)
  local ok, status = pcall(main, o)
  if ok then return status end
  if require("base.fail").is_cancel(status) then error(status, 0) end
  write_error(status)
  local code = require("base.fail").code(status)
  return code == "NOTHING" and NOTHING or code == "ENOENT" and USAGE or BROKEN
end

for verb, module in pairs(results_verbs.MODULES) do
  VERBS[verb] = function(o) return of_past(require(module).main, o) end
end

VERBS.timeline = function(o)
  return of_past(require("verb.timeline").main, o)
end

VERBS.report = function(o)
  return of_past(require("verb.report").main, o)
end

-- A scenario at whose setup a person sits.
local function rehearse(o)
  local items, status = selected { what = { o.what } }
  if not items then return status end
  if #items ~= 1 then
    write_error(("%s is %d cases: a prompt is at one"):format(o.what, #items))
    return USAGE
  end
  local given = { cold = o.cold, attach = { terminal = true, stop = true } }
  local run, exit_status = require("run.runner").run(items, given,
    require("report.ui").new { verbose = true, talk = talk })
  print("results: " .. run.folder)
  return exit_status
end

VERBS.repl = function(o)
  if o.what then return rehearse(o) end
  return require("repl.repl").main()
end

VERBS.attach = function(o)
  return require("repl.attach").main(o)
end

VERBS.console = function(o)
  return require("repl.attach").console(o)
end

-- A verb's usage, without a name the whole program's; nil where there is no such verb.
local function usage_of(p, name)
  if not name then return p:get_help() end
  for _, command in ipairs(p._commands) do
    if command._name == name then return command:get_help() end
  end
end

VERBS.help = function(o, p)
  local help = require "help.help"
  local text = usage_of(p, o.name)
  if not text then
    local lines, why = help.overview(), nil
    if o.name ~= "api" then lines, why = help.about(o.name) end
    if not lines then
      write_error(why)
      return USAGE
    end
    text = table.concat(lines, "\n")
  end
  print(text)
  return OK
end

-- Not for people: a case's own process, and what the Makefile calls.
local HIDDEN = {
  _worker = function(args)
    -- before all that a case takes is loaded: less is forked, and less of it copied afterwards
    assert(engine.guard(require("base.paths").journal()))
    return require("run.worker").main(engine.json.decode(args[2]))
  end,
  _replay = function(args) return require("replay.replay").child(args) end,
  -- a file of ours that is no part of lib/: a build's tool, a test's. Its modules are beside it.
  _lua = function(args)
    package.path = ("%s/test/?.lua;%s"):format(engine.home(), package.path)
    table.remove(args, 1)
    return dofile(args[1]).main(args)
  end,
}

-- What killed runs left is undone before anything else is done.
local SWEEPS = { run = true, watch = true, sabotage = true, repl = true, setup = true, clean = true, warm = true }

local function sweep()
  local paths = require "base.paths"
  local swept = engine.sweep(paths.journal())
  if swept > 0 then write_error(("undid what %d killed %s had left"):format(swept, swept == 1 and "run" or "runs")) end
end

local function guarded(fn, ...)
  local ok, status = pcall(fn, ...)
  if ok then return status end
  local is_cancel = require("base.fail").is_cancel(status)
  engine.clear_cancel()
  if is_cancel then
    write_error "interrupted"
    return INTERRUPTED
  end
  write_error(status)
  return BROKEN
end

--- The whole program. args: { "run", "-v", ... }. Returns the exit status.
function cli.main(args)
  if HIDDEN[args[1]] then return HIDDEN[args[1]](args) end
  local p = require("verb.command_line").parser(args[1])
  local ok, o = p:pparse(args)
  if not ok then return usage_error(p, o, args) end
  return guarded(function()
    if SWEEPS[o.verb] then sweep() end
    return VERBS[o.verb](o, p)
  end)
end

return cli
