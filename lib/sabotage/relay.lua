-- relay: the program of the shim. Runs a real program, relays its console, sockets and signals, and changes them by the
-- hooks of one fault.
--
--   shim relay.lua CATALOGUE FAULT PROGRAM [WORD...]
--
-- A fault's hooks, all optional (`io`: see new_io):
--   line(text, io)    a line of output with its end; returns its replacement, nil: nothing
--   prompt(text, io)  output without an end of line for IDLE_SECONDS; as line
--   bytes(text, io)   output as it was read, in place of line and prompt
--   is_line_wise      output without an end of line waits for it
--   input(text, io)   a typed line, or one control byte; returns what the program gets, nil: nothing
--   start(io)         before the program starts; begun(io): after it
--   signal(name, io)  false: the program does not get the signal
--   final(code, signal, io) returns our exit status and signal
--   argv(words)       changes the program's words in place
--   socket            { kind = "telemetry" | "qmp" | "serial" | "ssh", and hooks of its own: line, prompt, bytes,
--                     input, accepted(io) (false: the client is ignored) }
--   only              the fault is for a command line with this text
--   is_under          the program keeps the pid that moonrig started, for checks that read /proc
-- For QEMU: ready(io) at the guest's ready line; io.monitor(command), io.guest(command); and
--   guest             { program = a program of the guest that gets a shim in front of it, and hooks }

-- luacheck: globals sh

local catalogue, fault_name, program = ...
local words = { select(3, ...) }

local SIGNALS = { [1] = "HUP", [2] = "INT", [15] = "TERM", [17] = "CHLD", [28] = "WINCH" }
local SIGCHLD, SIGWINCH, SIGKILL = 17, 28, 9

-- Output without an end of line is relayed after so long without another byte.
local IDLE_SECONDS = 0.05

-- Output is read for so long after the program's exit.
local DRAIN_SECONDS = 0.2

local NONE = {}

-- relay_mark.lua and relay_qemu.lua are beside the catalogue.
local function part(name, ...)
  return assert(loadfile(("%s/%s.lua"):format(catalogue:match "^(.*)/", name)))(...)
end

local mark = part "relay_mark"

local command_line = table.concat(words, " ")
local is_vm = program:find("qemu", 1, true) and command_line:find "path=%S+%.serial"

local function find_fault()
  for _, fault in ipairs(dofile(catalogue)) do
    if fault.name == fault_name then return fault end
  end
  error(("no fault %q in %s"):format(fault_name, catalogue), 0)
end

-- The hooks for this command line. QEMU also runs for other things than the VM.
local function find_hooks(fault)
  local guest = fault.guest
  if guest and program:find("/" .. guest.program, 1, true) then fault = guest end
  if fault.only and not command_line:find(fault.only, 1, true) then return { is_under = fault.is_under } end
  if program:find("qemu", 1, true) and not is_vm then return NONE end
  return fault
end

local hooks = mark.hooks(find_hooks(find_fault()))
local io_state = {}
local main = { pid = nil, input = nil, outputs = {} }
local links, listeners = {}, {}
local is_muted = false

-- ---- the functions of hooks ----

-- More functions for the hooks of QEMU (relay_qemu.lua).
local of_vm = {}

local function new_io(print_, type_)
  return setmetatable({
    state = io_state, argv = command_line, words = words, program = program,
    print = mark.acting(print_), type = mark.acting(type_),
    sleep = function(seconds) sh.poll({}, seconds) end,
    kill = mark.acting(function(signal) sh.kill(main.pid, signal) end),
    run = mark.acting(function(command) return os.execute(command) end),
    -- no more output and input, but the process lives
    mute = mark.acting(function()
      is_muted = true
      for fd = 0, 2 do sh.close(fd) end
    end),
    die = mark.acting(function(code, signal)
      if main.pid then sh.kill(main.pid, SIGKILL) end
      sh.die(code, signal)
    end),
  }, { __index = of_vm })
end

local function print_out(text)
  if not is_muted then sh.write(1, text) end
