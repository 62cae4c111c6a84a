-- prompt: whole, or torn by what other threads log.

local engine = require "engine"

local prompt = require "dpdk.prompt"

-- A program that prints each of these at a line typed.
local function console_of(...)
  local script = {}
  for _, text in ipairs { ... } do script[#script + 1] = ("read -r line; printf '%s'"):format(text) end
  local argv = { "sh", "-c", table.concat(script, "; ") .. "; read -r line" }
  return assert(engine.here():spawn(argv, { name = "torn" })):set_prompt(prompt.needles "testpmd> ")
end

describe("prompt", function()
  it("is waited for whole, and in its rests at the beginning of a line", function()
    local needles = prompt.needles "testpmd> "
    assert.equal("testpmd> ", needles[1])
    assert.equal("\nestpmd> ", needles[2])
    assert.equal("\n> ", needles[#needles])
    assert.same({ "\nab> ", "\nb> ", "\n> " }, prompt.needles "\nab> ")
  end)

  it("is heard where another thread's line tears it", function()
    local console = console_of("one\\ntestpmd> ", "two\\nte\\nstpmd> Port 0: link state change event\\n",
      "three\\ntestpmd>VHOST_CONFIG: x\\n ", "four\\ntestpmVHOST_CONFIG: (y) connected\\nd> ")
    assert.matches("one", prompt.command(console, "a", "testpmd> ", 10))
    assert.matches("two\n$", prompt.command(console, "b", "testpmd> ", 10))
    console:type "c\n"
    assert.matches("four\nVHOST_CONFIG: %(y%) connected$", prompt.command(console, "d", "testpmd> ", 10))
    console:close(5)
  end)

  it("is named alone where it does not come", function()
    local console = console_of "nothing\\n"
    local ok, err = pcall(prompt.command, console, "a", "testpmd> ", 0.3)
    assert.is_false(ok)
    assert.matches('no "testpmd> " from torn in', tostring(err))
    assert.is_nil(tostring(err):find("stpmd", 1, true) and tostring(err):find '" or "')
    console:close(5)
  end)

  it("is learnt when the program is ready", function()
    local console = assert(engine.here():spawn({ "sh", "-c", "printf 'up\\nte\\nstpmd> '; cat" },
      { name = "ready", pipes = true }))
    assert.equal("up\nte", prompt.ready(console, "testpmd> ", 10))
    console:type "one\ntestpmd> \n"
    assert.equal("one", prompt.ready(console, "testpmd> ", 10))
    console:close(5)
    local words = assert(engine.here():spawn({ "sh", "-c", "echo 'up > and more'; cat" }, { name = "words", pipes = true }))
    assert.equal("", prompt.ready(words, "up", 10, true))
    assert.equal("", prompt.ready(words, { "never", " > " }, 10, true))
    assert.matches('no "up" from words in', tostring(select(2, words:command("x", 0.1))))
    words:close(5)
    -- words are no prompt that is typed at, however long they are
    local long = ("long"):rep(30)
    assert.equal(16, #prompt.needles(long))
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
