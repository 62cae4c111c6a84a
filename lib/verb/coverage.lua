--- coverage: `moonrig coverage`: which lines of DPDK a run executed.

local code_coverage = require "report.code_coverage"
local fail = require "base.fail"
local paths = require "base.paths"
local run_folder = require "results.run_folder"
local ui = require "report.ui"

local function options(command)
  command:argument("run", "A run's folder, or its name below results/ (default: latest)."):args "?"
  run_folder.add_base(command)
end

local function main(o)
  for _, name in ipairs { "gcovr", "gcov-tool" } do
    if not paths.program(name) then
      fail.raise("ENOENT", "coverage", ("%s is not in $PATH: install Debian's packages gcovr and gcc"):format(name))
    end
  end
  local term = ui.terminal()
  local _, folder = run_folder.find(o.run, "coverage", o.out)
  term:status "merges the counters, runs gcovr ..."
  local made = code_coverage.make(folder)
  term:clear()
  for _, line in ipairs(code_coverage.table(made.files)) do term:line(line) end
  for _, words in ipairs(made.killed) do term:line("note: wrote no counters: " .. words) end
  if made.stale > 0 then
    term:line(("note: %d files are left out: they were compiled again since the run"):format(made.stale))
  end
  term:line("pages: " .. made.page)
  return 0
end

return { order = 10.5, main = main, options = options,
  words = "Show which lines of DPDK a run executed: gcovr's pages, and a table of vhost, virtio and the EAL. It needs "
    .. "a run with --coverage and a build of DPDK with -Db_coverage=true." }