end

local console = new_io(print_out, function(text) sh.write(main.input, text) end)

-- ---- a stream of output with its hooks ----

local function new_stream(own, out, io)
  local pending = ""
  local stream = {}

  local function put(text)
    if text then out(text) end
  end

  function stream.feed(text)
    if own.bytes then return put(own.bytes(text, io)) end
    if not own.line and not own.prompt then return out(text) end
    pending = pending .. text
    local at = 1
    for line, after in pending:gmatch("([^\n]*\n)()") do
      at = after
      if own.line then put(own.line(line, io)) else out(line) end
    end
    pending = pending:sub(at)
  end

  -- no byte for IDLE_SECONDS: a prompt
  function stream.idle()
    if pending == "" or own.is_line_wise then return end
    local text = pending
    pending = ""
    if own.prompt then put(own.prompt(text, io)) else out(text) end
  end

  function stream.is_waiting() return pending ~= "" and not own.is_line_wise end

  return stream
end

-- Typed lines and control bytes, one by one.
local function feed_input(own, text, out, io)
  if not own.input then return out(text) end
  for piece in text:gmatch("[^\n%c]*\n?%c?") do
    if piece ~= "" then
      local new = own.input(piece, io)
      if new then out(new) end
    end
  end
end

-- ---- sockets: our listener in front of the real one ----

local function connect_late(connect)
  for _ = 1, 1000 do
    local fd = connect()
    if fd then return fd end
    sh.poll({}, 0.01)
  end
  error("no connection to the real socket in 10 s", 0)
end

local function listen_for(listener, own, connect)
  listeners[listener] = function()
    local client = sh.accept(listener)
    local link = { client = client }
    local io = new_io(function(text) sh.write(client, text) end, function(text) sh.write(link.far, text) end)
    io.close = function()
      sh.close(client)
      links[client] = nil
    end
    if own.accepted and own.accepted(io) == false then
      listeners[client] = function() if not sh.read(client) then io.close() listeners[client] = nil end end
      return
    end
    link.far, link.io, link.hooks = connect_late(connect), io, own
    link.stream = new_stream(own, function(text) sh.write(client, text) end, io)
    links[client] = link
  end
end

local function close_link(link)
  sh.close(link.client)
  sh.close(link.far)
  links[link.client] = nil
end

-- Moves a socket's path in the program's words to PATH.real, and listens at PATH.
local function front_of(pattern, own)
  for i, word in ipairs(words) do
    local path = word:match(pattern)
    if path then
      local s, e = word:find(path, 1, true)
      words[i] = word:sub(1, s - 1) .. path .. ".real" .. word:sub(e + 1)
      listen_for(assert(sh.listen(path)), own, function() return sh.connect(path .. ".real") end)
      return path
    end
  end
end

-- DPDK makes its telemetry socket before it prints its ready line.
local function front_of_telemetry()
  if io_state.telemetry_path then return end
  local prefix = command_line:match "%-%-file%-prefix=(%S+)" or "rte"
  local base = os.getenv "XDG_RUNTIME_DIR"
  for _, folder in ipairs { "/var/run/dpdk/", base and base .. "/dpdk/" } do
    local path = folder .. prefix .. "/dpdk_telemetry.v2"
    if os.rename(path, path .. ".real") then
      io_state.telemetry_path = path
      listen_for(assert(sh.listen(path, true)), hooks.socket, function() return sh.connect(path .. ".real", true) end)
      return
    end
  end
end

-- ---- the whole ----

local function start()
  if is_vm then
    part("relay_qemu", { hooks = hooks, words = words, command_line = command_line, catalogue = catalogue,
      fault_name = fault_name, state = io_state, of_vm = of_vm, mark = mark, connect_late = connect_late,
      listen_for = listen_for, front_of = front_of })
  end
  if hooks.argv then hooks.argv(words) end
  if hooks.start then hooks.start(console) end
  local spawn = hooks.is_under and sh.under or sh.spawn
  local pid, input, out, err = spawn(words)
  if not pid then error(input, 0) end
  main.pid, main.input = pid, input
  for i, fd in ipairs { out or input, err } do
    local to = i == 2 and function(text) sh.write(2, text) end or print_out
    main.outputs[fd] = new_stream(i == 2 and NONE or hooks, to, console)
  end
  if hooks ~= NONE and mark.is_bare(hooks) then mark.fire() end
  if hooks.begun then hooks.begun(console) end
