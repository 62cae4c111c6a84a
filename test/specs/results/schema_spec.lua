-- schema: the results.json of any run is as lib/results/results.schema.json describes it, and it describes all of it.

local engine = require "engine"

local moonrig = require "specs.moonrig"

local SCHEMA = engine.home() .. "/lib/results/results.schema.json"

local rig

before_each(function() rig = moonrig.new() end)
after_each(function() rig:remove() end)

-- What is wrong with results, in words; "" where nothing is.
local function wrong(...)
  local texts = {}
  for i, results in ipairs { ... } do
    texts[i] = type(results) == "string" and results:gsub("\n%s*", " ") or engine.json.encode(results)
  end
  local r = assert(engine.here():run({ "python3", engine.home() .. "/test/specs/validate.py", SCHEMA },
    { input = table.concat(texts, "\n") .. "\n" }))
  assert.equal(0, r.code, r.err)
  return r.out
end

-- A run's results.json as it stands.
local function text()
  local written = moonrig.read(rig.work .. "/out/latest/results.json")
  assert.matches('^{\n  "schema_version": 1,\n', written)
  return written
end

local function statuses(written)
  local seen = {}
  for _, c in ipairs(assert(engine.json.decode(written)).cases) do seen[#seen + 1] = c.name .. " " .. c.status end
  return table.concat(seen, ", ")
end

local ISSUE = 'known_issue = { why = "an old one", says = "expected 2" },'

local CASES = {
  a_pass = moonrig.case [[
    t:phase "one"
    t:value("rates", { [0] = { rx = 4294967295 }, list = { 1, "two", true } })
    t:note "a note \27[31m\255"
    t:same({ 1 }, { 1 }, "a table")
    t:equal(1, 1, "one")]],
  b_fail = moonrig.case [[
    local program = os.getenv "TMPDIR" .. "/../said"
    t:mp { program = program, ready = "up", timeout = 10 }
    t:holds(false, { why = "a law", got = 1, expected = 2 }, "an oracle")]],
  c_error = moonrig.case 'local x = nil + 1',
  d_skip = moonrig.case 't:skip "no reason to go on"',
  e_xfail = moonrig.case('t:equal(1, 2, "sum")', ISSUE),
  f_xpass = moonrig.case('t:equal(2, 2, "sum")', ISSUE),
  g_cells = moonrig.case [[
    t:cell("good", function() t:equal(1, 1, "one") end)
    t:cell("bad", function() t:equal(1, 2, "one") end)
    t:cell("known", { known_issue = { why = "old", says = "expected 2" } }, function() t:equal(1, 2, "one") end)
    t:cell("gone", { known_issue = { why = "old", says = "expected 2" } }, function() t:equal(2, 2, "one") end)
    t:cell("broken", function() error "no" end)
    t:cell("left out", function() t:skip "why not" end)]],
  h_nothing = moonrig.case "",
  i_killed = moonrig.case [[
    t:equal(1, 1, "one")
    t:phase "ends"
    package.loaded.engine.here():run { "sh", "-c", "kill -9 $PPID" }]],
  j_no_scenario = "return 7",
  k_rows = moonrig.case('t:equal(row, "a", "it is a")', 'plan = "some plan", case = "1", each = { "a", "b" },')
    :gsub("function%(t%)", "function(t, row)"),
}

describe("results.json", function()
  it("matches its schema, however a case ended", function()
    engine.fs.chmod(rig:write("said", "#!/bin/sh\nprintf '\\033[1mup\\377'\nexec sleep 100\n"), 448)
    local status, said = rig:call({ "run", rig:plan("plan", CASES), "-o", rig.work .. "/out", "--shuffle", "--seed", "7" })
    assert.equal(3, status, said)
    local written = text()
    local seen = {}
    for word in statuses(written):gmatch "[^,]+" do seen[#seen + 1] = (word:gsub("^ ", "")) end
    table.sort(seen)
    assert.same({ "a_pass PASS", "b_fail FAIL", "c_error ERROR", "d_skip SKIP", "e_xfail XFAIL", "f_xpass XPASS",
      "g_cells ERROR", "h_nothing ERROR", "i_killed ERROR", "j_no_scenario ERROR", "k_rows[a] PASS", "k_rows[b] FAIL" },
      seen)
    assert.equal("", wrong(written))
  end)

  it("matches it after an interrupt, and after the deadline", function()
    local plan = rig:plan("plan", { a = moonrig.case 't:note "it waits" t:elapse(60)', b = moonrig.case "" })
    local console = assert(engine.here():spawn({ rig.exe, "run", plan, "-o", rig.work .. "/out" },
      { name = "moonrig", pipes = true, env = { "TMPDIR=" .. rig.tmp } }))
    finally(function() console:close(5) end)
    assert(console:expect("it waits", 60))
    console:signal "INT"
    assert.equal(2, assert(console:await_exit(60)).code)
    local called_off = text()
    assert.equal("a ERROR", statuses(called_off))
    assert.is_true(engine.json.decode(called_off).interrupted)
    assert.equal(3, (rig:call { "run", plan, "-o", rig.work .. "/out", "--deadline", "0.2" }))
    local late = text()
    assert.equal("a ERROR, b ERROR", statuses(late))
    assert.equal("", wrong(called_off, late))
  end)

  it("that does not match is found", function()
    rig:call { "run", rig:plan("plan", { a = CASES.a_pass }), "-o", rig.work .. "/out" }
    local written = text()
    assert.equal("", wrong(written))
    for change, words in pairs { ['"status": "FINE"'] = "1: /cases/0/status: 'FINE' is not one of",
      ['"status": "FAIL"'] = "1: /cases/0: 'reason' is a required property",
      ['"statue": "PASS"'] = "1: /cases/0: 'status' is a required property" } do
      local other = wrong((written:gsub('"status": "PASS"', change)))
      assert.matches(words, other, 1, true)
    end
    assert.matches("'more' was unexpected", wrong((written:gsub('"notices"', '"more": 1, "notices"', 1))), 1, true)
    assert.matches("schema_version: 1 was expected", wrong((written:gsub('"schema_version": 1', '"schema_version": 2'))),
      1, true)
  end)
end)

describe("the guest's kernel", function()
  it("is that of the image's file", function()
    local versions = require "host.versions"
    local before = os.getenv "MOONRIG_CACHE"
    finally(function() engine.sys.setenv("MOONRIG_CACHE", before or "") end)
    engine.sys.setenv("MOONRIG_CACHE", rig.work)
    assert(engine.fs.mkdir(rig.work .. "/image-abc"))
    assert.is_nil(versions.guest_kernel "abc")
    local said = "\127ELF\0\1Linux version %s (debian-kernel@lists.debian.org) (gcc-12) #1 SMP\n\0more\0"
    rig:write("image-abc/vmlinuz", said:format "6.1.0-49-cloud-amd64")
    assert.equal("6.1.0-49-cloud-amd64", versions.guest_kernel "abc")
    rig:write("image-abc/vmlinuz", said:format "6.12-rc1")
    assert.equal("6.12-rc1", versions.guest_kernel "abc")
  end)
end)
