-- versions: asked once, and again when what they speak of has changed.

local engine = require "engine"

local paths = require "base.paths"
local versions = require "host.versions"

describe("a version that is kept", function()
  local folder, program, file, before

  before_each(function()
    folder, before = engine.scratch(), os.getenv "MOONRIG_CACHE"
    program, file = folder .. "/program", folder .. "/cache/versions.json"
    engine.sys.setenv("MOONRIG_CACHE", folder .. "/cache")
  end)
  after_each(function()
    engine.sys.setenv("MOONRIG_CACHE", before or "")
    engine.fs.rmtree(folder)
  end)

  -- a program that tells a version, and notes that it was asked
  local function install(version)
    paths.write(program, ("#!/bin/sh\necho asked >>%s/asked\necho 'version %s'\necho more\n"):format(folder, version))
    assert(engine.fs.chmod(program, 493))
  end

  local function ask(name) return versions.ask(name or "program", { program, "--version" }, program) end

  local function asked()
    return select(2, (paths.read(folder .. "/asked") or ""):gsub("asked", ""))
  end

  it("is asked for once", function()
    install "1.0"
    assert.equal("version 1.0", ask())
    assert.equal("version 1.0", ask())
    assert.equal(1, asked())
    assert.equal("version 1.0", ask "another")
    assert.equal(2, asked())
  end)

  it("is kept in a file that a recording can hold: the oldest go first", function()
    install "1.0"
    local long = ("x"):rep(1000)
    paths.make(folder .. "/cache")
    paths.write(file, engine.json.encode { old = { text = long, of = long, at = 1 }, broken = 7 })
    for i = 1, 100 do ask(("program %d %s"):format(i, long)) end
    assert.is_true(engine.fs.stat(file).size <= 48 * 1024)
    local known = paths.read_table(file)
    assert.is_nil(known.old)
    assert.is_nil(known.broken)
    assert.is_table(known["program 100 " .. long])
    assert.is_nil(known["program 1 " .. long])
  end)

  it("is asked for again once the file is another, of the same size, too", function()
    install "1.0"
    ask()
    install "1.1"
    assert.equal("version 1.1", ask())
    assert.equal("version 1.1", ask())
    assert.equal(2, asked())
  end)

  it("is asked for again where the file was written to and given its old time back", function()
    install "1.0"
    ask()
    assert(engine.here():run { "sh", "-c", 'touch -r "$0" "$0.time" && sed -i s/1.0/1.1/ "$0" && touch -r "$0.time" "$0"',
      program })
    assert.equal("version 1.1", ask())
  end)

  it("is asked for where what was kept is broken, or cannot be kept", function()
    install "1.0"
    ask()
    for _, text in ipairs { "", "{", "[1, 2]", '{"program": 7}', '{"program": {"of": 1, "text": {}}}', "null" } do
      paths.write(file, text)
      assert.equal("version 1.0", ask())
    end
    assert.equal(7, asked())
    engine.sys.setenv("MOONRIG_CACHE", "/proc/no/such")
    assert.equal("version 1.0", ask())
    assert.equal("version 1.0", ask())
    assert.equal(9, asked())
  end)

  it("is nil where nothing tells it, and that is not kept", function()
    paths.write(program, "#!/bin/sh\necho asked >>" .. folder .. "/asked\nexit 1\n")
    engine.fs.chmod(program, 493)
    assert.is_nil(ask())
    assert.is_nil(ask())
    assert.equal(2, asked())
    os.remove(program)
    assert.is_nil(ask())
  end)
end)
