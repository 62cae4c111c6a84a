local engine = require "engine"
local json = require "base.json"
local results = require "format.results"
local screen = require "report.screen"
local terminal = require "base.terminal"
local helper = require "specs.helper"
local run, case = helper.run_of, helper.case_of

local HOSTILE = "a<b>&\"'\0\1\27[31m]]>\239\191\191\255 \r\n\tä"

describe("results.json", function()
  it("is JSON with its schema's version, the counters in it and empty arrays where nothing is", function()
    local text = results.text(run { case("PASS", {
      values = { primary = { [0] = { rx = 4294967295 } } },
      checks = { { what = "x", ok = true, got = 2 ^ 53, where = "scripts/x.lua:1", t = 0.5 } } }), case("SKIP") })
    local back = assert(engine.json.decode(text))
    assert.equal(1, back.schema_version)
    assert.equal(4294967295, back.cases[1].values.primary["0"].rx)
    assert.is_truthy(text:find('"got": 9007199254740992', 1, true))
    assert.equal(1, back.totals.PASS)
    assert.is_truthy(text:find('"checks": []', 1, true))
    assert.is_truthy(text:find('"consoles": []', 1, true))
    assert.is_truthy(text:find('"values": {}', 1, true))
    assert.is_truthy(text:find('^{\n  "schema_version": 1,\n  "id"'))
  end)

  it("has the same order of keys each time, and a new line at its end", function()
    local cases = {}
    for i = 1, 20 do cases["k" .. i] = i end
    local a = results.text(run { case("PASS", { values = cases }) })
    local reversed = {}
    for i = 20, 1, -1 do reversed["k" .. i] = i end
    assert.equal(a, results.text(run { case("PASS", { values = reversed }) }))
    assert.is_truthy(a:find("}\n$"))
  end)

  it("writes what JSON has no word for as text, and ends on cycles", function()
    local t = { nan = 0 / 0, inf = 1 / 0, f = print, s = HOSTILE }
    t.me = t
    local back = assert(engine.json.decode(json.encode(t)))
    assert.same({ "nan", "inf", "<function>", "<itself>" }, { back.nan, back.inf, back.f, back.me })
    assert.is_truthy(back.s:find("ä", 1, true))
    assert.equal('[1,{},{"a":[2]}]', json.encode { 1, {}, { a = { 2 } } })
    assert.equal('{"b":[],"1":0.5,"[1]":true,"a":{}}',
      json.encode({ [1] = 0.5, ["1"] = true, a = {}, b = {} }, { order = { "b" }, arrays = { b = true } }))
    assert.equal('{"1":1,"[1]":2,"[[1]]":3}', json.encode { [1] = 1, ["1"] = 2, ["[1]"] = 3 })
    assert.equal('{"a\\\\0":null,"\239\191\189":1}', json.encode { ["a\0"] = engine.json.null, ["\255"] = 1 })
    -- a value's own name is no list's
    assert.equal('{"lines":{"a":1}}', json.encode({ lines = { a = 1 } }, { arrays = { lines = true } }))
    local deep = {}
    for _ = 1, 100 do deep = { deep } end
    assert.is_truthy(json.encode(deep):find("<nested too deep>", 1, true))
  end)

  it("leaves the run as it was", function()
    local r = run { case "PASS" }
    results.text(r)
    assert.is_nil(r.schema_version)
    assert.is_nil(r.cases[1].checks)
  end)
end)

describe("a run's screen", function()
  -- What is shown of a run, as text.
  local function shown(r, is_terminal, o)
    local text = {}
    local term = terminal.new { tty = is_terminal, write = function(words) text[#text + 1] = words end, width = 200 }
    local own = screen.new(o or {}, term)
    for _, c in ipairs(r.cases) do own:finish(c, c) end
    r.folder, r.id = "/no/such", "x"
    own:summary(r)
    return table.concat(text)
  end

  it("ends with the counts, zero failures said; a reason cannot move the cursor", function()
    local text = shown(run { case "PASS", case("FAIL", { reason = "rx: expected 1\n\27[2J" }), case "SKIP" })
    assert.matches("^PASS  vdev/symmetric  1.[23] s\n", text)
    assert.matches("\n      rx: expected 1\n", text)
    assert.is_nil(text:find("\27", 1, true))
    assert.matches("\nnote: no KVM\n1 passed, 1 failed, 1 skipped in 12.5 s\nresults: /no/such\n$", text)
    assert.equal("1 passed, 0 failed in 12.5 s", screen.counts(run { case "PASS" }))
  end)

  it("with -q has a line of why, for each case that went wrong", function()
    local CONSOLES = { { name = "pmd", lines = { "its last line" }, t = 1 } }
    local text = shown(run { case "PASS", case("FAIL", { reason = "\n\27[2Jrx: expected 1\ntwo", consoles = CONSOLES }),
      case("ERROR", { reason = "no prompt; last lines:\nEAL: x" }), case("ERROR", { reason = "" }), case("ERROR"),
      case("SKIP", { reason = "no KVM" }), case("XFAIL", { reason = "was expected" }), case("XPASS", { reason = "it passed" }) },
      false, { quiet = true })
    local lines = {}
    for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line:match "^%u+" or line end
    assert.same({ "PASS", "FAIL", "      rx: expected 1", "ERROR", "      no prompt; last lines:", "ERROR", "ERROR", "SKIP",
      "XFAIL", "XPASS", "      it passed" }, { unpack(lines, 1, 11) })
    assert.is_nil(text:find "two" or text:find "its last line" or text:find "was expected" or text:find "no KVM")
  end)

  it("is coloured on a terminal only", function()
    assert.is_truthy(shown(run { case "PASS" }, true):find("\27[32mPASS", 1, true))
    assert.is_nil(shown(run { case "PASS" }, false):find("\27"))
  end)
end)
