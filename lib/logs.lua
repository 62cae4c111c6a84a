--- logs: what DPDK's libraries log, as tables. Use it as `parse`.

local lines = require "lines"

local logs = {}

-- lib/vhost/{socket,vhost,vhost_user}.c of DPDK 22.11: the words, the event, what its captures are. A
-- destroyed device prints no line of its own: that its vrings are stopped (GET_VRING_BASE, told with
-- where they were) or its peer's closing is what shows.
local VHOST = {
  { "^VHOST_CONFIG: %((.+)%) new vhost user connection is (%d+)$", "connected", "fd" },
  { "^VHOST_CONFIG: %((.+)%) connected$", "connected" },
  { "^VHOST_CONFIG: %((.+)%) new device, handle is (%d+)$", "new_device", "device" },
  { "^VHOST_CONFIG: %((.+)%) virtio is now ready for processing%.$", "ready" },
  { "^VHOST_CONFIG: %((.+)%) new device status%((0x%x+)%):$", "status", "status" },
  { "^VHOST_CONFIG: %((.+)%) vring base idx:(%d+) file:(%d+)$", "vring_stopped", "queue", "base" },
  { "^VHOST_CONFIG: %((.+)%) vhost peer closed$", "closed" },
  { "^VHOST_CONFIG: %((.+)%) failed to connect: (.*)$", "connect_failed", "why" },
  { "^VHOST_CONFIG: %((.+)%) reconnecting%.%.%.$", "reconnecting" },
}

local function vhost_event(line)
  for _, shape in ipairs(line.whole and VHOST or {}) do
    local socket, first, second = line.text:match(shape[1])
    if socket then
      local event = { line = line.n, socket = socket, event = shape[2] }
      if shape[3] then event[shape[3]] = tonumber(first) or first end
      if shape[4] then event[shape[4]] = tonumber(second) or second end
      return event
    end
  end
end

--- What vhost logged: an array of { line, socket, event = "connected" | "new_device" | "ready" |
--- "status" | "vring_stopped" | "closed" | "connect_failed" | "reconnecting"; fd, device, status (virtio's
--- bits, a number), queue and base, or why, where the line has it }, empty where nothing happened. A
--- line still without its end is no event yet.
function logs.vhost_events(text)
  local list, err = lines.split(text)
  if not list then return nil, err end
  local events = {}
  for _, line in ipairs(list) do events[#events + 1] = vhost_event(line) end
  return events
end

-- The EAL prints no level, so its words decide: lower case, plain text.
local ERROR_WORDS = { "error", "fail", "cannot", "can't", "could not", "couldn't", "unable",
  "invalid", "not enough", "corrupt", "refused", "not supported", "unavailable", "timed out",
  "timeout", "panic", "oom", "mismatch", "may not sync" }

-- Said by healthy runs on machines without hugepages, NUMA or physical addresses.
local HARMLESS = { "physical addresses are unavailable", "invalid numa socket",
  "hugepages reported", "vfio support not" }

local function has_any(text, words)
  for _, word in ipairs(words) do
    if text:find(word, 1, true) then return true end
  end
  return false
end

--- The lines in which the EAL reports an error: an array of { line, text }, empty where there is
--- none; with rte_exit's cause joined to its line. Nil, reason only where `text` is no string.
function logs.eal_errors(text)
  local list, err = lines.split(text)
  if not list then return nil, err end
  local found, last = {}, nil
  for _, line in ipairs(list) do
    local low = line.text:lower()
    if line.text:find("^PANIC in ")
      or (low:find("^eal:") and has_any(low, ERROR_WORDS) and not has_any(low, HARMLESS)) then
      last = { line = line.n, text = line.text }
      found[#found + 1] = last
    elseif last and last.line == line.n - 1 and line.text:find("^Cause: ") then
      last.text = last.text .. ": " .. line.text
    end
  end
  return found
end

return logs
