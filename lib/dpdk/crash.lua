--- crash: a program under test that a signal of its own fault ended: its backtrace, and its core.

local backtrace = require "host.backtrace"
local core_files = require "host.core_files"
local core_store = require "host.core_store"
local eal = require "dpdk.eal"
local engine = require "engine"
local fail = require "base.fail"
local guest_core = require "dpdk.guest_core"

local crash = {}

local SIGNALS = { SIGSEGV = true, SIGABRT = true, SIGBUS = true, SIGILL = true, SIGFPE = true, SIGSYS = true,
  SIGTRAP = true }

-- For all of a case's crashes at once: the supervisor ends a teardown that takes 50 s (lib/run/follow.lua).
local SECONDS = 35

local function is_loader(path) return path:match("[^/]*$"):find "^ld[-.]" ~= nil end

-- A mapped file may be data: DPDK's are below all programs and libraries.
local function is_elf(path)
  local f = io.open(path, "rb")
  local magic = f and f:read(4)
  if f then f:close() end
  return magic == "\127ELF"
end

local function is_loaded(file, root)
  return guest_core.is_code(file) and not file:find "%.so" and not is_loader(file) and is_elf(root .. file)
end

-- The file that the kernel started, and the program that it loaded, where that is another: a program may be run by a
-- loader of its own. `root`: the folder of its machine's files.
local function programs_of(core, root)
  if not core.program or not is_loader(core.program) then return core.program end
  for _, file in ipairs(core.files) do
    if is_loaded(file, root) then return core.program, file end
  end
  return core.program
end

-- The core of a program: its path, its table, and the folder with the files of its machine; nil and why there is none.
local function core_of(ctx, one, over)
  local pid = one.console:pid()
  if one.node:is_here() then return core_files.find(pid, ctx.scratch .. "/cores", core_files.pattern()) end
  if not eal.guest_of(ctx, one.node) then
    return nil, "cores are taken on this machine and in guests, and not on " .. one.node:name()
  end
  return guest_core.take(one.node, pid, ("%s/guest_core.%d"):format(ctx.scratch, pid), over)
end

-- An instruction that a guest's processor lacks: the build was made for this machine's.
local function remedy(ctx, one, signal)
  if signal ~= "SIGILL" or one.node:is_here() then return nil end
  local vm = eal.guest_of(ctx, one.node)
  local cpu = vm and vm.accelerator == "tcg" and "the guest's emulated CPU" or "the guest's CPU"
  return ("  %s lacks an instruction of this build: build DPDK with meson's -Dplatform=generic"):format(cpu)
end

-- The frames of a core, or nil and why there are none.
local function frames_of(path, core, root, missing, over)
  if missing then return nil, missing end
  local program, loaded = programs_of(core, root or "")
  if not program then return nil, "the core names no program" end
  return backtrace.of({ core = path, program = program, loaded = loaded, base = core.bases[loaded or program],
    root = root, seconds = math.max(1, over - engine.now()) })
end

local function examine(ctx, one, over)
  local path, core, root, missing = core_of(ctx, one, over)
  if not path then return "", { "  no backtrace: " .. core } end
  local frames, why = frames_of(path, core, root, missing, over)
  local lines, place = {}, ""
  for i, frame in ipairs(frames or {}) do lines[i] = ("  #%d %s"):format(i - 1, frame.text) end
  if frames then place = backtrace.place(backtrace.culprit(frames)) else lines[1] = "  no backtrace: " .. why end
  lines[#lines + 1] = "  " .. core_store.keep(ctx.dir, path, one.console:name())
  return place, lines
end

-- An error here must not hide the crash.
local function details(ctx, one, over)
  local ok, place, lines = pcall(examine, ctx, one, over)
  if ok then return place, lines end
  if fail.is_cancel(place) then error(place, 0) end
  return "", { "  no backtrace: " .. fail.what(place) }
end

local function words_of(ctx, one, signal, over)
  local place, lines = details(ctx, one, over)
  local out = { ("%s ended with %s%s"):format(one.console:name(), signal, place) }
  out[#out + 1] = remedy(ctx, one, signal)
  for _, line in ipairs(lines) do out[#out + 1] = line end
  return table.concat(out, "\n")
end

-- The signal of its own fault that ended a program.
local function signal_of(console)
  local exit = console:exit()
  return exit and SIGNALS[exit.signal] and exit.signal
end

--- The finding of each program and each QEMU that crashed: an array of { of, words, status }. `is_known(of)`: it is one
--- already, and is not examined again.
function crash.findings(ctx, is_known, programs, machines)
  local all, out, over = {}, {}, engine.now() + SECONDS
  for _, vm in ipairs(machines) do
    if vm.qemu then all[#all + 1] = { of = vm, console = vm.qemu, node = engine.here() } end
  end
  for _, program in ipairs(programs) do
    all[#all + 1] = { of = program, console = program.console, node = program.node, is_program = true }
  end
  for _, one in ipairs(all) do
    local signal = not is_known(one.of) and signal_of(one.console)
    if signal then
      local words = words_of(ctx, one, signal, over)
      out[#out + 1] = { of = one.of, words = words, status = "ERROR", is_end = one.is_program }
    end
  end
  return out
end

return crash
