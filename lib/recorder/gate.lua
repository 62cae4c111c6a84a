--- gate: where the world comes into Lua: each function of the engine, of its handles, of io and os, and what it is to
--- the record of a case (lib/recorder/recorder.lua) and to its replay (lib/replay/replay_engine.lua).
---
---   wait    it waits: on the tape, with its turn; a replay asks for the same in the same order
---   act     it does something, at once: as wait
---   read    it only looks: on the tape; a replay may look more often, or less
---   effect  it does something of our own housekeeping: as read
---   rare    as read, and on the tape only where it has something to say
---   idle    not on the tape; in a replay it does nothing
---   same    not on the tape; a replay calls it: its result is its arguments' alone
---   own     lib/recorder/recorder.lua and lib/replay/replay_engine.lua have words of their own for it

local gate = {}

-- { what it is, how many of its arguments must be the same: all unless told }
gate.engine = {
  elapse = { "wait" }, await_path = { "wait", 1 }, close_all = { "wait", 0 }, ssh = { "wait" }, devbind = { "wait" },
  qmp = { "wait", 1 }, telemetry = { "wait", 2 },
  unix = { "act" }, testpmd = { "act" }, mp = { "act" }, vm = { "act" },
  now = { "read" }, time = { "read" }, home = { "read" }, here = { "read" }, open_resources = { "read" },
  trouble = { "read" }, scratch = { "read" }, memory = { "read" },
  -- of what may be too long for the tape
  checksum = { "read", 0 },
  breathe = { "rare", 0 }, is_cancelled = { "rare" },
  guard = { "idle" }, sweep = { "idle" }, record = { "idle" }, log = { "idle" }, forgive = { "idle" },
  tape = { "idle" },
  -- a person's, who is no input of the case (tape.aside)
  on_signal = { "idle" }, readline = { "idle" }, history = { "idle" }, print_above = { "idle" },
  terminal_size = { "idle" }, terminal = { "idle" }, listen = { "idle" }, connect = { "idle" }, consoles = { "idle" },
  chatter = { "idle" }, bell = { "idle" }, watch = { "idle" }, keys = { "idle" },
  on_near = { "same" }, error = { "same" }, vm_argv = { "same" }, hotplug_line = { "same" },
  task = { "own" },
}

gate.fs = {
  list = { "read" }, stat = { "read" }, realpath = { "read" }, access = { "read" }, lock = { "read" },
  mkdir = { "effect" }, rename = { "effect" }, symlink = { "effect" }, unlink = { "effect" }, chmod = { "effect" },
  rmtree = { "effect" }, guard_tree = { "effect" }, guard_huge = { "effect" },
  load = { "same" }, remove_huge = { "idle" }, unlock = { "idle" }, guard_drop = { "idle" },
}

gate.sys = {
  uname = { "read" }, cpus = { "read" }, uid = { "read" }, pid = { "read" }, memory = { "read" }, isatty = { "read" },
  setenv = { "idle" },
}

gate.os = {
  getenv = { "read" }, time = { "read" }, date = { "read" }, clock = { "read" }, tmpname = { "read" },
  remove = { "effect" }, rename = { "effect" }, execute = { "act" },
}

gate.io = { open = { "own" }, lines = { "own" }, popen = { "act" } }

-- Methods, by the kind of handle.
gate.handles = {
  console = {
    command = { "wait", 2 }, expect = { "wait", 1 }, await_exit = { "wait", 0 }, close = { "wait", 0 },
    type = { "act" }, signal = { "act" }, eof = { "act" },
    exit = { "read" }, tail = { "read" }, heard = { "read" }, position = { "read" }, since = { "read" },
    name = { "read" }, pid = { "read" }, keep = { "read" },
    lend = { "idle" },
  },
  node = {
    run = { "wait" }, close = { "wait" }, spawn = { "act" },
    name = { "read" }, is_here = { "read" }, undo = { "effect" },
  },
  qmp = { execute = { "wait", 2 }, await = { "wait", 2 }, close = { "wait" }, mark = { "read" } },
  telemetry = { ask = { "wait", 1 }, close = { "wait" }, greeting = { "read" } },
  task = { join = { "own" }, cancel = { "idle" }, is_done = { "own" } },
  ["guest memory"] = { load = { "read" }, save = { "read" }, sum = { "read" }, fd = { "read" }, close = { "idle" } },
  -- those that io.open gave; others are not looked at
  file = { read = { "read" }, seek = { "read" }, lines = { "own" }, write = { "idle" }, flush = { "idle" },
    close = { "idle" }, setvbuf = { "idle" } },
}

local FILE = "FILE*"

--- The methods of a kind of handle, in a table that can be changed.
function gate.methods(kind)
  local index = debug.getregistry()[kind == "file" and FILE or kind].__index
  if type(index) == "table" then return index end
  -- behind a function, which names them all where it knows none
  return select(2, debug.getupvalue(index, 2))
end

--- What a handle is; nil for what is none.
function gate.kind(handle)
  local meta = type(handle) == "userdata" and debug.getmetatable(handle)
  if not meta then return nil end
  local registry = debug.getregistry()
  for kind in pairs(gate.handles) do
    if registry[kind == "file" and FILE or kind] == meta then return kind end
  end
end

--- An io.open for this mode only reads.
function gate.is_reading(mode)
  return not (mode or "r"):find "[wa+]"
end

return gate
