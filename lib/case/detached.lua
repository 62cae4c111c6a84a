--- detached: a program that goes on when its SSH session ends, and is joined again over another one.
---
--- It runs in a session of its own, with a folder on the node: `in` (a pipe), `out` (its output), `pid`, `status` (once
--- it has exited) and `owner` (which of our sessions has it). A console over the present session reads `out` and writes
--- `in`. Each session leaves a watch behind at its end. It kills the program unless another session is the owner.

local fail = require "base.fail"
local options = require "base.options"
local random = require "base.random"
local tasks = require "case.tasks"

local detached = {}

--- Seconds without a session, after which it is killed.
detached.GRACE = 60

-- A start on a loaded guest; the end, which a session that hangs does not hold up for longer.
local RUN_SECONDS, STOP_SECONDS = 30, 10

-- Their contract is lib/help/stubs/detached.lua.
local Detached = {}
local class = options.class("detached", Detached, "detached program",
  { "ctx", "node", "console", "name", "id", "folder", "offset", "is_over" })

local OPTIONS = { name = { "text" }, env = { "env" }, cwd = { "text" }, pty = { "boolean", false } }

-- In all scripts $1 is the folder. No newlines: an undo has none.

-- $2: its MOONRIG_SESSION, by which all of its processes are found.
local KILL = 'for i in 1 2 3 4 5 6 7 8 9 10; do any=; '
  .. 'for f in $(grep -ls "MOONRIG_SESSION=$2" /proc/[0-9]*/environ); do f=${f#/proc/}; '
  .. 'kill -9 "${f%/environ}" && any=1; done; [ -n "$any" ] || break; done 2>/dev/null; rm -rf "$1"'

-- $3: the owner that is watched, $4: the grace.
local WATCH = 'i=0; while [ "$(cat "$1/owner" 2>/dev/null)" = "$3" ] && [ $i -lt "$4" ]; do sleep 1; i=$((i+1)); done; '
  .. '[ "$(cat "$1/owner" 2>/dev/null)" = "$3" ] || exit 0; ' .. KILL

local IN_BACKGROUND = 'setsid sh -c "$0" sh "$@" </dev/null >/dev/null 2>&1 &'

-- The file `run`: %s is the program. It leads a process group of its own. At a terminal the shell stays.
local ON_PIPES = 'echo $$ >"$1/pid"; exec %s'
local AT_A_TERMINAL = 'trap : HUP INT QUIT TERM USR1 USR2; echo $$ >"$1/pid"; %s; echo $? >"$1/code"'

-- $2: is it at a terminal? The status comes when all output is there. socat's warnings are no output of the program
-- (1.8 has one about /dev/tty each time), its errors are the reason that there is none.
local RUN = 'd=$1; exec <>"$d/in" >"$d/out" 2>&1; if [ "$2" = pty ]; then '
  .. 'socat "EXEC:sh $d/run $d,pty,setsid,ctty,echo=0,opost=0" STDIO 2>"$d/log"; grep " [EF] " "$d/log"; '
  .. 'else setsid sh "$d/run" "$d"; echo $? >"$d/code"; fi; '
  .. '[ -s "$d/code" ] || echo 137 >"$d/code"; mv "$d/code" "$d/status"'

-- $4: `run`, $5: RUN, $6: pty or pipes, $7: the program's first word.
local START = 'd=$1 id=$2; need() { command -v "$1" >/dev/null || { echo "$1 is not there: $2" >&2; exit 1; }; }; '
  .. 'need setsid "install it"; [ "$6" != pty ] || need socat "pty = true needs it"; '
  .. 'need "$7" "install it, or name it with its path"; '
  .. '(umask 077 && mkdir "$d" && mkfifo "$d/in" && echo "$3" >"$d/owner" && printf %s "$4" >"$d/run" && '
  .. ': >"$d/out") || exit 1; MOONRIG_SESSION=$id setsid sh -c "$5" sh "$d" "$6" </dev/null >/dev/null 2>&1 & '
  .. 'until [ -s "$d/pid" ] || [ -s "$d/status" ]; do sleep 0.05; done'

local OWN = '[ -d "$1" ] && echo "$2" >"$1/owner"'

-- $2: the bytes that were read before. It ends with the program, whose status it has then, or with its own input: each
-- console has a `left` of its own. All that was typed or printed comes before its end.
local CONSOLE = 'd=$1 l="$1/left.$$"; exec 3<&0 4<"$d/out"; '
  .. '[ "$2" = 0 ] || dd bs=1 count=0 skip="$2" <&4 2>/dev/null; '
  .. '{ cat <&3 >"$d/in"; : >"$l"; } >/dev/null 2>&1 4<&- & exec 3<&-; '
  .. 'while [ -d "$d" ]; do last=; [ ! -s "$d/status" ] && [ ! -e "$l" ] || last=1; cat <&4; '
  .. '[ -z "$last" ] || break; sleep 0.1; done; exit "$(cat "$d/status" 2>/dev/null || echo 137)"'

