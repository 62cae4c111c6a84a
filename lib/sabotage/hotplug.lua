-- hotplug: faults of hotplug_mp's console, on this machine. Data for relay.lua.

local hooks = dofile(debug.getinfo(1, "S").source:match "^@(.*)/" .. "/hooks.lua")

local PROMPT = "example> "
local ROW = "^%d+\tnet_null0"

local fault = hooks.fault { run = "smoke/hotplug", program = "hotplug_mp", where = "hotplug_mp's console" }

-- Changes that must pass. Below, each has a twin with a fault, which must not.
local function harmless(name, o)
  o.is_harmless = true
  return fault(name, {}, o)
end

local function byte_by_byte(text, io)
  for i = 1, #text do
    io.print(text:sub(i, i))
    io.sleep(0.001)
  end
end

local function log_behind(text)
  return text == PROMPT and text .. "EAL: a late line of the log\r\n" or text
end

-- So many bytes of other lines before the reply to an attach.
local function after_chatter(bytes)
  return hooks.once("^attached device", function(text, io)
    hooks.chatter(io, bytes)
    return text
  end)
end

local ENDS_EARLY = [[return rig.case { name = "sabotaged", run = function(t)
  local p = t:hotplug_mp { proc_type = "primary", hugepages = false, pci = false, memory = 64, file_prefix = "early" }
  t:eventually(5, function() return p.console:exit() end, "it ended")
  t:equal(p:quit().code, 0, "hotplug_mp ended with exit status 0")
end }]]

-- Waits for the wake-up that this act causes.
local function awakes(act)
  return ([[return rig.case { name = "sabotaged", run = function(t)
    local p = t:hotplug_mp { proc_type = "primary", hugepages = false, pci = false, memory = 64, file_prefix = "wakes" }
    t:elapse(0.3)
    %s
    t:elapse(0.3)
    p:expect("wake-up", 2)
    t:equal(p:quit().code, 0, "hotplug_mp ended with exit status 0")
  end }]]):format(act)
end

local function wake_up_behind(is_now)
  return function(text, io)
    io.state.prompts = (io.state.prompts or 0) + 1
    return is_now(io.state.prompts) and text .. "wake-up\r\n" or text
  end
end

local missing_row = hooks.drop(ROW)

