--- run_facts: what a run was of, in words, for the head of its column: DPDK, QEMU, accelerator, kernels, machine.

local run_facts = {}

--- The facts that are shown of several runs, and of a mix, though they may not differ.
run_facts.ALWAYS = { dpdk = true, ["guest dpdk"] = true, qemu = true }

-- A choice in words: the user's own image may be a table.
local function chosen(run, name)
  local value = type(run.under_test) == "table" and run.under_test[name]
  if type(value) == "table" then value = value.disk end
  return type(value) == "string" and value or nil
end

local function build_version(build)
  local version = type(build) == "table" and build.version
  return version and (version:gsub("^DPDK ", "")) or nil
end

-- "/home/me/dpdk/build (26.11.0-rc0)", where one of them is known.
local function placed(place, version)
  if place and version then return ("%s (%s)"):format(place, version) end
  return place or version
end

local function commit_of(build)
  if type(build) ~= "table" or not build.commit then return nil end
  return build.commit:sub(1, 12) .. (build.dirty and " with changes" or "")
end

local function of_host(name)
  return function(run) return type(run.host) == "table" and run.host[name] or nil end
end

local function field(name) return function(run) return run[name] end end

-- In the order of a head. Before a run, only the choices are known.
local FACTS = {
  { "dpdk", function(run) return placed(chosen(run, "dpdk"), build_version(run.dpdk_build) or run.dpdk) end },
  { "guest dpdk", function(run) return placed(chosen(run, "guest_dpdk"), build_version(run.guest_dpdk_build)) end },
  { "commit", function(run) return commit_of(run.dpdk_build) end },
  { "qemu", function(run) return placed(chosen(run, "qemu"), run.qemu) end },
  { "accel", function(run) return run.accelerator or chosen(run, "accel") end },
  { "hugepages", function(run) return chosen(run, "hugepages") end },
  { "image", function(run) return placed(chosen(run, "image"), run.image) end },
  { "kernel", field "kernel" },
  { "guest kernel", field "guest_kernel" },
  { "moonrig", field "moonrig" },
  { "luajit", field "luajit" },
  { "os", of_host "os" },
  { "cpus", of_host "cpus" },
  { "memory", of_host "memory" },
}

-- A run that did not happen has few facts: they are no difference.
local function is_different(name_of, runs)
  local first
  for _, run in ipairs(runs) do
    local words = not run.is_missing and tostring(name_of(run))
    if words and first and words ~= first then return true end
    first = first or words
  end
  return false
end

--- For each run (as in results.json) an array of { name, words }: the facts that differ between the runs, and those of
--- `always` ({ dpdk = true }) that are known.
function run_facts.of(runs, always)
  local out = {}
  for i in ipairs(runs) do out[i] = {} end
  for _, fact in ipairs(FACTS) do
    local name, words_of = unpack(fact)
    local is_shown = is_different(words_of, runs)
    for i, run in ipairs(runs) do
      local words = words_of(run)
      if words ~= nil and (is_shown or always[name]) then
        table.insert(out[i], { name = name, words = tostring(words) })
      end
    end
  end
  return out
end

--- The facts of one run in a line: "dpdk debian:trixie (24.11.8), qemu 7.2.22"; `id`: without any.
function run_facts.words(facts, id)
  local words = {}
  for i, fact in ipairs(facts) do words[i] = ("%s %s"):format(fact.name, fact.words) end
  return #words > 0 and table.concat(words, ", ") or tostring(id)
end

return run_facts
