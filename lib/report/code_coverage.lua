--- code_coverage: which lines of DPDK a run executed: of the counters in its cases' folders.

local coverage_tree = require "host.coverage_tree"
local engine = require "engine"
local fail = require "base.fail"
local gcov = require "dpdk.gcov"
local paths = require "base.paths"

local code_coverage = {}

--- What the table shows: the folders that our test plans are about.
code_coverage.SHOWN = { "lib/vhost", "drivers/net/virtio", "drivers/net/vhost", "lib/eal" }

-- The folders of counters in a run's folder.
local function roots_of(folder)
  local out = {}
  for _, case in ipairs(engine.fs.list(folder) or {}) do
    for _, name in ipairs(engine.fs.list(("%s/%s"):format(folder, case)) or {}) do
      local path = ("%s/%s/%s"):format(folder, case, name)
      local is_ours = name == gcov.FOLDER or name:sub(1, #gcov.FOLDER + 1) == gcov.FOLDER .. "-"
      if is_ours and #coverage_tree.counters(path) > 0 then out[#out + 1] = path end
    end
  end
  table.sort(out)
  return out
end

-- The build of all counters; raises where it is gone, or where there are several.
local function build_of(roots)
  local found
  for _, root in ipairs(roots) do
    local object = "/" .. coverage_tree.counters(root)[1]
    local build = coverage_tree.build_of(object)
    if not build then fail.raise("ENOENT", "coverage", ("the build of %s is gone"):format(object)) end
    if found and found ~= build then
      fail.raise("EINVAL", "coverage", ("two builds: %s and %s; choose one run for each"):format(found, build))
    end
    found = build
  end
  return found
end

--- The programs of a run that a signal ended: they wrote no counters. Array of "CONSOLE of CASE: SIGKILL".
function code_coverage.killed(folder)
  local out = {}
  for line in (paths.read(folder .. "/timeline.jsonl") or ""):gmatch "[^\n]+" do
    local event = line:find('"ev":"exit"', 1, true) and engine.json.decode(line)
    if event and event.case and event.signal then
      out[#out + 1] = ("%s of %s: %s"):format(event.console, event.case, event.signal)
    end
  end
  return out
end

local function row(name, covered, total)
  return ("%-44s %6d of %6d lines  %5.1f %%"):format(name, covered, total, total > 0 and 100 * covered / total or 0)
end

-- A folder's row, those of its files of which a line ran, and how many others there are.
local function add_folder(out, folder, files)
  local rows, covered, total, unused = {}, 0, 0, 0
  for _, file in ipairs(files) do
    local name = file.filename:sub(1, #folder + 1) == folder .. "/" and file.filename:sub(#folder + 2)
    if name then covered, total = covered + file.line_covered, total + file.line_total end
    if name and file.line_covered > 0 then rows[#rows + 1] = row("  " .. name, file.line_covered, file.line_total) end
    if name and file.line_covered == 0 then unused = unused + 1 end
  end
  if #rows + unused > 0 then out[#out + 1] = row(folder, covered, total) end
  for _, line in ipairs(rows) do out[#out + 1] = line end
  local words = unused == 1 and "  %d file of which no line ran" or "  %d files of which no line ran"
  if unused > 0 then out[#out + 1] = words:format(unused) end
end

--- The lines of a table: each shown folder, and below it its files. `files`: gcovr's.
function code_coverage.table(files)
  local out = {}
  for _, folder in ipairs(code_coverage.SHOWN) do add_folder(out, folder, files) end
  return out
end

--- The coverage of a run's folder: pages and table.txt in `folder`/coverage. Returns { files = gcovr's, page, count and
--- stale (of coverage_tree.make), roots, build, killed }. Raises without counters.
function code_coverage.make(folder)
  folder = engine.fs.realpath(folder)
  local roots = roots_of(folder)
  if #roots == 0 then
    fail.raise("NOTHING", "coverage", ("%s has no counters: build DPDK with -Db_coverage=true, and use "
      .. "`moonrig run --coverage`"):format(folder))
  end
  local build, to = build_of(roots), paths.make(folder .. "/coverage")
  local count, stale = coverage_tree.make(roots, to .. "/counters")
  if count == 0 then
    fail.raise("EBADMSG", "coverage", ("%s was compiled again since the run: run it again"):format(build))
  end
  local summary = coverage_tree.report(to .. "/counters", build, to)
  engine.fs.rmtree(to .. "/counters")
  paths.write(to .. "/table.txt", table.concat(code_coverage.table(summary.files), "\n") .. "\n")
  return { files = summary.files, page = to .. "/index.html", count = count, stale = stale, roots = roots,
    build = build, killed = code_coverage.killed(folder) }
end

return code_coverage
