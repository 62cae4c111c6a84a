-- history: what was typed stays, whoever else types and however the session ends.

local engine = require "engine"

local line_history = require "repl.line_history"
local paths = require "base.paths"

local folder, file

before_each(function()
  folder = engine.scratch()
  file = folder .. "/history"
end)

after_each(function() engine.fs.rmtree(folder) end)

describe("the history", function()
  it("comes back as it was typed, the oldest first, none twice", function()
    assert.same({}, line_history.load(file))
    for _, entry in ipairs { "one", "for a in b do\n  c('\\n')\nend", "one", "two \\ ü", "", "  " } do
      assert.is_true(line_history.add(file, entry))
    end
    assert.same({ "for a in b do\n  c('\\n')\nend", "one", "two \\ ü" }, line_history.load(file))
  end)

  it("is the user's alone", function()
    line_history.add(file, "secret")
    assert.equal(384, engine.fs.stat(file).mode)
  end)

  it("is so while it is written anew, too", function()
    local rename, mode = engine.fs.rename
    finally(function() engine.fs.rename = rename end)
    engine.fs.rename = function(from, to)
      mode = engine.fs.stat(from).mode
      return rename(from, to)
    end
    paths.write(file, ("secret\n"):rep(5000))
    mode = "none was written"
    line_history.load(file)
    assert.equal(384, mode)
  end)

  it("holds what several sessions type at once", function()
    local sessions = {}
    local exe = engine.fs.realpath "/proc/self/exe"
    local script = folder .. "/session_spec.lua"
    paths.write(script, ([[
      it("types", function()
        for i = 1, 300 do
          assert(require("repl.line_history").add(%q, os.getenv "WHO" .. " " .. i .. ("\n x"):rep(i)))
        end
      end)]]):format(file))
    for i = 1, 4 do
      sessions[i] = assert(engine.here():spawn({ exe, "_lua", require("specs.moonrig").SPECS, script }, { name = "s" .. i, pipes = true,
        env = { "WHO=session" .. i } }))
    end
    for _, session in ipairs(sessions) do assert.equal(0, assert(session:await_exit(60)).code) end
    for _, session in ipairs(sessions) do session:close(5) end
    local seen = {}
    for _, entry in ipairs(line_history.load(file)) do seen[entry] = true end
    for i = 1, 4 do
      for k = 1, 300 do assert.is_true(seen[("session%d %d"):format(i, k) .. ("\n x"):rep(k)]) end
    end
  end)

  it("is made shorter when it is long: the newest stay", function()
    local lines = {}
    for i = 1, 5000 do lines[i] = "line " .. i % 3000 end
    paths.write(file, table.concat(lines, "\n") .. "\n")
    local entries = line_history.load(file)
    assert.equal(2000, #entries)
    assert.equal("line 2000", entries[2000])
    local count = select(2, paths.read(file):gsub("\n", ""))
    assert.equal(2000, count)
    assert.same(entries, line_history.load(file))
    assert.equal(384, engine.fs.stat(file).mode)
  end)

  it("is not made shorter while another does so", function()
    local lines = {}
    for i = 1, 5000 do lines[i] = "line " .. i end
    paths.write(file, table.concat(lines, "\n") .. "\n")
    local lock = assert(engine.fs.lock(file .. ".lock"))
    assert.equal(2000, #line_history.load(file))
    assert.equal(5000, select(2, paths.read(file):gsub("\n", "")))
    engine.fs.unlock(lock)
  end)

  it("that cannot be written is no end of a session", function()
    local ok, why = line_history.add(folder .. "/none/history", "x")
    assert.is_nil(ok)
    assert.matches("none/history", why)
    assert.same({}, line_history.load(folder .. "/none/history"))
  end)
end)
