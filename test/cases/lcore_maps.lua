-- lcore_maps: the EAL takes what moonrig makes of a map of lcores, and makes these lcores.

local MAPS = {
  { "1@0,2@0", "1,2" },
  { "(1-3)@0", "1,2,3" },
  { "1-3@0", "1,2,3" },
  { "1@(0-1),2@0-1", "1,2" },
  { "(0,2-4)@(0,1)", "0,2,3,4" },
  { "(0,3)", "0,3" },
  { " 5@1 , 6@( 0 , 1 ) ", "5,6" },
  { "1@9,2@17,3-4", "1,2,3,4" },
}

-- testpmd's lcores but the main one, by the names of its threads: rte-worker-2, since DPDK 23.11 dpdk-worker2.
local function workers_of(t, pmd)
  local folder = ("/proc/%d/task"):format(pmd.console:pid())
  local names = t:here():run({ "sh", "-c", "cat " .. folder .. "/*/comm" }).out
  local ids = {}
  for id in names:gmatch "worker%-?(%d+)" do ids[#ids + 1] = tonumber(id) end
  table.sort(ids)
  return table.concat(ids, ","), names
end

return rig.case {
  name = "a map of lcores is the EAL's", needs = { "testpmd" }, timeout = 60,

  run = function(t)
    for _, row in ipairs(MAPS) do
      local map, lcores = unpack(row)
      local pmd = t:testpmd { lcores = map, vdevs = { "net_null0" } }
      local workers, names = workers_of(t, pmd)
      t:equal(workers, lcores:match ",(.*)", map .. ": the lcores beside the main one, of " .. names)
      pmd:quit()
    end
  end,
}
