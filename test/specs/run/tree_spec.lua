-- tree: a real folder of scripts with all that a folder may hold. Nothing of it hangs, nothing is found twice.

local discover = require "run.discover"
local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local here = engine.here()
local NAMES = 'local function f(t) t:truthy(true, "x") end return rig.case { name = "x", run = f }'

local function sh(text)
  local r = assert(here:run { "sh", "-ec", "cd \"$1\"\n" .. text, "sh", rig.work })
  assert.equal(0, r.code, r.err)
end

local function found(root)
  local out = {}
  for _, path in ipairs(discover.tree(rig.work .. "/" .. root).files) do
    if path:find "%.lua$" then out[#out + 1] = path:sub(#rig.work + 2) end
  end
  table.sort(out)
  return table.concat(out, " ")
end

describe("a tree of scripts", function()
  lazy_setup(function()
    assert(engine.fs.mkdir(rig.work .. "/s"))
    rig:plan("s/p", { x = NAMES })
  end)
  before_each(function() sh "mkdir -p s/p && cp s/p/x.lua keep && rm -r s && mkdir -p s/p && mv keep s/p/x.lua" end)
  lazy_teardown(function() rig:remove() end)

  for what, make in pairs {
    ["a FIFO"] = "mkfifo s/p/y.lua",
    ["a link to a FIFO"] = "mkfifo s/p/pipe; ln -s pipe s/p/y.lua",
    ["a link to a device"] = "ln -s /dev/zero s/p/y.lua",
    ["a socket"] = "python3 -c \"import socket; socket.socket(socket.AF_UNIX).bind('s/p/y.lua')\"",
    ["a folder that is named like a file"] = "mkdir s/p/y.lua",
    ["a link to its own folder"] = "ln -s . s/p/self",
    ["a link to the folder above"] = "ln -s .. s/p/up",
    ["a link out of the tree and above it"] = "ln -s / s/root; ln -s ../.. s/p/work",
    ["links that lead to each other"] = "ln -s b s/a; ln -s a s/b; mkdir s/c; ln -s ../p s/c/p; ln -s ../c s/p/c",
    ["a link to a sibling"] = "ln -s p s/another",
    ["a link with a name before the real one's"] = "ln -s p s/a",
    ["a link to the same file"] = "ln -s x.lua s/p/w.lua; ln -s p/x.lua s/v.lua",
    ["a folder that cannot be read as one"] = "ln -s x.lua/none s/p/none",
    ["many links to one folder"] = "for i in 1 2 3 4 5 6 7 8 9; do ln -s . s/p/l$i; ln -s ../p s/p/m$i; done",
  } do
    it(("with %s holds its script once, under its own name"):format(what), function()
      sh(make)
      assert.equal("s/p/x.lua", found "s")
    end)
  end

  it("holds what links lead to outside of it, once", function()
    sh "mkdir -p out/q; cp s/p/x.lua out/q/o.lua; ln -s ../out s/o; ln -s ../out/q s/q; ln -s ../out/q/o.lua s/z.lua"
    assert.equal("s/o/q/o.lua s/p/x.lua", found "s")
  end)

  it("is listed and run in time, and a FIFO that is named is refused", function()
    sh "mkfifo s/p/y.lua; ln -s . s/p/self; ln -s /dev/zero s/p/zero.lua"
    local code, out = rig:call { "list", rig.work .. "/s" }
    assert.equal(0, code, out)
    assert.equal(1, select(2, out:gsub("\n", "")), out)
    code, out = rig:call { "run", rig.work .. "/s", "-o", rig.work .. "/out" }
    assert.equal(0, code, out)
    assert.matches("1 passed", out)
    for name, words in pairs { y = "named pipe %(FIFO%)", zero = "device" } do
      code, out = rig:call { "run", ("%s/s/p/%s.lua"):format(rig.work, name), "-o", rig.work .. "/out" }
      assert.equal(4, code, out)
      assert.matches("is no file: it is a " .. words, out)
    end
  end)

  it("has modules that hang nothing, either", function()
    sh "mkfifo s/p/own.lua s/p/later.lua s/p/text"
    rig:write("s/p/x.lua", moonrig.case [[
t:raises(function() require "own" end, "named pipe", "a module")
t:raises(function() require("lat" .. "er") end, "named pipe", "a module whose name is not in the text")
local folder = debug.getinfo(1, "S").source:match "^@(.*)/"
local f, why = io.open(folder .. "/text")
t:truthy(not f, "a file")
t:match(why, "named pipe", "why")
t:raises(function() io.lines(folder .. "/text") end, "named pipe", "io.lines")
t:raises(function() io.input(folder .. "/text") end, "named pipe", "io.input")
t:raises(function() io.output(folder .. "/text") end, "named pipe", "io.output")
t:raises(function() dofile(folder .. "/text") end, "named pipe", "dofile")
t:truthy(not loadfile(folder .. "/text"), "loadfile")]])
    local code, out = rig:call { "run", rig.work .. "/s/p/x.lua", "-o", rig.work .. "/out" }
    assert.equal(0, code, out)
  end)
end)
