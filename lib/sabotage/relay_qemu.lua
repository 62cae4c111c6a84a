-- relay_qemu: the part of relay.lua for moonrig's VM: a QMP monitor of the shim's own, the serial console, the guest's
-- SSH port, and a shim in front of one of the guest's programs. Called with { hooks, words, command_line, catalogue,
-- fault_name, state, of_vm, mark, connect_late, listen_for, front_of }.

-- luacheck: globals sh

local r = ...
local hooks, words, command_line, mark = r.hooks, r.words, r.command_line, r.mark

local function monitor(command)
  local fd = r.connect_late(function() return sh.connect(r.state.monitor) end)
  local function answer()
    local text = ""
    repeat
      local more = sh.read(fd)
      text = text .. (more or "")
    until not more or text:find '"return"[^\n]*\n'
    return text
  end
  sh.write(fd, '{"execute":"qmp_capabilities"}\n')
  answer()
  sh.write(fd, ('{"execute":"human-monitor-command","arguments":{"command-line":"%s"}}\n'):format(command))
  local text = answer()
  sh.close(fd)
  return text
end

local function ssh_port()
  r.state.port = r.state.port or monitor("info usernet"):match "127%.0%.0%.1%s+(%d+)%s"
  return r.state.port
end

local SSH = "ssh -q -i %s/id_ed25519 -p %s -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "
  .. "-o BatchMode=yes -o ConnectTimeout=20 root@127.0.0.1 %s"

-- Runs a command in the guest, with the output of `pack` (a shell command and a pipe) as its input.
local function in_guest(command, pack)
  local folder = command_line:match "%-initrd (%S+)/[^/ ]+"
  local line = (pack or "true | ") .. SSH:format(folder, ssh_port(), "'" .. command .. "'")
  if os.execute(line) ~= 0 then error("a command failed in the guest: " .. command, 0) end
end

-- Before DPDK's disk is mounted: the front lies in a folder that is before its own in PATH.
local INSTALL = "mkdir -p /run/shim /usr/local/sbin && tar -C /run/shim -xf - && "
  .. "real=$(command -v %s || echo /usr/local/bin/%s) && front=/usr/local/sbin/%s && "
  .. "printf \"#!/bin/sh\\nexec /run/shim/shim /run/shim/relay.lua /run/shim/faults.lua \\047%s\\047 $real "
  .. "\\042\\044@\\042\\n\" >$front && chmod 755 $front"

-- Copies the shim and this folder into the guest, and puts them in front of one of its programs.
local function install_in_guest()
  local shim = assert(io.open("/proc/self/cmdline", "rb")):read("*a"):match "^[^%z]+"
  local pack = ("tar -cf - -C %s shim -C %s . | "):format(shim:match "^(.*)/", r.catalogue:match "^(.*)/")
  local program = hooks.guest.program
  in_guest(INSTALL:format(program, program, program, r.fault_name), pack)
end

local function serial_hooks(own)
  return { input = own.input, bytes = own.bytes, is_line_wise = true, line = function(text, io)
    if mark.relays(text) then return nil end
    if text:find("moonrig: ready", 1, true) then
      if hooks.guest then install_in_guest() end
      if hooks.ready then hooks.ready(io) end
    end
    if own.line then return own.line(text, io) end
    return text
  end }
end

-- Replaces the SSH port in QMP's reply by our own.
local function qmp_hooks(own, is_ssh)
  if not is_ssh then return own end
  local listener, port = sh.listen(0)
  r.listen_for(listener, own, function() return sh.connect(tonumber(ssh_port())) end)
  return { line = function(text)
    return (text:gsub("(HOST_FORWARD[^\n]-127%.0%.0%.1%s+)(%d+)", function(before, real)
      r.state.port = real
      return before .. port
    end))
  end }
end

local kind, own = hooks.socket and hooks.socket.kind, hooks.socket or {}
r.front_of("path=([^,]+%.serial)", serial_hooks(kind == "serial" and own or {}))
local qmp = kind == "qmp" or kind == "ssh"
local path = qmp and r.front_of("path=([^,]+%.qmp)", qmp_hooks(own, kind == "ssh"))
path = path or command_line:match "path=([^, ]+%.qmp)"
r.state.monitor = path .. ".own"
words[#words + 1] = "-qmp"
words[#words + 1] = "unix:" .. r.state.monitor .. ",server=on,wait=off"
r.of_vm.monitor, r.of_vm.guest = mark.acting(monitor), mark.acting(in_guest)
