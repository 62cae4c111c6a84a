-- odd_names: folders and files whose names have any byte: of scenarios, their modules, the results, moonrig itself.

local engine = require "engine"

local encoding = require "base.encoding"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local here = engine.here()
local NAMES = { "a;b", "a?b", "a,b", "a\nb", "a b", "a'b\"c", "a%sb", "a\255\254b", "-x", "$(id)`id`", "[b]*", "a:b", "\27[31mred",
  "<a>&", "\\", "äöü", ("x"):rep(180) }

local TEXT = [[
t:equal(require "my.own", 3, "a module beside it")
t:phase "ph\255"
t:equal(t:here():run({ "printf", "a\255b" }).out, "a\255b", "bytes")
print "out\255"]]

local function call(exe, ...)
  local argv = { exe, ... }
  local r = assert(here:run(argv, { env = { "TMPDIR=" .. rig.tmp }, timeout = 60, cwd = rig.work }))
  local out = r.out .. r.err
  assert.is_nil(out:find("stack traceback", 1, true), out)
  return r.code, out
end

local function plan(name)
  local folder = ("%s/%s"):format(rig.work, name)
  assert(engine.fs.mkdir(folder))
  assert(engine.fs.mkdir(folder .. "/my"))
  rig:write(name .. "/my/own.lua", "return 3")
  rig:write(("%s/%s.lua"):format(name, name), moonrig.case(TEXT))
  return "./" .. name
end

describe("a name with any byte", function()
  for i, name in ipairs(NAMES) do
    it(("is one of a scenario, of a plan and of results: %q"):format(name:sub(1, 20)), function()
      local what, out = plan(name), ("%s/out%d-%s"):format(rig.work, i, name)
      local code, text = call(rig.exe, "run", ("%s/%s.lua"):format(what, name), "-o", out)
      assert.equal(0, code, text)
      -- the folder is what was typed
      assert.is_nil(text:match("^(.-)results: "):find "[%z\1-\9\11-\31]", text)
      for _, words in ipairs { { "list", what }, { "replay", out .. "/latest" }, { "report", out .. "/latest" },
        { "timeline", out .. "/latest" }, { "history", "-o", out }, { "run", what, "-o", out } } do
        code, text = call(rig.exe, unpack(words))
        assert.equal(0, code, words[1] .. ": " .. text)
      end
      for _, file in ipairs { "results.json", "junit.xml", "results.tap" } do
        local bytes = moonrig.read(("%s/latest/%s"):format(out, file))
        assert.is_true(#bytes > 0)
        assert.equal(bytes, encoding.scrub(bytes), file)
      end
      assert.equal(0, here:run({ "xmllint", "--noout", out .. "/latest/junit.xml" }).code)
      assert.equal("PASS", moonrig.results(out).cases[1].status)
    end)
  end

  for _, name in ipairs { "a;b", "a?b", "a,b", "a\nb", "a 'b", "a\255b" } do
    it(("is one of moonrig's own folder: %q"):format(name), function()
      local home = ("%s/home-%s"):format(rig.work, name)
      assert.equal(0, here:run({ "sh", "-ec", [[mkdir -p "$2/build" "$2/results"
        cp -r "$1/lib" "$1/vm" "$1/scripts" "$2/"; cp "$3" "$2/build/moonrig"]], "sh", engine.home(), home, rig.exe }).code)
      local file = rig:write("plain.lua", moonrig.case 't:equal(require("kit.oracle") ~= nil, true, "a module of ours")')
      local exe, out = home .. "/build/moonrig", ("%s/of-%s"):format(rig.work, name)
      local code, text = call(exe, "run", file, "-o", out)
      assert.equal(0, code, text)
      for _, words in ipairs { { "list" }, { "replay", out .. "/latest" }, { "help", "t:vm" } } do
        code, text = call(exe, unpack(words))
        assert.equal(0, code, words[1] .. ": " .. text)
      end
    end)
  end

  lazy_teardown(function() rig:remove() end)
end)
