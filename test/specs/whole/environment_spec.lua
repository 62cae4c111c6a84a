-- Variables and the working folder of programs: the same on this machine and by SSH, for each way to start one.

local engine = require "engine"

local case = require "case.case"
local context = require "case.context"
local lab_machine = require "lab"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()

local VALUES = { "plain", "", "two words", "it's \"quoted\" $HOME `id` \\n", "a=b=c", "two\nlines", "tab\tand \255 bytes",
  ("long"):rep(1000), "* ? [x] ~ ! # & ; | < > ( )" }

local PRINT = "printf '%s\\n' \"$MOON_1\"; pwd"

local lab, login

local function on(name, open_node)
  describe("a program " .. name, function()
    local node, ctx, t

    lazy_setup(function()
      node = open_node()
      assert(engine.fs.mkdir(rig.work .. "/a folder"))
      ctx = context.new(engine.now(), function() end)
      t = case.new(ctx)
    end)
    lazy_teardown(function()
      ctx:clean()
      if node and not node:is_here() then node:close() end
      engine.fs.rmtree(rig.work .. "/a folder")
    end)
    it("has its variables, whatever their bytes, and its folder", function()
      if not node then return pending "needs dropbear" end
      for _, value in ipairs(VALUES) do
        for _, env in ipairs { { MOON_1 = value }, { "MOON_1=" .. value } } do
          local r = assert(node:run({ "sh", "-c", PRINT }, { env = env, cwd = rig.work .. "/a folder" }))
          assert.equal(("%s\n%s/a folder\n"):format(value, rig.work), r.out)
        end
      end
      local console = assert(node:spawn({ "sh", "-c", PRINT }, { env = { MOON_1 = "x" }, cwd = rig.work, pipes = true }))
      assert.equal(0, console:await_exit(10).code)
      assert.equal(("x\n%s\n"):format(rig.work), console:since(0))
      console:close(1)
    end)

    it("is told of a folder that is none where it would be", function()
      if not node then return pending "needs dropbear" end
      local words = 'option "cwd": /no/such: No such file or directory'
      for _, start in ipairs { node.run, node.spawn } do
        local ok, r, err = pcall(start, node, { "true" }, { cwd = "/no/such" })
        local said = ok and err and err.what or tostring(r)
        assert.equal(node:is_here(), said:find(words, 1, true) ~= nil, said)
      end
      if node:is_here() then return end
      -- a session that takes no more: the folder has no part in it
      local other = assert(engine.ssh(login))
      engine.task(function() other:close() end)
      engine.elapse(0)
      for _, start in ipairs { other.run, other.spawn } do
        local _, r, err = pcall(start, other, { "true" }, { cwd = "/no/such" })
        assert.not_matches("cwd", err and err.what or tostring(r))
      end
    end)

    it("of DPDK has them beside those that moonrig gives it", function()
      if not node then return pending "needs dropbear" end
      rig:write("program", "#!/bin/sh\n" .. PRINT .. "; echo \"${XDG_RUNTIME_DIR:+has it}\"; echo 'ready> '; read -r line\n")
      assert(engine.fs.chmod(rig.work .. "/program", 493))
      for _, program in ipairs { "./program", rig.work .. "/program" } do
        local p = t:mp({ program = program, name = "p", env = { MOON_1 = "for DPDK" }, cwd = rig.work, hugepages = false,
          ready = "ready> ", quit = "quit", echo = false }, node)
        assert.is_truthy(p.console:since(0):gsub("\r", ""):find(("for DPDK\n%s\nhas it\n"):format(rig.work), 1, true))
        p:quit()
      end
    end)

    it("is refused bad names, and one that is moonrig's own", function()
      if not node then return pending "needs dropbear" end
      local function refused(env)
        local ok, err = pcall(t.mp, t, { program = "sh", env = env }, node)
        assert.is_false(ok)
        return tostring(err)
      end
      assert.matches('mp: option "env": "a b" is no variable\'s name', refused { ["a b"] = "x" })
      assert.matches('mp: option "env": A: expected a string, got a number %(1%)', refused { A = 1 })
      assert.matches("XDG_RUNTIME_DIR is moonrig's own", refused { XDG_RUNTIME_DIR = "/tmp" })
      assert.matches("XDG_RUNTIME_DIR is moonrig's own", refused { "XDG_RUNTIME_DIR=/tmp" })
      assert.matches("option env: expected variables, { NAME = \"value\" }, got a string", refused "A=1")
    end)
  end)
end

on("on this machine", engine.here)

on("by SSH", function()
  lab, login = lab_machine.start(rig.work .. "/lab")
  return lab and assert(engine.ssh(login))
end)

describe("a case with variables", function()
  it("replays to the same verdict, however they are written", function()
    local file = rig:write("x.lua", moonrig.case [[
      for _, env in ipairs { { A = "x", B = "y" }, { "A=x", "B=y" }, { "A=x", B = "y" } } do
        local p = t:mp { program = "sh", env = env, cwd = "/usr", hugepages = false, args = {} }
        p.console:await_exit(5)
        p:exit()
        local r = t:here():run({ "sh", "-c", "echo $A $B; pwd" }, { env = env, cwd = "/usr" })
        t:equal(r.out, "x y\n/usr\n", "both")
      end]])
    local code, said = rig:call { "run", file, "-o", rig.work .. "/out" }
    assert.equal(0, code, said)
    code, said = rig:call { "replay", rig.work .. "/out/latest" }
    assert.equal(0, code, said)
  end)
end)

describe("its files", function()
  it("are gone", function()
    if lab then lab:close(5) end
    rig:remove()
  end)
end)
