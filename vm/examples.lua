-- examples: DPDK's example programs in the guest, and the edits of their sources that the test plans ask for.
-- Pure data; lib/host/edit.lua applies the edits, vm/examples.sh builds the programs of `dir`.
--
-- An edit changes one line of `file` (below `dir`). `lines_old` are plain texts, newest DPDK first; the line with one
-- of them is edited. `line_new` is false to delete that line, or a list of replacements for the text, in the order of
-- lines_old. `already` are Lua patterns over the whole file; if one matches, the source needs no edit.

-- An rxmode without offloads: mq_mode alone (22.11), or split_hdr_size as its last line (older).
local no_offloads = {
  "port_conf = {%s*%.rxmode = {%s*%.mq_mode%s*=%s*[%w_]+,%s*}",
  "%.split_hdr_size = 0,%s*}",
}

return {
  { name = "symmetric_mp", dir = "multi_process/symmetric_mp", binaries = { "symmetric_mp" },
    edits = {
      { file = "main.c",
        lines_old = { ".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM,", ".offloads = DEV_RX_OFFLOAD_CHECKSUM," },
        line_new = false, already = no_offloads,
        why = "vhost-user ports offer no receive checksum (vdev_primary_secondary, test case 1)" },
    } },
  { name = "l3fwd-power", dir = "l3fwd-power", binaries = { "l3fwd-power" },
    edits = {
      { file = "main.c",
        lines_old = { "= RTE_ETH_MQ_RX_RSS,", "= ETH_MQ_RX_RSS," },
        line_new = { "= RTE_ETH_MQ_RX_NONE,", "= ETH_MQ_RX_NONE," },
        already = { "%.mq_mode%s*= RTE_ETH_MQ_RX_NONE,", "%.mq_mode%s*= ETH_MQ_RX_NONE," },
        why = "virtio ports have no RSS (vdev_primary_secondary, prerequisites)" },
      { file = "main.c",
        lines_old = { ".offloads = RTE_ETH_RX_OFFLOAD_CHECKSUM,", ".offloads = DEV_RX_OFFLOAD_CHECKSUM," },
        line_new = false, already = no_offloads,
        why = "vhost-user ports offer no receive checksum (vdev_primary_secondary, prerequisites)" },
    } },
  { name = "hotplug_mp", dir = "multi_process/hotplug_mp", binaries = { "hotplug_mp" }, edits = {} },
  { name = "simple_mp", dir = "multi_process/simple_mp", binaries = { "simple_mp" }, edits = {} },
  { name = "client_server_mp", dir = "multi_process/client_server_mp",
    binaries = { "mp_server", "mp_client" }, edits = {} },
}
