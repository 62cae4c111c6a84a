-- prompt: whole, or torn by what other threads log.

local engine = require "engine"

local prompt = require "dpdk.prompt"

-- A program that prints each of these at a line typed.
local function console_of(...)
  local script = {}
  for _, text in ipairs { ... } do script[#script + 1] = ("read -r line; printf '%s'"):format(text) end
  return assert(engine.here():spawn({ "sh", "-c", table.concat(script, "; ") .. "; read -r line" }, { name = "torn" }))
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
end)
