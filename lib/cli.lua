--- cli: the command line: verbs, options, exit statuses.

local engine = require "engine"
local results_verbs = require "results_verbs"

local cli = {}

-- Exit statuses, the same for every verb.
local OK, INTERRUPTED, BROKEN, USAGE, NOTHING = 0, 2, 3, 4, 5

local VERBS = {}

-- A converter for an option's text.
local function seconds(option)
  return function(text)
    local n = tonumber(text)
    if n and n > 0 and n < 1e6 then return n end
    return nil, ("%s is a number of seconds above 0, not %q"):format(option, text)
  end
end

local function whole(option)
  return function(text)
    local n = tonumber(text)
    if n and n >= 0 and n < 2 ^ 31 and n % 1 == 0 then return n end
    return nil, ("%s is a whole number, not %q"):format(option, text)
  end
end

local function count(text)
  local n = tonumber(text)
  if n and n >= 1 and n <= 64 and n % 1 == 0 then return n end
  return nil, ("-j is a whole number from 1 to 64, not %q"):format(text)
end

local function add_selection(command)
  command:argument("what", "A file, a folder, a plan's or a case's name."):args "*"
  command:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
end

-- How cases are run, and what is shown of it.
local function add_manner(command)
  command:option("--timeout", "Seconds for each case, in place of its own."):argname "<s>":convert(seconds "--timeout")
  command:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
  command:flag("--cold", "Boot each guest, where it would be restored from a saved state.")
  command:flag("-v", "Show phases, checks and notices as they happen."):target "verbose"
  command:flag("-q", "Show verdicts and the results' folder only."):target "quiet"
end

