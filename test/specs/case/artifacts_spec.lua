-- artifacts: what a case puts into its folder is in its results, its report and its bundle, each attempt's apart.

local engine = require "engine"

local artifacts = require "case.artifacts"
local helper = require "specs.helper"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()

-- { name in t:dir(), as the shell writes it; bytes; how the page shows it }
local FILES = {
  { "notes.txt", "it's text \\303\\244\\n", "text" },
  { "empty", "", nil },
  { "capture.pcap", "\\324\\303\\262\\241\\000\\001", nil },
  { "picture.png", "\\211PNG\\r\\n\\032\\nrest", "png" },
  { "no-picture.png", "PNG\\000", nil },
  { "sub/deeper/x.conf", "[a]\\nb = 1\\n", "text" },
  { "a b&<c>#?%.txt", "odd", "text" },
  { "report.html", "one of its own", "text" },
  { "results.json", "{}", "text" },
  { "recording.jsonl", "not ours", "text" },
  { "colours.log", "\\033[31mred\\033[0m\\n", "text" },
}

local STEPS = { 'local dir = t:dir()\nassert(dir:sub(1, 1) == "/" and dir == t:dir())' }
for _, file in ipairs(FILES) do
  STEPS[#STEPS + 1] = ("t:here():run { 'sh', '-c', %q, 'sh', dir }"):format(
    ("mkdir -p \"$1/sub/deeper\" && printf '%s' >\"$1/%s\""):format(file[2]:gsub("'", "'\\''"), file[1]))
end
STEPS[#STEPS + 1] = [[
t:here():run { "sh", "-c", 'cd "$1"; ln -s /etc/passwd link; mkfifo fifo; printf x >"byte$(printf "\\377")"', "sh", dir }
local listener = t:here():spawn({ "socat", "UNIX-LISTEN:" .. t:socket "s", "-" }, { name = "socat" })
t:eventually(5, function() return #t:here():run({ "ls", t:socket "s" }).out > 0 end, "there is a socket")
listener:close()
t:equal(1, 1, "one")]]

local WANTED = {}
for _, file in ipairs(FILES) do WANTED[#WANTED + 1] = file[1] end
WANTED[#WANTED + 1] = "byte\239\191\189"
table.sort(WANTED)

local function names_of(list)
  local out = {}
  for i, one in ipairs(list) do out[i] = one.name end
  table.sort(out)
  return out
end

describe("the files of a case", function()
  local out, run = rig.work .. "/out", nil

  lazy_setup(function()
    rig:write("keeps.lua", moonrig.case(table.concat(STEPS, "\n")))
    local code, said = rig:call({ "run", rig.work .. "/keeps.lua", "-o", out, "--repeat", "2" })
    assert.equal(0, code, said)
    run = moonrig.results(out)
  end)

  it("are in results.json with their sizes, in a folder of each round", function()
    assert.equal(2, #run.cases)
    for _, c in ipairs(run.cases) do
      assert.same(WANTED, names_of(c.artifacts))
      for _, one in ipairs(c.artifacts) do
        if one.name == "capture.pcap" then assert.equal(6, one.size) end
        if one.name == "empty" then assert.equal(0, one.size) end
      end
      assert.equal("odd", moonrig.read(("%s/files/a b&<c>#?%%.txt"):format(c.dir)))
    end
    assert.is_true(run.cases[1].dir ~= run.cases[2].dir)
  end)

  it("are in the page: texts and pictures shown, all linked", function()
    local page = moonrig.read(out .. "/latest/report.html")
    local files = engine.json.decode(page:match '<script type="application/json" id="files">(.-)</script>')
    local found = {}
    for _, f in ipairs(files) do
      if f.artifact and f.folder == run.cases[1].dir:match "[^/]+$" then found[f.artifact] = f end
    end
    for _, file in ipairs(FILES) do
      local f = assert(found[file[1]], file[1])
      assert.equal(file[3], f.kind, file[1])
      assert.equal(file[3] ~= nil, f.block ~= nil)
    end
    assert.matches("/files/a%%20b%%26%%3Cc%%3E%%23%%3F%%25%.txt$", found["a b&<c>#?%.txt"].href)
    assert.matches("/files/byte%%FF$", found["byte\239\191\189"].href)
  end)

  it("are attachments of JUnit", function()
    assert.is_truthy(moonrig.read(out .. "/latest/junit.xml"):find("[[ATTACHMENT|" .. run.cases[1].dir
      .. "/files/sub/deeper/x.conf]]", 1, true))
  end)

  it("are in a bundle, but for links and pipes", function()
    local file = rig.work .. "/b.tar.gz"
    local code, said = rig:call { "bundle", "-o", out, "-f", file }
    assert.equal(0, code, said)
    assert.is_truthy(said:find("files/link: not a regular file", 1, true))
    assert.is_truthy(said:find("files/fifo: not a regular file", 1, true))
    local r = engine.here():run({ "tar", "-xzOf", file, "--wildcards", "*.keeps/files/report.html", "*.keeps/files/results.json",
      "*.keeps/files/recording.jsonl" })
    local parts = {}
    for _, words in ipairs { "one of its own", "{}", "not ours" } do
      if r.out:find(words, 1, true) then parts[#parts + 1] = words end
    end
    assert.same({ "one of its own", "{}", "not ours" }, parts)
  end)

  it("replay to the same verdict", function()
    local code, said = rig:call { "replay", engine.fs.realpath(out .. "/latest") }
    assert.equal(0, code, said)
  end)

  it("are removed with their run by a user, also what he may not write", function()
    local why = helper.no_other_user()
    if why then return pending(why) end
    local folder = rig.work .. "/his"
    local script = rig:write("remove.lua", ([[local engine = require "engine"
      return { main = function() print(engine.fs.rmtree(%q)) return 0 end }]]):format(folder .. "/run"))
    local r = assert(engine.here():run { "sh", "-c", [[
      chmod 711 "$1" && mkdir -p "$2/run/files/in" && : >"$2/run/files/in/f" && chmod 555 "$2/run/files/in" "$2/run/files"
      chown -R 65534:65534 "$2" && HOME="$2" setpriv --reuid=65534 --regid=65534 --clear-groups "$3" _lua "$4"]],
      "sh", rig.work, folder, rig.exe, script })
    assert.equal("true\n", r.out, r.err)
    assert.is_nil((engine.fs.stat(folder .. "/run")))
  end)

  it("are none without the folder", function()
    assert.same({}, artifacts.list(rig.work .. "/no/such"))
    rig:write("none.lua", moonrig.case 't:equal(1, 1, "one")')
    assert.equal(0, (rig:call { "run", rig.work .. "/none.lua", "-o", rig.work .. "/none" }))
    assert.same({}, moonrig.results(rig.work .. "/none").cases[1].artifacts)
  end)

  it("need no more than a name for a socket", function()
    for name, words in pairs { ["a/b"] = "a name without a slash", [".."] = "a name without a slash",
      [("x"):rep(200)] = "a path has at most 107 bytes" } do
      rig:write("socket.lua", moonrig.case(("t:socket(%q)"):format(name)))
      local _, said = rig:call { "run", rig.work .. "/socket.lua", "-o", rig.work .. "/socket" }
      assert.matches(words, said)
    end
  end)

  lazy_teardown(function() rig:remove() end)
end)
