-- report.html: what is in it as bytes; how it behaves is seen in a browser (test/browser/browser.sh).

local engine = require "engine"

local moonrig = require "specs.moonrig"
local page = require "report.page"
local page_format = require "format.page"

local rig = moonrig.new()

-- A run's folder, as a run leaves it.
local function folder(name, o)
  local run = rig.work .. "/" .. name
  assert(engine.fs.mkdir(run))
  assert(engine.fs.mkdir(run .. "/p.c"))
  rig:write(name .. "/timeline.jsonl", o.timeline or "")
  if o.log then rig:write(name .. "/p.c/pmd.log", o.log) end
  local results = { schema = 1, id = o.id or "r", cases = { { plan = "p", name = "c", status = "FAIL", dir = "results/r/p.c",
    reason = o.reason, file = rig:write(name .. "/c.lua", o.source or "return 1\n") } } }
  return results, run
end

local function text_of(name, o)
  local run, dir = folder(name, o)
  return page.text(run, dir, engine.json.encode(run))
end

local function block(text, id)
  return text:match(('<script type="[%%w/]+" id="%s">(.-)</script>'):format(id))
end

-- How often a plain text is there.
local function count(text, what)
  local n, at = 0, 1
  while true do
    local first, last = text:find(what, at, true)
    if not first then return n end
    n, at = n + 1, last + 1
  end
end

local HOSTILE = '</script><script>x</script><!-- <img src=x>'