local function parser()
  local argparse = require "argparse"
  local p = argparse("moonrig", "Runs DPDK test scenarios written in Lua against the real thing.")
    :epilog("Exit status: 0 all passed or skipped, 1 failures, 2 interrupted, 3 errors or a broken setup, "
      .. "4 usage, 5 nothing selected, 6 some passed on a retry only.")
  p:flag("--version", "Print the version."):action(function()
    print("moonrig " .. engine.version)
    os.exit(OK)
  end)
  p:command_target "verb"
  p:require_command(true)
  local run = p:command("run", "Run scenarios: files, folders or names; all of scripts/ without any.")
  add_selection(run)
  run:flag("-x", "Stop at the first case that does not pass."):target "stop_early"
  run:option("--deadline", "Seconds for the whole run: the case under way ends then, the others are not started.")
    :argname "<s>":convert(seconds "--deadline")
  run:option("-j", "Cases side by side: how many, or auto: what processors and memory allow (default: 1).")
    :target "jobs":argname "<n>":convert(function(text) return require("schedule").jobs(text) end)
  run:flag("--shuffle", "In an order of its own; the seed is told."):target "shuffle"
  run:option("--seed", "The seed of --shuffle."):argname "<n>":convert(whole "--seed")
  run:flag("--repl-on-failure --pdb", "A prompt where a case fails: its locals, its rig still up."):target "on_failure"
  run:option("--keep", "Seconds that a case's setup stays up at its end, and at t:pause(), for `moonrig attach`.")
    :argname "<s>":convert(seconds "--keep")
  run:flag("--tap", "TAP on stdout, in place of what is shown: `prove -e 'moonrig run --tap' FILE...` reads it.")
  run:option("--annotations", "What went wrong, at its end, for the pages of a forge: github.")
    :argname "<forge>":choices { "github" }
  results_verbs.add_to_run(run)
  add_manner(run)
  local watch = p:command("watch", "Run scenarios as `run` does, and again what changes: a scenario on save, all of "
    .. "them when lib/ or a DPDK build does. The case under way is cut, then. On a terminal: Enter runs the same "
    .. "again, a all, q ends. Of its results folders the last 5 are kept.")
  add_selection(watch)
  add_manner(watch)
  local list = p:command("list", "List scenarios.")
  list:argument("what", "As for run."):args "*"
  list:option("-k", "As for run."):target "pattern":argname "<text>"
  results_verbs.add(p)
  local timeline = p:command("timeline", "A run on one clock: the lines of its consoles and what happened, merged.")
  timeline:argument("run", "As for replay."):args "?"
  timeline:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  timeline:option("--around", "Only what led to a check whose words hold this text: one that failed, where any did.")
    :argname "<check>"
  timeline:option("--console", "Only this console: testpmd, serial, checks."):argname "<name>"
  local page = p:command("report", "Write a run's report.html, and tell where: the run on one page, for a browser.")
  page:argument("run", "As for replay."):args "?"
  local sabotage = p:command("sabotage", "Put faults in from outside, and see that each gets no PASS.")
  sabotage:option("-k", "Only faults whose name or place holds this text."):target "pattern":argname "<text>"
  sabotage:flag("--vm", "The faults on the real VM, too.")
  sabotage:option("-j", "Runs side by side (default: 4; those on the VM: 1)."):target "jobs":argname "<n>"
    :convert(count)
  sabotage:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
  local warm = p:command("warm", "Show the saved states of guests, from which runs start them; or clear them.")
  warm:argument("what", "show, or clear."):choices { "show", "clear" }:default "show":args "?"
  local new = p:command("new", "Write a scenario that passes as it stands, to begin with.")
  new:argument("name", "PLAN/NAME below scripts/, or a path that ends in .lua.")
  new:option("--from", "What it begins with: plain, loopback, vm, hotplug or matrix (default: plain).")
    :argname "<template>"
  local help = p:command("help", "Tell what scenarios can call, of one of it, or of a verb and its options.")
  help:argument("name", "api: all there is; an object (testpmd), a method (t:vm), a verb."):args "?"
  local repl = p:command("repl", "A Lua prompt with the primitives and lib/ loaded; with a scenario, at its setup.")
  repl:argument("what", "A scenario: its setup is brought up, and it stops before its steps."):args "?"
  repl:flag("--cold", "As for run.")
  local attach = p:command("attach", "Join a rig that is up, in a run or a REPL, from this terminal.")
  attach:argument("run", "A run's id or a case's name; the only one that is up without it."):args "?"
  local console = p:command("console", "A raw terminal on a console of a rig that is up: testpmd, serial, shell.")
  console:argument("name", "The console's name (`:consoles` lists them), or shell: one on the guest.")
  console:argument("run", "As for attach."):args "?"
  p:command("setup", "Build the guest image and the example programs, where they are not there yet.")
  local completion = p:command("completion", "Print what completes moonrig's words in a shell.")
  completion:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
  p:command("doctor", "Tell what is here, and what each missing thing costs.")
  local clean = p:command("clean",
    "Remove images that nothing uses any more, the saved states of their guests, and half-built ones.")
  clean:flag("--all", "Remove the present image and the saved states of its guests, too.")
  return p
end

--- The command line's parser (argparse's).
cli.parser = parser

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
  local near = require "near"
  local bad = words:match("^unknown command '(.-)'")
  if bad then words = ("unknown verb %s%s"):format(bad, near.hint(bad, verb_names(p))) end
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
  local items, err = require("runner").select(o.what, o.pattern, every)
  if items and o.last_failed then items, err = results_verbs.select(items, o) end
  if items then return items end
  return nil, unselected(err)
end

-- What a pause of a case has (lib/desk.lua), set in `o`; a line where that cannot be.
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
  o.desk = { terminal = has_terminal and is_free, keep = o.keep, on_failure = o.on_failure }
end

