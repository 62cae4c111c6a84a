-- The texts of each release (test/specs/fixtures/take_texts.lua), read by the parsers.

local engine = require "engine"

local drops = require "dpdk.drops"
local eal = require "dpdk.eal"
local fail = require "base.fail"
local lines = require "base.lines"
local moonrig = require "specs.moonrig"
local parse = require "dpdk.parse"
local releases = require "dpdk.releases"
local sampler = require "dpdk.sampler"
local vdev = require "dpdk.vdev"

local TEXTS = engine.home() .. "/test/specs/fixtures/texts/"

local function all_of(version)
  local here = {}

  -- A text; nil where this release has none.
  function here.text(name)
    local path = ("%s%s/%s.txt"):format(TEXTS, version, name)
    return engine.fs.stat(path) and moonrig.read(path) or nil
  end

  function here.json(name) return engine.json.decode(here.text(name)) end

  return here
end

-- The packets that `stop` counts for both null ports.
local function check_stop(counted)
  for port = 0, 1 do
    local record = counted.ports[port]
    assert.is_true(record.rx_packets > 0)
    assert.equal(record.rx_packets, counted.ports[1 - port].tx_packets)
    assert.equal(record.tx_packets, record.tx_total)
  end
  assert.equal(counted.ports[0].rx_packets + counted.ports[1].rx_packets, counted.all.rx_packets)
end

-- The message for an option that is refused: the usage is off it.
local function refusal(text)
  return lines.last(eal.refusal(text) or text, 8)
end

