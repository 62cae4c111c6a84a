--- run: `moonrig run`: runs scenarios and gives each case a verdict.

local choices = require "run.choices"
local combinations = require "run.combinations"
local engine = require "engine"
local fail = require "base.fail"
local formats = require "run.formats"
local numbers = require "base.numbers"
local runner = require "run.runner"
local screen = require "report.screen"
local selection = require "run.selection"
local ui = require "report.ui"

local function options(run)
  selection.add(run)
  run:flag("-x", "Stop at the first case that does not pass."):target "stop_early"
  run:option("--deadline", "Seconds for the whole run, all combinations of --dpdk and --qemu together: after them the "
    .. "running case ends, and no other starts.")
    :argname "<s>":convert(numbers.seconds "--deadline")
  run:option("-j", "Cases side by side: a number, or auto: by processors and memory (default: 1).")
    :target "jobs":argname "<n>":convert(numbers.whole("-j", 1, 256, "auto"))
  run:flag("--shuffle", "Run in random order, and print the seed."):target "shuffle"
  run:option("--seed", "The seed of --shuffle."):argname "<n>":convert(numbers.whole("--seed", 0, 2 ^ 31 - 1))
  run:flag("--repl-on-failure --pdb", "Open a prompt where a case fails, with its locals and rig."):target "on_failure"
  run:option("--keep", "Seconds that a rig stays up for `moonrig attach`: at a case's end, at t:pause().")
    :argname "<s>":convert(numbers.seconds "--keep")
  formats.add(run)
  run:option("--repeat", "Run each case N times, one after the other; each round counts."):target "rounds"
    :argname "<n>":convert(numbers.whole("--repeat", 1, 10000))
  run:option("--retry", "Retry a case that ends as FAIL or ERROR, up to N times; if it passes then, it is FLAKY.")
    :argname "<n>":convert(numbers.whole("--retry", 1, 100))
  run:flag("--coverage", "Keep the counters of a build with -Db_coverage=true, for `moonrig coverage`.")
  run:flag("--last-failed", "Run only cases that did not pass in their last run."):target "last_failed"
  selection.add_manner(run)
  choices.add(run)
end

-- Options that exclude each other, in words; nil if there are none.
local function contradiction(o, shown, has_terminal, is_alone)
  if o.on_failure and not has_terminal then
    return "--repl-on-failure needs a terminal on stdin and stdout: use --keep"
  end
  if o.on_failure and shown and shown.for_programs then
    return ("--%s is for programs: omit --repl-on-failure, or --%s"):format(shown.name, shown.name)
  end
  if o.on_failure and not is_alone then return "--repl-on-failure needs cases one after the other: omit -j" end
  if o.seed and not o.shuffle then return "--seed needs --shuffle" end
end

-- Sets in `o` how a case may pause (lib/repl/attach_server.lua).
local function allow_pauses(o, shown)
  local has_terminal = engine.sys.isatty(0) and engine.sys.isatty(1)
  local is_alone = o.jobs == nil or o.jobs == 1
  local why = contradiction(o, shown, has_terminal, is_alone)
  if why then fail.raise("USAGE", "run", why) end
  local is_free = is_alone and not o.keep and not (shown and shown.for_programs)
  o.attach = { terminal = has_terminal and is_free, keep = o.keep, on_failure = o.on_failure }
  o.talk = function(...) return require("repl.attach").talk(...) end
end

-- Runs the cases with what is under test. Returns the run, the exit status, and the screen.
local function run_once(o, items, shown)
  local shows = screen.new(o)
  if shown then shows = shown.screen(ui.write, #items, shows) end
  local ok, run, exit_status = pcall(runner.run, items, o, shows)
  if not ok then
    shows:leave()
    error(run, 0)
  end
  shows:summary(run)
  return run, exit_status
end

local function main(o)
  local items, all = selection.items(o), choices.of(o)
  local shown, names = formats.shown(o)
  if names then fail.raise("USAGE", "run", names .. " both write to stdout: use one") end
  allow_pauses(o, shown)
  if o.shuffle then o.seed = o.seed or os.time() % 1e6 end
  if #all > 1 then
    if shown and shown.for_programs then
      fail.raise("USAGE", "run", ("--%s shows one run: give --dpdk and --qemu once"):format(shown.name))
    end
    return combinations.run(o, all, ui.terminal(), function() return run_once(o, items, shown) end)
  end
  o.under_test = all[1]
  return (select(2, run_once(o, items, shown)))
end

return { order = 1, sweeps = true, main = main, options = options,
  words = "Run scenarios by file, folder or name (default: all of scripts/)." }
