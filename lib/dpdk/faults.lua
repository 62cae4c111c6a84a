--- faults: words of programs about a fault that shows later, and elsewhere. Where a case fails, they come first.

local lines = require "base.lines"

local faults = {}

-- What to change, by words of a refusal. QEMU before 8.0 sends VHOST_USER_ADD_MEM_REG once for each queue pair, which
-- it may where the backend offers VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS: vhost does since DPDK 26.07 (1d730eea6a).
local REMEDIES = {
  ["requested memory region overlaps with another region"] = "DPDK since 26.07 offers memory slots "
    .. "(CONFIGURE_MEM_SLOTS), and QEMU before 8.0 uses them wrongly: take QEMU 8.0 or later, "
    .. "such as --qemu debian:trixie",
}

local function with_remedy(words)
  for text, remedy in pairs(REMEDIES) do
    if words:find(text, 1, true) then return ("%s (%s)"):format(words, remedy) end
  end
  return words
end

-- What the backend logged about a message that it refused, after it had read it. A time may be in front of a line.
local function of_message(all)
  local out, socket = {}, all[#all].text:match "VHOST_CONFIG: (%(.*%)) %l"
  for _, line in ipairs(all) do
    local words = socket and line.text:match("VHOST_CONFIG: " .. socket:gsub("%p", "%%%0") .. " (.*)$")
    if words and words:find "^read message" then
      out = {}
    elseif words then
      out[#out + 1] = words:match "^%s*(.-)%.?$"
    end
  end
  return with_remedy(#out > 0 and table.concat(out, ", ") or all[#all].text)
end

-- QEMU's line, and the one in front of it, which names the message.
local function of_qemu(all)
  local last, before = all[#all].text, all[#all - 1]
  last = last:gsub("^.-: (unable)", "%1"):gsub(": falling back on userspace virtio$", "")
  local message = before and before.text:match "vhost_[%w_]+ failed: .*$"
  return message and message .. ", " .. last or last
end

local function itself(all) return all[#all].text end

-- Of the first cause first: a line holds the text; what it means; how it reads with the lines in front of it.
local ROWS = {
  -- lib/vhost/vhost_user.c, vhost_user_msg_handler
  { "VHOST_CONFIG: (*) processing VHOST_USER_* failed.", "the vhost backend refused a message", of_message },
  { "VHOST_CONFIG: (*) vhost message handling failed", "the vhost backend refused a message", of_message },
  -- drivers/net/virtio/virtio_user: the front end
  { "Failed to set memory table", "the backend of virtio-user refused its memory", itself },
  { "Failed to start device", "the backend of virtio-user refused it", itself },
  -- hw/net/virtio-net.c, virtio_net_vhost_status; net/vhost-user.c; hw/virtio/vhost.c
  { "unable to start vhost net: ", "QEMU gave up the NIC's vhost connection", of_qemu },
  { "Error starting vhost", "QEMU gave up a vhost connection", itself },
  { "vhost start failed", "QEMU gave up a vhost connection", itself },
  { "you are asking more queues than supported", "QEMU refused the vhost backend", itself },
  { "failed to init vhost_net for queue", "QEMU refused the vhost backend", itself },
  { "memory slots limit is less than", "QEMU refused the vhost backend", itself },
  -- lib/eal/common/rte_debug.h; lib/eal/x86/rte_cpuflags.c; glibc's assert/assert.c and malloc/malloc.c
  { "PANIC in ", "the program panicked", itself },
  { "This system does not support ", "the CPU lacks what DPDK was built for (meson's -Dplatform=generic)", itself },
  { ": Assertion `", "an assertion failed", itself },
  { "double free or corruption", "the heap is damaged", itself },
  { "free(): invalid ", "the heap is damaged", itself },
  { "malloc(): ", "the heap is damaged", itself },
  { "*** stack smashing detected ***", "the stack is damaged", itself },
  -- mm/oom_kill.c, of a guest's kernel
  { "Out of memory: Killed process", "the guest has too little memory", itself },
}

local TEXTS = {}
for i, row in ipairs(ROWS) do TEXTS[i] = row[1] end

-- Adds a console's faults to `out`, each meaning once.
local function add(console, out)
  local seen = {}
  for _, hit in ipairs(console:find(TEXTS)) do
    local row = ROWS[hit.which]
    local meaning = row[2]
    if not seen[meaning] then
      out[#out + 1] = { rank = hit.which, words = ("%s (%s.log): %s"):format(meaning, console:name(),
        row[3](lines.split(hit.lines))) }
    end
    seen[meaning] = true
  end
end

--- The faults that these consoles (an array) show, as an array of texts, the first cause first.
function faults.of(consoles)
  local out, texts = {}, {}
  for _, console in ipairs(consoles) do add(console, out) end
  for i, fault in ipairs(out) do fault.i = i end
  table.sort(out, function(a, b)
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.i < b.i
  end)
  for i, fault in ipairs(out) do texts[i] = fault.words end
  return texts
end

return faults
