---@meta

--- A case: checks, flow and the primitives.
---@class t
local t = {}

--- Checks that `got` equals `expected` (==). Two nils are a failure, and nan equals nothing. A failure of bytes, or of
--- long texts, shows the first difference, with its offset and in hex. Returns got.
---@param got any
---@param expected any
---@param what text the claim in words
---@return any
function t:equal(got, expected, what) end

--- Checks that two tables are equal at every depth. A failure names the first difference: "ports[1].rx: expected 5, got
--- 6".
---@param got any
---@param expected any
---@param what text
---@return any
function t:same(got, expected, what) end

--- Checks that `got` is a number and not smaller than `min`. Returns got.
---@param got any
---@param min number
---@param what text
---@return number
function t:at_least(got, min, what) end

--- Checks that `value` is neither nil nor false. Returns it.
---@param value any
---@param what text
---@return any
function t:truthy(value, what) end

--- Checks that a text, or an error as it prints, matches a Lua pattern. Returns the captures, or the match.
---@param text any
---@param pattern string
---@param what text
---@return string ...
function t:match(text, pattern, what) end

--- Checks the answer of an oracle: t:holds(oracle.received(stats)). Without `what`, the oracle has its own words.
--- Returns detail.
---@param ok any
---@param detail? any
---@param what? text
---@return any
function t:holds(ok, detail, what) end

--- Checks that `fn` raises an error that matches the Lua pattern. Returns the error. A failed check inside `fn` is
--- raised again.
---@param fn fun()
---@param pattern? string
---@param what text
---@return any
function t:raises(fn, pattern, what) end

--- Checks that fn returns a true value within `seconds`. Calls it again and again; a failed check in it counts as "not
--- yet". A later success is a failure, and a failure shows all values that fn returned last (`return n > 5, n`). An
--- error in fn ends the wait at once, as that error; with the option `tolerate = true` it counts as "not yet", too, and
--- is raised at the deadline. Returns the value of fn.
---@param seconds seconds
---@param fn fun(): any
---@param what? text|table the claim in words, or the options
---@param options? table { tolerate (false) }
---@return any
function t:eventually(seconds, fn, what, options) end

--- Records a failed check.
---@param what text
function t:fail(what) end

--- Starts a phase. results.json has the seconds of each.
---@param name text
function t:phase(name) end

--- Opens a prompt with the scenario's locals, at the run's terminal or for `moonrig attach`. Without a terminal the
--- case continues and prints a line.
---@param why? text shown at the prompt
function t:pause(why) end

--- Lets time pass. Use it only if time is the subject: traffic for 3 s.
---@param seconds seconds
function t:elapse(seconds) end

--- Runs fn as a second task beside this one. task:join(seconds) waits for it and raises its error.
---@param fn fun(...): any
---@return task
function t:spawn(fn, ...) end

--- Runs a part of the case with its own verdict: t:cell(name, { known_issue, sometimes, timeout }, fn). What it opens
--- ends with it: programs, guests, sockets, nodes. A program that it leaves open is its error. The case continues after
--- it in any case, and the worst cell decides the case. `timeout`: its own deadline in seconds. `known_issue` is { why,
--- says, versions }: XFAIL if a check fails and its message matches `says`, one or several Lua patterns; XPASS if none
--- fails, but not with `sometimes`, for an issue that depends on a race. `versions` are those of DPDK that have it,
--- "22.11 to 26.03": with others a failure is a FAIL and a success a PASS. Or several of them, { issue, issue, ... }:
--- any may show. Returns the verdict.
---@param name text
---@param options? table|fun()
---@param fn? fun()
---@return string
function t:cell(name, options, fn) end

--- Runs fn at the end of the case, or of the cell, whatever happened: a failure, an error, the deadline, Ctrl-C. The
--- function that was deferred last runs first; all of them have 30 s, and 2 s after Ctrl-C. An error in it is an ERROR,
--- and the first cause stays the first reason.
---@param fn fun()
function t:defer(fn) end

--- Adds a line to the output and to the results. A table is shown with its content.
---@param text any
function t:note(text) end

--- Stores a measured value in results.json.
---@param name text
---@param value any a value that JSON can hold
function t:value(name, value) end

--- Ends the case as SKIP.
---@param reason text
function t:skip(reason) end

--- The folder of the case's own files, for captures, configurations, keys: an absolute path below its results. What is
--- in it at the case's end is listed in results.json, shown in report.html, and part of a bundle.
---@return string
function t:dir() end

--- A path for a Unix socket of a program. Relative names of vdevs and ports lie in the same folder, which is removed at
--- the case's end; a path in t:dir() may be too long for a socket.
---@param name text without a slash
---@return string
function t:socket(name) end

--- Starts dpdk-testpmd and waits for its prompt.
---@param options? testpmd.Options
---@param node? node this machine by default
---@return testpmd
function t:testpmd(options, node) end

--- Starts a VM and logs in.
---@param options? vm.Options|string options, or a profile's name
---@return vm
function t:vm(options) end

--- Starts QEMU without running the guest, so that its sockets exist before testpmd starts. prepared:launch() runs the
--- guest.
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

--- Starts a program that goes on when its SSH session ends, as by a migration, and is joined again over another one. It
--- ends with the case. Options: { name, env, cwd, pty (true: at a terminal, as DPDK's prompts need; the node has socat)
--- }.
---@param argv string[]
---@param options? table
---@param node? node
---@return detached
function t:detached(argv, options, node) end

--- Binds devices to a driver with dpdk-devbind.py. The old drivers are restored at the end of the case. Returns
--- { [address] = { old, new } }.
---@param devices string[] PCI addresses: "0000:00:05.0", "00:05.0"
---@param driver text
---@param node? node
---@return table
function t:bind(devices, driver, node) end

--- A client of the telemetry socket at `path`.
---@param path text
---@param node? node
---@return telemetry
function t:telemetry(path, node) end

--- A machine reached by SSH. `host` is a name or an address, also an IPv6 one ("fe80::1%eth0"); `name` is the host by
--- default. `key` is the file of a private key without a passphrase. What the login shell there prints before a command
--- is no output of the command; a note names it.
---@param options table { name, host, port (22), user ("root"), key, host_key, timeout (20) }
---@return node
function t:node(options) end

--- This machine, as a node.
---@return node
function t:here() end
