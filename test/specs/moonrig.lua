--- moonrig: the real program, run by a spec in a folder of its own.
---
--- The deadlines here and in the specs (call's 60 s, await_exit(30), expect(TEXT, 20), loops until engine.now() is past a
--- deadline) only end a test that hangs, and are generous for a loaded machine. What takes a bounded time or bounded work
--- is asserted without a clock: by the order of events, by a count (test/specs/work.lua), or on a clock of the spec's.

local engine = require "engine"

local moonrig = {}

--- What runs specs: `moonrig _lua SPECS FILE...`.
moonrig.SPECS = engine.home() .. "/test/run_specs.lua"

local Rig = {}
Rig.__index = Rig

local function read(path)
  local f = io.open(path, "rb")
  local text = f and f:read "*a" or ""
  if f then f:close() end
  return text
end

moonrig.read = read

--- A folder for files and results (`work`), and one that is the runs' $TMPDIR (`tmp`).
function moonrig.new()
  local work = engine.scratch()
  local rig = setmetatable({ work = work, tmp = work .. "/t", exe = engine.fs.realpath "/proc/self/exe" }, Rig)
  assert(engine.fs.mkdir(rig.tmp))
  return rig
end

--- Makes `work` a folder of scenarios and results: moonrig started there leaves nothing elsewhere.
function Rig:settle()
  assert(engine.fs.mkdir(self.work .. "/scripts"))
  assert(engine.fs.mkdir(self.work .. "/results"))
  return self
end

--- Writes a file; returns its path.
function Rig:write(name, text)
  local path = self.work .. "/" .. name
  local f = assert(io.open(path, "w"))
  f:write(text)
  f:close()
  return path
end

--- A scenario's text around steps; `header` (optional) is more of its header.
function moonrig.case(steps, header)
  return ('return rig.case { name = "x", timeout = 20, %s run = function(t)\n%s\nend }'):format(header or "", steps)
end

--- Writes scenarios { NAME = text } into a folder of their own; returns it.
function Rig:plan(name, scenarios)
  assert(engine.fs.mkdir(self.work .. "/" .. name))
  for case, text in pairs(scenarios) do self:write(("%s/%s.lua"):format(name, case), text) end
  return self.work .. "/" .. name
end

--- Runs moonrig; returns its exit status and all it printed.
function Rig:call(args, env, timeout)
  local argv, words = { self.exe }, { "TMPDIR=" .. self.tmp }
  for _, word in ipairs(args) do argv[#argv + 1] = word end
  for _, word in ipairs(env or {}) do words[#words + 1] = word end
  local r = assert(engine.here():run(argv, { env = words, timeout = timeout or 60 }))
  return r.code, r.out .. r.err
end

--- The results.json of the latest run into a folder; nil where there is none.
function moonrig.results(out)
  return engine.json.decode(read(out .. "/latest/results.json"))
end

--- The processes that were given a scratch folder (ours, unless another is named): { { pid, words }, ... }.
function Rig:processes(tmp)
  local found, name = {}, "TMPDIR=" .. (tmp or self.tmp) .. "\0"
  for _, pid in ipairs(engine.fs.list "/proc") do
    if pid:match "^%d+$" and read("/proc/" .. pid .. "/environ"):find(name, 1, true) then
      found[#found + 1] = { pid = pid, words = (read("/proc/" .. pid .. "/cmdline"):gsub("%z", " ")) }
    end
  end
  return found
end

--- What the runs left: files in their scratch folder, processes that were given it.
function Rig:leftovers(tmp)
  local found = engine.fs.list(tmp or self.tmp)
  for _, p in ipairs(self:processes(tmp)) do found[#found + 1] = p.pid .. " " .. p.words end
  return table.concat(found, ", ")
end

--- Removes its folder. What its runs left there is an error: a run has ended all of its processes when it exits.
function Rig:remove()
  local left = self:leftovers()
  engine.fs.rmtree(self.work)
  if left ~= "" then error("runs leave behind: " .. left, 2) end
end

return moonrig
