-- docs: docs/api is what the stubs, the primitives' options and the modules' comments make.

local engine = require "engine"

local docs = dofile(engine.home() .. "/engine/tools/docs.lua")
local moonrig = require "specs.moonrig"
local options_stub = dofile(engine.home() .. "/engine/tools/options_stub.lua")

local FOLDER = engine.home() .. "/docs/api"
local files = docs.files()
local PAGES = { mp = "process", hotplug_mp = "process", devbind = "vm", ["vm port"] = "vm" }

describe("docs/api", function()
  it("is what `make docs` makes", function()
    for name, text in pairs(files) do
      assert.equal(text, moonrig.read(FOLDER .. "/" .. name), name)
    end
    for _, name in ipairs(engine.fs.list(FOLDER)) do assert.is_truthy(files[name], name .. " is made of nothing") end
  end)

  it("has each option of each primitive, with its flag", function()
    local options = 0
    for _, prim in ipairs(engine.prims) do
      local page = files[(PAGES[prim.name] or prim.name) .. ".md"]
      local from = assert(page:find("\n## " .. prim.class .. "\n", 1, true), prim.class)
      local section = page:sub(from, (page:find("\n## ", from + 1, true) or #page))
      for _, option in ipairs(prim.rows) do
        assert.is_truthy(section:find(("\n| `%s` | "):format(option.name), 1, true), prim.class .. " " .. option.name)
        options = options + 1
      end
    end
    assert.is_true(options > 80)
    assert.is_truthy(files["testpmd.md"]:find("| `rxq` | a whole number of 1 or more |  |  | `--rxq=%s` | queues to receive from", 1, true))
    assert.is_truthy(files["testpmd.md"]:find("| `timeout` | seconds, above 0 and up to 1000000 | seconds | `30` |", 1, true))
    assert.is_truthy(files["testpmd.md"]:find("since DPDK 20.11", 1, true))
    assert.is_truthy(files["process.md"]:find("| `proc_type` | `auto`, `primary`, `secondary` |", 1, true))
  end)

  it("has a link to each page in its index, and each page a title", function()
    for name, text in pairs(files) do
      local title = text:match "\n# ([^\n]+)\n"
      assert.is_truthy(title, name)
      if name ~= "README.md" then
        assert.is_truthy(files["README.md"]:find(("(%s)"):format(name), 1, true), name)
      end
    end
  end)
end)

describe("docs/plans.md", function()
  it("has the coverage that `make docs` makes of the headers in scripts/", function()
    local docs_plans = dofile(engine.home() .. "/engine/tools/docs_plans.lua")
    local text = moonrig.read(docs_plans.FILE)
    assert.equal(text, docs_plans.with(text))
    assert.is_truthy(text:find("| Test Case 2: hotplug test | `vdev_primary_secondary/hotplug` |", 1, true))
  end)
end)

describe("the stub of options", function()
  it("is Lua, and declares each table of options and each kind", function()
    local text = options_stub.text()
    assert(loadstring(text))
    for _, prim in ipairs(engine.prims) do
      assert.is_truthy(text:find("\n---@class " .. prim.class .. "\n", 1, true), prim.class)
    end
    assert.is_truthy(text:find("\n---@alias seconds number\n", 1, true))
    assert.is_truthy(text:find("\n---@field rxq? number queues to receive from, each port\n", 1, true))
  end)
end)
