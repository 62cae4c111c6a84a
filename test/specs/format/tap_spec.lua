-- tap: Perl's prove reads what is written, and counts what happened.

local engine = require "engine"

local moonrig = require "specs.moonrig"
local tap = require "format.tap"

local HOSTILE = "a # SKIP b \\# TODO\"'\0\1\27[31m\n...\nBail out! \255 \r\n  ---\nnot ok 7\nä: {[&*!|>%@`"

local function case(status, more)
  local c = { name = "symmetric", plan = "vdev", file = "scripts/vdev/symmetric.lua", status = status, seconds = 1.25 }
  for key, value in pairs(more or {}) do c[key] = value end
  return c
end

-- What Perl's parser makes of it, one a line: results with their directives and explanations, the YAML's values, what
-- it holds against it.
local READER = [[
use TAP::Parser;
binmode STDOUT, ":raw";
my $p = TAP::Parser->new({ tap => do { local $/; <STDIN> } });
while (my $r = $p->next) {
  print join("|", $r->is_ok ? "good" : "bad", $r->description, $r->directive, $r->explanation), "\n" if $r->is_test;
  print "bail|", $r->explanation, "\n" if $r->is_bailout;
  print map({ "yaml|$_=" . (ref $r->data->{$_} ? join(";", @{$r->data->{$_}}) : $r->data->{$_}) . "\n" }
    sort keys %{$r->data}) if $r->is_yaml;
}
print "error|$_\n" for $p->parse_errors;
print "failed|", join(" ", $p->failed), "\n";
]]

local function read(text)
  local r = assert(engine.here():run({ "perl", "-e", READER }, { input = text }))
  assert.equal(0, r.code, r.err)
  return r.out
end

local rig

before_each(function() rig = moonrig.new() end)
after_each(function() rig:remove() end)

local function prove(...)
  local r = assert(engine.here():run({ "prove", ... }, { env = { "TMPDIR=" .. rig.tmp }, cwd = rig.work, timeout = 60 }))
  return r.code, r.out .. r.err
end

describe("tap.text", function()
  it("has a line a verdict, and a subtest a cell", function()
    local cells = { { name = "one", status = "PASS", seconds = 1 }, { name = "two", status = "XFAIL", reason = "old",
      seconds = 1 } }
    local text = tap.text { cases = { case "PASS", case("FAIL", { reason = "sum: expected 2, got 1", checks = {
      { what = "first", ok = true }, { what = "sum", ok = false, expected = 2, got = 1, where = "scripts/x.lua:3" } } }),
      case("SKIP", { reason = "no KVM" }), case("XFAIL", { reason = "DPDK 22.11" }), case("XPASS", { reason = "passes now" }),
      case("FLAKY", { reason = "once" }), case("PASS", { name = "matrix", cells = cells }), case "GARBLED" } }
    assert.matches("^TAP version 13\n1..8\nok 1 %- vdev/symmetric\nnot ok 2 %- vdev/symmetric\n", text)
    assert.matches("\n# Subtest: vdev/matrix\n    ok 1 - one\n    not ok 2 - two # TODO old\n      ---\n", text, 1, true)
    assert.matches("\n      ...\n    1..2\nok 7 - vdev/matrix\n", text, 1, true)
    local said = read(text)
    assert.matches("good|- vdev/symmetric||\n", said, 1, true)
    assert.matches("yaml|at=scripts/x.lua:3\nyaml|check=sum\nyaml|expected=2\nyaml|file=scripts/vdev/symmetric.lua\n"
      .. "yaml|got=1\nyaml|message=sum: expected 2, got 1\nyaml|seconds=1.250\nyaml|severity=fail\nyaml|status=FAIL\n",
      said, 1, true)
    assert.matches("good|- vdev/symmetric|SKIP|no KVM\n", said, 1, true)
    -- a known issue is a failure that does no harm
    assert.matches("good|- vdev/symmetric|TODO|DPDK 22.11\n", said, 1, true)
    assert.matches("\nfailed|2 5 6 8\n$", said)
    assert.is_nil(said:find("error|", 1, true), said)
  end)

  it("is whole whatever anybody said", function()
    local said = { { name = "vm", transcript = "vm.log", t = 21.04, lines = { HOSTILE, "- x: y" } } }
    local text = tap.text { notices = { HOSTILE }, cases = {
      case("FAIL", { plan = HOSTILE, name = HOSTILE, reason = HOSTILE, file = HOSTILE, consoles = said, checks = {
        { what = HOSTILE, ok = false, expected = { HOSTILE }, got = HOSTILE, where = HOSTILE } } }),
      case("SKIP", { reason = HOSTILE }), case("PASS", { cells = { { name = HOSTILE, status = "FAIL", reason = HOSTILE,
        seconds = 1, consoles = said } } }) } }
    local heard = read(text)
    assert.matches("\nfailed|1\n$", heard)
    assert.is_nil(heard:find("error|", 1, true), heard)
    assert.is_nil(heard:find("bail|", 1, true), heard)
    -- what was said is what is read, but for the byte that is none of UTF-8's
    assert.matches("yaml|message=" .. HOSTILE:gsub("\255", "\239\191\189") .. "\n", heard, 1, true)
  end)

  it("says that cases are missing", function()
    assert.matches("\n1..3\nok 1 [^\n]+\nBail out! interrupted\n$",
      tap.text { interrupted = true, planned = 3, cases = { case "PASS" } })
    assert.matches("bail|the others were not started\n", read(tap.text { planned = 2, cases = { case "PASS" } }), 1, true)
    assert.equal("failed|\n", read(tap.text { cases = {} }))
  end)
end)