VERBS.run = function(o)
  local runner, ui = require "runner", require "ui"
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
  local screen = o.tap and require("tap").screen(ui.write, #items) or ui.new(o)
  if o.annotations then screen = require("annotations").screen(screen, ui.write) end
  local ok, run, exit_status = pcall(runner.run, items, o, screen)
  if not ok then
    screen.leave()
    error(run, 0)
  end
  screen.summary(run)
  return exit_status
end

VERBS.watch = function(o)
  local status, err = require("watch").main(o)
  return status or unselected(err)
end

VERBS.list = function(o)
  local case = require "case"
  local items, status = selected(o, true)
  if not items then return status end
  status = OK
  for _, item in ipairs(items) do
    local header, why = case.load(item.file)
    local needs = header and #header.needs > 0 and "  [" .. table.concat(header.needs, " ") .. "]" or ""
    local title = header and header.name or "cannot be loaded: " .. why
    print(("%-44s %s%s"):format(item.plan .. "/" .. item.name, title, needs))
    if not header then status = BROKEN end
  end
  return status
end

VERBS.setup = function()
  return require("setup").main()
end

VERBS.completion = function(o, p)
  io.stdout:write(p[("get_%s_complete"):format(o.shell)](p))
  return OK
end

VERBS.doctor = function()
  return require("doctor").main()
end

VERBS.clean = function(o)
  return require("clean").main(o)
end

VERBS.new = function(o)
  local file, why = require("new").write(o.name, o.from or "plain")
  if not file then
    write_error(why)
    return USAGE
  end
  local is_named = file == ("scripts/%s.lua"):format(o.name)
  print(("wrote %s; run it with `moonrig run %s`"):format(file, is_named and o.name or file))
  return OK
end

VERBS.warm = function(o)
  return require("warm_verb").main(o)
end

VERBS.sabotage = function(o)
  return require("sabotage").main(o)
end

-- A verb about a run that was, which may not be there.
local function of_past(main, o)
  local ok, status = pcall(main, o)
  if ok then return status end
  if require("fail").is_interruption(status) then error(status, 0) end
  write_error(status)
  local code = require("fail").code(status)
  return code == "NOTHING" and NOTHING or code == "ENOENT" and USAGE or BROKEN
end

for verb, module in pairs(results_verbs.MODULES) do
  VERBS[verb] = function(o) return of_past(require(module).main, o) end
end

VERBS.timeline = function(o)
  return of_past(require("timeline_verb").main, o)
end

VERBS.report = function(o)
  return of_past(require("page").main, o)
end

-- A scenario at whose setup a person sits.
local function rehearse(o)
  local items, status = selected { what = { o.what } }
  if not items then return status end
  if #items ~= 1 then
    write_error(("%s is %d cases: a prompt is at one"):format(o.what, #items))
    return USAGE
  end
  local run, exit_status = require("runner").run(items, { cold = o.cold, desk = { terminal = true, stop = true } },
    require("ui").new { verbose = true })
  print("results: " .. run.folder)
  return exit_status
end

VERBS.repl = function(o)
  if o.what then return rehearse(o) end
  return require("repl").main()
end

VERBS.attach = function(o)
  return require("attach").main(o)
end

VERBS.console = function(o)
  return require("attach").console(o)
end

-- A verb's usage, without a name the whole program's; nil where there is no such verb.
local function usage_of(p, name)
  if not name then return p:get_help() end
  for _, command in ipairs(p._commands) do
    if command._name == name then return command:get_help() end
  end
end

VERBS.help = function(o, p)
  local help = require "help"
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
  _worker = function(args) return require("worker").main(engine.json.decode(args[2])) end,
  _replay = function(args) return require("replay").child(args) end,
  _crash = function(args) return require("crash").main(args) end,
  _spec = function(args) return require("specs").main(args) end,
  _bundle = function(args) return require("bundle").main(args) end,
  _readme = function() return require("readme").main() end,
  _man = function()
    io.stdout:write(require("man").source(cli.parser()))
    return OK
  end,
  _bench = function(args) return require("bench").main(args) end,
}

-- What killed runs left is undone before anything else is done.
local SWEEPS = { run = true, watch = true, sabotage = true, repl = true, setup = true, clean = true, warm = true }

local function sweep()
  local paths = require "paths"
  local swept = engine.sweep(paths.journal())
  if swept > 0 then write_error(("undid what %d killed %s had left"):format(swept, swept == 1 and "run" or "runs")) end
end

local function guarded(fn, ...)
  local ok, status = pcall(fn, ...)
  if ok then return status end
  engine.forgive()
  if require("fail").is_interruption(status) then
    write_error "interrupted"
    return INTERRUPTED
  end
  write_error(status)
  return BROKEN
end

--- The whole program. args: { "run", "-v", ... }. Returns the exit status.
function cli.main(args)
  if HIDDEN[args[1]] then return HIDDEN[args[1]](args) end
  local p = parser()
  local ok, o = p:pparse(args)
  if not ok then return usage_error(p, o, args) end
  return guarded(function()
    if SWEEPS[o.verb] then sweep() end
    return VERBS[o.verb](o, p)
  end)
end

return cli
