-- guest_programs: what docs/image.md lists is in the guest, and runs.

local paths = require "base.paths"

-- How each program is asked who it is, where it is not --version.
local WORDS = { ip = "ip -V", tc = "tc -V", bridge = "bridge -V", ss = "ss -V", socat = "socat -V",
  ["Python 3.11"] = "python3.11 --version", symmetric_mp = "test -x /usr/local/bin/symmetric_mp",
  ["dpdk-telemetry.py"] = "dpdk-telemetry.py --help", ["dpdk-devbind.py"] = "dpdk-devbind.py --status" }

-- These programs have no such word: their libraries are all there.
local LINKED = "command -v %s && l=$(/opt/dpdk/lib/ld-linux-x86-64.so.2 --library-path /opt/dpdk/lib --list "
  .. "/opt/dpdk/real/%s) && case $l in *'not found'*) exit 1;; esac"

-- The programs in a row of the document's table.
local function listed(row)
  local text = paths.read(require("engine").home() .. "/docs/image.md")
  local words = assert(text:match("\n| " .. row .. " | ([^|]+) |"), "no row " .. row)
  local out = {}
  for name in (words:gsub("%b()", "") .. ","):gmatch "%s*([^,;]-)%s*[,;]" do out[#out + 1] = name end
  return out
end

local function run_each(t, vm, row)
  for _, name in ipairs(listed(row)) do
    local is_dpdk = name:find "^dpdk%-" and not name:find "%.py$"
    local is_linked = is_dpdk or row == "DPDK's examples"
    local words = WORDS[name] or is_linked and LINKED:format(name, name) or name .. " --version"
    local r = vm:run { "sh", "-c", words }
    t:equal(r.code, 0, ("%s: %s"):format(words, r.err .. r.out))
  end
end

return rig.case {
  name = "the programs in the guest", needs = { "vm" }, timeout = 120,

  run = function(t)
    local vm = t:vm()
    t:phase "network"
    run_each(t, vm, "network")
    -- iproute2's, not busybox's, whoever runs it
    for _, words in ipairs { "ip -br link", "env ip -br link", "timeout 5 ip -br link", "sh -c 'ip -br link'" } do
      t:match(vm:run({ "sh", "-c", words }).out, "lo%s+UNKNOWN", words)
    end
    t:match(vm:run({ "ip", "-br", "link" }).out, "02:6d:67:6d:74:00", "the management NIC")
    local server = assert(vm.node:spawn({ "iperf3", "-s", "-1" }, { name = "iperf3" }))
    assert(server:expect("Server listening", 10))
    t:equal(vm:run({ "iperf3", "-c", "127.0.0.1", "-n", "1M" }).code, 0, "iperf3")
    assert(server:await_exit(10))
    t:equal(vm:run({ "sh", "-c", "tcpdump -c 1 -i lo >/dev/null & sleep 1; ping -c 2 127.0.0.1; wait $!" }).code, 0,
      "tcpdump, with its own user")

    t:phase "DPDK"
    run_each(t, vm, "DPDK")
    run_each(t, vm, "DPDK's examples")
    local tests = vm:mp { program = "dpdk-test", proc_type = "primary", pci = false, ready = "RTE>>", quit = "quit" }
    t:match(tests:command("ring_autotest", 60), "Test OK", "dpdk-test")
    tests:quit()
    local pmd = vm:testpmd { vdevs = { "net_pcap0,rx_iface=lo,tx_pcap=/tmp/out.pcap", "eth_null0" } }
    t:equal(pmd:port_info(0).driver, "net_pcap", "testpmd's net_pcap")
    pmd:quit()
    vm:quit()
  end,
}
