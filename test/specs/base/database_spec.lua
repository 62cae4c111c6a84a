-- database: a value comes back as it went in, every byte of it but NUL, which is U+FFFD.

local engine = require "engine"

local database = require "base.database"
local moonrig = require "specs.moonrig"

describe("a database", function()
  local rig, db
  before_each(function()
    rig = moonrig.new()
    db = database.open(rig.work .. "/x.db")
    db:execute "CREATE TABLE t (n INTEGER PRIMARY KEY, value)"
  end)
  after_each(function()
    db:close()
    rig:remove()
  end)

  local function shown(text) return (text:gsub("%z", "\239\191\189")) end

  -- What is found again, and SQLite's type of it; found by the value itself, too.
  local function there_and_back(value)
    db:execute("DELETE FROM t")
    assert.equal(1, db:execute("INSERT INTO t VALUES (?, ?)", 1, value))
    local row = db:rows "SELECT value, typeof(value) AS kind, length(CAST(value AS BLOB)) AS bytes FROM t"[1]
    if value ~= nil and value == value then
      assert.equal(1, #db:rows("SELECT n FROM t WHERE value = ?", value))
      assert.equal(1, #db:rows("SELECT n FROM t WHERE value IN (?, ?)", "?", value))
    end
    return row.value, row.kind, tonumber(row.bytes)
  end

  it("keeps a text with every byte in it, at every place", function()
    local all = {}
    for byte = 0, 255 do
      all[#all + 1] = string.char(byte)
      for _, text in ipairs { string.char(byte), "a" .. string.char(byte), string.char(byte) .. "a" } do
        local value, kind, bytes = there_and_back(text)
        assert.equal(shown(text), value)
        assert.equal("text", kind)
        assert.equal(#shown(text), bytes)
      end
    end
    local text = table.concat(all):rep(3)
    assert.equal(shown(text), (there_and_back(text)))
  end)

  it("keeps what reads like SQL as text", function()
    for _, text in ipairs { "", "'", "''", "' OR 1 = 1; --", "?", "a ? b", "%s %1", "x'00'", "NULL", "1", "\0", "\\'" } do
      local value, kind = there_and_back(text)
      assert.equal(shown(text), value)
      assert.equal("text", kind)
    end
    assert.equal(1, #db:rows "SELECT n FROM t")
  end)

  it("keeps numbers to the last bit, and has words for those that SQL has none for", function()
    for _, n in ipairs { 0, 1, -1, 0.1, 1 / 3, 2 ^ 53, -2 ^ 53 + 1, 4294967295, 1e300, 5e-324 } do
      assert.equal(n, tonumber((there_and_back(n))))
    end
    assert.equal("inf", (there_and_back(math.huge)))
    assert.matches("nan", (there_and_back(0 / 0)))
    assert.equal(1, tonumber((there_and_back(true))))
    assert.equal(0, tonumber((there_and_back(false))))
    local value, kind = there_and_back(nil)
    assert.is_nil(value)
    assert.equal("null", kind)
  end)

  it("refuses a value that is none, and a statement with more or fewer places than values", function()
    assert.has_error(function() db:execute("INSERT INTO t VALUES (?, ?)", 1, {}) end)
    assert.has_error(function() db:execute("INSERT INTO t VALUES (?, ?)", 1) end)
    assert.has_error(function() db:execute("INSERT INTO t VALUES (?, ?)", 1, 2, 3) end)
    assert.same({}, db:rows "SELECT n FROM t")
  end)

  it("raises where a row behind the first is damaged, and returns no part of the rows", function()
    db:transaction(function()
      for i = 1, 200 do db:execute("INSERT INTO t VALUES (?, ?)", i, ("x"):rep(1000)) end
    end)
    db:rows "PRAGMA wal_checkpoint(TRUNCATE)"
    db:close()
    local f = assert(io.open(rig.work .. "/x.db", "r+b"))
    f:seek("set", 4096 * 30)
    f:write(("\255"):rep(4096))
    f:close()
    db = database.open(rig.work .. "/x.db")
    local ok, err = pcall(db.rows, db, "SELECT * FROM t")
    assert.is_false(ok)
    assert.equal("EBADMSG", err.code)
  end)

  it("writes such a value to the end though another process reads it", function()
    db:execute("INSERT INTO t VALUES (?, ?)", 1, "a\0b'c\255")
    local r = assert(engine.here():run { engine.fs.realpath "/proc/self/exe", "_lua", rig:write("read.lua", ([[
      return { main = function()
        local db = require("base.database").open %q
        io.write((db:rows "SELECT value FROM t"[1].value))
        return 0
      end }]]):format(rig.work .. "/x.db")) })
    assert.equal(shown "a\0b'c\255", r.out)
  end)
end)
