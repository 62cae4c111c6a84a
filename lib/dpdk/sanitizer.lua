--- sanitizer: reports of programs that were built with one (meson's -Db_sanitize=address,undefined). A report fails its
--- case, however the program ends.

local backtrace = require "host.backtrace"
local eal = require "dpdk.eal"
local engine = require "engine"
local symbols = require "host.symbols"

local sanitizer = {}

-- Frames that a reason has.
local MOST = 8

-- What the line of a report says, without addresses and pids: they differ from run to run.
local function headline(line)
  local words = line:match "%u%w+Sanitizer.*$"
  for _, rest in ipairs { " on address .*", " on unknown address .*", " on 0x%x+.*", " %(pid=%d+%)", "%s+$" } do
    words = words:gsub(rest, "")
  end
  return words
end

local function undefined(line)
  return "UndefinedBehaviorSanitizer: " .. line:match "runtime error: (.*)$", line:match "(%S+:%d+):%d+: runtime error"
end

-- A text that the first line of a report holds; what it says, and the place in the source if it has that. A new
-- sanitizer is a row. compiler-rt's reports: lib/asan/asan_errors.cpp and its neighbours; GCC has the same.
local ROWS = {
  { "ERROR: AddressSanitizer", headline },
  { "ERROR: LeakSanitizer", headline },
  { ": runtime error: ", undefined },
  { "WARNING: ThreadSanitizer", headline },
  { "WARNING: MemorySanitizer", headline },
}

--- The texts of all rows.
sanitizer.TEXTS = {}
for i, row in ipairs(ROWS) do sanitizer.TEXTS[i] = row[1] end

-- A report's lines without colours and a terminal's ends of line.
local function plain_lines(text)
  local out = {}
  for line in text:gsub("\27%[[%d;]*m", ""):gsub("\r", ""):gmatch "([^\n]*)\n" do out[#out + 1] = line end
  return out
end

-- "    #1 0x0000 in f /src/x.c:5:3" or "... in f (/lib/x.so+0x12)". The first may be behind a prompt.
local function frame_of(line)
  local name, rest = line:match "#%d+ 0x%x+ in (%S+)%s*(.*)$"
  if not name then
    rest = line:match "#%d+ 0x%x+%s+%((.*)%)"
    return rest and { name = "??", text = "?? " .. rest, loaded = rest:match "/ld[-.][^/]*%+(0x%x+)$" }
  end
  local place = rest:match "^(%S+:%d+)" or rest:match "^%((%S-)%+0x"
  return { name = name, place = place, text = name .. " " .. rest }
end

-- A program that a loader runs is the loader to its sanitizer, which finds no names: the frames, named by its file.
local function named(frames, file)
  local addresses, out = {}, {}
  for _, frame in ipairs(frames) do addresses[#addresses + 1] = frame.loaded end
  if not file or #addresses == 0 then return frames end
  local found = symbols.at(file, addresses)
  for _, frame in ipairs(frames) do
    for _, one in ipairs(found[frame.loaded or ""] or { frame }) do out[#out + 1] = one end
  end
  return out
end

-- Where sanitizers call the system in place of the program.
local function is_theirs(frame)
  return frame.name:find "^__interceptor_" or frame.name:find "^__asan_" or frame.name:find "^__interceptor"
    or (frame.text:find "/sanitizer_common/" or frame.text:find "lib[atlu]%w*san%." or frame.text:find "/libsanitizer/")
end

-- The frames of the first stack.
local function stack_of(all)
  local frames = {}
  for i = 2, #all do
    local frame = frame_of(all[i])
    if not frame and #frames > 0 then break end
    frames[#frames + 1] = frame
  end
  return frames
end

-- The first frame that is the program's.
local function own_of(frames)
  for _, frame in ipairs(frames) do
    if not is_theirs(frame) then return frame end
  end
end

--- A report (engine.reports) as text; nil for a text that another program prints, and no line of UBSan's. `file`
--- (optional): the program's, on this machine.
function sanitizer.words(report, file)
  local all, row = plain_lines(report.lines), ROWS[report.which]
  if row[2] == undefined and not all[1]:find "%S+:%d+:%d+: runtime error: " then return nil end
  local what, place = row[2](all[1])
  local frames = backtrace.inside(named(stack_of(all), file))
  local own = own_of(frames)
  local where = own and backtrace.place(own) or place and (" (%s)"):format(place) or ""
  local out = { ("%s: %s%s"):format(report.name, what, where) }
  for i = 1, math.min(#frames, MOST) do out[#out + 1] = ("  #%d %s"):format(i - 1, frames[i].text) end
  local others = report.more > 0 and (", and of %d more"):format(report.more) or ""
  out[#out + 1] = ("  the report is in %s.log%s"):format(report.name, others)
  return table.concat(out, "\n")
end

-- The file on this machine of the program at a console, also of one that ran in a guest; nil where it is not known.
local function file_at(ctx, programs, name)
  for _, program in ipairs(programs) do
    if program:name() == name then
      local vm = not program.node:is_here() and eal.guest_of(ctx, program.node)
      local on_disk = vm and vm.dpdk and vm.dpdk.files["real/" .. (program.identity and program.identity.program or "")]
      return on_disk and on_disk.path or program.identity and program.identity.path
    end
  end
end

--- What sanitizers reported first at each console of the case, also of programs that the case only spawned: an array
--- of { of, words, status }.
function sanitizer.findings(ctx, is_known, programs)
  local out = {}
  for _, report in ipairs(engine.reports(sanitizer.TEXTS) or {}) do
    local words = not is_known(report.name)
      and sanitizer.words(report, file_at(ctx, programs, report.name))
    if words then out[#out + 1] = { of = report.name, words = words, status = "FAIL" } end
  end
  return out
end

return sanitizer
