--- attended: a case that a person may attach to. What the person does is no input of the case: a replay omits it.

local consoles = require "case.consoles"
local engine = require "engine"
local recorder = require "recorder.recorder"
local verdicts = require "base.verdicts"

local attended = {}

local function new_server(ctx, t, spec, emit)
  local may = spec.attach or {}
  local server = require("repl.attach_server").new { ctx = ctx, t = t, name = spec.id, run = spec.run, emit = emit,
    terminal = may.terminal, keep = may.keep, deadline = spec.deadline, on_failure = may.on_failure, stop = may.stop }
  for _, name in ipairs { "pause", "halt", "at_phase", "event" } do
    local method = server[name]
    server[name] = function(...) return recorder.unrecorded(method, ...) end
  end
  ctx.attach = server
  server:open_soon()
  return server
end

--- Opens a case to terminals. Returns the server (lib/repl/attach_server.lua); nil in a replay. spec.attach is {
--- terminal, keep, on_failure, stop }.
function attended.open(...) return recorder.unrecorded(new_server, ...) end

--- Calls fn(header, ...), which runs the header's setup and steps. Keeps their locals for the person who may stop at
--- the end; raises fn's error.
function attended.call(server, fn, header, ...)
  if not (server and (server.on_failure or server.keep)) then return fn(header, ...) end
  local functions = { [header.run] = true, [header.setup or header.run] = true }
  local ok, err, scope, trace = require("repl.frames").call_watched(functions, fn, header, ...)
  server.scope, server.trace = scope, trace
  if not ok then error(err, 0) end
end

--- Pauses before the teardown, where --keep or --repl-on-failure asks for it.
function attended.linger(server, status, reason)
  if not server or not (server.keep or (server.on_failure and verdicts.of(status).is_bad)) then return end
  local why = ("%s%s"):format(status, reason and ": " .. tostring(reason) or "")
  pcall(server.pause, server, { why = why, orders = { "continue", "stop" }, default = "continue",
    scope = server.scope, lines = consoles.text(server.ctx:last_words(), 3, 3),
    seconds = not server.terminal and server.keep or nil })
  engine.clear_cancel()
end

--- Notes in the result that a person typed: the verdict may depend on it.
function attended.note_typing(server)
  if not (server and server.is_typed_at) then return end
  recorder.unrecorded(server.ctx.notice, server.ctx,
    "a person typed at this case: its verdict is not the scenario's alone")
end

return attended
