--- logs: log lines of DPDK's libraries as tables. Use it as `parse`.

local lines = require "base.lines"
local releases = require "dpdk.releases"

local logs = {}

local function number(digits) return lines.counter(digits, lines.U32) end

-- Virtio's status bits, "0x0000000f".
local function bits(word)
  if #word > 10 then return nil, word:sub(1, 24) .. " has more than 32 bits" end
  return tonumber(word)
end

-- lib/vhost/{socket,vhost,vhost_user}.c of DPDK 22.11: pattern, event, then name and reader of each capture. A
-- destroyed device logs no line of its own: only the stop of its vrings (GET_VRING_BASE) or the close of its peer.
local VHOST = {
  { "^VHOST_CONFIG: %((.+)%) new vhost user connection is (%d+)$", "connected", { "fd", number } },
  { "^VHOST_CONFIG: %((.+)%) connected$", "connected" },
  { "^VHOST_CONFIG: %((.+)%) new device, handle is (%d+)$", "new_device", { "device", number } },
  { "^VHOST_CONFIG: %((.+)%) virtio is now ready for processing%.$", "ready" },
  { "^VHOST_CONFIG: %((.+)%) new device status%((0x%x+)%):$", "status", { "status", bits } },
  { "^VHOST_CONFIG: %((.+)%) vring base idx:(%d+) file:(%d+)$", "vring_stopped", { "queue", number },
    { "base", number } },
  { "^VHOST_CONFIG: %((.+)%) vhost peer closed$", "closed" },
  { "^VHOST_CONFIG: %((.+)%) failed to connect: (.*)$", "connect_failed", { "why", tostring } },
  { "^VHOST_CONFIG: %((.+)%) reconnecting%.%.%.$", "reconnecting" },
}

-- The event of a line, nil without one.
local function vhost_event(line)
  for _, shape in ipairs(line.whole and VHOST or {}) do
    local found = { line.text:match(shape[1]) }
    local event = found[1] and { line = line.n, socket = found[1], event = shape[2] }
    for i = 3, event and #shape or 0 do
      local key, read = unpack(shape[i])
      local value, why = read(found[i - 1])
      event[key] = value or lines.refuse(line, why)
    end
    if event then return event end
  end
end

local function read_vhost_events(list)
  local events = {}
  for _, line in ipairs(list) do events[#events + 1] = vhost_event(line) end
  return events
end

--- What vhost logged: an array of { line, socket, event = "connected" | "new_device" | "ready" | "status" |
--- "vring_stopped" | "closed" | "connect_failed" | "reconnecting"; fd, device, status (virtio's bits), queue and base
--- (numbers) or why (text), if the line has them }. A line without its end is no event yet.
function logs.vhost_events(text) return lines.parse(text, read_vhost_events) end

-- The EAL prints no level, so words decide: lower case, plain text.
local ERROR_WORDS = { "error", "fail", "cannot", "can't", "could not", "couldn't", "unable",
  "invalid", "not enough", "corrupt", "refused", "not supported", "unavailable", "timed out",
  "timeout", "panic", "oom", "mismatch", "may not sync",
  "not probed" }

-- Logged by good runs on machines without hugepages, NUMA or physical addresses.
local HARMLESS = { "physical addresses are unavailable", "invalid numa socket",
  "hugepages reported", "vfio support not" }

local function has_any(text, words)
  for _, word in ipairs(words) do
    if text:find(word, 1, true) then return true end
  end
  return false
end

local function is_eal_error(text)
  if text:find "^PANIC in " then return true end
  local low = text:lower()
  return releases.match("eal_prefix", text) and has_any(low, ERROR_WORDS) and not has_any(low, HARMLESS)
end

-- rte_exit's cause, in the line behind `last`; nil for another line.
local function cause_of(line, last)
  local is_next = last and last.line == line.n - 1 and last.text:find("exiting with code", 1, true)
  local cause = is_next and releases.match("exit_cause", line.text)
  return cause and (cause:find "^Cause: " or not lines.is_log(cause)) and cause
end

local function read_eal_errors(list)
  local found, last = {}, nil
  for _, line in ipairs(list) do
    local cause = cause_of(line, last)
    if cause then
      last.text = last.text .. ": " .. cause
    elseif is_eal_error(line.text) then
      last = { line = line.n, text = line.text }
      found[#found + 1] = last
    end
  end
  return found
end

--- The lines in which the EAL, or a bus of it, reports an error: an array of { line, text }, with rte_exit's cause
--- joined to its line.
--- Nil, reason if `text` is no string.
function logs.eal_errors(text) return lines.parse(text, read_eal_errors) end

return logs
