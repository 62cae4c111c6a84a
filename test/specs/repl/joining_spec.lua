-- What attaching is made of: listeners, passthrough of consoles, output that no command asked for, events.

local engine = require "engine"

local PROMPT = "\n> "

-- A program with a prompt; "say WORDS" is answered, "later WORDS" says them once it has given its prompt.
local FAKE = [[printf 'up\n> '
while read -r verb words; do
  case $verb in
  say) printf '%s\n> ' "$words" ;;
  later) printf '\n> '; printf '%s\nand more\n' "$words" ;;
  end) exit 3 ;;
  esac
done]]

local function start(name)
  local console = assert(engine.here():spawn({ "sh", "-c", FAKE }, { name = name or "fake", pipes = true }))
  assert(console:set_prompt(PROMPT):await_prompt(10))
  return console
end

local function texts(said, name)
  local out = {}
  for _, entry in ipairs(said) do
    if entry.name:find(name, 1, true) then out[#out + 1] = entry.text end
  end
  return table.concat(out)
end

describe("an event", function()
  it("wakes who waits, and the next who will", function()
    local event, order = engine.event(), {}
    local task = engine.task(function()
      order[#order + 1] = "waits"
      assert(event:wait(10))
      order[#order + 1] = "woke"
      assert(event:wait(10))
    end)
    engine.elapse(0)
    event:set()
    assert.same({ "waits" }, order)
    event:set()
    assert.is_true(task:join(10)[1])
    assert.same({ "waits", "woke" }, order)
  end)

  it("has a deadline, and one who waits at a time", function()
    local event = engine.event()
    local _, err = event:wait(0.01)
    assert.equal("ETIMEDOUT", err.code)
    local first = engine.task(function() return event:wait(10) end)
    engine.elapse(0)
    assert.has_error(function() event:wait(1) end, "another task waits for this event already")
    event:set()
    assert.is_true(first:join(10)[1])
  end)
end)

describe("a listener", function()
  local folder, listener
  before_each(function()
    folder = engine.scratch()
    listener = assert(engine.listen(folder .. "/attach"))
  end)
  after_each(function()
    listener:close()
    engine.fs.rmtree(folder)
  end)

  it("has a socket of the user's alone", function()
    assert.equal(448, engine.fs.stat(folder .. "/attach").mode % 512)
  end)

  it("gives each who connects a console", function()
    local here = assert(engine.connect(folder .. "/attach"))
    local there = assert(listener:accept(10))
    here:type "over here\n"
    assert.equal("over here", (there:expect("\n", 10)))
    there:type "and back\n"
    assert.equal("and back", (here:expect("\n", 10)))
    here:close(1)
    assert.is_truthy(there:await_exit(10))
    there:close(1)
  end)

  it("waits for them until its deadline or its end", function()
    local _, err = listener:accept(0.01)
    assert.equal("ETIMEDOUT", err.code)
    local task = engine.task(function() return select(2, listener:accept(10)).code end)
    engine.elapse(0)
    listener:close()
    assert.equal("EPIPE", task:join(10)[2])
    assert.is_nil(engine.fs.stat(folder .. "/attach"))
    _, err = engine.connect(folder .. "/attach")
    assert.equal("ENOENT", err.code)
  end)

  it("ends with those who connected and whom nobody took", function()
    local here = assert(engine.connect(folder .. "/attach"))
    engine.elapse(0)
    listener:close()
    assert.is_truthy(here:await_exit(10))
    here:close(1)
  end)

  it("does not take a path that is there, or too long", function()
    local _, err = engine.listen(folder .. "/attach")
    assert.equal("EADDRINUSE", err.code)
    _, err = engine.listen(folder .. "/" .. ("x"):rep(120))
    assert.equal("ENAMETOOLONG", err.code)
  end)
end)

describe("output that no command asked for", function()
  it("comes in whole lines, without the replies to commands", function()
    engine.chatter(0)
    local console = start "talker"
    console:command("say an answer", 10)
    console:command("later of itself", 10)
    console:expect("more\n", 10)
    local said, deadline = "", engine.now() + 10
    repeat said = said .. texts(engine.chatter(1), "talker") until said:find "and more" or engine.now() > deadline
    assert.equal("up\nof itself\nand more\n", said)
    console:close(5)
  end)

  it("ends at the deadline without output", function()
    engine.chatter(0.1)
    assert.same({}, engine.chatter(0.01))
  end)
end)

describe("a console in passthrough", function()
  local folder, listener, here, there, console
  before_each(function()
    folder = engine.scratch()
    listener = assert(engine.listen(folder .. "/attach"))
    here = assert(engine.connect(folder .. "/attach"))
    there = assert(listener:accept(10))
    console = start()
    assert(console:lend(there))
  end)
  after_each(function()
    console:close(5)
    listener:close()
    engine.fs.rmtree(folder)
  end)

  it("is typed at and read from the other end", function()
    here:type "say hello\n"
    assert(here:expect("hello\n> ", 10))
    here:close(1)
  end)

  it("has no such output: the terminal reads it", function()
    engine.chatter(0.1)
    here:type "say hello\n"
    assert(here:expect("hello\n> ", 10))
    assert.equal("", texts(engine.chatter(0.1), "fake"))
    here:close(1)
  end)

  it("keeps the commands of others back, until the terminal detaches", function()
    local task = engine.task(function() return console:command("say mine", 20) end)
    here:type "say yours\n"
    assert(here:expect("yours\n> ", 10))
    assert.is_false(task:is_done())
    assert.is_nil(here:tail(10):find("mine", 1, true))
    here:close(1)
    assert.equal("mine", task:join(20)[2])
  end)

  it("lets the other end go when it ends", function()
    here:type "end\n"
    assert.is_truthy(here:await_exit(10))
    here:close(1)
    assert.equal(3, console:await_exit(10).code)
  end)

  it("has one terminal at a time", function()
    local second = assert(engine.connect(folder .. "/attach"))
    local _, err = pcall(console.lend, console, second)
    assert.equal("EBUSY", err.code)
    second:close(1)
    here:close(1)
  end)
end)