describe("the probe of a guest", function()
  it("is marked in its event, and the page reads that mark", function()
    local context, options, rooms = require "case.context", require "base.options", require "base.rooms"
    require "vm.vm"
    local ctx, real, spans = context.new(engine.now(), function() end), engine.log, {}
    finally(function()
      engine.log = real
      ctx:clean()
    end)
    engine.log = function(ev, event) spans[#spans + 1] = ev == "span" and event or nil end
    options.classes.vm.post_mortem { ctx = ctx, qemu = { await_exit = function() return { code = 1 } end } }
    ctx:span("boot", function() end)
    assert.equal(2, #spans)
    assert.is_true(spans[1].is_probe)
    assert.is_nil(spans[2].is_probe)
    local page_folder = rooms.FOLDER .. "report/page/"
    assert.is_truthy(moonrig.read(page_folder .. "recording.js"):find("isProbe: e.is_probe", 1, true))
    local words = spans[1].name:match "/(.*)$"
    for _, script in ipairs(engine.fs.list(page_folder)) do
      assert.is_nil(moonrig.read(page_folder .. script):find(words, 1, true), script)
    end
  end)
end)

describe("report.html", function()
  teardown(function() rig:remove() end)

  it("has as many elements whatever was recorded", function()
    local calm, hostile = text_of("calm", { id = "a", log = "b", reason = "c", source = "d", timeline = "{}\n" }),
      text_of("hostile", { id = HOSTILE, log = HOSTILE, reason = HOSTILE, source = HOSTILE,
        timeline = '{"t":1,"ev":"notice","text":"' .. HOSTILE .. '"}\n' })
    assert.equal(count(calm, "</script"), count(hostile, "</script"))
    assert.equal(count(calm, "<script"), count(hostile, "<script"))
    assert.equal(count(calm, "<!--"), count(hostile, "<!--"))
    assert.equal(0, count(hostile, "<img"))
  end)

  it("keeps every byte of a transcript", function()
    local all = {}
    for i = 0, 255 do all[#all + 1] = string.char(i) end
    local text = text_of("bytes", { log = table.concat(all) })
    local files = engine.json.decode(block(text, "files"))
    assert.same({ folder = "p.c", console = "pmd", from = 0, block = files[1].block }, files[1])
    local code = block(text, files[1].block)
    assert.is_nil(code:find "[%z\1-\31\127-\255<]")
    local got = code:sub(2, -2):gsub("\\u00(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      :gsub('\\([nr"\\])', { n = "\n", r = "\r", ['"'] = '"', ["\\"] = "\\" })
    assert.equal(table.concat(all), got)
  end)

  it("has of a large transcript the last 8 MiB, and says so", function()
    local text = text_of("large", { log = ("x"):rep(9 * 2 ^ 20) .. "the end" })
    local files = engine.json.decode(block(text, "files"))
    assert.equal(2 ^ 20 + 7, files[1].from)
    assert.matches("the last 8388608 of 9437191 bytes", files[1].note)
    assert.matches("the end\"$", block(text, files[1].block))
  end)

  it("lets nothing run but its own, by a number of its own each time", function()
    local one, other = text_of("one", {}), text_of("other", {})
    local nonce = one:match "script%-src 'nonce%-(%x+)'"
    assert.equal(32, #nonce)
    assert.matches("default%-src 'none'", one)
    assert.is_nil(other:find(nonce, 1, true))
    assert.is_nil(one:find "{{%l")
  end)

  it("is the same where its parts were read ahead", function()
    local run, dir = folder("ahead", { log = "said" })
    local function written() return (page.text(run, dir, "{}"):gsub("nonce([-=\"]+)%x+", "nonce%1")) end
    local now = written()
    page.prepare()
    assert.equal(now, written())
    assert.equal(now, written())
  end)

  it("is of a run without a record, too", function()
    local run, dir = folder("bare", {})
    os.remove(dir .. "/timeline.jsonl")
    engine.fs.rmtree(dir .. "/p.c")
    run.cases[1].dir = nil
    assert.equal("[]", block(page.text(run, dir, "{}"), "files"))
  end)

  it("is in each run's folder; `moonrig report` makes it again", function()
    local plan = rig:plan("plan", { x = moonrig.case 't:truthy(true, "it holds")' })
    assert.equal(0, (rig:call { "run", plan, "-o", rig.work .. "/out" }))
    local file = engine.fs.realpath(rig.work .. "/out/latest") .. "/report.html"
    assert.matches("^<!doctype html>", moonrig.read(file))
    assert(os.remove(file))
    local code, said = rig:call { "report", rig.work .. "/out/latest" }
    assert.equal(0, code)
    assert.equal(file .. "\n", said)
    assert.matches("it holds", moonrig.read(file))
  end)

  it("has the histories of a database that is there, up to its run, and makes none", function()
    local base = rig.work .. "/past"
    assert(engine.fs.mkdir(base))
    for i = 1, 8 do
      local name = ("past/20260101T000000Z-%d"):format(i)
      local dir = folder(name, {})
      dir.id, dir.cases[1].status, dir.cases[1].seconds = name:match "[^/]+$", "PASS", i == 7 and 3 or 2
      rig:write(name .. "/results.json", engine.json.encode(dir))
    end
    local seventh = base .. "/20260101T000000Z-7"
    local function histories()
      assert.equal(0, (rig:call { "report", seventh }))
      return engine.json.decode(block(moonrig.read(seventh .. "/report.html"), "histories"))
    end
    assert.same({}, histories())
    assert.is_nil(engine.fs.stat(base .. "/history.db"))
    rig:call { "history", "-o", base }
    local it = histories()["p/c"]
    assert.equal(7, #it.runs)
    assert.same({ run = "20260101T000000Z-7", status = "PASS", seconds = 3, own = true, slower = true, median = 2,
      usual = "median 2.00 s, MAD 0.00 s of 6 passes" }, it.runs[7])
    assert.matches("^slower than usual: over the median", it.rule)
    rig:write("past/history.db", ("no database "):rep(100))
    assert.same({}, histories())
  end)

  it("has histories of a run of more than 2 s, and opens no database for a shorter one", function()
    local base = rig.work .. "/ended"
    assert(engine.fs.mkdir(base))
    local run, dir
    for i = 1, 3 do
      run, dir = folder(("ended/20260101T000000Z-%d"):format(i), {})
      run.id, run.folder, run.seconds = dir:match "[^/]+$", dir, 2
      run.cases[1].status, run.cases[1].seconds = "PASS", 1
      rig:write(dir:sub(#rig.work + 2) .. "/results.json", engine.json.encode(run))
    end
    assert.is_nil(page_format.histories(run))
    assert.is_nil(engine.fs.stat(base .. "/history.db"))
    run.seconds = 2.001
    assert.equal(3, #page_format.histories(run)["p/c"].runs)
  end)

  it("has of each try its transcripts, its source and what its worker left; of the run's own folder no case's", function()
    local run, dir = folder("tried", { log = "second" })
    assert(engine.fs.mkdir(dir .. "/p.c-1"))
    rig:write("tried/p.c-1/pmd.log", "first")
    local left = '{"status":"FAIL","reason":"' .. HOSTILE .. '"}'
    rig:write("tried/p.c-1/result.json", left)
    run.cases[1].attempts = { { status = "FAIL", dir = "elsewhere/p.c-1" }, { status = "PASS", dir = "elsewhere/p.c" },
      { status = "ERROR", dir = "elsewhere/gone" } }
    local text = page.text(run, dir, engine.json.encode(run))
    local where = {}
    for _, file in ipairs(engine.json.decode(block(text, "files"))) do
      where[#where + 1] = file.folder .. " " .. (file.console or "source")
    end
    assert.same({ "p.c pmd", "p.c source", "p.c-1 pmd", "p.c-1 source", "gone source" }, where)
    assert.is_nil(block(text, "attempts"):find("<", 1, true))
    assert.same({ ["p.c-1"] = engine.json.decode(left) }, engine.json.decode(block(text, "attempts")))
  end)

  it("makes a history at a run's end where it has something to tell", function()
    local case_history, base = require "results.case_history", rig.work .. "/lone"
    assert(engine.fs.mkdir(base))
    local function ended(n, round)
      local name = ("lone/20260101T000000Z-%d"):format(n)
      local run, dir = folder(name, {})
      run.id, run.cases[1].status, run.cases[1].seconds, run.cases[1].round = name:match "[^/]+$", "PASS", 3, round
      rig:write(name .. "/results.json", engine.json.encode(run))
      return case_history.of(run, dir, true)
    end
    assert.is_nil(ended(1))
    assert.is_nil(engine.fs.stat(base .. "/history.db"))
    assert.equal(2, #ended(2)["p/c"].runs)
    engine.fs.rmtree(base)
    assert(engine.fs.mkdir(base))
    assert.is_truthy(ended(1, 1))
    assert.is_truthy(engine.fs.stat(base .. "/history.db"))
  end)

  it("of no run is an error that names what was looked at", function()
    local code, said = rig:call { "report", "nonsense" }
    assert.equal(4, code)
    assert.matches("report: no run: neither nonsense nor [^\n]*/nonsense has a results.json", said)
  end)

  it("that cannot be written costs the run nothing", function()
    local late = rig.work .. "/late"
    local plan = rig:plan("other-plan", { x = moonrig.case((([[
      local engine = package.loaded.engine
      for _, name in ipairs(engine.fs.list "LATE") do engine.fs.mkdir("LATE/" .. name .. "/report.html") end
      t:truthy(true, "it holds")]]):gsub("LATE", late))) })
    local code, said = rig:call { "run", plan, "-o", rig.work .. "/late" }
    assert.equal(0, code, said)
    assert.matches("\nnote: no report.html: [^\n]*/report.html: Is a directory\n", said)
  end)
end)
