-- discover: what words select, in trees of fakes.

local discover = require "run.discover"
local engine = require "engine"
local paths = require "base.paths"
local suggest = require "base.suggest"
local work = require "specs.work"

local REAL = { list = engine.fs.list, stat = engine.fs.stat, realpath = engine.fs.realpath }
local real_scripts = paths.scripts

-- Sets the files of this machine: list(path) returns an array of { name, dir = bool, lost = a link that leads nowhere },
-- or nil and why.
local function given(list, realpath)
  function engine.fs.list(path)
    local entries, why = list(path)
    if not entries then return nil, { what = why } end
    local names = {}
    for i, entry in ipairs(entries) do names[i] = entry.name end
    return names
  end
  function engine.fs.stat(path, is_own)
    local folder, name = path:match "^(.*)/([^/]*)$"
    for _, entry in ipairs(list(folder or ".") or {}) do
      local is_seen = entry.name == (name or path) and (is_own or not entry.lost)
      if is_seen then return { type = entry.lost and "link" or entry.dir and "dir" or "file" } end
    end
  end
  engine.fs.realpath = realpath or function(path) return path end
end

after_each(function()
  for name, fn in pairs(REAL) do engine.fs[name] = fn end
  paths.scripts = real_scripts
end)

-- discover.scenarios with these folders of scenarios.
local function select_from(folders, words, pattern, every)
  function paths.scripts() return folders end
  return discover.scenarios(words, { pattern = pattern }, every)
end

-- A tree of folders as nested tables; a file is `true`.
local TREE = { scripts = {
  smoke = { ["loopback.lua"] = true, ["notes.txt"] = true },
  vdev_primary_secondary = { ["symmetric.lua"] = true, ["symmetric_four.lua"] = true, ["hotplug.lua"] = true,
    [".hidden.lua"] = true },
  hotplug_mp = { ["rollback.lua"] = true },
  empty = {},
}, mine = { ["own.lua"] = true, ["a b.lua"] = true } }

