-- project_file: moonrig.lua: found from the working folder upwards; a table and nothing else.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local rig = moonrig.new()

-- What the program, started in a folder, prints of its project file.
local function doctor(folder)
  local r = engine.here():run({ "sh", "-c", 'cd "$1" && exec "$2" doctor', "sh", folder, rig.exe },
    { env = { "TMPDIR=" .. rig.tmp, "MOONRIG_CACHE=" .. rig.work .. "/cache", "MOONRIG_DPDK=", "MOONRIG_QEMU=" },
      timeout = 60 })
  return r.code, r.out .. r.err
end

local function refused(text, words)
  rig:write("a/moonrig.lua", text)
  local code, said = doctor(rig.work .. "/a/b")
  assert.equal(4, code, said)
  assert.is_truthy(said:find(words, 1, true), said)
  return said
end

describe("the project file", function()
  setup(function()
    for _, name in ipairs { "a", "a/b", "bin" } do assert(engine.fs.mkdir(rig.work .. "/" .. name)) end
    rig:write("bin/qemu", "#!/bin/sh\necho QEMU emulator version 99.1\n")
    assert(engine.fs.chmod(rig.work .. "/bin/qemu", 493))
  end)

  it("is found above the working folder, and its places are relative to it", function()
    rig:write("a/moonrig.lua", 'return { qemu = "../bin/qemu" }')
    local _, said = doctor(rig.work .. "/a/b")
    assert.is_truthy(said:find("project file " .. rig.work .. "/a/moonrig.lua", 1, true), said)
    assert.is_truthy(said:find("QEMU emulator version 99.1", 1, true), said)
  end)

  it("has the word that is no place, and words that are checked", function()
    rig:write("a/moonrig.lua", 'return { guest_dpdk = "same", qemu = "../bin/qemu" }')
    local code, said = doctor(rig.work .. "/a/b")
    assert.is_truthy(said:find("QEMU emulator version 99.1", 1, true), said)
    assert.is_true(code ~= 4, said)
    refused('return { hugepages = "yes" }', 'hugepages: expected auto, off, on, got "yes"')
  end)

  it("is a table and nothing else", function()
    local said = refused("return 5", "expected `return { dpdk = PLACE, qemu = PLACE }`")
    assert.is_truthy(said:find(rig.work .. "/a/moonrig.lua", 1, true), said)
    refused("return os.getenv 'HOME'", "attempt to index global 'os'")
    refused("io.open('/etc/passwd')", "attempt to index global 'io'")
    refused("return { dpkd = 'x' }", 'there is no key "dpkd" (did you mean dpdk?)')
    refused("return { dpdk = 5 }", "dpdk: expected a text, got 5")
    refused("return {", "unexpected symbol")
    refused("while true do end", "it does not end")
    refused(string.dump(function() return {} end), "it is bytecode")
  end)

  it("that names no DPDK is an error before anything runs", function()
    refused("return { dpdk = 'nowhere' }", "there is no \"" .. rig.work .. "/a/nowhere\"")
  end)

  teardown(function() rig:remove() end)
end)
