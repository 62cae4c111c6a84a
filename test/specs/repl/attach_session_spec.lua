-- An attach session takes whatever its socket sends.

local engine = require "engine"

local attach_session = require "repl.attach_session"

describe("a session at a socket", function()
  local folder, here, there, gone, task

  before_each(function()
    folder, gone = engine.scratch(), false
    local listener = assert(engine.listen(folder .. "/attach"))
    here = assert(engine.connect(folder .. "/attach"))
    there = assert(listener:accept(10))
    listener:close()
    local rig = { typed = function() end, scope = function() end, consoles = function() return {} end,
      machines = function() return {} end, checks = function() return {} end, order = function() error "no orders" end }
    local server = { rig = rig, ctx = { machines = {} }, add = function() end, remove = function() gone = true end,
      place = function() return { "here" } end }
    task = engine.task(attach_session.converse, server, there)
  end)

  after_each(function()
    here:close(1)
    assert.is_true(task:join(10)[1])
    assert.is_true(gone)
    there:close(1)
    engine.fs.rmtree(folder)
  end)

  local function send(message) here:type(engine.json.encode(message) .. "\n") end

  it("goes on whatever is sent", function()
    here:type(("x"):rep(3e6) .. "\n")
    for _, text in ipairs { "\255\254", ("["):rep(1e5), "3", "null", '{"op":null}', '{"op":{"a":[]}}' } do
      here:type(text .. "\n")
    end
    send { op = "complete", cursor = {}, text = {}, id = 7 }
    assert(here:expect('"id":7', 10))
    send { op = "console", name = {}, term = {}, rows = {} }
    assert(here:expect("no console table: ", 10))
    send { op = "hello", width = {} }
    assert(here:expect("moonrig> ", 10))
    send { op = "line", text = "6 * 7" }
    assert(here:expect("42", 10))
  end)

  it("prints an error of its own, and gives the next prompt", function()
    send { op = "hello" }
    assert(here:expect("moonrig> ", 10))
    send { op = "line", text = ":continue" }
    assert(here:expect("no orders", 10))
    assert(here:expect("moonrig> ", 10))
  end)
end)