local function list_dir(path)
  local at = TREE
  for part in path:gmatch("[^/]+") do
    if part ~= "." then at = type(at) == "table" and at[part] end
  end
  if type(at) ~= "table" then return nil, "No such file or directory" end
  local out = {}
  for name, what in pairs(at) do out[#out + 1] = { name = name, dir = what ~= true } end
  return out
end

local function find(words, pattern, scripts_dir)
  given(list_dir)
  local found, err = select_from({ scripts_dir or "scripts" }, words, pattern)
  if not found then return nil, err end
  local names = {}
  for i, script in ipairs(found) do names[i] = script.plan .. "/" .. script.name end
  return table.concat(names, " "), found
end

describe("discover.scenarios", function()
  local VDEV = "vdev_primary_secondary/hotplug vdev_primary_secondary/symmetric vdev_primary_secondary/symmetric_four"

  it("finds all, sorted, and only scripts", function()
    assert.equal("hotplug_mp/rollback smoke/loopback " .. VDEV, (find {}))
  end)

  it("finds by case, plan, plan/case, file and folder", function()
    assert.equal("vdev_primary_secondary/symmetric", (find { "symmetric" }))
    assert.equal(VDEV, (find { "vdev_primary_secondary" }))
    assert.equal("vdev_primary_secondary/symmetric", (find { "vdev_primary_secondary/symmetric" }))
    assert.equal("smoke/loopback", (find { "./scripts//smoke/loopback.lua" }))
    assert.equal(VDEV, (find { "scripts/vdev_primary_secondary/" }))
    assert.equal("mine/a b mine/own", (find { "mine" }))
    local _, found = find { "mine/own.lua" }
    assert.same({ { file = "mine/own.lua", plan = "mine", name = "own", script = "own", order = 1 } }, found)
  end)

  it("names the plan of a script in the working folder by that folder", function()
    local function realpath(path) return ({ ["."] = "/home/x/mine", ["mine/.."] = "/home/x" })[path] end
    local here = { ["own.lua"] = true }
    local function list(path)
      if path == "." or path == "mine/.." then return { { name = "own.lua", dir = false } } end
      return path == "scripts" and {} or nil, here
    end
    given(list, realpath)
    for word, plan in pairs { ["own.lua"] = "mine", ["./own.lua"] = "mine", ["."] = "mine", ["mine/../own.lua"] = "x" } do
      local found = assert(select_from({ "scripts" }, { word }))
      assert.equal(plan, found[1].plan, word)
    end
  end)

  it("takes a link that leads nowhere for a script, whose case then is an error", function()
    given(function(path) return path == "s/p" and { { name = "lost.lua", lost = true } } or { { name = "p", dir = true } } end)
    assert.equal("s/p/lost.lua", select_from({ "s" }, {})[1].file)
    assert.equal("s/p/lost.lua", select_from({ "s" }, { "s/p/lost.lua" })[1].file)
  end)

  it("looks into several folders, the first one first", function()
    local tree = { mine = { "smoke/x", "own/y" }, ours = { "smoke/x", "smoke/z" } }
    local function list(path)
      local root, plan = path:match "^(%w+)/?(%w*)$"
      if not tree[root] then return nil, "No such file or directory" end
      local out, seen = {}, {}
      for _, full in ipairs(tree[root]) do
        local folder, name = full:match "^(%w+)/(%w+)$"
        local entry = plan == folder and { name = name .. ".lua", dir = false }
          or plan == "" and not seen[folder] and { name = folder, dir = true } or nil
        seen[folder] = true
        out[#out + 1] = entry
      end
      return out
    end
    local function files(words, every, dirs)
      local found, err = select_from(dirs or { "none", "mine", "ours" }, words, nil, every)
      if not found then return err.code end
      local out = {}
      for i, script in ipairs(found) do out[i] = script.file end
      return table.concat(out, " ")
    end
    given(list)
    assert.equal("mine/own/y.lua mine/smoke/x.lua", files {})
    assert.equal("mine/own/y.lua mine/smoke/x.lua ours/smoke/z.lua", files({}, true))
    assert.equal("mine/smoke/x.lua", files { "smoke/x" })
    assert.equal("mine/smoke/x.lua ours/smoke/z.lua", files { "smoke" })
    assert.equal("ours/smoke/z.lua", files { "z" })
    assert.equal("ENOENT", files({}, false, { "none" }))
  end)

  it("walks no folder of scripts for a path that can be no name", function()
    local listed = {}
    given(list_dir)
    local list = engine.fs.list
    function engine.fs.list(path)
      listed[#listed + 1] = path
      return list(path)
    end
    assert.equal(1, #select_from({ "scripts" }, { "./mine/own.lua" }))
    assert.same({}, listed)
    assert.equal(1, #select_from({ "scripts" }, { "mine/own.lua" }))
    assert.is_true(#listed > 2)
  end)

  it("names each file once", function()
    assert.equal(VDEV, (find { "symmetric", "scripts/vdev_primary_secondary", "vdev_primary_secondary",
      "./scripts/./vdev_primary_secondary/symmetric.lua" }))
  end)

  it("filters by plain text", function()
    assert.equal("vdev_primary_secondary/symmetric vdev_primary_secondary/symmetric_four", (find({}, "/sym")))
    local none, err = find({}, "sym.*")
    assert.is_nil(none)
    assert.equal("NOTHING", err.code)
    assert.equal("NOTHING", select(2, find({}, "%")).code)
  end)

  it("names the missing script, similar ones, and the remedy", function()
    local _, err = find { "symetric" }
    assert.equal("ENOENT", err.code)
    assert.equal("no such script: symetric (did you mean symmetric?); `moonrig list` prints all scripts",
      err.what)
    assert.is_truthy(tostring(select(2, find { "scripts/smoke/loopbak.lua" })):find("no such script", 1, true))
    assert.equal("EINVAL", select(2, find { "scripts/smoke/notes.txt" }).code)
    assert.is_truthy(tostring(select(2, find { "scripts/empty" })):find("holds no scripts", 1, true))
    for _, word in ipairs { "", ".lua", "%s", ("x"):rep(1e5), "a\0b" } do
      assert.is_nil((find { word }), word)
    end
  end)

  it("names the folders without scripts, and still takes a path", function()
    assert.is_truthy(tostring(select(2, find({}, nil, "nowhere"))):find("no scripts in nowhere: No such file", 1, true))
    assert.equal("mine/own", (find({ "mine/own.lua" }, nil, "nowhere")))
    assert.equal("NOTHING", select(2, find({}, nil, "scripts/empty")).code)
  end)

  it("ends on a folder that contains itself", function()
    local loop = { { name = "again", dir = true }, { name = "a.lua", dir = false } }
    given(function() return loop end)
    local found = select_from({ "s" }, {})
    assert.is_true(#found < 20)
  end)
end)

describe("suggest", function()
  it("counts edits, a swap as one", function()
    for _, case in ipairs { { "", "", 0 }, { "abc", "", 3 }, { "hotplug", "hotplgu", 1 },
      { "symetric", "symmetric", 1 }, { "kitten", "sitting", 3 } } do
      assert.equal(case[3], suggest.distance(case[1], case[2]))
      assert.equal(case[3], suggest.distance(case[2], case[1]))
    end
  end)

  it("suggests similar names only", function()
    local names = { "run", "list", "repl", "doctor", "clean", "symmetric_four", "symmetric" }
    assert.equal("run", suggest.best("rnu", names))
    assert.equal("list", suggest.best("LIST", names))
    assert.equal("symmetric", suggest.list("sym", names)[1])
    assert.is_nil(suggest.best("zzzzzz", names))
    assert.is_nil(suggest.best("", names))
    assert.equal("", suggest.hint("quux", {}))
    assert.equal(" (did you mean doctor?)", suggest.hint("docter", names))
  end)

  it("does not work more for a megabyte than for 64 bytes", function()
    local function work_of(n)
      local word, name = ("x"):rep(n), ("y"):rep(n)
      suggest.best(word, { name })
      return work.of(function() suggest.best(word, { name }) end).instructions
    end
    assert.equal(work_of(64), work_of(2 ^ 20))
    assert.is_true(work_of(32) < work_of(64))
  end)
end)
