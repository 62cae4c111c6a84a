--- bisect: `moonrig bisect`: finds the commit of DPDK with which cases began to fail.

local bisect = require "run.bisect"
local bisect_screen = require "report.bisect_screen"
local choices = require "run.choices"
local compare = require "results.compare"
local comparison = require "report.comparison"
local engine = require "engine"
local fail = require "base.fail"
local git = require "host.git"
local meson_build = require "host.meson_build"
local numbers = require "base.numbers"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local selection = require "run.selection"
local store = require "run.bisect_store"
local ui = require "report.ui"

-- The exit status where skipped commits leave more than one.
local NOT_ONE = 1

local MANNER = { "timeout", "cold", "verbose", "quiet" }

local function usage(form, ...) fail.raise("USAGE", "bisect", form:format(...)) end

local function options(command)
  command:option("--good", "A revision at which the cases pass."):argname "<rev>"
  command:option("--bad", "A later revision at which they fail."):argname "<rev>"
  command:option("--dpdk", "DPDK's git checkout, or a build folder of it (default: the working folder's checkout). "
    .. "The build folder's options are used; without one few drivers are built."):argname "<tree>"
  command:option("--only", "Only test revisions that touch this path of the checkout; may be given several times.")
    :argname "<path>":count "*"
  command:flag("--continue", "Go on with an interrupted bisection."):target "is_continued"
  command:flag("--abort", "Remove an interrupted bisection; its results stay."):target "is_aborted"
  command:option("--confirm", "Runs that must agree after a doubted answer (default: 3; 0: believe each answer).")
    :target "more":argname "<n>":convert(numbers.whole("--confirm", 0, 100))
  command:flag("--any", "Take each failure of these cases as bad, not only the bad end's."):target "is_any"
  command:option("--says", "Take a failure as bad if its reason has this text, whatever else is in it.")
    :argname "<text>"
  command:flag("--flaky", "The failure comes and goes: repeat each pass, from the start."):target "is_flaky"
  command:flag("--keep-build", "Leave the worktree and its build for the next bisection of this checkout.")
  selection.add(command)
  selection.add_manner(command)
  choices.add_guest(command)
end

-- ---- the state of a new bisection ----

-- The checkout, and the build folder whose options are used (nil: none).
local function tree_of(where)
  local source = meson_build.source(where)
  local tree = git.top(source or where)
  if not tree then
    usage("%s is no git checkout of DPDK: name one, or its build folder, with --dpdk", where)
  end
  return tree, source and engine.fs.realpath(where) or meson_build.builds(tree)[1]
end

local function end_of(tree, name, revision)
  if not revision then usage("--%s is missing: name a revision, or --continue an interrupted bisection", name) end
  local commit = git.commit(tree, revision)
  if not commit then usage("--%s: %s has no revision %s", name, tree, revision) end
  commit.revision = revision
  return commit
end

-- Found before the ends are built.
local function check_only(tree, good, bad, only)
  if #only == 0 or git.is_touched(tree, good.hash, bad.hash, only) then return end
  usage("--only: no revision between %s and %s touches %s", good.short, bad.short, table.concat(only, ", "))
end

local function results_folder(base)
  local stamp = os.date "!%Y%m%dT%H%M%SZ"
  for n = 1, 100 do
    local folder = ("%s/bisect-%s%s"):format(base, stamp, n > 1 and "-" .. n or "")
    if not engine.fs.stat(folder) then return engine.fs.realpath(paths.make(folder)) end
  end
end

local function items_of(o)
  local items = selection.items(o)
  for _, item in ipairs(items) do item.file = engine.fs.realpath(item.file) or item.file end
  return items
end

local function manner_of(o)
  local out = {}
  for _, name in ipairs(MANNER) do out[name] = o[name] end
  return out
end

local function new_state(o)
  local tree, build = tree_of(o.dpdk or ".")
  local good, bad = end_of(tree, "good", o.good), end_of(tree, "bad", o.bad)
  if good.hash == bad.hash then usage("--good and --bad are the same commit, %s", good.short) end
  check_only(tree, good, bad, o.only)
  return { tree = tree, user_build = build, options = build and meson_build.options(build) or meson_build.FEW,
    compiler = build and meson_build.compiler(build), good = good, bad = bad, more = o.more or 3, is_any = o.is_any,
    says = o.says,
    is_flaky = o.is_flaky, is_kept = o.keep_build, items = items_of(o), manner = manner_of(o), guest = choices.guest(o),
    only = o.only, tests = {} }
end

-- ---- the end ----

local function show_commit(term, commit)
  term:line(("%s %s"):format(commit.hash, commit.subject))
  term:line(("      by %s, %s"):format(commit.author, commit.date))
end

