-- one_place: what is added has one declaration: a dummy of each kind is added to a copy of the tree and used there, and
-- the files are counted that differ from ours. docs/architecture.md has the counts.

local engine = require "engine"
local moonrig = require "specs.moonrig"

local HOME = engine.home()
local here = engine.here()

local function each_file(folder, fn, below)
  for _, name in ipairs(engine.fs.list(folder)) do
    local path, shown = ("%s/%s"):format(folder, name), below and ("%s/%s"):format(below, name) or name
    if engine.fs.stat(path).type == "dir" then each_file(path, fn, shown) else fn(shown, path) end
  end
end

local function done(argv, cwd)
  local r = assert(here:run(argv, { timeout = 60, cwd = cwd }))
  assert.equal(0, r.code, r.out .. r.err)
  return r.out
end

-- A copy of the tree, whose program loads its sources.
local Copy = {}
Copy.__index = Copy

-- Writes a file of it anew.
function Copy:write(path, text)
  local f = assert(io.open(("%s/%s"):format(self.root, path), "w"))
  f:write(text)
  f:close()
end

-- Replaces the first `old` (plain text) in a file of it.
function Copy:edit(path, old, new)
  local text = moonrig.read(("%s/%s"):format(self.root, path))
  local from, to = text:find(old, 1, true)
  assert.is_truthy(from, path .. " has no " .. old)
  self:write(path, text:sub(1, from - 1) .. new .. text:sub(to + 1))
end

