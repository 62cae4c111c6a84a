---@meta

--- A case: checks, flow, and the things under test.
---@class t
local t = {}

--- `got` is `expected` (==). nan equals nothing; nil against nil is a failure. Returns got.
---@param got any
---@param expected any
---@param what text what is claimed, in words
---@return any
function t:equal(got, expected, what) end

--- `got` is the same as the table `expected`, all the way down; a failure names the first difference.
---@param got any
---@param expected any
---@param what text
---@return any
function t:same(got, expected, what) end

--- `got` is a number, `min` or more. Returns got.
---@param got any
---@param min number
---@param what text
---@return number
function t:at_least(got, min, what) end

--- `value` is neither nil nor false. Returns it.
---@param value any
---@param what text
---@return any
function t:truthy(value, what) end

--- The text matches a Lua pattern. Returns the captures (or the match).
---@param text any
---@param pattern string
---@param what text
---@return string ...
function t:match(text, pattern, what) end

--- The answer of an oracle: t:holds(oracle.received(stats)), or with words of one's own. Returns detail.
---@param ok any
---@param detail? any
---@param what? text
---@return any
function t:holds(ok, detail, what) end

--- `fn` raises, and what it raises matches the Lua pattern. Returns what was raised.
---@param fn fun()
---@param pattern? string
---@param what text
---@return any
function t:raises(fn, pattern, what) end

--- A check: fn returns a true value within `seconds`; it is called again and again, an error in it is "not yet".
--- Returns fn's value.
---@param seconds seconds
---@param fn fun(): any
---@param what? text
---@return any
function t:eventually(seconds, fn, what) end

--- A check that failed, in words.
---@param what text
function t:fail(what) end

--- From here on the time belongs to this phase; results.json shows each with its seconds.
---@param name text
function t:phase(name) end

--- Waits for a person at the run's terminal, or one that joins it (`moonrig attach`): a prompt opens with the scenario's
--- locals. Without a terminal it goes on, and says so.
---@param why? text what it is to be looked at for
function t:pause(why) end

--- Lets time pass, where time is what the scenario is about: traffic for 3 s.
---@param seconds seconds
function t:elapse(seconds) end

--- Runs fn side by side with this one; task:join(seconds) waits for it, and raises what it raised.
---@param fn fun(...): any
---@return task
function t:spawn(fn, ...) end

--- A row of a matrix, with a verdict of its own: t:cell(name, { known_issue, sometimes }, fn). Returns its verdict.
---@param name text
---@param options? table|fun()
---@param fn? fun()
---@return string
function t:cell(name, options, fn) end

--- A line for the user and the record; a table is shown with what is in it.
---@param text any
function t:note(text) end

--- A measured value for results.json.
---@param name text
---@param value any what JSON can hold
function t:value(name, value) end

--- Ends the case as SKIP.
---@param reason text
function t:skip(reason) end

--- Starts dpdk-testpmd and waits for its prompt.
---@param options? testpmd.Options
---@param node? node where; this machine without one
---@return testpmd
function t:testpmd(options, node) end

--- Brings a VM up and logs in.
---@param options? vm.Options|string options, or a profile's name
---@return vm
function t:vm(options) end

--- Starts a VM's QEMU, whose guest runs once prepared:launch() is called: its sockets are there for testpmd.
---@param options? vm.Options|string
---@return prepared_vm
function t:prepare_vm(options) end

--- Starts a DPDK process.
---@param options mp.Options
---@param node? node
---@return mp
function t:mp(options, node) end

--- Starts hotplug_mp and waits for its prompt.
---@param options? hotplug_mp.Options
---@param node? node
---@return hotplug_mp
function t:hotplug_mp(options, node) end

--- Binds devices to a driver with dpdk-devbind.py; the old drivers come back at the end of the case. Returns
--- { [address] = { old, new } }.
---@param devices string[] PCI addresses
---@param driver text
---@param node? node
---@return table
function t:bind(devices, driver, node) end

--- A client of the telemetry socket at `path`.
---@param path text
---@param node? node
---@return telemetry
function t:telemetry(path, node) end

--- A machine reached by SSH.
---@param options table { name, host, port, user, key, host_key, timeout }
---@return node
function t:node(options) end

--- This machine, as a node.
---@return node
function t:here() end