-- The run of a test that shows its verdict best: the last one.
local function run_of(state, test)
  local id = test and test.runs and test.runs[#test.runs]
  return id and run_folder.find(id, "bisect", state.results)
end

local function show_comparison(term, state, found)
  local was, is = run_of(state, found.parent), run_of(state, found.commits[1])
  if not (was and is) then return end
  term:line(("its parent's run %s, then its own %s:"):format(was.id, is.id))
  comparison.show(compare.of(was, is), term)
end

local function show_found(term, state, found)
  if found.is_one then
    term:line "the first bad commit:"
  else
    term:line(("only skipped commits are left: one of these %d is the first bad:"):format(#found.commits))
  end
  for _, commit in ipairs(found.commits) do show_commit(term, commit) end
  for _, test in ipairs(state.tests) do
    if test.verdict == "skip" then term:line(("skipped %s: %s"):format(test.short, test.why)) end
  end
  if found.is_one then show_comparison(term, state, found) end
  term:line("results: " .. state.results)
end

-- The report stays with the results; the worktree goes, unless it is kept.
local function finish(folder, state, found)
  state.is_finished, state.found = true, found.commits
  store.write(folder, state)
  paths.write(state.results .. "/bisect.json", engine.json.encode(state))
  if not state.is_kept then store.remove(folder) end
end

-- ---- the verb ----

-- Runs a bisection whose work folder is held.
local function go(folder, state)
  local term = ui.terminal()
  term:line(("bisects %s: %s good, %s bad; options of %s"):format(state.tree, state.good.revision,
    state.bad.revision, state.user_build or "a small build, for there is no build folder"))
  local ok, found = pcall(bisect.run, bisect.new(folder, state, bisect_screen.new(term)))
  term:clear()
  if not ok then
    term:line("results: " .. state.results)
    term:line(("`moonrig bisect --continue --dpdk %s` goes on, --abort in its place removes it"):format(state.tree))
    error(found, 0)
  end
  finish(folder, state, found)
  show_found(term, state, found)
  return found.is_one and 0 or NOT_ONE
end

local function start(o)
  local state = new_state(o)
  local folder = store.folder(state.tree)
  local lock = store.hold(folder)
  local old = store.read(folder)
  if old and not old.is_finished then
    usage("a bisection of %s is unfinished: --continue it, or --abort it first", state.tree)
  end
  state.results = results_folder(o.out or (paths.results()))
  return folder, state, lock
end

local function resume(o)
  local found = store.find(o.dpdk and (tree_of(o.dpdk)))
  local lock = store.hold(found.folder)
  local state = store.read(found.folder)
  -- other paths change no verdict
  if #o.only > 0 then
    check_only(state.tree, state.good, state.bad, o.only)
    state.only = o.only
  end
  -- fetched once more where the cache was cleared meanwhile
  choices.prepare(state.guest or {})
  return found.folder, state, lock
end

local function abort(o)
  local found = store.find(o.dpdk and (tree_of(o.dpdk)))
  store.hold(found.folder)
  if o.keep_build then
    found.state.is_finished = true
    store.write(found.folder, found.state)
  else
    store.remove(found.folder)
  end
  print(("removed the bisection of %s; its results stay: %s"):format(found.state.tree, found.state.results))
  return 0
end

-- Without them each revision would seem not to build.
local function check_programs()
  for _, name in ipairs { "git", "meson", "ninja" } do
    if not paths.program(name) then
      fail.raise("ENOENT", "bisect", ("%s is not in $PATH, and builds of DPDK need it: install it"):format(name))
    end
  end
end

-- What a bisection was begun with, by the names of options' targets.
local BEGINNING = { good = "--good", bad = "--bad", says = "--says", is_any = "--any", is_flaky = "--flaky",
  more = "--confirm" }

local function check_options(o)
  if o.is_any and o.says then usage "--any takes each failure, and --says one: omit one of them" end
  if not o.is_continued then return end
  local given = choices.guest_options(o)
  for target, option in pairs(BEGINNING) do
    if o[target] then given[#given + 1] = option end
  end
  if #o.what > 0 then given[#given + 1] = "cases" end
  table.sort(given)
  if #given > 0 then
    usage("--continue goes on with what was chosen before: omit %s", table.concat(given, ", "))
  end
end

local function main(o)
  check_options(o)
  check_programs()
  if o.is_aborted then return abort(o) end
  fail.check(engine.guard(paths.journal()))
  return go((o.is_continued and resume or start)(o))
end

return { order = 6.5, sweeps = true, main = main, options = options,
  words = "Find the commit of DPDK since which cases fail: git bisect in a worktree of its own, with a build and a run "
    .. "of each tested revision. Revisions that do not build are skipped. After Ctrl-C: --continue." }
