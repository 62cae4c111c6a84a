-- meson_build: the options of a build folder as words for another one, and who is at fault where a build fails.

local meson_build = require "host.meson_build"

local function option(name, value, section, machine)
  return { name = name, value = value, section = section or "user", machine = machine or "any" }
end

describe("the options of a build", function()
  it("are the project's, and those of meson that change what is built", function()
    assert.same({ "-Denable_drivers=net/vhost", "-Dtests=false", "-Dmax_lcores=128", "-Db_sanitize=address",
      '-Dc_args=["-g","-O1"]' }, meson_build.words {
      option("enable_drivers", "net/vhost"), option("tests", false), option("max_lcores", 128), option("examples", ""),
      option("b_sanitize", "address", "base"), option("prefix", "/usr", "directory"),
      option("c_args", { "-g", "-O1" }, "compiler", "host"), option("build.c_args", { "-g" }, "compiler", "build"),
      option("c_link_args", {}, "compiler", "host"), option("unity", "off", "core"),
    })
  end)

  it("have a build type, or debug and optimization where that is custom", function()
    local function words(name)
      return meson_build.words { option("buildtype", name, "core"), option("debug", true, "core"),
        option("optimization", "1", "core") }
    end
    assert.same({ "-Dbuildtype=release" }, words "release")
    assert.same({ "-Ddebug=true", "-Doptimization=1" }, words "custom")
  end)

  it("are left out where the source does not know them", function()
    local text = "option('tests', type: 'boolean')\noption( \"platform\",\n type: 'string')"
    assert.same({ "-Dtests=true", "-Dplatform=generic", "-Dbuildtype=debug" }, meson_build.known({ "-Dtests=true",
      "-Denable_apps=test-pmd", "-Dplatform=generic", "-Dbuildtype=debug" }, text))
  end)
end)

describe("a failed build", function()
  it("is the source's fault, with the line that names it", function()
    local ok, why, last = meson_build.outcome("ninja", { code = 1 }, { "[1/2] cc x.c", "FAILED: x.o", "x.c:7:1: error: no b",
      "ninja: build stopped: subcommand failed." })
    assert.is_nil(ok)
    assert.equal("x.c:7:1: error: no b", why)
    assert.equal(4, #last)
    assert.is_true(meson_build.outcome("ninja", { code = 0 }, {}))
  end)

  it("is the machine's where the compiler was killed, or the disk is full", function()
    for _, line in ipairs { "cc: fatal error: Killed signal terminated program cc1", "x.o: No space left on device" } do
      assert.has_error(function() meson_build.outcome("ninja", { code = 1 }, { "x.c:1: error: x", line }) end)
    end
    assert.has_error(function() meson_build.outcome("ninja", { signal = "SIGKILL" }, { "[1/2] cc x.c" }) end)
  end)
end)
