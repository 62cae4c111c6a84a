--- symmetric_numbers: what two processes of symmetric_mp and testpmd counted in one run, captured: two ports of two
--- queues.

local numbers = {}

--- What the processes printed.
function numbers.processes()
  return {
    { name = "symmetric_mp-0", queue = 0, seen = "symmetric_mp-0.log at 27.1 s",
      stats = { [0] = { rx = 629568, tx = 256, drop = 204896 }, [1] = { rx = 205152, tx = 256, drop = 629312 } } },
    { name = "symmetric_mp-1", queue = 1, seen = "symmetric_mp-1.log at 26.9 s",
      stats = { [0] = { rx = 461248, tx = 256, drop = 26656 }, [1] = { rx = 26912, tx = 256, drop = 460992 } } },
  }
end

--- What testpmd sent.
function numbers.testpmd()
  return {
    [0] = { tx_packets = 1090816, queues = { [0] = { tx = 629568 }, [1] = { tx = 461248 } }, seen = "testpmd.log at 22.4 s" },
    [1] = { tx_packets = 232064, queues = { [0] = { tx = 205152 }, [1] = { tx = 26912 } }, seen = "testpmd.log at 22.4 s" },
  }
end

return numbers
