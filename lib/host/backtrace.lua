--- backtrace: the stack of a core's failed thread, by gdb or elfutils' eu-stack.

local engine = require "engine"
local fail = require "base.fail"
local paths = require "base.paths"

local backtrace = {}

-- Frames that are kept.
local MOST = 16

-- gdb's own defaults: not the user's files nor a server of symbols.
local GDB = { "gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set auto-load no",
  "-ex", "set width 0", "-ex", "set print elements 32", "-ex", "set print frame-arguments scalars" }

-- "#1  0x0000 in f (a=1) at x.c:5", or "... from /lib/x.so".
local function of_gdb(text)
  local frames = {}
  for line in text:gmatch "[^\n]+" do
    local number, words = line:match "^#(%d+)%s+(.*)"
    -- gdb shows the innermost frame when it reads the core, too
    if number == "0" then frames = {} end
    if words then
      words = words:gsub("^0x%x+ in ", "")
      frames[#frames + 1] = { name = words:match "^([^%s(]+)", text = words,
        place = words:match " at (%S+:%d+)$" or words:match " from (%S+)$" }
    end
  end
  return frames
end

-- "#1  0x0000  f - 1", and the next line "    x.c:5:3". Of the first thread only.
local function of_eu_stack(text)
  local frames, frame, threads = {}, nil, 0
  for line in text:gmatch "[^\n]+" do
    local name = line:match "^#%d+%s+0x%x+%s*(%S*)"
    local place = line:match "^%s+(%S+:%d+):%d+$" or line:match "^%s+(%S+:%d+)$"
    if line:find "^TID " then threads = threads + 1 end
    if threads > 1 then break end
    if name then
      frame = { name = name ~= "" and name or "??", text = name ~= "" and name or "??" }
      frames[#frames + 1] = frame
    elseif place and frame and not frame.place then
      frame.place, frame.text = place, frame.text .. " at " .. place
    end
  end
  return frames
end

-- What the C library does before main and before a thread's function.
local function is_outside(frame)
  return frame.name:find "^_*libc_start" or frame.name == "_start" or frame.name == "start_thread"
    or frame.name:find "^_*clone3?$"
end

-- Its frames have no names where its symbols are not installed.
local function is_nameless(frame)
  return frame.name == "??" and ((frame.text or "") .. " " .. (frame.place or "")):find "libc%.so" ~= nil
end

--- The frames without those of the C library around the program.
function backtrace.inside(frames)
  local out = {}
  for _, frame in ipairs(frames) do
    if not is_outside(frame) then out[#out + 1] = frame end
  end
  while #out > 0 and is_nameless(out[#out]) do out[#out] = nil end
  return #out > 0 and out or frames
end

local function run(argv, seconds)
  local here = engine.here()
  local r, err = fail.try(here.run, here, argv, { timeout = seconds, env = { "DEBUGINFOD_URLS=" } })
  return r and r.out, r and r.err:match "[^\n]*" or tostring(err)
end

local function with_gdb(of)
  local root, argv = of.root or "", { unpack(GDB) }
  local commands = { "file " .. root .. of.program, "core-file " .. of.core }
  if of.root then table.insert(commands, 1, "set sysroot " .. root) end
  if of.loaded then
    commands[#commands + 1] = ("add-symbol-file %s%s -o 0x%x"):format(root, of.loaded, of.base)
  end
  commands[#commands + 1] = "bt " .. MOST
  for _, command in ipairs(commands) do
    argv[#argv + 1] = "-ex"
    argv[#argv + 1] = command
  end
  local text, why = run(argv, of.seconds)
  -- names as they are on that machine
  if text and of.root then text = text:gsub(root:gsub("%p", "%%%0"), "") end
  return text, why
end

local function with_eu_stack(of)
  local argv = { "eu-stack", "-s", "-n", tostring(MOST), "--core=" .. of.core }
  if not of.loaded then argv[#argv + 1] = "--executable=" .. of.program end
  return run(argv, of.seconds)
end

--- The frames of the failed thread, the innermost first: an array of { name, place ("x.c:5", or nil), text }; nil and
--- why there are none. `of`: { core = its path, program = the file that ran, loaded = the program that this one loaded,
--- and base = its lowest address, if it is a loader, root = a folder with the files of the machine that it ran on, if
--- that is another, seconds = the most that it may take }. gdb reads the symbols of 30 MB of DPDK in 2 s.
function backtrace.of(of)
  local text, why, frames
  if paths.program "gdb" then
    text, why = with_gdb(of)
    frames = of_gdb(text or "")
  elseif not of.root and paths.program "eu-stack" then
    text, why = with_eu_stack(of)
    frames = of_eu_stack(text or "")
  else
    return nil, "install gdb" .. (of.root and "" or " or elfutils")
  end
  if #frames == 0 then return nil, "no frame was found: " .. why end
  return backtrace.inside(frames)
end

-- What stands between the fault and the signal in the C library and in DPDK's EAL.
local BY_THE_WAY = { "^_*pthread_kill", "^_*GI_", "raise$", "^_*abort$", "^_*assert_", "^_*libc_message",
  "^malloc_printerr", "^_*fortify_fail", "_chk_fail$", "^_*rte_panic$", "^rte_exit$", "^%?%?$", "^<signal" }

local function is_by_the_way(frame)
  for _, pattern in ipairs(BY_THE_WAY) do
    if frame.name:find(pattern) then return true end
  end
end

--- The frame to name in one line: the innermost that is not a part of how a program aborts.
function backtrace.culprit(frames)
  for _, frame in ipairs(frames) do
    if not is_by_the_way(frame) then return frame end
  end
  return frames[1]
end

--- " in f (x.c:5)".
function backtrace.place(frame)
  return (" in %s%s"):format(frame.name, frame.place and (" (%s)"):format(frame.place) or "")
end

return backtrace