describe("prove", function()
  local GOOD = { a = moonrig.case 't:equal(1, 1, "one")', b = moonrig.case 't:skip "no # reason"',
    c = moonrig.case('t:equal(1, 2, "sum")', 'known_issue = { why = "an old one", says = "expected 2" },'),
    d = moonrig.case 't:cell("x", function() t:equal(1, 1, "one") end)' }
  local BAD = { a = moonrig.case 't:equal(1, 1, "one")', b = moonrig.case 'print "not ok 9" t:equal(1, 2, "sum")' }

  it("runs scenarios by moonrig run --tap", function()
    local plan = rig:plan("plan", GOOD)
    local code, said = prove("-v", "--ext=.lua", "-e", rig.exe .. " run --tap -o out", plan)
    assert.equal(0, code, said)
    assert.matches("Files=4, Tests=4,", said, 1, true)
    assert.matches("ok 1 %- plan/b # SKIP no \\# reason", said)
    assert.matches("Result: PASS", said, 1, true)
    code, said = prove("--ext=.lua", "-e", rig.exe .. " run --tap -o out", rig:plan("bad", BAD))
    assert.equal(1, code, said)
    assert.matches("Failed 1/1 subtests", said, 1, true)
    assert.equal("", rig:leftovers())
  end)

  it("reads what a run of several says, side by side, too", function()
    local plan = rig:plan("bad", BAD)
    local status, said = rig:call { "run", "--tap", "-j", "2", plan, "-o", rig.work .. "/out" }
    assert.equal(1, status)
    rig:write("said.tap", said)
    local code, read_so = prove("-e", "cat", "said.tap")
    assert.equal(1, code, read_so)
    assert.matches("Failed 1/2 subtests", read_so, 1, true)
    assert.matches("\n# bad/b: not ok 9\n", said)
  end)

  it("reads a run's results.tap", function()
    local status = rig:call { "run", rig:plan("plan", GOOD), "-o", rig.work .. "/good" }
    assert.equal(0, status)
    assert.equal(1, (rig:call { "run", rig:plan("bad", BAD), "-o", rig.work .. "/bad-out" }))
    local code, said = prove("-e", "cat", "good/latest/results.tap")
    assert.equal(0, code, said)
    assert.matches("Tests=4,", said, 1, true)
    code, said = prove("-e", "cat", "bad-out/latest/results.tap")
    assert.equal(1, code, said)
    assert.matches("Failed test:  2", said, 1, true)
  end)

  it("sees that a run stopped early", function()
    local plan = rig:plan("bad", { a = BAD.b, b = BAD.a, c = BAD.a })
    local _, said = rig:call { "run", "--tap", "-x", plan, "-o", rig.work .. "/out" }
    rig:write("said.tap", said)
    for _, file in ipairs { "said.tap", "out/latest/results.tap" } do
      local code, read_so = prove("-e", "cat", file)
      assert.is_true(code ~= 0, read_so)
      assert.matches("the others were not started", read_so, 1, true)
    end
  end)

  it("is answered in the version that it names", function()
    local plan = rig:plan("plan", { a = GOOD.a })
    for _, version in ipairs { "13", "14" } do
      local _, said = rig:call({ "run", "--tap", plan, "-o", rig.work .. "/out" }, { "TAP_VERSION=" .. version,
        "MOONRIG_CACHE=" .. rig.work .. "/cache" })
      assert.matches("^TAP version " .. version .. "\n1..1\nok 1 %- plan/a\n# results: [^\n]+\n$", said)
    end
  end)
end)