for _, version in ipairs(engine.fs.list(TEXTS)) do
  local here = all_of(version)

  describe("DPDK " .. version .. ": testpmd's", function()
    it("start", function()
      assert.same({}, parse.eal_errors(here.text "start"))
      assert.same({}, parse.eal_errors(here.text "hotplug_start"))
      vdev.check_made("testpmd", { "net_null0", "net_null1" }, here.text "start")
    end)

    it("port statistics", function()
      local ports = assert(parse.port_stats(here.text "show_port_stats"))
      for port = 0, 1 do
        assert.is_true(ports[port].rx_packets > 0 and ports[port].tx_packets > 0)
        assert.equal(0, ports[port].rx_errors)
      end
      local none, why = parse.port_stats(here.text "invalid_port")
      assert.is_nil(none)
      assert.matches("Invalid port 9", why)
    end)

    it("port information", function()
      local ports = assert(parse.port_info(here.text "show_port_info"))
      for port = 0, 1 do
        local info = ports[port]
        assert.same({ "net_null" .. port, "net_null", "up", 1, 1, 1500, 0 }, { info.name, info.driver, info.link,
          info.rx_queues, info.tx_queues, info.mtu, info.socket })
      end
      local user = assert(parse.port_info(here.text "virtio_user_show_port_info"))[0]
      -- started with --no-numa
      local socket = releases.holds({ since = "26.07" }, version) and lines.U32 or 0
      assert.same({ "net_virtio_user", socket }, { user.driver, user.socket })
    end)

    it("stop", function()
      check_stop(assert(parse.forward_stats(here.text "stop")))
      check_stop(assert(parse.forward_stats(here.text "stop_recorded")))
      assert.matches("not started", select(2, parse.forward_stats(here.text "not_started")))
    end)

    it("stop with queues", function()
      for _, mode in ipairs { "io", "csum" } do
        local counted = assert(parse.forward_stats(here.text("stop_" .. mode)))
        check_stop(counted)
        assert.equal(4, #counted.streams)
        assert.equal(mode == "csum" and 0 or nil, counted.ports[0].bad_ipcsum)
        assert.equal(mode == "csum" and 0 or nil, counted.streams[1].rx_bad_l4_checksum)
      end
    end)

    it("stop on a vhost port: a packet that was dropped counts once", function()
      local counted = assert(parse.forward_stats(here.text "vhost_stop"))
      local errors = assert(parse.port_stats(here.text "vhost_show_port_stats"))[0].tx_errors
      local printed, sent = counted.ports[0].tx_dropped, counted.ports[0].tx_packets
      assert.is_true(printed > 0)
      drops.once(counted, releases.printed(here.text "vhost_start"), function() return true end)
      local dropped = counted.ports[0].tx_dropped
      assert.equal(dropped, errors > 0 and errors or printed)
      assert.same({ dropped, sent + dropped }, { counted.all.tx_dropped, counted.all.tx_total })
      assert.equal(sent + dropped, counted.ports[0].tx_total)
    end)

    it("refusals", function()
      assert.matches("Bad arguments", here.text "bad_arguments")
      assert.matches("Command not found", here.text "not_found")
      assert.matches("already started", here.text "already_started")
    end)
  end)

  describe("DPDK " .. version .. ": telemetry's", function()
    it("packets of a queue", function()
      local stats, extended = here.json "telemetry_stats", here.json "telemetry_xstats"
      local queues = parse.queue_counters(extended)
      assert.same({ [0] = { rx = stats.ipackets, tx = stats.opackets } }, queues)
      local of_stats = sampler.queues(stats)
      assert.equal(releases.is("queues_in_stats", version), of_stats ~= nil)
      if of_stats then assert.same(queues[0], of_stats[0]) end
    end)

    it("packets of a vhost port's queue", function()
      local queues = parse.queue_counters(here.json "vhost_telemetry_xstats")
      local counted = assert(parse.port_stats(here.text "vhost_show_port_stats"))[0]
      assert.same({ [0] = { rx = counted.rx_packets, tx = counted.tx_packets } }, queues)
    end)

    it("information", function()
      local info = here.json "telemetry_info"
      assert.same({ "net_null0", 1, 1 }, { info.name, info.nb_rx_queues, info.nb_tx_queues })
    end)
  end)

  describe("DPDK " .. version .. ": the EAL's", function()
    it("refusals of an option are named, and no usage hides them", function()
      assert.matches("%-%-bogus", refusal(here.text "eal_option"))
      assert.matches("%-%-bogus", refusal(here.text "testpmd_option"))
      assert.matches("process type", refusal(here.text "eal_value"))
      assert.is_nil(refusal(here.text "testpmd_option"):find "Usage:")
      assert.is_string(eal.refusal("\n" .. here.text "eal_help"))
      assert.is_nil(eal.refusal(here.text "start"))
    end)

    it("refusals of a vdev are named", function()
      for device, text in pairs { net_null0 = here.text "vdev_option", net_virtio_user0 = here.text "vdev_no_peer" } do
        local list = { "net_null5", device .. ",path=/nonexistent/socket" }
        local ok, err = pcall(vdev.check_made, "testpmd", list, text)
        assert.is_false(ok)
        assert.matches("vdev " .. device .. ",path=.- was not made", fail.what(err))
        assert.equal(device == "net_virtio_user0", fail.what(err):find("nobody listens", 1, true) ~= nil)
      end
      assert.matches("no driver makes a device net_nul0 %(did you mean net_null", eal.hint(here.text "vdev_unknown"))
    end)

    it("hints", function()
      assert.matches("no hugepages are free", eal.hint(here.text "no_hugepages"))
      assert.matches("there is none", eal.hint(here.text "secondary_alone"))
    end)

    it("error at the end, with its cause", function()
      for _, name in ipairs { "no_ports", "log_timestamp_no_ports" } do
        local text = here.text(name)
        if text then
          local errors = parse.eal_errors(text)
          assert.equal(1, #errors)
          assert.matches("^EAL: Error %- exiting with code: 1: .*No Ethernet ports %- bye$", errors[1].text)
        end
      end
      local unknown = parse.eal_errors(here.text "vdev_unknown")
      assert.matches("code: 1: .*Cannot init EAL: No such device", unknown[3].text)
    end)
  end)

  describe("DPDK " .. version .. ": hotplug_mp's", function()
    local function reply(verb, device, name) return assert(parse.hotplug_reply(verb, device, here.text(name))) end

    it("list", function()
      assert.same({ net_null5 = 0 }, assert(parse.device_list(here.text "hotplug_list")).by_device)
      assert.same({ net_null5 = 0, net_null0 = 1 }, assert(parse.device_list(here.text "hotplug_list_two")).by_device)
    end)

    it("replies", function()
      for name, verb in pairs { hotplug_attach = "attach", hotplug_detach = "detach" } do
        local done = reply(verb, "net_null0", name)
        assert.same({ true, 0 }, { done.ok, #done.log }, name)
      end
      local again = reply("attach", "net_null0", "hotplug_attach_again")
      assert.same({ true, 1 }, { again.ok, #again.log })
    end)

    it("refusals, each with an error", function()
      for _, one in ipairs { { "attach", "bogus", "hotplug_attach_refused" }, { "detach", "net_null0",
        "hotplug_detach_refused" }, { "attach", "", "hotplug_no_devargs" } } do
        local refused = reply(unpack(one))
        assert.is_false(refused.ok, one[3])
        assert.is_true(#refused.log > 0, one[3])
      end
    end)

    it("replies behind log lines with a time or colours", function()
      local count = 0
      for _, word in ipairs { "timestamp", "timestamp_iso", "timestamp_delta", "timestamp_reltime", "color_always" } do
        if here.text("log_" .. word) then
          count = count + 1
          local again = reply("attach", "net_null0", ("log_%s_attach_again"):format(word))
          assert.same({ true, "EAL: Failed to attach device on primary process" }, { again.ok, again.log[1].text })
          local refused = reply("detach", "bogus", ("log_%s_detach"):format(word))
          assert.same({ false, 'EAL: failed to parse device "bogus"' }, { refused.ok, refused.log[1].text })
          assert.same({}, parse.eal_errors(here.text("log_" .. word)))
        end
      end
      assert.equal(releases.holds({ since = "24.11" }, version) and 5 or 0, count)
    end)
  end)

  describe("DPDK " .. version .. ":", function()
    it("symmetric_mp's statistics", function()
      local ports = assert(parse.symmetric_stats(here.text "symmetric_end"))
      for port = 0, 1 do assert.is_true(ports[port].rx > 0 and ports[port].tx > 0) end
    end)

    it("vhost's events", function()
      local seen = {}
      for _, name in ipairs { "vhost_connected", "vhost_closed" } do
        for _, event in ipairs(assert(parse.vhost_events(here.text(name)))) do seen[event.event] = event end
      end
      assert.equal("/tmp/m/vhost", seen.ready.socket)
      for _, event in ipairs { "connected", "new_device", "status", "vring_stopped", "closed" } do
        assert.is_truthy(seen[event], event)
      end
    end)
  end)
end
