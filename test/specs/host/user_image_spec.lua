-- user_image: a guest image of the user's: what its files are, and what is refused.

local engine = require "engine"

local paths = require "base.paths"
local user_image = require "host.user_image"

local folder

local function put(name, text)
  paths.write(folder .. "/" .. name, text or "text")
  return folder .. "/" .. name
end

local function refused(where, words)
  local ok, err = pcall(user_image.of, where)
  assert.is_false(ok)
  assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
end

local PARTITIONS = ("\0"):rep(510) .. "\85\170"

before_each(function() folder = engine.fs.realpath(assert(engine.scratch())) end)
after_each(function() engine.fs.rmtree(folder) end)

describe("a guest image of the user's", function()
  it("is a disk with a boot loader, and the key beside it", function()
    local disk, key = put("d.img", PARTITIONS), put "key"
    local img = user_image.of(disk)
    assert.same({ disk, "raw", key, "root", "any", "virtio-net-pci", true },
      { img.disk, img.layer, img.key, img.user, img.host_key, img.nic, img.is_users })
    assert.is_nil(img.append)
    assert.equal("qcow2", user_image.of(put("e.img", "QFI\251\0\0\0\3")).layer)
    local own = put "d.img.key"
    assert.equal(own, user_image.of(disk).key)
  end)

  it("is a folder with files of these names", function()
    for _, name in ipairs { "disk.raw", "vmlinuz-6.12", "initrd.img-6.12", "key", "key.pub" } do put(name) end
    local img = user_image.of(folder)
    assert.same({ folder .. "/disk.raw", folder .. "/vmlinuz-6.12", folder .. "/initrd.img-6.12", folder .. "/key" },
      { img.disk, img.kernel, img.initrd, img.key })
    assert.equal("root=/dev/vda rw ", img.append)
    put "kernel"
    refused(folder, "has both kernel and vmlinuz-6.12: keep one")
  end)

  it("is a table, or a file with one, whose places are relative to it", function()
    for _, name in ipairs { "d", "k", "mine" } do put(name) end
    put("guest.lua", 'return { disk = "d", kernel = "k", key = "mine", user = "debian", nic = "e1000" }')
    local img = user_image.of(folder .. "/guest.lua")
    assert.same({ folder .. "/d", folder .. "/mine", "debian", "e1000" }, { img.disk, img.key, img.user, img.nic })
    assert.equal(img.id, user_image.of(user_image.relative_to(folder,
      { disk = "d", kernel = "k", key = "mine" })).id)
  end)

  it("leaves no limit behind for what runs after its table was read", function()
    put "d"
    put "key"
    user_image.of(put("guest.lua", 'return { disk = "d", key = "key" }'))
    assert.is_nil((debug.gethook()))
  end)

  it("has its root on the disk, on its first partition, or where append says", function()
    local function words(text, append)
      return user_image.of { disk = put("d", text), kernel = put "k", key = put "key", append = append }.append
    end
    assert.equal("root=/dev/vda rw ", words(("\0"):rep(512)))
    assert.equal("root=/dev/vda1 rw ", words(PARTITIONS))
    assert.equal("root=/dev/vda1 rw x", words("QFI\251", "x"))
    assert.equal("root=LABEL=a", words(PARTITIONS, "root=LABEL=a"))
  end)

  it("has another id when a file changed", function()
    local given = { disk = put("d", "one"), key = put "key" }
    local id = user_image.of(given).id
    assert.matches("^user%-%x+$", id)
    assert.equal(id, user_image.of(given).id)
    put("d", "longer")
    assert.not_equal(id, user_image.of(given).id)
  end)

  it("that cannot be is refused in a sentence", function()
    local disk, key = put "d", put "key"
    refused(folder .. "/nowhere", 'there is no "' .. folder .. '/nowhere": expected a disk image, a folder')
    refused({ key = key }, "it has neither a disk nor a kernel")
    refused({ disk = disk, kye = key }, 'there is no key "kye" (did you mean key?)')
    refused({ disk = disk, key = 5 }, "key: expected a text, got 5")
    refused({ disk = disk, key = folder .. "/absent" }, 'key: there is no "' .. folder .. '/absent"')
    refused({ disk = folder, key = key }, "disk: " .. folder .. " is a folder, expected a file")
    refused({ disk = disk, key = key, nic = "rtl8139" }, 'nic: expected virtio or e1000, got "rtl8139"')
    refused({ disk = disk, key = key, append = "quiet" }, "append: words are for a kernel")
    refused(put("x.lua", "return 5"), "x.lua: expected `return { disk = PLACE, ... }`")
    os.remove(key)
    local home = os.getenv "HOME"
    engine.sys.setenv("HOME", folder)
    finally(function() engine.sys.setenv("HOME", home) end)
    refused(disk, "there is no SSH key for it: name one with key = PATH in a table, or put it at " .. disk .. ".key")
  end)
end)
