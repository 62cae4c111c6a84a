--- hotplug_watch: after each step of a hotplug scenario, checks that every process, the guest's kernel, the logs and
--- the vhost side agree (lib/kit/hotplug_oracle.lua).

local breach = require("kit.invariant").breach
local engine = require "engine"
local fail = require "base.fail"
local hotplug_oracle = require "kit.hotplug_oracle"
local options = require "base.options"
local parse = require "dpdk.parse"
local pci = require "dpdk.pci"
local show = require "base.show"
local vfio = require "dpdk.vfio"

local hotplug_watch = {}

local SPEC = { vm = { "table", needed = true }, pmd = { "table" }, backends = { "table" }, nics = { "table" },
  driver = { "string", "vfio-pci" }, timeout = { "number", 5 } }
local CHECK = { devices = { "table" }, reply = { "table" }, words = { "string" }, when = { "string" },
  expect_errors = { "boolean", false } }

local Watch = {}
local class = options.class("hotplug watch", Watch)

--- A watch on processes in a VM. `nics` are the PCI devices that are attached and detached, `driver` is their driver.
--- `pmd` is the testpmd that is their vhost backend, with `backends` = { [device] = { port = its port id, socket = its
--- path, or its name in the case's scratch folder } }. `timeout`: the seconds for vhost to follow.
function hotplug_watch.new(t, given)
  local o = options.take("hotplug_watch", given, SPEC)
  local nics = {}
  for i, nic in ipairs(o.nics or {}) do nics[i] = pci.name(nic) end
  local self = setmetatable({ t = t, vm = o.vm, nics = nics, driver = o.driver, pmd = o.pmd or false,
    backends = pci.named(o.backends or {}), timeout = o.timeout, processes = {}, has_lists = true, devices = false,
    marks = {}, read_to = {} }, class)
  if o.pmd then self.marks[o.pmd] = o.pmd:mark() end
  return self
end

--- Watches these processes (an array) from here on; earlier output of a new process is ignored. Options: `lists` =
--- false for programs without a device list.
function Watch:follow(processes, given)
  self.has_lists = options.take("watch:follow", given, { lists = { "boolean", true } }).lists
  self.processes = processes
  for _, process in ipairs(processes) do
    self.marks[process] = self.marks[process] or process:mark()
  end
end

-- The complete lines of a program since the last check; the next check begins behind them.
local function new_lines(self, program)
  local console, mark = program.console, self.marks[program]
  local length, text = console:mark() - mark, console:since(mark)
  if #text < length then
    fail.raise("ENOBUFS", program:name(), ("%d bytes of its output are gone unread"):format(length - #text))
  end
  text = text:match "^.*\n" or ""
  self.read_to[program] = mark + #text
  return text
end

-- An invalid list (a port without a name) is a failed check.
local function list_of(self, process, when)
  local ok, list = pcall(process.list, process)
  if ok then return list.by_device end
  if fail.code(list) ~= "EPROTO" then error(list, 0) end
  local _, detail = breach(("the %s's list"):format(process:name()), "it makes no sense", "a list", list.what)
  self.t:holds(nil, detail, "every process has a list" .. when)
end

local function check_lists(self, devices, when)
  local lists = {}
  for _, process in ipairs(self.processes) do
    local list = list_of(self, process, when)
    -- without an expectation: the list of the first one
    lists[process:name()], devices = list, devices or list
  end
  local ok, detail = hotplug_oracle.lists(lists, devices)
  self.t:holds(ok, detail, "every process lists the same devices, the expected ones" .. when)
  return devices
end

-- The kernel's view, independent of the programs.
local function check_kernel(self, devices, when)
  local pids, held = {}, {}
  for i, process in ipairs(self.processes) do pids[i] = process.console:pid() end
  local seen = vfio.look(self.vm.node, self.nics, pids)
  for i, process in ipairs(self.processes) do held[process:name()] = seen.held[pids[i]] end
  local ok, detail = hotplug_oracle.held(held, self.nics, devices)
  self.t:holds(ok, detail, "every process has open what it lists" .. when)
  ok, detail = hotplug_oracle.bound(seen.drivers, self.nics, self.driver)
  self.t:holds(ok, detail, ("the NICs are bound to %s"):format(self.driver) .. when)
end

local function check_logs(self, expects_errors, when)
  local errors, programs = {}, { unpack(self.processes) }
  if self.pmd then programs[#programs + 1] = self.pmd end
  for _, program in ipairs(programs) do errors[program:name()] = parse.eal_errors(new_lines(self, program)) end
  if expects_errors then return end
  local ok, detail = hotplug_oracle.quiet(errors)
  self.t:holds(ok, detail, "no process reports an EAL error" .. when)
end

-- testpmd's scratch folder is where its relative sockets are.
local function socket_path(self, socket)
  return socket:find "^/" and socket or self.t.ctx:scratch_on(self.pmd.node) .. "/" .. socket
end

local function judge_backend(self, device, is, was)
  local backend = self.backends[device]
  local link = self.pmd:port_info(backend.port).link
  local events, why = parse.vhost_events(new_lines(self, self.pmd))
  if not events then fail.raise("EPROTO", self.pmd:name() .. ": vhost's log", why) end
  local moves = hotplug_oracle.moves(events, socket_path(self, backend.socket))
  return hotplug_oracle.backend(device, link, moves, is, was)
end

-- vhost handles changes in its own thread: they may arrive a little later.
local function check_backend(self, device, is, was, when)
  local deadline = engine.now() + self.timeout
  local ok, detail = judge_backend(self, device, is, was)
  while not ok and engine.now() < deadline do
    self.t:elapse(0.05)
    ok, detail = judge_backend(self, device, is, was)
  end
  self.t:holds(ok, detail, ("testpmd's port %d agrees"):format(self.backends[device].port) .. when)
end

local function check_backends(self, devices, expects_errors, when)
  for _, device in ipairs(show.sorted_keys(self.backends)) do
    local was
    if self.devices and not expects_errors then was = self.devices[device] ~= nil end
    check_backend(self, device, devices[device] ~= nil, was, when)
  end
end

--- Checks that all agree on `devices` after a step ({ [device] = port id, or true for any }; nil: the list of the first
--- process). Checked are: the reply (`words`); the list of every process; the NICs that each has open; their driver; no
--- EAL error since the last check; testpmd's links; vhost's events since then. `expect_errors`: in a step with a
--- failure, errors in logs and a NIC that was attached for a moment are accepted. Returns the devices.
function Watch:check_consistent(given)
  local o = options.take("watch:check_consistent", given, CHECK)
  local when = o.when or (o.words and ('after "%s"'):format(o.words))
  when = when and " " .. when or ""
  if o.reply then self.t:equal(o.reply.words, o.words, ("the reply is %q"):format(o.words or "")) end
  local expected = o.devices and pci.named(o.devices)
  local devices = self.has_lists and check_lists(self, expected, when) or expected
  if #self.nics > 0 then check_kernel(self, devices, when) end
  if self.pmd then check_backends(self, devices, o.expect_errors, when) end
  check_logs(self, o.expect_errors, when)
  for program, position in pairs(self.read_to) do self.marks[program] = position end
  self.devices = devices
  return devices
end

return hotplug_watch
