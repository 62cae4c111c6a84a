-- releases: versions and ranges; each row of words is in the texts of its releases.

local engine = require "engine"

local lines = require "base.lines"
local moonrig = require "specs.moonrig"
local releases = require "dpdk.releases"

local TEXTS = engine.home() .. "/test/specs/fixtures/texts/"

-- All that a release printed.
local function all_of(version)
  local texts = {}
  for _, file in ipairs(engine.fs.list(TEXTS .. version)) do
    texts[#texts + 1] = moonrig.read(("%s%s/%s"):format(TEXTS, version, file))
  end
  return texts
end

-- Is a pattern in a text, or in one of its lines? A line of a port's information is what is behind its key.
local function is_in(pattern, text)
  if ("\n" .. text):find(pattern) then return true end
  for line in text:gmatch "[^\n]+" do
    line = line:gsub("^%s+", "")
    if line:find(pattern) or line:gsub("^Connect to socket: ", ""):find(pattern) then return true end
  end
  return false
end

local function is_in_any(pattern, texts)
  for _, text in ipairs(texts) do
    if is_in(pattern, text) then return true end
  end
  return false
end

describe("releases.read", function()
  it("takes a version apart", function()
    assert.same({ 22, 11, 11 }, releases.read "DPDK 22.11.11")
    assert.same({ 26, 11, 0 }, releases.read "26.11.0-rc0")
    assert.same({ 24, 11, 8 }, releases.read "24.11.8-1~deb13u1")
    assert.same({ { 23, 3, 0 }, { 23, 3, 7 } }, { releases.read "23.03", releases.read("23.03", 7) })
    for _, text in ipairs { "", "main", "DPDK", "1", "22.11/x" } do assert.is_nil(releases.read(text)) end
    assert.is_nil(releases.read(nil))
  end)
end)

describe("releases.range", function()
  local function holds(text, ...)
    local row, out = assert(releases.range(text)), {}
    for i, version in ipairs { ... } do out[i] = releases.holds(row, version) end
    return out
  end

  it("has both ends, with all their patches", function()
    assert.same({ false, true, true, true, false }, holds("22.11 to 23.11", "22.07.9", "22.11.0", "23.07", "23.11.7", "24.03"))
    assert.same({ false, true, true, false }, holds("22.11", "22.07", "22.11.0", "22.11.11", "23.03"))
    assert.same({ false, true, true }, holds("since 23.11", "23.07.2", "23.11.0", "26.11.0-rc0"))
    assert.same({ true, true, false }, holds("until 25.07", "22.11.11", "25.07.1", "25.11.0-rc1"))
    assert.same({ true, false }, holds("until 22.11.3", "22.11.3", "22.11.4"))
  end)

  it("is refused without releases, or backwards", function()
    for _, text in ipairs { "", "22.11-23.11", "main", "since main", "22.11 to", "2211 to 2311", 22.11, true } do
      local row, why = releases.range(text)
      assert.is_nil(row, tostring(text))
      assert.matches('^versions are "22.11"', why)
    end
    assert.matches("run backwards", select(2, releases.range "23.11 to 22.11"))
  end)
end)

describe("a fact", function()
  it("holds from a release on, or up to one", function()
    assert.same({ true, false, false }, { releases.is("queues_in_stats", "25.07.0"), releases.is("queues_in_stats", "25.11"),
      releases.is("queues_in_stats", nil) })
    assert.same({ false, true }, { releases.is("vhost_counts_drops", "23.07.5"), releases.is("vhost_counts_drops", "23.11") })
    assert.is_false(pcall(releases.is, "no_such", "22.11"))
  end)
end)

describe("the words of a release", function()
  it("name a device, and not the one that begins alike", function()
    local text = "x\nEAL: Failed to probe device net_null10\n"
    assert.is_nil((releases.match("vdev_refused", text, "net_null1")))
    assert.equal("Failed to probe device net_null10", (releases.match("vdev_refused", text, "net_null10")))
    assert.is_truthy((releases.match("vdev_refused", "failed to initialize net_null1 device", "net_null1")))
  end)

  -- the texts in which a release shows them
  local versions = engine.fs.list(TEXTS)
  for _, name in ipairs { "vdev_refused", "usage", "exit_cause", "eal_prefix", "any_socket", "log_stamp" } do
    for i, row in ipairs(releases.words(name)) do
      it(("%s, row %d, are printed by each of its releases"):format(name, i), function()
        local found = 0
        for _, version in ipairs(versions) do
          if releases.holds(row, version) then
            local pattern = row[1]:gsub("NAME", "net_null0")
            -- a bus has nothing to say in each of them
            local is_printed = is_in_any(pattern, all_of(version))
            assert.is_true(is_printed or name == "eal_prefix", version)
            found = found + (is_printed and 1 or 0)
          end
        end
        assert.is_true(found > 0)
      end)
    end
  end

  it("with a bound are not printed beyond it", function()
    for _, name in ipairs { "vdev_refused", "any_socket", "log_stamp" } do
      for _, row in ipairs(releases.words(name)) do
        for _, version in ipairs(versions) do
          local pattern = row[1]:gsub("NAME", "net_null0")
          if not releases.holds(row, version) then assert.is_false(is_in_any(pattern, all_of(version)), version) end
        end
      end
    end
  end)

  it("are off a log line's front", function()
    for _, stamp in ipairs { "[     0.207518] ", "[<     0.140826>] ", "[+  0.123951] ", "[Nov30 18:30] ",
      "[2026-11-30T18:30:03,030148+00:00] " } do
      assert.equal("EAL: x", lines.split(stamp .. "EAL: x\n")[1].text)
      assert.equal("EAL: x", lines.split("example> " .. stamp .. "EAL: x\n")[1].text)
    end
    assert.equal("[0% of 0 pkts]", lines.split("[0% of 0 pkts]\n")[1].text)
  end)
end)

describe("a program's version", function()
  it("is what it printed, or its telemetry's", function()
    for _, version in ipairs(engine.fs.list(TEXTS)) do
      local printed = releases.printed(moonrig.read(TEXTS .. version .. "/start.txt"))
      local greeting = engine.json.decode(moonrig.read(TEXTS .. version .. "/telemetry_greeting.txt"))
      assert.equal(printed, releases.greeted(greeting.version))
      assert.matches("^" .. version:match "^%d+%.%d+" .. "%.%d", printed)
    end
    assert.is_nil(releases.printed "EAL: x\n")
    assert.is_nil(releases.printed(nil))
    assert.is_nil(releases.greeted "something else")
  end)
end)
