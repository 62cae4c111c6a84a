--- command_line: the verbs and their options, as argparse reads them.

local engine = require "engine"
local results_verbs = require "verb.results_verbs"

local command_line = {}

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

-- What adds a verb to a parser.
local ADD = {}

function ADD.run(p)
  local run = p:command("run", "Run scenarios: files, folders or names; all of scripts/ without any.")
  add_selection(run)
  run:flag("-x", "Stop at the first case that does not pass."):target "stop_early"
  run:option("--deadline", "Seconds for the whole run: the case under way ends then, the others are not started.")
    :argname "<s>":convert(seconds "--deadline")
  run:option("-j", "Cases side by side: how many, or auto: what processors and memory allow (default: 1).")
    :target "jobs":argname "<n>":convert(function(text) return require("run.schedule").jobs(text) end)
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
end

function ADD.watch(p)
  local watch = p:command("watch", "Run scenarios as `run` does, and again what changes: a scenario on save, all of "
    .. "them when lib/ or a DPDK build does. The case under way is cut, then. On a terminal: Enter runs the same "
    .. "again, a all, q ends. Of its results folders the last 5 are kept.")
  add_selection(watch)
  add_manner(watch)
end

function ADD.list(p)
  local list = p:command("list", "List scenarios.")
  list:argument("what", "As for run."):args "*"
  list:option("-k", "As for run."):target "pattern":argname "<text>"
end

function ADD.timeline(p)
  local timeline = p:command("timeline", "A run on one clock: the lines of its consoles and what happened, merged.")
  timeline:argument("run", "As for replay."):args "?"
  timeline:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  timeline:option("--around", "Only what led to a check whose words hold this text: one that failed, where any did.")
    :argname "<check>"
  timeline:option("--console", "Only this console: testpmd, serial, checks."):argname "<name>"
end

function ADD.report(p)
  local page = p:command("report", "Write a run's report.html, and tell where: the run on one page, for a browser.")
  page:argument("run", "As for replay."):args "?"
  page:option("-f --file", "The page (default: report.html in the run's folder; of a bundle, moonrig-RUN.html here).")
    :argname "<file>"
end

function ADD.sabotage(p)
  local sabotage = p:command("sabotage", "Put faults in from outside, and see that each gets no PASS.")
  sabotage:option("-k", "Only faults whose name or place holds this text."):target "pattern":argname "<text>"
  sabotage:flag("--vm", "The faults on the real VM, too.")
  sabotage:option("-j", "Runs side by side (default: 4; those on the VM: 1)."):target "jobs":argname "<n>"
    :convert(count)
  sabotage:option("-o", "Folder for results (default: results/)."):target "out":argname "<dir>"
end

function ADD.warm(p)
  local warm = p:command("warm", "Show the saved states of guests, from which runs start them; or clear them.")
  warm:argument("what", "show, or clear."):choices { "show", "clear" }:default "show":args "?"
end

function ADD.new(p)
  local new = p:command("new", "Write a scenario that passes as it stands, to begin with.")
  new:argument("name", "PLAN/NAME below scripts/, or a path that ends in .lua.")
  new:option("--from", "What it begins with: plain, loopback, vm, hotplug or matrix (default: plain).")
    :argname "<template>"
end

function ADD.help(p)
  local help = p:command("help", "Tell what scenarios can call, of one of it, or of a verb and its options.")
  help:argument("name", "api: all there is; an object (testpmd), a method (t:vm), a verb."):args "?"
end

function ADD.repl(p)
  local repl = p:command("repl", "A Lua prompt with the primitives and lib/ loaded; with a scenario, at its setup.")
  repl:argument("what", "A scenario: its setup is brought up, and it stops before its steps."):args "?"
  repl:flag("--cold", "As for run.")
end

function ADD.attach(p)
  local attach = p:command("attach", "Join a rig that is up, in a run or a REPL, from this terminal.")
  attach:argument("run", "A run's id or a case's name; the only one that is up without it."):args "?"
end

function ADD.console(p)
  local console = p:command("console", "A raw terminal on a console of a rig that is up: testpmd, serial, shell.")
  console:argument("name", "The console's name (`:consoles` lists them), or shell: one on the guest.")
  console:argument("run", "As for attach."):args "?"
end

function ADD.setup(p)
  p:command("setup", "Build the guest image and the example programs, where they are not there yet.")
end

function ADD.completion(p)
  local completion = p:command("completion", "Print what completes moonrig's words in a shell.")
  completion:argument("shell", "bash, zsh or fish."):choices { "bash", "zsh", "fish" }
end

function ADD.doctor(p)
  p:command("doctor", "Tell what is here, and what each missing thing costs.")
end

function ADD.clean(p)
  local clean = p:command("clean",
    "Remove images that nothing uses any more, the saved states of their guests, and half-built ones.")
  clean:flag("--all", "Remove the present image and the saved states of its guests, too.")
end

-- In the order in which people are told of them; a function adds several.
local ORDER = { "run", "watch", "list", results_verbs.add, "timeline", "report", "sabotage", "warm", "new", "help",
  "repl", "attach", "console", "setup", "completion", "doctor", "clean" }

local function add_all(p)
  for _, verb in ipairs(ORDER) do
    if type(verb) == "string" then ADD[verb](p) else verb(p) end
  end
end

-- These tell of all.
local ALL = { help = true, completion = true }

--- argparse's parser of all verbs; or of the one `verb`, where it is enough for a command line that begins with it: it
--- is made in a fraction of the time.
function command_line.parser(verb)
  local argparse = require "argparse"
  local p = argparse("moonrig", "Runs DPDK test scenarios written in Lua against the real thing.")
    :epilog("Exit status: 0 all passed or skipped, 1 failures, 2 interrupted, 3 errors or a broken setup, "
      .. "4 usage, 5 nothing selected, 6 some passed on a retry only.")
  p:flag("--version", "Print the version."):action(function()
    print("moonrig " .. engine.version)
    os.exit(0)
  end)
  p:command_target "verb"
  p:require_command(true)
  if verb and ADD[verb] and not ALL[verb] then ADD[verb](p) else add_all(p) end
  return p
end

return command_line
