--- context: what a case's objects share: scratch folder, phases, notices, values, the record.

local consoles = require "case.consoles"
local engine = require "engine"
local fail = require "base.fail"

local context = {}

--- A context. `emit(event)` gets { ev = "phase" | "check" | "notice" | ..., ... } as they happen;
--- `origin` is the run's zero on the monotonic clock. Returns it and the result it fills in:
--- { checks, phases, notices, values, cells, programs, accelerator, boot }.
function context.new(origin, emit)
  local result = { checks = {}, phases = {}, notices = {}, values = {}, cells = {}, programs = {} }
  local open
  local ctx = { here = engine.here(), tasks = {}, programs = {}, machines = {},
    scratch = fail.check(engine.scratch()), root = engine.home() }
  local tell = emit
  function emit(event)
    tell(event)
    if ctx.desk then ctx.desk:event(event) end
  end
  ctx.emit = tell

  local trees, prefixes, remote, heard, typed = {}, {}, {}, {}, {}

  --- A console of the case's: its last words are told where the case fails.
  function ctx.hear(console) heard[#heard + 1] = console end

  --- Its checks so far, an array of records (lib/case/check.lua).
  function ctx.checks() return result.checks end

  --- Those that a person made at its prompt, which are none of its result.
  function ctx.typed_checks() return typed end

  function ctx.record_typed(check) typed[#typed + 1] = check end

  --- Its cells so far, an array (ctx.cell).
  function ctx.cells() return result.cells end

  --- What the consoles said last (consoles.last).
  function ctx.last_words(since) return consoles.last(heard, origin, since) end

  --- Where a console's last words are found: "testpmd.log at 22.4 s".
  function ctx.place(console) return consoles.place(console, origin) end

  --- A folder of ours outside the scratch folder: gone when we are.
  function ctx.own_tree(path)
    engine.fs.guard_tree(path)
    trees[#trees + 1] = path
  end

  --- A socket that a program of the case is to make outside the scratch folder; one that is there already is not ours.
  function ctx.own_socket(path)
    if path:sub(1, #ctx.scratch + 1) ~= ctx.scratch .. "/" and not engine.fs.stat(path) then ctx.own_tree(path) end
  end

  --- The hugepages of a DPDK file prefix that is ours alone: EAL leaves its files even where it ends in peace.
  function ctx.own_hugepages(prefix)
    engine.fs.guard_huge(prefix)
    prefixes[#prefixes + 1] = prefix
  end

  --- A private folder on a node, gone at the end of its session. $MOONRIG_SESSION is that session's name.
  function ctx.scratch_on(node)
    if node:is_here() then return ctx.scratch end
    if not remote[node] then
      node:undo { "sh", "-c", 'rm -rf "/tmp/moonrig-$MOONRIG_SESSION"' }
      local r = fail.check(node:run { "sh", "-c", 'p=/tmp/moonrig-$MOONRIG_SESSION; mkdir -m 700 "$p" && echo "$p"' })
      if r.code ~= 0 then fail.raise("EIO", "scratch", node:name() .. ": no scratch folder", r.err) end
      remote[node] = r.out:match "[^\n]+"
    end
    return remote[node]
  end

  --- Removes what the case had on disk here.
  function ctx.clean()
    for _, path in ipairs(trees) do engine.fs.rmtree(path) end
    for _, prefix in ipairs(prefixes) do engine.fs.remove_huge(prefix) end
    engine.fs.rmtree(ctx.scratch)
  end

  function ctx.clock() return engine.now() - origin end

  local function close_phase()
    if not open then return end
    open.seconds = ctx.clock() - open.start
    open = nil
  end

  function ctx.phase(name)
    close_phase()
    if not name then return end
    open = { name = name, start = ctx.clock() }
    result.phases[#result.phases + 1] = open
    engine.log("phase", { name = name })
    emit { ev = "phase", name = name }
  end

  -- a part of the phase under way: "start the vm/boot"
  function ctx.span(name, fn)
    local span = { name = (open and open.name or "setup") .. "/" .. name, start = ctx.clock(), part = true }
    result.phases[#result.phases + 1] = span
    emit { ev = "phase", name = span.name }
    fn()
    span.seconds = ctx.clock() - span.start
    engine.log("span", { name = span.name, seconds = span.seconds })
  end

  function ctx.notice(text)
    for _, known in ipairs(result.notices) do
      if known == text then return end
    end
    result.notices[#result.notices + 1] = text
    engine.log("notice", { text = text })
    emit { ev = "notice", text = text }
  end

  --- The notice that came last; nil without any.
  function ctx.last_notice() return result.notices[#result.notices] end

  function ctx.value(name, value)
    local ok, err = pcall(engine.json.encode, value)
    if not ok then fail.misuse("t:value(name, value): %s: %s", name, (tostring(err):gsub("^.*json.encode: ", ""))) end
    result.values[name] = value
    engine.log("value", { name = name, value = value })
  end

  --- A matrix's row: { name, status, reason, seconds, consoles }.
  function ctx.cell(cell)
    result.cells[#result.cells + 1] = cell
    engine.log("cell", cell)
    emit { ev = "cell", cell = cell }
  end

  --- A program that was started here (lib/host/identity.lua).
  function ctx.program(record)
    result.programs[#result.programs + 1] = record
    engine.log("program", record)
  end

  function ctx.accelerator(name) result.accelerator = name end

  --- How the case's guest came to be: "cold" (booted) or "snapshot" (restored from one); "cold" where any was.
  function ctx.booted(how)
    if result.boot ~= "cold" then result.boot = how end
  end

  --- A guest's clock: `console` is where its kernel speaks, `zero` when it was 0 (engine.now()'s clock), within so many
  --- seconds.
  function ctx.guest_clock(console, zero, uncertainty)
    local clock = { console = console, offset = zero - origin, uncertainty = uncertainty }
    result.clocks = result.clocks or {}
    result.clocks[#result.clocks + 1] = clock
    engine.log("clock", clock)
  end

  --- The image that the case's guest, or its example programs, are of.
  function ctx.image(id) result.image = id end

  function ctx.record(check)
    result.checks[#result.checks + 1] = check
    engine.log("check", { what = check.what, ok = check.ok, where = check.where,
      got = check.got, expected = check.expected, detail = check.detail })
    emit { ev = "check", what = check.what, ok = check.ok }
  end

  return ctx, result
end

return context
