-- prompt: whole, or torn by what other threads log.

local engine = require "engine"

local prompt = require "dpdk.prompt"

local PROMPT = "testpmd> "

-- A program at a terminal that prints each of these at a line typed.
local function console_of(...)
  local script = {}
  for _, text in ipairs { ... } do script[#script + 1] = ("read -r line; printf '%s'"):format(text) end
  local argv = { "sh", "-c", "stty echo; printf 'testpmd> '; " .. table.concat(script, "; ") .. "; read -r line" }
  local console = assert(engine.here():spawn(argv, { name = "torn" }))
  assert.equal("", prompt.ready(console, PROMPT, 10))
  return console
end

-- The error of a command that has no reply.
local function refused(console, line, seconds)
  local ok, err = pcall(console.command, console, line, seconds)
  assert.is_false(ok)
  return err
end

describe("prompt", function()
  it("is heard where another thread's line tears it", function()
    local console = console_of("one\\ntestpmd> ", "two\\nte\\nstpmd> Port 0: link state change event\\n",
      "three\\ntestpmd>VHOST_CONFIG: x\\n ", "four\\ntestpmVHOST_CONFIG: (y) connected\\nd> ", "testpmd> ")
    assert.equal("one\n", (console:command("a", 10)))
    assert.equal("two\n\n", (console:command("b", 10)))
    assert.equal("three\nVHOST_CONFIG: x\n", (console:command("c", 10)))
    assert.equal("four\nVHOST_CONFIG: (y) connected\n", (console:command("d", 10)))
    assert.equal("", (console:command("e", 10)))
    console:close(5)
  end)

  it("is no reply to a line that did not arrive whole", function()
    local console = assert(engine.here():spawn({ "sh", "-c",
      "printf 'testpmd> '; read -r x; printf '%.5s\\nfive\\ntestpmd> ' \"$x\"; "
      .. "read -r x; printf '%s\\ntestpmd> ' \"${x#??}\"; read -r x" }, { name = "short" }))
    assert.equal("", prompt.ready(console, PROMPT, 10))
    local err = refused(console, "show port stats all", 10)
    assert.equal("EBADMSG", err.code)
    assert.matches('short echoed only 5 of the line\'s 19 bytes: "show "', err.what, 1, true)
    err = refused(console, "show port stats all", 10)
    assert.matches('short echoed "ow port stats all", not the line that was typed', err.what, 1, true)
    console:close(5)
  end)

  it("ends no reply whose beginning was dropped", function()
    local console = console_of("EAL: Error\\n'; yes | head -c 3000000; printf 'testpmd> ", "fine\\ntestpmd> ")
    local err = refused(console, "a", 60)
    assert.equal("EOVERFLOW", err.code)
    assert.matches("torn printed too much at once: the first %d+ bytes are dropped, its transcript has them", err.what)
    assert.equal("fine\n", (console:command("b", 10)))
    console:close(5)
  end)

  it("is named alone where it does not come", function()
    local console = console_of "nothing\\n"
    local err = refused(console, "a", 0.3)
    assert.matches('no "testpmd> " from torn in', tostring(err))
    console:close(5)
  end)

  it("is learnt when the program is ready", function()
    local console = assert(engine.here():spawn({ "sh", "-c", "printf 'up\\nte\\nstpmd> '; cat" },
      { name = "ready", pipes = true }))
    assert.equal("up\n\n", prompt.ready(console, "testpmd> ", 10))
    console:type "one\ntestpmd> \n"
    assert.equal("one\n", prompt.ready(console, "testpmd> ", 10))
    console:close(5)
    local words = assert(engine.here():spawn({ "sh", "-c", "echo 'up > and more'; cat" }, { name = "words", pipes = true }))
    assert.equal("", prompt.ready(words, "up", 10, true))
    assert.equal("", prompt.ready(words, { "never", " > " }, 10, true))
    assert.matches('no "up" from words in', tostring(refused(words, "x", 0.1)))
    words:close(5)
    -- words are no prompt that is typed at, however long they are
    local long = ("long"):rep(30)
    local talks = assert(engine.here():spawn({ "sh", "-c", "echo " .. long .. "; cat" }, { name = "talks", pipes = true }))
    assert.equal("", prompt.ready(talks, long, 10, true))
    talks:close(5)
  end)

  it("is needed for a command", function()
    local console = assert(engine.here():spawn({ "cat" }, { name = "bare" }))
    for _, fn in ipairs { function() console:command("x", 1) end, function() console:await_prompt(1) end } do
      local ok, err = pcall(fn)
      assert.is_false(ok)
      assert.matches("bare has no prompt: name it by console:set_prompt first", tostring(err))
    end
    assert.is_false(pcall(console.set_prompt, console, ""))
    assert.is_false(pcall(console.set_prompt, console, {}))
    assert.is_false(pcall(console.set_prompt, console, 5))
    assert.is_false(pcall(console.command, console:set_prompt "> ", "two\nlines", 1))
    console:close(5)
  end)
end)