local function run(node, script, ...)
  return fail.check(node:run({ "sh", "-c", script, "sh", ... }, { timeout = RUN_SECONDS }))
end

local function quoted(argv)
  local out = {}
  for i, word in ipairs(argv) do out[i] = "'" .. word:gsub("'", "'\\''") .. "'" end
  return table.concat(out, " ")
end

-- Before this session becomes the owner. On this machine the guard kills it at the end of moonrig, however that ends.
local function watch(self, node, owner)
  if node:is_here() then return node:undo { "sh", "-c", KILL, "sh", self.folder, self.id } end
  node:undo { "sh", "-c", IN_BACKGROUND, WATCH, self.folder, self.id, owner, tostring(detached.GRACE) }
end

local function open_console(self)
  self.console = fail.check(self.node:spawn({ "sh", "-c", CONSOLE, "sh", self.folder, ("%.0f"):format(self.offset) },
    { name = self.name, pipes = true })):keep()
  self.ctx:watch_console(self.console)
end

--- Starts it on a node.
function detached.start(ctx, argv, given, node)
  tasks.check_cell(ctx, "t:detached")
  local o = options.take("t:detached", given, OPTIONS)
  if not argv[1] then fail.misuse "t:detached: the program's words are empty" end
  local id, owner = random.hex(8), random.hex(8)
  local self = setmetatable({ ctx = ctx, node = node, name = o.name or argv[1]:match "[^/]*$", id = id, offset = 0,
    folder = (node:is_here() and ctx.scratch .. "/" or "/tmp/moonrig-") .. id, is_over = false }, class)
  watch(self, node, owner)
  local program = (o.pty and AT_A_TERMINAL or ON_PIPES):gsub("%%s", function() return quoted(argv) end)
  local r = fail.check(node:run({ "sh", "-c", START, "sh", self.folder, id, owner, program, RUN,
    o.pty and "pty" or "pipes", argv[1] }, { env = o.env, cwd = o.cwd, timeout = RUN_SECONDS }))
  if r.code ~= 0 then
    fail.raise("EFAIL", "t:detached", ("%s: %s"):format(node:name(), r.err:match "[^\n]+" or "it did not start"), r.err)
  end
  table.insert(ctx.detached, self)
  open_console(self)
  return self
end

function Detached:rejoin(node)
  -- over a session that hangs, as a migrated guest's, it never exits
  if not self.console:exit() then
    self.console:eof()
    pcall(self.console.await_exit, self.console, 3)
    pcall(self.console.close, self.console, 1)
  end
  self.offset = self.offset + self.console:received()
  local owner = random.hex(8)
  watch(self, node, owner)
  if run(node, OWN, self.folder, owner).code ~= 0 then
    local words = "%s is not on %s: it is another machine, or there was no session for %d s"
    fail.raise("ESRCH", "detached:rejoin", words:format(self.name, node:name(), detached.GRACE))
  end
  self.node = node
  open_console(self)
end

function Detached:signal(name)
  local r = run(self.node, 'kill -"$2" "-$(cat "$1/pid")"', self.folder, name)
  if r.code ~= 0 then fail.raise("ESRCH", "detached:signal", self.name .. " has exited", r.err) end
end

function Detached:wait(seconds) return fail.check(self.console:await_exit(seconds or 15)) end

function Detached:stop()
  if self.is_over then return end
  fail.check(self.node:run({ "sh", "-c", KILL, "sh", self.folder, self.id }, { timeout = STOP_SECONDS }))
  self.is_over = true
  fail.check(self.console:await_exit(5))
end

-- Has it exited, as far as we know?
local function has_exited(self)
  local exit = self.console:exit()
  return exit ~= nil and not exit.lost
end

--- Ends those of a case behind its first `count`. A session that hangs is waited for once.
function detached.finish(ctx, count)
  local hangs = {}
  while #ctx.detached > count do
    local one = table.remove(ctx.detached)
    local ok, err = false, nil
    if not hangs[one.node] then ok, err = pcall(one.stop, one) end
    if not ok and not one.is_over and fail.code(err) == "ETIMEDOUT" then hangs[one.node] = true end
    if not ok and not one.is_over and not has_exited(one) then
      ctx:notice(("%s could not be reached over %s: the node ends it within %d s"):format(one.name, one.node:name(),
        detached.GRACE))
    end
  end
end

return detached