return {
  fault("attach answers and does not attach", { "list after the first attach", "net_null0" },
    { input = hooks.answer("^attach (net_null0)", "attached device %1", PROMPT) }),
  fault("detach answers and does not detach", { "list after the detach", "net_null0" },
    { input = hooks.answer("^detach (net_null0)", "detached device %1", PROMPT) }),
  fault("attach is refused, and attaches all the same", { "the reply: attached device", "failed to attached" },
    { line = hooks.replace("^attached device", "failed to attached device") }),
  fault("another driver attaches under the name", { "ports in telemetry after the first attach", "net_null0" },
    { input = function(text) return (text:gsub("net_null0", "net_ring0")) end,
      line = hooks.replace("net_ring0", "net_null0") }),
  fault("an EAL error behind a good reply", { "no EAL error" },
    { line = hooks.behind("^attached device", "EAL: Error - something is wrong\r\n") }),
  fault("an EAL error before a good reply", { "no EAL error" },
    { line = hooks.before("^detached device", "EAL: Driver cannot detach the device\r\n") }),
  fault("a refusal that prints attached", { "refused" },
    { line = hooks.replace("^cannot parse devargs", "attached device bogus") }),
  fault("another device in the reply", { "attach net_null0", "net_null7" },
    { line = hooks.replace("^attached device net_null0", "attached device net_null7") }),
  fault("two replies to one attach", { "attach net_null0" },
    { line = hooks.behind("^attached device net_null0", "failed to attached device net_null0\r\n") }),
  fault("no reply, the prompt alone", { "attach net_null0" }, { line = hooks.drop "^attached device" }),
  fault("a wrong port id in the list", { "list after the first attach", "net_null0" },
    { line = hooks.replace("^0(\tnet_null0)", "3%1") }),
  fault("a device twice in the list", { "hotplug_mp: list", "net_null0", "second time" },
    { line = hooks.twice(ROW) }),
  fault("an attached device missing in the list", { "list after the first attach" }, { line = missing_row }),
  fault("a device in the list that was never attached", { "list at the beginning", "net_null9" },
    { line = hooks.behind("^list all etherdev", "5\tnet_null9\r\n") }),
  fault("the first line of the list twice", { "hotplug_mp: list", "second list" },
    { line = hooks.twice "^list all etherdev" }),
  fault("a reply cut in a line, then silence", { "not done within", "hotplug_mp", "attach net_null0" },
    { line = hooks.cut("^attached device", 0.6), prompt = hooks.nothing_after_cut, timeout = 3 }),
  fault("a reply cut in a line, then its end", { "hotplug_mp", "ended", "example>" },
    { line = hooks.once("^attached device", function(text, io)
      io.print(text:sub(1, 12))
      io.die(0)
    end) }),
  fault("a prompt inside of the list", { "list" },
    { line = hooks.before(ROW, "\r\n" .. PROMPT) }),
  -- a terminal shows no NUL
  harmless("NUL bytes in the output", { line = hooks.replace("net_null0", "net_\0null0") }),
  fault("NUL bytes in the place of a digit", { "list after the first attach" },
    { line = hooks.replace("^0(\tnet_null0)", "1\0%1") }),
  fault("invalid UTF-8 in a device name", { "hotplug_mp: list" },
    { line = hooks.replace("^0\tnet_null0", "0\tnet_\255\254null0") }),
  fault("escape sequences that hide a row", { "list after the first attach" },
    { line = hooks.replace("^0\tnet_null0", "\27]0;0\tnet_null0\7") }),
  fault("chatter without end", { "not done within", "hotplug_mp", "attach net_null0" },
    { timeout = 3, line = hooks.once("^attached device", function(_, io)
      while true do
        hooks.chatter(io, 1e5)
        io.sleep(0.01)
      end
    end) }),
  fault("closes its output, and lives", { "hotplug_mp", "attach net_null0" },
    { timeout = 3, line = hooks.once("^attached device", function(_, io) io.mute() end) }),
  fault("SIGSEGV at an attach", { "hotplug_mp", "SIGSEGV" }, { line = hooks.once("^attached device", function(_, io)
    io.die(0, 11)
  end) }),
  fault("exit status 1 at quit", { "hotplug_mp exited with status 0", "1" },
    { final = function() return 1 end }),
  { name = "hotplug_mp exits with 0 before quit", where = "hotplug_mp's console", program = "hotplug_mp",
    reason = { "hotplug_mp had ended by itself, with exit status 0" }, scenario = ENDS_EARLY,
    prompt = hooks.end_behind "example>" },
  fault("deaf to quit and SIGTERM", { "hotplug_mp" },
    { input = hooks.drop "^quit", signal = function() return false end, timeout = 3 }),
  fault("the answer of the command before", { "attach net_null0" },
    { input = function(text, io)
      local last = io.state.before
      io.state.before = text
      if not last or not text:find "^attach" then return text end
      return last
    end }),
  harmless("a prompt split over reads", { bytes = byte_by_byte }),
  fault("a prompt split over reads, a row missing", { "list after the first attach" },
    { line = missing_row, prompt = byte_by_byte }),
  harmless("log lines behind the prompt", { prompt = log_behind }),
  fault("log lines behind the prompt, a row missing", { "list after the first attach" },
    { line = missing_row, prompt = log_behind }),
  harmless("500 kB of chatter before the prompt", { line = after_chatter(5e5) }),
  fault("500 kB of chatter before the prompt, a row missing", { "list after the first attach" },
    { line = function(text, io)
      text = missing_row(text)
      return text and after_chatter(5e5)(text, io)
    end }),
  fault("100 MB of chatter before the prompt", { "hotplug_mp printed too much at once", "bytes are dropped" },
    { line = after_chatter(100e6), timeout = 30 }),
  fault("a refusal in place of the reply", { "hotplug_mp refused it: Bad arguments" },
    { line = hooks.replace("^attached device.*", "Bad arguments\r\n") }),
  { name = "text from before: a wake-up at the start, and none by the act", where = "hotplug_mp's console",
    program = "hotplug_mp", reason = { 'no "wake-up"', "it was printed before" },
    scenario = awakes 't:here():run { "true" }', prompt = wake_up_behind(function(prompt) return prompt == 1 end) },
  { name = "a wake-up in the gap between its act and the wait", where = "hotplug_mp's console",
    program = "hotplug_mp", is_harmless = true, scenario = awakes "p:list()",
    prompt = wake_up_behind(function(prompt) return prompt == 2 end) },
  harmless("colours in the output", { line = hooks.replace("net_null0", "\27[1;31mnet_null0\27[0m") }),
}
