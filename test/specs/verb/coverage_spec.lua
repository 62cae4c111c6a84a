-- coverage: a program of gcc's, run by cases, and the lines of it that ran: merged over cases, without what was killed.

local engine = require "engine"

local code_coverage = require "report.code_coverage"
local moonrig = require "specs.moonrig"
local paths = require "base.paths"

local here = engine.here()

local SOURCE = [[
#include <signal.h>
#include <string.h>

int
main(int argc, char **argv)
{
	int n = 0;

	if (argc > 1 && strcmp(argv[1], "one") == 0)
		n = 1;
	if (argc > 1 && strcmp(argv[1], "two") == 0)
		n = 2;
	if (argc > 1 && strcmp(argv[1], "killed") == 0)
		raise(SIGKILL);
	return n;
}
]]

local function done(argv, cwd)
  local r = assert(here:run(argv, { cwd = cwd, timeout = 60 }))
  assert.equal(0, r.code, r.out .. r.err)
end

describe("the coverage of a run", function()
  local rig, program, env

  -- As meson and ninja do it.
  local function compile()
    done({ "gcc", "--coverage", "-O0", "-c", "../lib/vhost/x.c", "-o", "lib/x.c.o" }, rig.work .. "/tree/build")
    done({ "gcc", "--coverage", "lib/x.c.o", "-o", "program" }, rig.work .. "/tree/build")
  end

  before_each(function()
    rig = moonrig.new():settle()
    for _, name in ipairs { "tree", "tree/lib", "tree/lib/vhost", "tree/build", "tree/build/lib", "tree/build/meson-info" } do
      assert(engine.fs.mkdir(rig.work .. "/" .. name))
    end
    rig:write("tree/lib/vhost/x.c", SOURCE)
    rig:write("tree/build/meson-info/meson-info.json", ('{ "directories": { "source": "%s/tree" } }'):format(rig.work))
    program = rig.work .. "/tree/build/program"
    env = { "MOONRIG_CACHE=" .. rig.work .. "/cache" }
    compile()
  end)

  after_each(function() rig:remove() end)

  local function run(words, ...)
    local folder = rig:plan("p", { x = moonrig.case(words[1]), y = moonrig.case(words[2]) })
    local code, out = rig:call({ "run", folder, "-o", rig.work .. "/results", ... }, env)
    assert.equal(0, code, out)
  end

  local function coverage() return rig:call({ "coverage", "-o", rig.work .. "/results" }, env) end

  local function runs(word, code)
    return ('t:equal(t:here():run({ %q, %q }).code, %d, "its status")'):format(program, word, code)
  end

  it("has the lines that any of its cases ran, and a page of them", function()
    if not paths.program "gcovr" then return pending "needs gcovr" end
    run({ runs("one", 1), runs("two", 2) }, "--coverage")
    local code, out = coverage()
    assert.equal(0, code, out)
    -- 9 lines that can run, all but raise()
    assert.matches("\n  x%.c +8 of +9 lines +88%.9 %%\n", out)
    assert.matches("x%.c", moonrig.read(out:match "pages: (%S+)"))
    assert.matches("^lib/vhost +8 of", moonrig.read(rig.work .. "/results/latest/coverage/table.txt"))
    -- nothing of it is beside the sources, or in the build
    assert.is_nil(engine.fs.stat(rig.work .. "/tree/build/lib/x.c.gcda"))
    assert.same({ "x.c" }, engine.fs.list(rig.work .. "/tree/lib/vhost"))
  end)

  it("names the programs that a signal ended", function()
    if not paths.program "gcovr" then return pending "needs gcovr" end
    local killed = ('local c = t:here():spawn({ %q, "killed" }, { name = "victim" }) c:await_exit(10) c:close() '
      .. 't:truthy(true, "it is dead")'):format(program)
    run({ runs("one", 1), killed }, "--coverage")
    local _, out = coverage()
    assert.matches("\nnote: wrote no counters: victim of p/y: SIGKILL\n", out)
    assert.matches("\n  x%.c +7 of +9 lines", out)
  end)

  it("is refused where the source was compiled again since", function()
    if not paths.program "gcovr" then return pending "needs gcovr" end
    run({ runs("one", 1), runs("two", 2) }, "--coverage")
    rig:write("tree/lib/vhost/x.c", "int y;\n" .. SOURCE)
    compile()
    local code, out = coverage()
    assert.equal(3, code)
    assert.matches("tree/build was compiled again since the run: run it again", out)
  end)

  it("needs the option, for without it nothing is kept", function()
    if not paths.program "gcovr" then return pending "needs gcovr" end
    run { runs("one", 1), runs("two", 2) }
    local code, out = coverage()
    assert.equal(5, code)
    assert.matches("has no counters: build DPDK with %-Db_coverage=true, and use `moonrig run %-%-coverage`", out)
  end)
end)

describe("its table", function()
  it("has a row for each folder, and for each file of which a line ran", function()
    local function file(name, covered, total) return { filename = name, line_covered = covered, line_total = total } end
    assert.same({
      "lib/vhost                                        30 of    100 lines   30.0 %",
      "  vhost.c                                        30 of     60 lines   50.0 %",
      "  2 files of which no line ran",
      "lib/eal                                           0 of     10 lines    0.0 %",
      "  1 file of which no line ran",
    }, code_coverage.table { file("lib/eal/x.c", 0, 10), file("lib/vhost/vhost.c", 30, 60), file("lib/vhost/a.c", 0, 20),
      file("lib/vhost/b.c", 0, 20), file("lib/vhostess/b.c", 5, 20) })
  end)
end)
