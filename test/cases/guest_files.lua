-- guest_files: files and folders to a guest and back, and a program there that outlives its SSH session.
local MAKE = [[cd "$1" && mkdir -p tree/in && printf '#!/bin/sh\necho ran\n' >tree/run && chmod 750 tree/run
: >tree/in/empty && ln -s ../run tree/in/link && printf '\000\377\r\n' >"tree/odd \"name
two" && head -c 3000000 /dev/urandom >tree/big]]

local LOOK = [[cd "$1" && find . -printf '%P %y %m %l\n' | sort && find . -type f -exec cksum {} + | sort]]

local function look(t, path) return t:here():run({ "sh", "-c", LOOK, "sh", path }).out end

-- Another SSH session to a guest.
local function log_in(t, vm)
  return t:node { name = "again", host = "127.0.0.1", port = vm.port, user = "root", key = vm.image.key,
    host_key = vm.image.host_key }
end

return rig.case {
  name = "a guest gets files and gives them back, and a program there goes on without its session",
  needs = { "vm" }, timeout = 120,

  run = function(t)
    local vm = t:vm()
    local dir = t:dir()
    t:phase "copy"
    t:here():run { "sh", "-c", MAKE, "sh", dir }
    t:equal(vm.node:push(dir .. "/tree", "/tmp/new"), "/tmp/new", "its path there")
    t:equal(vm:run({ "/tmp/new/run" }).out, "ran\n", "it runs there")
    t:equal(vm.node:pull("/tmp/new", dir), dir .. "/new", "its path here")
    t:equal(look(t, dir .. "/new"), look(t, dir .. "/tree"), "the copy of the copy")

    t:phase "refused"
    local function pull() assert(vm.node:pull("/tmp/no", dir)) end
    t:raises(pull, "No such file or directory: vm:/tmp/no", "a missing file is named")
    vm:run { "mount", "-t", "tmpfs", "-o", "size=1m", "none", "/mnt" }
    local function push() assert(vm.node:push(dir .. "/tree", "/mnt/x")) end
    t:raises(push, "No space left on device: vm:/mnt/x", "a full disk is named")
    t:equal(vm:run({ "ls", "-A", "/mnt" }).out, "", "what is left of it")

    t:phase "detached"
    local argv = { "dpdk-testpmd", "--no-huge", "--no-shconf", "-m", "128", "--no-pci", "--vdev", "net_null0",
      "-l", "0-1", "--", "-i", "--total-num-mbufs=2048" }
    local pmd = t:detached(argv, { name = "inner", pty = true }, vm.node)
    pmd.console:set_prompt "testpmd> "
    pmd.console:await_prompt(60)
    pmd.console:command("start", 20)
    local node = log_in(t, vm)
    vm.node:close()
    pmd:rejoin(node)
    pmd.console:set_prompt "testpmd> "
    t:match(pmd.console:command("stop", 20), "Accumulated forward statistics", "it forwarded meanwhile")
    pmd.console:type "quit\n"
    t:equal(pmd:wait(20).code, 0, "its exit status")
  end,
}
