--- schedule: the next case to start beside those that run: by number, or by the machine's size. Pure.

local schedule = {}

-- Processors and MiB of each need, on top of LEAST. A guest waits half of the time; with a polling testpmd it keeps two
-- processors busy.
local WEIGHTS = { vm = { cpus = 0.9, memory = 1536 }, testpmd = { cpus = 0.9, memory = 768 },
  examples = { cpus = 0.9, memory = 512 } }
local LEAST = { cpus = 0.1, memory = 64 }

--- The weight of a case, { cpus, memory (MiB) }: from its header, otherwise from its needs.
function schedule.weight(header)
  local cpus, memory = LEAST.cpus, LEAST.memory
  for _, need in ipairs(header.needs or {}) do
    local w = WEIGHTS[need]
    if w then cpus, memory = cpus + w.cpus, memory + w.memory end
  end
  return { cpus = header.cpus or cpus, memory = header.memory or memory }
end

local function is_room(weight, running, machine)
  local cpus, memory = weight.cpus, weight.memory
  for _, other in ipairs(running) do cpus, memory = cpus + other.cpus, memory + other.memory end
  return cpus <= machine.cpus and memory <= machine.memory
end

--- The place in `queue` (an array of weights) of the case to start now; nil: none yet. `running`: an array of weights;
--- `jobs`: a number, or "auto"; `machine`: { cpus, memory (MiB) }, for "auto". A case that is too large runs alone.
function schedule.next(queue, running, jobs, machine)
  if #queue == 0 then return nil end
  if #running == 0 then return 1 end
  if jobs ~= "auto" then return #running < jobs and 1 or nil end
  for i, weight in ipairs(queue) do
    if is_room(weight, running, machine) then return i end
  end
end

--- The items in an order that depends on `seed` alone.
function schedule.shuffle(items, seed)
  local out, state = { unpack(items) }, seed % 2147483647
  -- Lehmer's generator (Park and Miller, 1988): math.random is not the same everywhere
  local function below(n)
    state = (state * 48271) % 2147483647
    return state % n + 1
  end
  if state == 0 then state = 1 end
  for i = #out, 2, -1 do
    local j = below(i)
    out[i], out[j] = out[j], out[i]
  end
  return out
end

return schedule
