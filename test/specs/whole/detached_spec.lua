-- detached: a program that goes on when its session ends is joined again, and ends with the case all the same.

local engine = require "engine"

local case = require "case.case"
local context = require "case.context"
local detached = require "case.detached"
local fail = require "base.fail"
local lab_machine = require "lab"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local MARK = ("detached%06d"):format(engine.sys.pid())

local lab, login

-- Our programs that run, and their folders.
local function left()
  local found = {}
  for _, pid in ipairs(engine.fs.list "/proc") do
    local words = pid:match "^%d+$" and moonrig.read("/proc/" .. pid .. "/cmdline") or ""
    if words:find(MARK, 1, true) then found[#found + 1] = words:gsub("%z", " ") end
  end
  return table.concat(found, "; ")
end

local function await_gone()
  local deadline = engine.now() + 20
  repeat
    if left() == "" then return true end
    engine.elapse(0.1)
  until engine.now() > deadline
  return false
end

-- Answers each line; "end N" exits with N. A child of its own and one in another session are there, too.
local PROGRAM = [[sleep 1000 & setsid sh -c 'sleep 1000; : ]] .. MARK .. [[' & echo "up $MOON $PWD"
while read -r x n; do echo "got $x"; [ "$x" != end ] || exit "$n"; done]]

local function program(name) return { "sh", "-c", PROGRAM, name or MARK } end

local function on(name, open_node)
  describe("a detached program " .. name, function()
    local node, ctx, t
    before_each(function()
      node = open_node()
      ctx = context.new(engine.now(), function() end)
      t = case.new(ctx)
    end)
    after_each(function()
      detached.GRACE = 60
      detached.finish(ctx, 0)
      if node and not node:is_here() then pcall(node.close, node) end
      ctx:clean()
      assert.is_true(await_gone(), left())
    end)

    it("has its variables and its folder, reads what is typed, and exits with its status", function()
      if not node then return pending "needs dropbear" end
      local p = t:detached(program(), { name = "p", env = { MOON = "full moon" }, cwd = "/usr/lib" }, node)
      p.console:expect("up full moon /usr/lib\n", 10)
      p.console:type "one\n"
      p.console:expect("got one\n", 10)
      p.console:type "end 7\n"
      assert.same({ code = 7, lost = false }, p:wait(10))
    end)

    it("gets signals, as a group", function()
      if not node then return pending "needs dropbear" end
      local p = t:detached({ "sh", "-c", "trap 'echo usr' USR1; echo up; while :; do sleep 1000 & wait; done", MARK }, nil, node)
      p.console:expect("up", 10)
      p:signal "USR1"
      -- the signal is answered after that, perhaps
      p.console:expect("usr", { from = "start", timeout = 10 })
      p:signal "TERM"
      assert.equal(143, p:wait(10).code)
      assert.is_false((pcall(p.signal, p, "TERM")))
    end)

    it("is at a terminal where that is asked for", function()
      if not node then return pending "needs dropbear" end
      if not lab_machine.has "socat" then return pending "needs socat" end
      local words = { "it's", "a  b", "$HOME", "\\", "", MARK }
      local p = t:detached({ "sh", "-c", [[[ -t 0 ] && [ -t 1 ] && printf '<%s>' "$@"; echo
        while read -r x n; do echo "got $x"; [ "$x" != end ] || exit "$n"; done]], "sh", unpack(words) },
        { name = "p", pty = true, cwd = "/usr" }, node)
      p.console:expect("\n", 10)
      assert.equal("<" .. table.concat(words, "><") .. ">\n", (p.console:since(0):gsub("\r", "")))
      p.console:type "one\n"
      p.console:expect("got one", 10)
      p:rejoin(node)
      p.console:type "end 9\n"
      assert.equal(9, p:wait(10).code)
      assert.equal("got end\n", (p.console:since(0):gsub("\r", ""):gsub("^\n", "")))
      for signal, code in pairs { TERM = 143, KILL = 137, INT = 130 } do
        p = t:detached({ "sh", "-c", "echo up; exec sleep 1000 # $0", MARK }, { pty = true }, node)
        p.console:expect("up", 10)
        p:signal(signal)
        assert.equal(code, p:wait(10).code, signal)
      end
    end)

    it("is stopped with all that it started, once", function()
      if not node then return pending "needs dropbear" end
      local p = t:detached(program(), nil, node)
      p.console:expect("up", 10)
      p:stop()
      p:stop()
      assert.is_true(await_gone(), left())
    end)

    it("that is not there, or has no folder, is refused, and leaves nothing", function()
      if not node then return pending "needs dropbear" end
      local ok, err = pcall(t.detached, t, { "moonrig-no-such", MARK }, nil, node)
      assert.is_false(ok)
      assert.matches("moonrig%-no%-such is not there", tostring(err))
      assert.is_false((pcall(t.detached, t, program(), { cwd = "/no/such" }, node)))
      assert.is_false((pcall(t.detached, t, {}, nil, node)))
      assert.matches("unknown option pipes", tostring(select(2, pcall(t.detached, t, program(), { pipes = true }, node))))
    end)

    it("is joined again where the old console ended: each byte once", function()
      if not node then return pending "needs dropbear" end
      local p = t:detached({ "sh", "-c", [[while read -r n; do i=0; while [ $i -lt "$n" ]; do
        i=$((i+1)); printf '%05d \033[1mbold\033[0m \303\251\r\n' $i; done; echo done; done]], MARK }, { name = "counts" }, node)
      for _, n in ipairs { 1, 100, 3000 } do
        local old, from = p.console, p.console:mark()
        old:type(n .. "\n")
        -- what it prints now may come in part over each
        if n > 1 then old:expect("00001", 20) end
        p:rejoin(node)
        local deadline, text = engine.now() + 30
        repeat
          engine.elapse(0.05)
          text = (old:since(from) .. p.console:since(0)):gsub("\r", "")
        until text:find "done\n" or engine.now() > deadline
        local want = {}
        for i = 1, n do want[i] = ("%05d bold \195\169\n"):format(i) end
        assert.is_true(table.concat(want) .. "done\n" == text, ("%d bytes"):format(#text))
        p:rejoin(node)
        assert.equal("", p.console:since(0))
      end
    end)
  end)
end

on("on this machine", engine.here)

on("by SSH", function()
  if lab == nil then
    lab, login = lab_machine.start(rig.work .. "/lab")
    lab = lab or false
  end
  return lab and assert(engine.ssh(login))
end)

describe("a detached program whose session ends", function()
  local ctx, t, node
  before_each(function()
    if not lab then return end
    ctx = context.new(engine.now(), function() end)
    t = case.new(ctx)
    node = assert(engine.ssh(login))
  end)
  after_each(function()
    if not lab then return end
    detached.GRACE = 60
    detached.finish(ctx, 0)
    pcall(node.close, node)
    ctx:clean()
    assert.is_true(await_gone(), left())
  end)

  -- To the servers of the lab's sessions. Returns a function that sends the same ones another signal.
  local function signal(name)
    local pids = assert(engine.here():run { "sh", "-c", [[for f in /proc/[0-9]*/stat; do
      read -r pid name state parent rest <"$f"; [ "$parent" != "$1" ] || echo "$pid"; done 2>/dev/null]], "sh",
      tostring(lab:pid()) }).out
    local function send(one) engine.here():run { "sh", "-c", "kill -" .. one .. " " .. pids:gsub("\n", " ") } end
    send(name)
    return send
  end

  -- As a network does.
  local function cut() signal "KILL" end

  for how, finish in pairs { ["in peace"] = function() node:close() end, ["by a cut"] = cut } do
    it("is joined over another one: " .. how, function()
      if not lab then return pending "needs dropbear" end
      local p = t:detached(program(), { name = "p" }, node)
      p.console:expect("up", 10)
      p.console:type "before\n"
      p.console:expect("got before\n", 10)
      finish()
      p.console:await_exit(10)
      node = assert(engine.ssh(login))
      p:rejoin(node)
      p.console:type "after\n"
      p.console:expect("got after\n", 10)
      assert.equal("got after\n", p.console:since(0))
      p.console:type "end 0\n"
      assert.equal(0, p:wait(10).code)
    end)

    it("and that is not joined again is ended there: " .. how, function()
      if not lab then return pending "needs dropbear" end
      detached.GRACE = 1
      local p = t:detached(program(), { name = "p" }, node)
      p.console:expect("up", 10)
      finish()
      assert.is_true(await_gone(), left())
      node = assert(engine.ssh(login))
      local ok, err = pcall(p.rejoin, p, node)
      assert.is_false(ok)
      assert.matches("p is not on lab: it is another machine, or there was no session for 1 s", tostring(err))
    end)
  end

  it("is joined over another one while the old one hangs", function()
    if not lab then return pending "needs dropbear" end
    local p = t:detached(program(), { name = "p" }, node)
    p.console:expect("up", 10)
    local to_old = signal "STOP"
    local old = node
    node = assert(engine.ssh(login))
    p:rejoin(node)
    p.console:type "after\n"
    p.console:expect("got after\n", 10)
    assert.equal("got after\n", p.console:since(0))
    to_old "CONT"
    to_old "KILL"
    -- the old console's end is not the new one's
    assert.is_nil(fail.try(p.console.await_exit, p.console, 1))
    p.console:type "later\n"
    p.console:expect("got later\n", 10)
    pcall(old.close, old)
    p:stop()
  end)

  it("goes on when an old session's watch is over", function()
    if not lab then return pending "needs dropbear" end
    detached.GRACE = 1
    local p = t:detached(program(), { name = "p" }, node)
    p.console:expect("up", 10)
    local other = assert(engine.ssh(login))
    p:rejoin(other)
    node:close()
    -- the watch of the first one has looked by then
    other:run({ "sleep", "3" })
    p.console:type "still\n"
    p.console:expect("got still\n", 10)
    p:stop()
    other:close()
  end)
end)

describe("the end of several", function()
  it("asks a session that hangs once", function()
    local asked, said = {}, {}
    local function node(name) return { name = function() return name end } end
    local function one(name, on_node, code)
      return { name = name, node = on_node, is_over = false, console = { exit = function() end }, stop = function()
        asked[#asked + 1] = name
        fail.raise(code, "run", "no answer")
      end }
    end
    local slow, cut_off = node "slow", node "cut"
    local ctx = { notice = function(_, words) said[#said + 1] = words:match "^%S+" end }
    ctx.detached = { one("first", slow), one("a", slow, "ETIMEDOUT"), one("b", slow, "ETIMEDOUT"), one("c", cut_off, "EPIPE"),
      one("d", slow, "ETIMEDOUT"), one("e", cut_off, "EPIPE") }
    detached.finish(ctx, 1)
    assert.same({ "e", "d", "c" }, asked)
    assert.same({ "e", "d", "c", "b", "a" }, said)
    assert.equal("first", ctx.detached[1].name)
  end)
end)

describe("a case", function()
  local STEPS = [[
    local node = t:node(%s)
    local d = require "case.detached"
    d.GRACE = 1
    local p = t:detached({ "sh", "-c", %q, %q }, { name = "p" }, node)
    p.console:expect("up", 10)
    t:equal(1, 1, "one")
    %s]]

  for how, row in pairs { ["that passes"] = { "", 0 }, ["that fails"] = { "t:fail 'no'", 1 },
    ["whose session has ended"] = { "node:close()", 0 },
    ["whose worker is killed"] = { 't:here():run { "sh", "-c", "kill -KILL $PPID" } t:elapse(9)', 3 } } do
    it("leaves no detached program: one " .. how, function()
      if not lab then return pending "needs dropbear" end
      local text = moonrig.case(STEPS:format(lab_machine.words(login), PROGRAM, MARK, row[1]))
      -- of ours, so that it may shorten the grace
      text = text:gsub('require "case.detached"', 'package.loaded["case.detached"] or select(2, pcall(t.detached, t, {})) '
        .. 'and package.loaded["case.detached"]')
      local code, said = rig:call { "run", rig:write("x.lua", text), "-o", rig.work .. "/out" }
      assert.equal(row[2], code, said)
      assert.is_true(await_gone(), left())
    end)
  end
end)

describe("its files", function()
  it("are gone", function()
    if lab then lab:close(5) end
    rig:remove()
  end)
end)