end

local function read_output(fd)
  local text = sh.read(fd)
  if not text then
    main.outputs[fd].idle()
    main.outputs[fd] = nil
    return
  end
  if hooks.socket and hooks.socket.kind == "telemetry" then front_of_telemetry() end
  main.outputs[fd].feed(text)
end

local function read_input()
  local text = sh.read(0)
  if text then return feed_input(hooks, text, function(out) sh.write(main.input, out) end, console) end
  main.is_input_over = true
  if main.outputs[main.input] then sh.write(main.input, "\4") else sh.close(main.input) end
end

local function read_link(link, fd)
  local text = sh.read(fd)
  if not text then return close_link(link) end
  if fd == link.far then return link.stream.feed(text) end
  feed_input(link.hooks, text, function(out) sh.write(link.far, out) end, link.io)
end

local function read_signal(fd)
  local signal = sh.signal(fd)
  if signal == SIGCHLD or signal == SIGWINCH then return end
  if hooks.signal and hooks.signal(SIGNALS[signal], console) == false then return end
  sh.kill(main.pid, signal)
end

local function streams()
  local out = {}
  for _, stream in pairs(main.outputs) do out[#out + 1] = stream end
  for _, link in pairs(links) do out[#out + 1] = link.stream end
  return out
end

local function waiting(signals)
  local fds = { signals }
  if not main.is_input_over and not is_muted then fds[#fds + 1] = 0 end
  for fd in pairs(main.outputs) do fds[#fds + 1] = fd end
  for fd in pairs(listeners) do fds[#fds + 1] = fd end
  for _, link in pairs(links) do
    fds[#fds + 1] = link.client
    fds[#fds + 1] = link.far
  end
  return fds
end

local function turn(signals)
  local is_waiting = false
  for _, stream in ipairs(streams()) do is_waiting = is_waiting or stream.is_waiting() end
  local ready = sh.poll(waiting(signals), is_waiting and IDLE_SECONDS or 1)
  if ready[signals] then read_signal(signals) end
  if ready[0] and not main.is_input_over then read_input() end
  for fd in pairs(ready) do
    if main.outputs[fd] then read_output(fd) end
    if listeners[fd] then listeners[fd]() end
  end
  for _, link in pairs(links) do
    for _, fd in ipairs { link.client, link.far } do
      if ready[fd] and links[link.client] then read_link(link, fd) end
    end
  end
  if not next(ready) then
    for _, stream in ipairs(streams()) do stream.idle() end
  end
end

-- Relays the output that is left after the exit.
local function drain()
  local deadline = sh.now() + DRAIN_SECONDS
  while next(main.outputs) and sh.now() < deadline do
    local fds = {}
    for fd in pairs(main.outputs) do fds[#fds + 1] = fd end
    for fd in pairs(sh.poll(fds, 0.02)) do read_output(fd) end
  end
  for _, stream in pairs(main.outputs) do stream.idle() end
end

local function remove_sockets()
  local path = io_state.telemetry_path
  if path then
    os.remove(path)
    os.remove(path .. ".real")
  end
end

local function relay()
  local signals = sh.signals()
  start()
  local code, signal
  repeat
    turn(signals)
    code, signal = sh.wait(main.pid)
    local is_over = hooks.is_under and not next(main.outputs)
  until code or signal or is_over
  drain()
  remove_sockets()
  if hooks.final then code, signal = hooks.final(code, signal, console) end
  sh.die(code or 0, signal or 0)
end

local ok, why = pcall(relay)
if ok then return end
mark.fail(why)
error(why, 0)
