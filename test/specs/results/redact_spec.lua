-- mask: what is taken out of a bundle, what is not, and that all stays as long as it was.

local redact = require "results.redact"

local function hide(text, o)
  o = o or {}
  local m = redact.new { names = o.names or { "jane", "build7.lab.example", "build7" }, homes = o.homes or { "/srv/people/jane" },
    is_common = o.is_common }
  local out = m:text(text, o.is_json)
  assert.equal(#text, #out)
  return out
end

describe("redact", function()
  it("hides names, as whole words, in upper and lower case", function()
    assert.equal("xxxx@xxxxxx:~$ ls xxxxxx.log", hide "jane@build7:~$ ls Build7.log")
    assert.equal("xxxxxx.xxx.xxxxxxx is up", hide "build7.lab.example is up")
    assert.equal("janet, rebuild70", hide "janet, rebuild70")
    assert.equal("\27[01;32mxxxx\27[0m", hide "\27[01;32mjane\27[0m")
  end)

  it("hides a name that is an ordinary word only as user@host", function()
    local o = { names = { "dpdk" }, is_common = function() return true end }
    assert.equal("xxxx@vm runs dpdk-testpmd of /home/xxxx/dpdk", hide("dpdk@vm runs dpdk-testpmd of /home/dpdk/dpdk", o))
    assert.equal("root@xxxx", hide("root@dpdk", o))
  end)

  it("leaves root and localhost", function()
    assert.equal("root@localhost /root/x", hide("root@localhost /root/x", { names = { "root", "localhost" }, homes = { "/root" } }))
  end)

  it("hides home folders", function()
    assert.equal("/home/xxxx.xxx/src /xxx/xxxxxx/xxxx/a /srv/people/janet",
      hide "/home/mary.doe/src /srv/people/jane/a /srv/people/janet")
  end)

  it("hides addresses, each by its own replacement, and no loopback", function()
    local out = hide "10.1.2.3, 10.1.2.4 and 10.1.2.3; 127.0.0.1 0.0.0.0 255.255.255.0 192.168.100.12."
    local a, b, c, d = out:match "^(%S+), (%S+) and (%S+); 127.0.0.1 0.0.0.0 255.255.255.0 (%S+)%.$"
    assert.equal(a, c)
    assert.not_equal(a, b)
    for _, one in ipairs { "10.1.2.3", "10.1.2.4", "192.168.100.12" } do assert.is_nil(out:find(one, 1, true)) end
    assert.is_truthy(d)
    -- still addresses
    for _, quad in ipairs { a, b, d } do
      local parts = { quad:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$" }
      assert.equal(4, #parts, quad)
      for _, part in ipairs(parts) do assert.is_true(tonumber(part) <= 255) end
    end
  end)

  it("hides IPv6's, and takes neither times nor PCI addresses nor code for one", function()
    local out = hide "fe80::5054:ff:fe12:3456 2001:db8:1:2:3:4:5:6 fe80::5054:ff:fe12:3456"
    assert.is_nil(out:find("5054", 1, true))
    assert.is_nil(out:find("db8", 1, true))
    local a, _, c = out:match "^(%S+) (%S+) (%S+)$"
    assert.equal(a, c)
    local others = "12:34:56 0000:00:05.0 ::1 a::b std::dead 1:2:3 x:pmd: 2026-11-22T19:36:24"
    assert.equal(others, hide(others))
  end)

  it("hides a card's own MAC, and no locally administered one", function()
    assert.equal("3c:ec:ef:00:00:00 3c:ec:ef:00:00:01 52:54:00:12:34:56 56:48:4F:53:54:00 ff:ff:ff:ff:ff:ff",
      hide "3c:ec:ef:1a:2b:3c 3c:ec:ef:1a:2b:3d 52:54:00:12:34:56 56:48:4F:53:54:00 ff:ff:ff:ff:ff:ff")
  end)

  it("hides keys", function()
    local key = ("AAAAC3NzaC1lZDI1NTE5" .. ("Qw"):rep(24))
    assert.equal("ssh-ed25519 " .. ("x"):rep(#key) .. " guest", hide("ssh-ed25519 " .. key .. " guest"))
    local private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\nZXk=\n-----END OPENSSH PRIVATE KEY-----\n"
    assert.is_nil(hide("a" .. private .. "b"):find "b3Bl")
    assert.is_nil(hide('"' .. private:gsub("\n", "\\n") .. '"', { is_json = true }):find "b3Bl")
    assert.is_nil(hide("a" .. private:sub(1, 50) .. "\n"):find "b3Bl")
    assert.equal("SHA256:" .. ("x"):rep(43), hide("SHA256:" .. ("aB3"):rep(14) .. "z"))
    assert.equal("AAAA in a text", hide "AAAA in a text")
  end)

  it("knows JSON's escapes, and those of JSON in it", function()
    assert.equal([["\nxxxx\t\\xxxx\u001b[32mxxxx\\n\"xxxx\\nxxxx\\\\n \/ \b"]],
      hide([["\njane\t\\jane\u001b[32mjane\\n\"jane\\njane\\\\n \/ \b"]], { is_json = true }))
  end)

  it("uses the same replacement in several texts", function()
    local m = redact.new { names = {}, homes = {} }
    local first = m:text "10.1.2.3"
    m:text "10.9.9.9"
    assert.equal(first, m:text "10.1.2.3")
  end)
end)
