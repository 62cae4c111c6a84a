--- result: the result of a case, made while it runs: phases, checks, notices, values. Each is logged, and emitted for
--- displays. `self` is the case's context (lib/case/context.lua), and these are its methods.

local consoles = require "case.consoles"
local engine = require "engine"
local fail = require "base.fail"

local Result = {}

--- The run's time.
function Result:clock() return engine.now() - self.origin end

--- Begins the phase of this name; nil: ends the phase.
function Result:phase(name)
  if self.open then self.open.seconds = self:clock() - self.open.start end
  self.open = nil
  if not name then return end
  self.open = { name = name, start = self:clock() }
  table.insert(self.result.phases, self.open)
  engine.log("phase", { name = name })
  self.emit { ev = "phase", name = name }
end

--- Calls fn as a part of the current phase: "start the vm/boot". `is_probe` (optional): it examines a failure, and is
--- none of the case's own steps.
function Result:span(name, fn, is_probe)
  local phase = self.open and self.open.name or "setup"
  local span = { name = ("%s/%s"):format(phase, name), start = self:clock(), part = true }
  table.insert(self.result.phases, span)
  self.emit { ev = "phase", name = span.name }
  fn()
  span.seconds = self:clock() - span.start
  engine.log("span", { name = span.name, seconds = span.seconds, is_probe = is_probe })
end

--- A line for the user; each text once. `is_machine` (optional): it is about the machine, the same in each run.
function Result:notice(text, is_machine)
  for _, known in ipairs(self.result.notices) do
    if known == text then return end
  end
  table.insert(self.result.notices, text)
  engine.log("notice", { text = text })
  self.emit { ev = "notice", text = text, is_machine = is_machine }
end

--- What a plan has, and ran otherwise because of this machine or of a person's choice: a notice, and in `deviations`.
function Result:deviation(text)
  for _, known in ipairs(self.result.deviations) do
    if known == text then return end
  end
  table.insert(self.result.deviations, text)
  self:notice(text, true)
end

--- A measured value.
function Result:value(name, value)
  -- as deep as it is in results.json: run, cases, case, values
  local ok, err = pcall(engine.json.encode, { { { { value } } } })
  if not ok then fail.misuse("t:value(name, value): %s: %s", name, err.what) end
  self.result.values[name] = value
  engine.log("value", { name = name, value = value })
end

--- A matrix's row: { name, status, reason, seconds, consoles }.
function Result:cell(cell)
  table.insert(self.result.cells, cell)
  engine.log("cell", cell)
  self.emit { ev = "cell", cell = cell }
end

--- A check (lib/case/check.lua).
function Result:record(check)
  table.insert(self.result.checks, check)
  engine.log("check", { what = check.what, ok = check.ok, where = check.where,
    got = check.got, expected = check.expected, detail = check.detail })
  self.emit { ev = "check", what = check.what, ok = check.ok }
end

--- A check of a person.
function Result:record_typed(check) table.insert(self.typed, check) end

--- All checks so far, those of a person last.
function Result:all_checks()
  local out = { unpack(self.result.checks) }
  for _, check in ipairs(self.typed) do out[#out + 1] = check end
  return out
end

--- Its cells so far.
function Result:cells() return self.result.cells end

--- A program that was started (lib/host/identity.lua).
function Result:program(record)
  table.insert(self.result.programs, record)
  engine.log("program", record)
end

--- "kvm" or "tcg".
function Result:accelerator(name) self.result.accelerator = name end

--- How the case's guest started: "cold" (booted) or "snapshot" (restored from one); "cold" if any was.
function Result:booted(how)
  if self.result.boot ~= "cold" then self.result.boot = how end
end

--- The image of the case's guest or of its example programs.
function Result:image(id) self.result.image = id end

--- The kernel of a guest of the user's own image, as it reports it.
function Result:guest_kernel(release) self.result.guest_kernel = release end

--- The id of DPDK's disk in the case's guest (lib/host/dpdk_disk.lua).
function Result:dpdk(id) self.result.dpdk_disk = id end

--- A guest's clock: `console` has its kernel's messages, `zero` is when it was 0 (engine.now()'s clock), +-
--- uncertainty.
function Result:guest_clock(console, zero, uncertainty)
  local clock = { console = console, offset = zero - self.origin, uncertainty = uncertainty }
  self.result.clocks = self.result.clocks or {}
  table.insert(self.result.clocks, clock)
  engine.log("clock", clock)
end

--- A console of the case's: its last lines are shown if the case fails.
function Result:watch_console(console) table.insert(self.consoles, console) end

--- The last lines of its consoles (consoles.last).
function Result:last_words(since) return consoles.last(self.consoles, self.origin, since) end

--- The place of a console's last lines: "testpmd.log at 22.4 s".
function Result:place(console) return consoles.place(console, self.origin) end

return Result
