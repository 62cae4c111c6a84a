--- coverage_tree: the counters of several programs and nodes, merged and beside the compiler's notes, as gcovr reads
--- them.

local ending = require "base.ending"
local engine = require "engine"
local fail = require "base.fail"
local lines = require "base.lines"
local meson = require "host.meson_build"
local paths = require "base.paths"

local coverage_tree = {}

-- gcovr runs gcov for each file of DPDK.
local SECONDS = 1800

local function must_run(argv, cwd)
  local r = engine.here():run(argv, { timeout = SECONDS, cwd = cwd })
  if r.code == 0 then return r.out end
  fail.raise("EFAIL", argv[1], "ended with " .. ending.words(r), lines.last(r.err ~= "" and r.err or r.out, 5))
end

--- The counters below a folder: an array of paths relative to it, without ".gcda", sorted.
function coverage_tree.counters(root)
  local out = {}
  paths.walk(root, function(path, st)
    local name = st.type == "file" and path:sub(#root + 2):match "^(.*)%.gcda$"
    if name then out[#out + 1] = name end
  end)
  table.sort(out)
  return out
end

--- The build folder that an object of this absolute path is in; nil where that is gone.
function coverage_tree.build_of(object)
  local folder = object:match "^(.*)/[^/]*$"
  while folder and folder ~= "" do
    if meson.source(folder) then return folder end
    folder = folder:match "^(.*)/[^/]*$"
  end
end

-- Bytes 8 to 11 of both files are the same where they are of one compilation (gcc's gcov-io.h).
local function stamp(path) return (paths.read_part(path, 12, true) or ""):sub(9) end

-- Merges the roots into `to`: programs of other nodes and cases have the same objects.
local function merge(roots, to)
  local from = roots[1]
  for i = 2, #roots do
    local out = i == #roots and to or ("%s.%d"):format(to, i)
    must_run { "gcov-tool", "merge", from, roots[i], "-o", out }
    if i > 2 then engine.fs.rmtree(from) end
    from = out
  end
  if #roots == 1 then must_run { "cp", "-r", from, to } end
end

-- Links the notes beside the counters. Counters without notes of the same compilation are removed; returns how many.
local function add_notes(tree)
  local stale, count = 0, 0
  for _, name in ipairs(coverage_tree.counters(tree)) do
    local here, notes = ("%s/%s"):format(tree, name), ("/%s.gcno"):format(name)
    if stamp(here .. ".gcda") == stamp(notes) then
      fail.check(engine.fs.symlink(notes, here .. ".gcno"))
      count = count + 1
    else
      os.remove(here .. ".gcda")
      stale = stale + 1
    end
  end
  return count, stale
end

--- Makes `tree` of the roots (folders below which are counters): merged, with their notes. Returns how many files it
--- has, and how many were left out: their source was compiled again since.
function coverage_tree.make(roots, tree)
  engine.fs.rmtree(tree)
  merge(roots, tree)
  return add_notes(tree)
end

local function gcov_of(build)
  local words = table.concat(meson.compiler(build) or {}, " ")
  return words:find "clang" and "llvm-cov gcov" or "gcov"
end

--- Runs gcovr over a tree: HTML pages in `to`/index.html. Returns its summary ({ files = { { filename, line_total,
--- line_covered, ... } } }).
function coverage_tree.report(tree, build, to)
  local source = meson.source(build)
  local summary = to .. "/summary.json"
  must_run({ "gcovr", "--root", source, "--object-directory", build, "--gcov-executable", gcov_of(build),
    "--gcov-ignore-parse-errors", "--html-details", to .. "/index.html", "--json-summary", summary, tree }, build)
  return fail.check(paths.read_table(summary))
end

return coverage_tree
