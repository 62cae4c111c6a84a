--- guest_memory: a guest's memory and processors: those of the test plans where this machine has them, on hugepages
--- where they were chosen and enough are free. `self` is the VM (lib/vm/vm.lua).

local engine = require "engine"
local fail = require "base.fail"
local hugepages = require "host.hugepages"
local under_test = require "host.under_test"

local guest_memory = {}

-- MiB that a plan's guest leaves for the testpmd on this machine: it starts later.
local ROOM = 640

local function on_hugepages(mib, room)
  local kib, why = hugepages.for_guest(mib, room)
  if not kib then return nil, why end
  local memory, err = engine.memory(mib * 2 ^ 20, kib * 2 ^ 10)
  if not memory then return nil, tostring(err) end
  return memory, kib
end

-- Takes hugepages for the plan's memory, or else for the guest's usual one.
local function take_hugepages(self)
  local o, why = self.options, nil
  for _, mib in ipairs { o.planned.memory or o.memory, o.memory } do
    local memory, kib = on_hugepages(mib, mib > o.memory and ROOM or 0)
    if memory then
      o.memory, o.page_size, self.memory = mib, kib, memory
      return
    end
    why = kib
  end
  hugepages.go_without(self.ctx, why)
end

local function take_processors(o)
  local planned = o.planned.cpus
  if planned and planned <= #engine.sys.cpus() then o.cpus = planned end
end

-- QEMU's option for each.
local OPTIONS = { { "cpus", "-smp" }, { "memory", "-m" } }

-- What the plan has otherwise: "the plan's guest has -smp 4 -m 4096, and here -smp 3 -m 1024".
local function note(self)
  local planned, here = {}, {}
  for _, option in ipairs(OPTIONS) do
    local key, word = unpack(option)
    local wanted, has = self.options.planned[key], self.options[key]
    if wanted and wanted ~= has then
      planned[#planned + 1], here[#here + 1] = ("%s %d"):format(word, wanted), ("%s %d"):format(word, has)
    end
  end
  if #here == 0 then return end
  self.ctx:deviation(("the plan's guest has %s, and here %s"):format(table.concat(planned, " "),
    table.concat(here, " ")))
end

--- Sets options.cpus, memory (MiB) and page_size (KiB; nil: ordinary pages), and self.memory where it has hugepages.
function guest_memory.choose(self)
  local o = self.options
  take_processors(o)
  if o.hugepage_path then
    self.memory = false
  elseif under_test.hugepages() == "off" then
    hugepages.go_without(self.ctx)
  else
    take_hugepages(self)
  end
  note(self)
end

--- The memory for a QEMU that starts now: what was taken for the first one, and a new one for another. It is one that
--- moonrig reads and writes (`is_kept`: for a snapshot), or hugepages; nil: QEMU makes its own.
function guest_memory.of_start(self, is_kept)
  local o = self.options
  if self.memory and self.qemu then
    self.memory:close()
    self.memory = false
  end
  if not self.memory and (is_kept or o.page_size) then
    self.memory = fail.check(engine.memory(o.memory * 2 ^ 20, (o.page_size or 0) * 2 ^ 10))
  end
  return self.memory or nil
end

return guest_memory
