--- watch: the measurement of `moonrig watch`: from a save to its verdict, against a run of the same case.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local VERDICT = "1 passed, 0 failed"
local SECONDS = 240

local NEXT = { timeout = SECONDS, from = "last" }

-- A watch on a copy of the case, after its first run, which makes the snapshot.
local function start(b)
  local file, out = b.scratch .. "/watched.lua", b.scratch .. "/watch"
  local text = fail.check(paths.read(b.lib .. "cases/watched.lua"))
  paths.write(file, text)
  local console = engine.here():spawn({ b.exe, "watch", file, "-o", out },
    { name = "watch", pipes = true, grace = 60 })
  local _, which = console:expect({ VERDICT, "0 passed, " }, SECONDS)
  if which ~= 1 then fail.raise("EIO", "bench", "the case does not pass", console:tail(20)) end
  console:expect("results: ", NEXT)
  b:at_end(function() console:close(60) end)
  return { file = file, out = out, text = text, console = console }
end

-- The results are complete once their folder is printed.
local function steps_of(w)
  w.console:expect("results: ", NEXT)
  local run = engine.json.decode(paths.read(w.out .. "/latest/results.json"))
  return run.cases[1].values.steps
end

local save = {
  name = "from a save to the verdict", rounds = 3, unit = "s",
  what = "a case with testpmd and a guest, restored, is saved under `moonrig watch`; until it has passed again",
  ours = function(b)
    b.watch = b.watch or start(b)
    local since = engine.now()
    paths.write(b.watch.file, b.watch.text)
    b.watch.console:expect(VERDICT, NEXT)
    local seconds = engine.now() - since
    return seconds, { beyond = seconds - steps_of(b.watch) }
  end,
  against = { { name = "`moonrig run` of it", run = function(b, round)
    local out = ("%s/plain-%d"):format(b.scratch, round)
    return b:seconds { b.exe, "run", "-q", b.watch.file, "-o", out }
  end } },
  limits = { { name = "of that, beyond the case's own steps", of = "beyond", unit = "s", at_most = 1.5 } },
}

return { save }
