--- gcov: the counters of programs that were built for coverage (-Db_coverage=true): where they are written, and how
--- those of a guest come into the results.
---
--- A program writes its counters at its exit, below $GCOV_PREFIX and under the path of its build. It adds to those that
--- are there. A program that a signal ended writes none.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local gcov = {}

--- Its folder in a case's folder of results, for this machine; for another node "gcov-NAME".
gcov.FOLDER = "gcov"

--- From now on programs of this machine write below the case's folder of results.
function gcov.start(ctx)
  ctx.counters = paths.make(("%s/%s"):format(fail.check(engine.fs.realpath(ctx.dir)), gcov.FOLDER))
  engine.sys.setenv("GCOV_PREFIX", ctx.counters)
end

--- The variable for a program on a node, "GCOV_PREFIX=..."; nil where it inherits it, or without coverage.
function gcov.variable(ctx, node)
  if not ctx.counters or node:is_here() then return nil end
  return ("GCOV_PREFIX=%s/%s"):format(ctx:scratch_on(node), gcov.FOLDER)
end

-- What a node has, if any of its programs wrote counters.
local function pull(ctx, node, scratch)
  local from = ("%s/%s"):format(scratch, gcov.FOLDER)
  if node:run({ "test", "-d", from }).code ~= 0 then return end
  local name = node:name():gsub("[^%w_.-]", "_")
  node:pull(from, ("%s-%s"):format(ctx.counters, name))
end

--- Copies the counters of other nodes into the results, while these nodes are there. What is lost is a notice: it is no
--- fault of the case.
function gcov.finish(ctx)
  if not ctx.counters then return end
  for node, scratch in pairs(ctx.scratches) do
    local ok, err = pcall(pull, ctx, node, scratch)
    if not ok then ctx:notice(("%s: its coverage counters are lost: %s"):format(node:name(), fail.what(err))) end
  end
end

return gcov
