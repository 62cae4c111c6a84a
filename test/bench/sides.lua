--- sides: runs a side of a measurement: a program that prints its cost, a Python script, a scenario of ours.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local sides = {}

local Sides = {}
Sides.__index = Sides

-- Debian's python3 has the packages that the scripts import; another one may be first on $PATH.
local PYTHON = "/usr/bin/python3"

local SECONDS = 580

--- The object that measurements get as `b`. `scratch`: a folder of the bench; `before`: another moonrig's program.
function sides.new(scratch, before)
  local exe = engine.fs.realpath "/proc/self/exe"
  return setmetatable({ scratch = scratch, exe = exe, build = exe:match "^(.*)/", number = 0,
    before = before or exe, lib = engine.home() .. "/test/bench/", ends = {} }, Sides)
end

--- Runs a program to its end; returns its output. Raises for an exit status that is not 0.
function Sides:output(argv, o)
  o = o or {}
  local r = fail.check(engine.here():run(argv, { timeout = o.timeout or SECONDS, env = o.env, cwd = o.cwd }))
  if r.code ~= 0 then
    local words = (r.err ~= "" and r.err or r.out):gsub("%s+$", "")
    fail.raise("EIO", "bench", ("%s: %s"):format(argv[1], words:match "[^\n]*$"), words)
  end
  return r.out
end

--- Runs a program that prints its cost, a number.
function Sides:cost(argv, o)
  local out = self:output(argv, o)
  return tonumber(out) or fail.raise("EPROTO", "bench", ("%s printed no number"):format(argv[1]), out)
end

local function words_of(first, rest)
  local argv = first
  for _, word in ipairs(rest) do argv[#argv + 1] = tostring(word) end
  return argv
end

--- The cost that one of test/bench/*.py prints. -B: what they import leaves no compiled files.
function Sides:python(script, args, o)
  return self:cost(words_of({ PYTHON, "-B", self.lib .. script .. ".py" }, args), o)
end

--- The cost that one of test/bench/*.c prints.
function Sides:floor(program, args)
  return self:cost(words_of({ self:program(program) }, args))
end

--- The path of a program of test/bench.
function Sides:program(name)
  return ("%s/bench_%s"):format(self.build, name)
end

--- The seconds that a program takes, from its start to its end.
function Sides:seconds(argv, o)
  return self:cost(words_of({ self:program "time" }, argv), o)
end

--- Runs one of test/bench/cases by `moonrig run`, with `given` in its environment (BENCH_*). `words`: more options of
--- `moonrig run`; `exe`: another moonrig's program. Returns its values and the folder of its results.
function Sides:case(name, given, words, exe)
  self.number = self.number + 1
  local out, env = ("%s/run-%d"):format(self.scratch, self.number), {}
  for key, value in pairs(given or {}) do env[#env + 1] = ("BENCH_%s=%s"):format(key:upper(), tostring(value)) end
  local argv = { exe or self.exe, "run", self.lib .. "cases/" .. name .. ".lua", "-q", "-o", out }
  self:output(words_of(argv, words or {}), { env = env })
  local run = engine.json.decode(paths.read(out .. "/latest/results.json"))
  return run.cases[1].values, out .. "/latest"
end

--- The command line of the first program that a run of Sides:case started, by its timeline; with `name`: of the first
--- on a console of that name.
function Sides:argv_of(folder, name)
  for line in (paths.read(folder .. "/timeline.jsonl") or ""):gmatch "[^\n]+" do
    local event = engine.json.decode(line)
    local is_it = event.ev == "spawn" and event.case and (not name or event.console == name)
    if is_it then return event.argv end
  end
  fail.raise("ENOENT", "bench", ("%s: no %s was started"):format(folder, name or "program"))
end

--- Calls fn after the last measurement.
function Sides:at_end(fn)
  table.insert(self.ends, 1, fn)
end

function Sides:close()
  for _, fn in ipairs(self.ends) do fn() end
end

return sides
