--- results_verbs: the verbs about what runs left (replay, history, compare, results, bundle), and what `run` takes of
--- it.

local results_verbs = {}

--- The module of each.
results_verbs.MODULES = { replay = "verb.replay", history = "verb.history", compare = "verb.compare",
  results = "verb.results", bundle = "verb.bundle" }

--- What is kept of results/ (lib/verb/results.lua): each limit as an option and as a variable.
results_verbs.LIMITS = {
  { name = "runs", option = "--runs", variable = "MOONRIG_KEEP_RUNS", default = 200, argname = "<n>",
    about = "Runs that are kept" },
  { name = "days", option = "--days", variable = "MOONRIG_KEEP_DAYS", default = 30, argname = "<days>",
    about = "Days that a run is kept" },
  { name = "failed_days", option = "--failed-days", variable = "MOONRIG_KEEP_FAILED_DAYS", default = 90,
    argname = "<days>", about = "Days for one in which something failed" },
  { name = "size", option = "--size", variable = "MOONRIG_KEEP_SIZE", default = 10240, argname = "<mib>",
    about = "MiB that all may take" },
}

-- A converter for an option's text: a whole number from `least` to `most`.
local function whole(option, least, most)
  return function(text)
    local n = tonumber(text)
    if n and n >= least and n <= most and n % 1 == 0 then return n end
    return nil, ("%s is a whole number from %d to %d, not %q"):format(option, least, most, text)
  end
end

local function add_folder(command)
  command:option("-o", "Folder of results (default: results/)."):target "out":argname "<dir>"
end

--- The options that `run` has of it.
function results_verbs.add_to_run(run)
  run:option("--repeat", "Each case so many times, one after the other; each time counts."):target "rounds"
    :argname "<n>":convert(whole("--repeat", 1, 10000))
  run:option("--retry", "What ends as FAIL or ERROR is tried again, up to so many times: passed then, it is FLAKY.")
    :argname "<n>":convert(whole("--retry", 1, 100))
  run:flag("--last-failed", "Only cases that did not pass in their last run."):target "last_failed"
end

local function add_results(p)
  local results = p:command("results", "Show the runs that are kept, or remove old ones by the rule of keeping: none "
    .. "that goes on, no case's last failure, and not the latest.")
  results:argument("what", "show, or prune."):choices { "show", "prune" }:default "show":args "?"
  results:flag("--dry-run", "Tell what prune would remove, and why."):target "dry_run"
  for _, limit in ipairs(results_verbs.LIMITS) do
    results:option(limit.option, ("%s (default: $%s, or %d)."):format(limit.about, limit.variable, limit.default))
      :target(limit.name):argname(limit.argname):convert(whole(limit.option, 0, 1e9))
  end
  add_folder(results)
end

--- Its verbs.
function results_verbs.add(p)
  local again = p:command("replay", "Run a recorded run's cases again from their record alone: no VM, no testpmd.")
  again:argument("run", "A run's folder, its name below results/, or a bundle's file (default: results/latest).")
    :args "?"
  again:option("-k", "Only cases whose PLAN/NAME holds this text."):target "pattern":argname "<text>"
  again:flag("--recorded", "The scenarios as they ran, whatever became of their files.")
  local history = p:command("history", "Tell how cases went in their runs: verdicts, seconds, trends, flakes.")
  history:argument("case", "A case's name, or PLAN/NAME (default: a line for each)."):args "?"
  history:option("-n", "So many runs at most (default: 20)."):target "count":argname "<n>"
    :convert(whole("-n", 1, 100000))
  history:flag("--rebuild", "Make history.db anew out of the runs' folders.")
  add_folder(history)
  local compare = p:command("compare", "Tell what changed from a run to another: verdicts, checks, phases, values, "
    .. "versions.")
  compare:argument("before", "A run's folder, its name below results/, or a bundle's file.")
  compare:argument("after", "Another (default: latest)."):args "?"
  add_folder(compare)
  add_results(p)
  local bundle = p:command("bundle", "Make one archive of a run, for a report: what it left, without keys, and with "
    .. "names of machine and user, home folders and addresses masked. `moonrig replay` takes it.")
  bundle:argument("run", "As for replay."):args "?"
  bundle:option("-f --file", "The archive (default: moonrig-RUN.tar.gz here)."):argname "<file>"
  add_folder(bundle)
end

--- The items (runner.select's) whose case did not pass in its last run; nil and an error with the code NOTHING.
function results_verbs.select(items, o)
  return require("results.last_failed").select(items, o.out)
end

return results_verbs
