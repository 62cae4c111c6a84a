--- consoles: the measurements of prompts: round trips, much output, many consoles.

local engine = require "engine"
local fail = require "base.fail"
local lab = require "lab"
local size = require "bench.size"

local PROMPT = "testpmd> "
local COUNT = size.of(1000, 5)
-- a reply like testpmd's
local REPLY = 1000
-- pexpect takes minutes for a gigabyte, and its time per byte grows: it gets less, in its favour
local FLOOD, THEIR_FLOOD = size.of(1e9, 1e6), size.of(32e6, 1e5)
local MANY, FEW = size.of(1000, 20), size.of(10, 2)
-- the number of commands does not depend on the number of consoles
local COMMANDS = size.of(5000, 40)

-- The command line of our testpmd, for the other sides.
local function same_testpmd(b)
  return b.testpmd or error("our side has failed, whose command line this one needs", 0)
end

-- The runtime folder of a testpmd with these words, which the other sides do not remove.
local function runtime_folder(argv)
  local prefix = table.concat(argv, " "):match "%-%-file%-prefix=(%S+)"
  local base = engine.sys.uid() == 0 and "/var/run" or os.getenv "XDG_RUNTIME_DIR" or "/tmp"
  return prefix and ("%s/dpdk/%s"):format(base, prefix)
end

-- testpmd echoes and parses each character: a longer line is more of its own time. So the C loop itself is not three
-- times as fast as pexpect there, and only the ratio to that loop has a target (`faster`: the one for pexpect).
local function testpmd(name, line, pattern, faster)
  local function loop(runner, script)
    return function(b) return b[runner](b, script, { COUNT, line, PROMPT, unpack(same_testpmd(b)) }) end
  end
  return {
    name = name, what = ("%q at testpmd's prompt, one of %d in a row"):format(line, COUNT), unit = "s",
    ours = function(b)
      local values, folder = b:case("round_trip", { count = COUNT, line = line, pattern = pattern })
      b.testpmd = b:argv_of(folder)
      local left = runtime_folder(b.testpmd)
      if left then b:at_end(function() engine.fs.rmtree(left) end) end
      return values.seconds
    end,
    against = {
      { name = "a C write/read loop", at_most = 1.3, run = loop("floor", "loop") },
      { name = "pexpect", at_least = faster, run = loop("python", "pexpect_loop") },
    },
  }
end

local short = testpmd("a short testpmd command on a pty", "stop", "not started", 3)
local long = testpmd("a long testpmd command on a pty", "show port stats 0", "RX-packets")

-- The SSH server of both sides: from the first use to the end of the bench.
local function server(b)
  if not b.server then
    local console
    console, b.server = lab.start(b.scratch .. "/ssh")
    if not console then fail.raise("ENOENT", "bench", "dropbear is missing") end
    b:at_end(function() console:close(10) end)
  end
  return b.server
end

local ssh = {
  name = "a command over SSH", unit = "s",
  what = ("one line at a cheap prompt, over SSH on loopback, of %d in a row"):format(COUNT),
  ours = function(b)
    local s = server(b)
    return b:case("ssh_round_trip", { count = COUNT, port = s.port, user = s.user, key = s.key,
      host_key = s.host_key, program = b:program "prompt", reply = REPLY }).seconds
  end,
  against = {
    { name = "paramiko", at_least = 2, run = function(b)
      local s = server(b)
      return b:python("paramiko_loop", { s.port, s.user, s.key, COUNT, "show", PROMPT,
        ("%s %d"):format(b:program "prompt", REPLY) })
    end },
  },
}

-- Costs are per megabyte, because the sides get different amounts.
local flood = {
  name = "output with the prompt at its end", unit = "s", rounds = 3,
  what = ("a megabyte of %g GB (of %g MB for pexpect)"):format(FLOOD / 1e9, THEIR_FLOOD / 1e6),
  ours = function(b)
    local values = b:case("flood", { bytes = ("%d"):format(FLOOD), program = b:program "prompt" })
    return values.seconds / (FLOOD / 1e6), { growth = values.growth }
  end,
  against = {
    { name = "a loop that drains the pty", at_most = 1 / 0.7, run = function(b)
      local bytes = ("%d"):format(FLOOD)
      return b:floor("drain", { bytes, "flood", b:program "prompt", "0", bytes }) / (FLOOD / 1e6)
    end },
    -- the loop itself is 8 to 13 times as fast as this
    { name = "pexpect", run = function(b)
      return b:python("pexpect_flood", { "flood", PROMPT, b:program "prompt", "0", ("%d"):format(THEIR_FLOOD) })
        / (THEIR_FLOOD / 1e6)
    end },
  },
  -- twice the window of a command, and the copy in its reply
  limits = { { name = "memory for it", of = "growth", unit = "KiB", at_most = 8192 } },
}

local function many_of(b, count)
  return b:case("many", { count = count, commands = COMMANDS, program = b:program "prompt", reply = REPLY })
end

local function floor_of(b, count)
  return b:floor("many", { count, COMMANDS, "show", "\n" .. PROMPT, b:program "prompt", REPLY })
end

-- A bare loop's command costs more on more ptys, too, as their memory is not in the processor's cache: so growth is
-- compared with growth.
local many = {
  name = ("%d consoles at once"):format(MANY), unit = "times",
  what = ("what a command costs there, one in flight per console, of what it costs at %d"):format(FEW),
  ours = function(b)
    local most = many_of(b, MANY)
    return most.seconds / many_of(b, FEW).seconds, { kib = most.kib, command = most.seconds }
  end,
  against = {
    { name = "a C loop over as many ptys", at_most = 1.3,
      run = function(b) return floor_of(b, MANY) / floor_of(b, FEW) end },
  },
  limits = {
    { name = "memory a console", of = "kib", unit = "KiB", at_most = 64 },
    { name = "a command", of = "command", unit = "s" },
  },
}

return { short, long, ssh, flood, many }
