local edit = require "host.edit"

local SOURCE = [[
	struct rte_eth_conf port_conf = {
			.rxmode = {
				.mq_mode	= RTE_ETH_MQ_RX_RSS,
				.offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM,
			},
	};
]]

local function offloads(more)
  local e = { file = "main.c", line_new = false, already = false, why = "virtio has no checksum offload",
    lines_old = { ".offloads = DEV_RX_OFFLOAD_CHECKSUM,", ".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM," } }
  for key, value in pairs(more or {}) do e[key] = value end
  return e
end

local MQ = { file = "main.c", lines_old = { "= RTE_ETH_MQ_RX_RSS,", "= ETH_MQ_RX_RSS," },
  line_new = { "= RTE_ETH_MQ_RX_NONE,", "= ETH_MQ_RX_NONE," },
  already = { "%.mq_mode%s*= RTE_ETH_MQ_RX_NONE,", "%.mq_mode%s*= ETH_MQ_RX_NONE," }, why = "one queue" }

describe("edit.apply", function()
  it("deletes and replaces, keeps the indent, says where", function()
    local text, done = edit.apply(SOURCE, { MQ, offloads() })
    assert.equal([[
	struct rte_eth_conf port_conf = {
			.rxmode = {
				.mq_mode	= RTE_ETH_MQ_RX_NONE,
			},
	};
]], text)
    assert.same({ "applied", 3, "applied", 4 }, { done[1].outcome, done[1].line, done[2].outcome, done[2].line })
    assert.equal(MQ, done[1].edit)
  end)

  it("sees what is so already, and does it no second time", function()
    local once = edit.apply(SOURCE, { MQ })
    local twice, done = edit.apply(once, { MQ })
    assert.equal(once, twice)
    assert.equal("already", done[1].outcome)
    assert.equal(3, done[1].line)
  end)

  it("names file and line where it does not fit", function()
    local text, err = edit.apply(SOURCE, { offloads { lines_old = { ".offloads = RTE_ETH_RX_OFFLOAD_CHEKSUM," } } })
    assert.is_nil(text)
    assert.equal('main.c:4: edit does not fit: no line with ".offloads = RTE_ETH_RX_OFFLOAD_CHEKSUM,"; nearest is '
      .. '".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM,"', tostring(err))
    assert.same({ "EDIT", "edit.apply", 4, "main.c" }, { err.code, err.op, err.line, err.file })
    assert.is_nil((edit.apply("", { MQ })))
    assert.is_nil((edit.apply(edit.apply(SOURCE, { offloads() }), { offloads() })))
  end)

  it("touches nothing where two lines fit, or where a later edit does not", function()
    local _, err = edit.apply(SOURCE .. SOURCE, { MQ })
    assert.is_truthy(tostring(err):find("^main%.c:9: .*is there 2 times"))
    assert.is_nil((edit.apply(SOURCE, { MQ, offloads { lines_old = { "nothing like it" } } })))
  end)

  it("replaces the alternative that is there by its own new text", function()
    local old = SOURCE:gsub("RTE_ETH_MQ", "ETH_MQ")
    local text = edit.apply(old, { MQ })
    assert.is_truthy(text:find(".mq_mode\t= ETH_MQ_RX_NONE,\n", 1, true))
    assert.is_nil(text:find("RTE_ETH_MQ_RX_NONE", 1, true))
  end)

  it("takes old and new as plain text, and a text twice in a line as two", function()
    assert.is_nil((edit.apply("aaa\n", { offloads { lines_old = { ".*" } } })))
    assert.equal("x %1 y\n", (edit.apply("x a y\n", { offloads { lines_old = { "a" }, line_new = { "%1" } } })))
    local _, err = edit.apply("a a\n", { offloads { lines_old = { "a" } } })
    assert.is_truthy(tostring(err):find("^main%.c:1: .*is there 2 times"))
  end)

  it("fits the edits that vm/examples.lua declares, on the sources that are here", function()
    local chunk = assert(loadfile(require("engine").home() .. "/vm/examples.lua"))
    local fitted = 0
    for _, program in ipairs(chunk()) do
      for _, e in ipairs(program.edits) do
        local f = io.open("/usr/share/dpdk/examples/" .. program.dir .. "/" .. e.file)
        if not f then return pending "package dpdk-doc is not installed" end
        local text = f:read "*a"
        f:close()
        local new, done = edit.apply(text, { e })
        assert.is_string(new, tostring(done))
        assert.equal("applied", done[1].outcome)
        local again, twice = edit.apply(new, { e })
        assert.equal(new, again, tostring(twice))
        assert.equal("already", twice[1].outcome)
        fitted = fitted + 1
      end
    end
    assert.is_true(fitted > 0)
  end)

  it("keeps ends of lines as they are", function()
    local e = offloads { lines_old = { "b" }, line_new = { "c" } }
    assert.equal("a\r\nc\r\n\r\nd", (edit.apply("a\r\nb\r\n\r\nd", { e })))
    assert.equal("a\nc", (edit.apply("a\nb", { e })))
    assert.equal(SOURCE, (edit.apply(SOURCE, {})))
  end)

  it("raises for an edit of the wrong shape", function()
    assert.has_error(function() edit.apply("", { offloads { line_old = "x" } }) end)
    assert.has_error(function() edit.apply("", { { file = "x", lines_old = {}, line_new = { "y" } } }) end)
    assert.has_error(function() edit.apply("", { { file = "x", lines_old = { "a" } } }) end)
    assert.has_error(function() edit.apply("", { offloads { line_new = { "only one" } } }) end)
    assert.has_error(function() edit.apply("", { offloads { lines_old = { "a" }, line_new = { "an a" } } }) end)
  end)

  it("is not fooled by an `already` that matches elsewhere", function()
    local _, done = edit.apply(SOURCE .. "/* .mq_mode = RTE_ETH_MQ_RX_NONE, */\n", { MQ })
    assert.equal("applied", done[1].outcome)
  end)
end)