-- The files that are not as ours are.
function Copy:touched()
  local out = {}
  for _, folder in ipairs { "lib", "engine" } do
    each_file(("%s/%s"):format(self.root, folder), function(shown, path)
      local name = ("%s/%s"):format(folder, shown)
      if moonrig.read(path) ~= moonrig.read(("%s/%s"):format(HOME, name)) then out[#out + 1] = name end
    end)
  end
  table.sort(out)
  return out
end

function Copy:call(...)
  local r = assert(here:run({ ("%s/%s/moonrig"):format(self.root, self.name), ... }, { timeout = 60, cwd = self.root }))
  return r.code, r.out .. r.err
end

-- Runs steps as a case; what it printed, and a file that the run left.
function Copy:run(steps, name)
  self:write("x.lua", moonrig.case(steps))
  local code, out = self:call("run", "x.lua", "-o", "out")
  return code, out, moonrig.read(("%s/out/latest/%s"):format(self.root, name))
end

local function copy()
  local root = engine.scratch()
  local build = engine.fs.realpath("/proc/self/exe"):match "^(.*)/"
  -- of the same name: what was built knows what it was built from by it
  local name = build:match "[^/]+$"
  assert(engine.fs.mkdir(("%s/%s"):format(root, name)))
  done { "cp", "-a", build .. "/moonrig", build .. "/shim", ("%s/%s/"):format(root, name) }
  done { "cp", "-a", HOME .. "/lib", HOME .. "/engine", HOME .. "/Makefile", HOME .. "/scripts", root .. "/" }
  return setmetatable({ root = root, build = build, name = name }, Copy)
end

-- In a fresh copy.
local function within(fn)
  return function()
    local c = copy()
    local ok, err = pcall(fn, c)
    engine.fs.rmtree(c.root)
    if not ok then error(err, 0) end
  end
end

describe("one file, or one row, adds", function()
  it("a verb: it runs, and stands in the help, the man page and the completion", within(function(c)
    c:write("lib/verb/dummy.lua", [[
return { words = "A dummy verb.", options = function(p) p:option("--word", "A dummy word."):default "none" end,
  main = function(o)
    print("dummy says " .. o.word)
    return 6
  end }
]])
    local code, out = c:call("dummy", "--word", "hello")
    assert.same({ 6, "dummy says hello\n" }, { code, out })
    assert.matches("dummy +A dummy verb%.", select(2, c:call "--help"))
    assert.matches("did you mean dummy", select(2, c:call "dumy"))
    assert.matches("dummy.*%-%-word", select(2, c:call("completion", "bash")))
    assert.matches("%*dummy%*\n\tA dummy verb%..*%*%-%-word%* _word_", select(2, c:call("_lua", "engine/tools/man.lua")))
    assert.same({ "lib/verb/dummy.lua" }, c:touched())
  end))

  it("a report format: its file is left, its option and its screen are run's", within(function(c)
    c:write("lib/format/dummy.lua", [[
return { file = "dummy.txt", text = function(run) return ("dummy %s\n"):format(run.cases[1].status) end,
  options = function(run) run:flag("--dummy", "A dummy line at the end.") end,
  screen = function(write, count, screen)
    return setmetatable({ summary = function() write(("dummy of %d\n"):format(count)) end }, { __index = screen })
  end }
]])
    local code, out, text = c:run('t:equal(1, 1, "x")', "dummy.txt")
    assert.same({ 0, "dummy PASS\n" }, { code, text }, out)
    assert.matches("dummy of 1\n$", select(2, c:call("run", "x.lua", "-o", "out", "--dummy")))
    assert.same({ "lib/format/dummy.lua" }, c:touched())
  end))

  it("a fault of sabotage: it is put in and caught", within(function(c)
    c:edit("lib/sabotage/scenario.lua", "return {\n", [[return {
  { name = "a dummy", where = "the dummy", reason = { "dummy words" },
    scenario = 'return rig.case { name = "x", run = function(t) t:equal(1, 2, "dummy words") end }' },
]])
    local code, out = c:call("sabotage", "-k", "a dummy", "-o", "out")
    assert.equal(0, code, out)
    assert.matches("ok +FAIL.*the dummy: a dummy\n.*1 faults: 0 survivors", out)
    assert.same({ "lib/sabotage/scenario.lua" }, c:touched())
  end))

  it("a verdict: it is counted and shown", within(function(c)
    c:edit("lib/base/verdicts.lua", "  -- neither a pass nor a failure", [[
  { name = "DUMMY", rank = 7, exit = 7, is_bad = true, words = "dummies", colour = "red", junit = "error", tap = "error",
    annotation = "error" },
  -- neither a pass nor a failure]])
    c:write("DUMMY.lua", [[
local verdicts = require "base.verdicts"
return { main = function()
  print(verdicts.worst({ { status = "DUMMY" } }).exit, verdicts.count_words { DUMMY = 2 })
  print(require("format.junit").text { cases = { { status = "DUMMY", plan = "p", name = "c" } } })
  return 0
end }
]])
    local code, out = c:call("_lua", c.root .. "/DUMMY.lua")
    assert.equal(0, code, out)
    assert.matches("^7\t0 passed, 0 failed, 2 dummies\n.*<error type=\"DUMMY\"", out)
    assert.same({ "lib/base/verdicts.lua" }, c:touched())
  end))
end)

-- Builds the copy, whose sources in C changed.
local function build(c)
  done { "cp", "-a", c.build .. "/engine", ("%s/%s/"):format(c.root, c.name) }
  done({ "make", "-s", "BUILD=" .. c.name, c.name .. "/moonrig" }, c.root)
end

local DUMMY_C = [[
#include "prim/prims.h"

static const struct prim_option options[] = {
	{ "shade", "count", .flag = "-- --shade=%s", .words = "how dark it is" },
	{ "name", .initial = "dummy" },
	{ "program", .initial = "dummy.sh" },
	{ "timeout", .initial = "10" },
	{ "file_prefix", .initial = "dummy" },
	{ "hugepages", .initial = "false" },
	{ "pci", .initial = "false" },
	{ 0 },
};

struct prim dummy_prim = {
	.name = "dummy",
	.class = "dummy.Options",
	.words = "Options of t:dummy.",
	.module = "dpdk.dummy",
	.parts = { eal_options, options },
	.prompt = "\ndummy> ",
	.quit = "quit",
};
]]

describe("at most four files add", function()
  it("a primitive in Lua: a scenario calls it, and the help describes it", within(function(c)
    c:write("lib/dpdk/dummy.lua", [[
local dummy = {}
function dummy.start(_, node, word) return { reply = node:run({ "echo", word }).out } end
return dummy
]])
    c:edit("lib/case/case.lua", "function T:prepare_vm", [[
function T:dummy(word, node) return require("dpdk.dummy").start(self.ctx, node or self.ctx.here, word) end

function T:prepare_vm]])
    c:edit("lib/help/stubs/t.lua", "--- Starts", [[
--- Echoes a word.
---@param word string
---@return table
function t:dummy(word) end

--- Starts]])
    local code, out = c:run('t:equal(t:dummy("hello").reply, "hello\\n", "the dummy replies")', "results.json")
    assert.equal(0, code, out)
    assert.matches("t:dummy%(word%).*Echoes a word", select(2, c:call("help", "t:dummy")))
    assert.is_true(#c:touched() <= 4, table.concat(c:touched(), " "))
  end))

  it("a primitive in C: a scenario starts it with an option and asks it, and the help describes it", within(function(c)
    c:write("engine/prim/dummy.c", DUMMY_C)
    c:edit("engine/prim/prims.h", "X(mp)", "X(mp) X(dummy)")
    c:write("lib/dpdk/dummy.lua", [[
local options, process = require "base.options", require "dpdk.process"
local Dummy, dummy = {}, {}
local class = process.class("dummy", Dummy)
function dummy.start(ctx, given, node)
  return process.start("dummy", ctx, node, options.take("dummy", given, options.of "dummy"), class)
end
function Dummy:double(word) return self:command(word .. word) end
return dummy
]])
    c:edit("lib/help/stubs/t.lua", "--- Starts", [[
--- Starts a dummy.
---@param options? dummy.Options
---@param node? node
---@return process
function t:dummy(options, node) end

--- Starts]])
    build(c)
    c:write("dummy.sh", [[
#!/bin/sh
printf '\ndummy> '
while read -r line && [ "$line" != quit ]; do printf '%s\n%s %s\ndummy> ' "$line" "$line" "$*"; done
]])
    done { "chmod", "+x", c.root .. "/dummy.sh" }
    local code, out = c:run(([[
local p = t:dummy { program = "%s/dummy.sh", shade = 3 }
t:match(p:double "ab", "^abab .*%%-%%-shade=3\n$", "the dummy replies")
t:equal(p:quit().code, 0, "its exit status")]]):format(c.root), "results.json")
    assert.equal(0, code, out)
    assert.matches("unknown option shadee.*shade", select(2, c:run("t:dummy { shadee = 2 }", "results.json")))
    local help = select(2, c:call("help", "t:dummy"))
    assert.matches("t:dummy%(options, node%).*Starts a dummy", help)
    assert.matches("shade.*how dark", help)
    assert.same({ "engine/prim/dummy.c", "engine/prim/prims.h", "lib/dpdk/dummy.lua", "lib/help/stubs/t.lua" }, c:touched())
  end))
end)

-- The rows of a primitive's options are in C: the copy is built.
describe("one row in C adds", function()
  it("an option of testpmd: on its command line, in its checks and in the help", within(function(c)
    c:edit("engine/prim/testpmd.c", '{ "rxq",', '{ "dummy", "count", .flag = "--dummy=%s", .words = "dummies" },\n\t{ "rxq",')
    build(c)
    local _, out, timeline = c:run('t:testpmd { program = "false", dummy = 2 }', "timeline.jsonl")
    assert.matches("%-%-dummy=2", timeline, out)
    assert.matches("unknown option dumy.*dummy", select(2, c:run("t:testpmd { dumy = 2 }", "results.json")))
    assert.matches("dummy.*dummies", select(2, c:call("help", "t:testpmd")))
    assert.same({ "engine/prim/testpmd.c" }, c:touched())
  end))
end)
