--- start: the measurements of a run's own costs: start, search for scripts, results.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"
local size = require "bench.size"

local FILES = size.of(1000, 10)

local EMPTY = "def test_nothing():\n    pass\n"
local SCRIPT = [[
-- case %d: one of many.
return rig.case {
  name = "case %d of many", needs = { "testpmd" },
  run = function(t) t:equal(1, 1, "one") end,
}
]]

local function folder(b, name, files)
  local path = b.scratch .. "/" .. name
  if engine.fs.stat(path) then return path end
  fail.check(engine.fs.mkdir(path))
  for file, text in pairs(files) do paths.write(path .. "/" .. file, text) end
  return path
end

local function thousand(pattern, form)
  local files = {}
  for i = 1, FILES do files[pattern:format(i)] = form:gsub("%%d", tostring(i)) end
  return files
end

local run = {
  name = "a run of nothing", what = "`moonrig run` of a case that does nothing, its results written", unit = "s",
  ours = function(b, round)
    local out = ("%s/nothing-%d"):format(b.scratch, round)
    return b:seconds { b.exe, "run", "-q", b.lib .. "cases/nothing.lua", "-o", out }
  end,
  against = { { name = "pytest, one empty test", at_most = 0.05, run = function(b)
    return b:seconds({ "/usr/bin/pytest-3", "-q" }, { cwd = folder(b, "pytest-1", { ["test_empty.py"] = EMPTY }) })
  end } },
}

local list = {
  name = ("a list of %d scripts"):format(FILES), what = "`moonrig list` of a folder", unit = "s",
  ours = function(b) return b:seconds { b.exe, "list", folder(b, "scripts", thousand("case_%d.lua", SCRIPT)) } end,
  against = { { name = ("pytest, its collection of %d files"):format(FILES), at_most = 0.1, run = function(b)
    return b:seconds({ "/usr/bin/pytest-3", "--collect-only", "-q" },
      { cwd = folder(b, "pytest-1000", thousand("test_%d.py", EMPTY)) })
  end } },
}

-- From a program's start to its prompt, on a terminal.
local function to_prompt(b, argv, prompt, o)
  local env = { "TERM=xterm", "HOME=" .. b.scratch, "MOONRIG_CACHE=" .. b.scratch .. "/cache" }
  for _, word in ipairs(o or {}) do env[#env + 1] = word end
  local since = engine.now()
  local console = fail.check(engine.here():spawn(argv, { name = argv[1], env = env }))
  fail.check(console:expect(prompt, 30))
  local seconds = engine.now() - since
  console:type "\4"
  fail.check(console:await_exit(30))
  console:close(5)
  return seconds
end

local prompt = {
  name = "the REPL's prompt", what = "`moonrig repl`, from its start to its prompt", unit = "s",
  ours = function(b) return to_prompt(b, { b.exe, "repl" }, "moonrig> ") end,
  against = {
    { name = "python, to its prompt", at_most = 1, run = function(b)
      return to_prompt(b, { "/usr/bin/python3", "-q" }, ">>> ")
    end },
    { name = "bash, to its prompt", run = function(b)
      return to_prompt(b, { "/bin/bash", "--norc", "-i" }, "shell: ", { "PS1=shell: " })
    end },
  },
}

return { run, list, prompt }
