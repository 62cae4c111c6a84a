-- copy: files and folders to a node and from it, on this machine and on one that is reached by SSH.

local engine = require "engine"

local lab_machine = require "lab"
local moonrig = require "specs.moonrig"

local rig = moonrig.new()
local here = engine.here()

local function sh(code, ...)
  local r = assert(here:run { "sh", "-c", "cd \"$1\" && shift && " .. code, "sh", rig.work, ... })
  assert(r.code == 0, r.err)
  return r.out
end

-- Everything below a path: names, kinds, modes, contents, links.
local LOOK = [[
cd "$1" 2>/dev/null || { stat -c '%F %a' "$1"; cksum <"$1"; exit; }
find . -printf '%P %y %m %l\0' | sort -z | tr '\0' '\n'
find . -type f -exec cksum {} +]]

local function look(path)
  local r = assert(here:run({ "sh", "-c", LOOK, "sh", path }))
  local lines = {}
  for line in r.out:gmatch "[^\n]+" do lines[#lines + 1] = line end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local TREES = {
  ["a plain file"] = "printf 'one\\n' >x",
  ["an empty file"] = ": >x",
  ["bytes"] = "printf '\\000\\377\\r\\n\\001123\\n' >x",
  ["a file that looks like a header"] = "printf 'file 777\\nfolder\\n' >x",
  ["a program"] = "cp /bin/true x && chmod 4751 x",
  ["a file that only its owner reads"] = "echo secret >x && chmod 600 x",
  ["a file of 3 MB"] = "head -c 3000000 /dev/urandom >x",
  ["an empty folder"] = "mkdir x && chmod 1770 x",
  ["a folder that nobody may write"] = "mkdir -p x/in && echo 1 >x/in/f && chmod 444 x/in/f && chmod 555 x/in x",
  ["names with odd bytes"] = [[mkdir x && cd x && for n in -rf 'a b' "a'b" '*' '$HOME' '\\' "$(printf '\377\001')" "$(printf 'two\nlines')" '..x' .hidden
    do echo "$n" >"./$n"; done]],
  ["links in a folder"] = "mkdir -p x/d && ln -s d x/down && ln -s ../.. x/out && ln -s /no/such x/nowhere && ln -s loop x/loop",
  ["a deep folder with long names"] = [[n=$(printf '%0120d' 7); mkdir -p "x/$n/$n/$n" && echo deep >"x/$n/$n/$n/$n"]],
}

-- { from, to, words of the error, its code }, of a push; %s is a folder of its own on the other side.
local REFUSED = {
  { "no-such", "%s/x", "No such file or directory: here:no%-such$", "ENOENT" },
  { "file/below", "%s/x", "Not a directory: here:file/below$", "ENOTDIR" },
  { "loop", "%s/x", "Too many levels of symbolic links: here:loop$", "ELOOP" },
  { "/dev/null", "%s/x", "neither a file nor a folder: here:/dev/null$", "EIO" },
  { "fifo", "%s/x", "neither a file nor a folder: here:fifo$", "EIO" },
  { "/proc/self", "%s/x", "a folder of the kernel's: copy its files one by one: here:/proc/self$", "EIO" },
  { "file", "%s/no/such", "No such file or directory: NODE:%s/no/such$", "ENOENT" },
  { "file", "%s/there/below", "Not a directory: NODE:%s/there/below$", "ENOTDIR" },
  { "file", "%s/new/", "Not a directory: NODE:%s/new/$", "ENOTDIR" },
  { "file", "%s/full", "Is a directory: NODE:%s/full$", "EISDIR" },
  { "folder", "%s/there", "File exists: NODE:%s/there$", "EEXIST" },
  { "folder", "%s/has", "File exists: NODE:%s/has$", "EEXIST" },
  { ".", "%s", "name the copy: its original has no name: NODE:%s$", "EIO" },
  { "file", "/proc/x", "No such file or directory: NODE:/proc/x$", "ENOENT" },
  { "file", "%s/" .. ("n"):rep(300), "File name too long: NODE:%s/n+$", "ENAMETOOLONG" },
}

-- The copy's path, or nil and the error, which may be raised.
local function try(fn, ...)
  local ok, path, err = pcall(fn, ...)
  if not ok then return nil, path end
  return path, err
end

local lab, login

local function on(name, make_node)
  describe("a copy " .. name, function()
    local node
    lazy_setup(function() node = make_node() end)

    lazy_teardown(function()
      if node and not node:is_here() then node:close() end
    end)

    local function fresh()
      sh "rm -rf way && mkdir -p way/there.d way/full/file way/has/folder && echo old >way/there"
      return rig.work .. "/way"
    end

    for what, code in pairs(TREES) do
      it("is the same there and back: " .. what, function()
        if not node then return pending "needs dropbear" end
        sh("chmod -R u+rwX x 2>/dev/null; rm -rf x; " .. code)
        local way = fresh()
        assert.equal(way .. "/new", assert(node:push(rig.work .. "/x", way .. "/new")))
        assert.equal(look(rig.work .. "/x"), look(way .. "/new"))
        assert.equal(way .. "/there.d/new", assert(node:pull(way .. "/new", way .. "/there.d")))
        assert.equal(look(rig.work .. "/x"), look(way .. "/there.d/new"))
        sh "chmod -R u+rwX way"
      end)
    end

    it("replaces a file at once, follows the link that is named, and goes into a folder", function()
      if not node then return pending "needs dropbear" end
      local way = fresh()
      sh "echo new >file && ln -sf file alias && mkdir -p folder && echo in >folder/in"
      assert.equal(way .. "/there", node:push(rig.work .. "/alias", way .. "/there"))
      assert.equal("new\n", moonrig.read(way .. "/there"))
      assert.equal(way .. "/there.d/alias", node:push(rig.work .. "/alias", way .. "/there.d/"))
      assert.equal("file", engine.fs.stat(way .. "/there.d/alias", true).type)
      sh "ln -s there.d way/link && ln -s nowhere way/dangling"
      assert.equal(way .. "/link/folder", node:push(rig.work .. "/folder/", way .. "/link"))
      assert.equal("in\n", moonrig.read(way .. "/there.d/folder/in"))
      assert.equal(way .. "/dangling", node:push(rig.work .. "/file", way .. "/dangling"))
      assert.equal("file", engine.fs.stat(way .. "/dangling", true).type)
    end)

    it("has what a file of /proc has", function()
      if not node then return pending "needs dropbear" end
      assert(node:pull("/proc/version", rig.work .. "/version"))
      assert.equal(moonrig.read "/proc/version", moonrig.read(rig.work .. "/version"))
    end)

    it("names the path and the side of what is refused, and leaves nothing there", function()
      if not node then return pending "needs dropbear" end
      sh "echo new >file && mkdir -p folder && ln -sf loop loop && { [ -p fifo ] || mkfifo fifo; }"
      for _, row in ipairs(REFUSED) do
        local way = fresh()
        local before = sh("find way")
        local from = row[1]:find "^/" and row[1] or rig.work .. "/" .. row[1]
        if row[1] == "." then from = rig.work .. "/." end
        local path, err = try(node.push, node, from, (row[2]:gsub("%%s", way)))
        assert.is_nil(path, row[1])
        local side, folder = node:name(), rig.work:gsub("%p", "%%%0")
        local want = row[3]:gsub("here:(%a)", function(c) return "here:" .. folder .. "/" .. c end)
        want = want:gsub("NODE", side):gsub("%%s", function() return folder .. "/way" end)
        assert.matches(want, err.what)
        assert.equal(row[4], err.code)
        assert.equal(before, sh "find way")
        assert.equal("old\n", moonrig.read(way .. "/there"))
      end
      local path, err = try(node.pull, node, "/no/such/file", rig.work .. "/got")
      assert.is_nil(path)
      assert.equal(("No such file or directory: %s:/no/such/file"):format(node:name()), err.what)
      assert.is_nil(engine.fs.stat(rig.work .. "/got"))
    end)

    it("leaves the file that was there if the disk is full", function()
      if not node or engine.sys.uid() ~= 0 then return pending "needs dropbear and root" end
      sh [[mkdir -p small && head -c 3000000 /dev/urandom >x3 && rm -rf x4 && mkdir x4 && cp x3 x4/f]]
      -- where this process is killed
      here:undo { "umount", rig.work .. "/small" }
      if here:run({ "mount", "-t", "tmpfs", "-o", "size=1m", "none", rig.work .. "/small" }).code ~= 0 then
        return pending "needs the right to mount"
      end
      sh "echo old >small/x3"
      local _, file_error = try(node.push, node, rig.work .. "/x3", rig.work .. "/small/x3")
      local _, tree_error = try(node.push, node, rig.work .. "/x4", rig.work .. "/small/x4")
      local old, left = moonrig.read(rig.work .. "/small/x3"), sh "ls -A small"
      sh "umount small"
      assert.equal(("No space left on device: %s:%s/small/x3"):format(node:name(), rig.work), file_error.what)
      assert.equal("ENOSPC", file_error.code)
      assert.equal(("No space left on device: %s:%s/small/x4"):format(node:name(), rig.work), tree_error.what)
      assert.equal("old\n", old)
      assert.equal("x3\n", left)
    end)

    it("that is late says how far it came, and leaves nothing", function()
      if not node then return pending "needs dropbear" end
      local way = fresh()
      -- a writer that never comes to its end
      sh "rm -rf x && mkdir x && truncate -s 1T x/huge"
      local path, err = try(node.push, node, rig.work .. "/x", way .. "/new", { timeout = 1 })
      assert.is_nil(path)
      assert.equal("ETIMEDOUT", err.code)
      assert.matches("^the copy of here:.*/x to .*/way/new was not done after 1%.0 s: %d+ bytes were read", err.what)
      local deadline = engine.now() + 20
      repeat engine.elapse(0.05) until sh "ls -A way" == "full\nhas\nthere\nthere.d\n" or engine.now() > deadline
      assert.equal("full\nhas\nthere\nthere.d\n", sh "ls -A way")
    end)

    it("of a folder that could not be read whole leaves nothing", function()
      if not node or not node:is_here() then return end
      local way = fresh()
      -- a file that it may not read: tar goes on, writes a whole archive, and exits with 2
      sh [[rm -rf x bin && mkdir -p x/in bin && echo 1 >x/f && echo 2 >x/in/f && chmod 555 x/in && cat >bin/tar <<'END' && chmod +x bin/tar
#!/bin/sh
PATH=/usr/bin:/bin
tar "$@" || exit
case $* in *-cf*) sleep 0.3; echo "tar: ./secret: Cannot open: Permission denied" >&2; exit 2;; esac
END]]
      local before = os.getenv "PATH"
      engine.sys.setenv("PATH", rig.work .. "/bin:" .. before)
      local path, err = try(node.push, node, rig.work .. "/x", way .. "/new")
      engine.sys.setenv("PATH", before)
      sh "chmod -R u+rwX x"
      assert.is_nil(path)
      assert.equal(("Permission denied: here:%s/x"):format(rig.work), err.what)
      assert.matches("%./secret", err.tail)
      assert.equal("full\nhas\nthere\nthere.d\n", sh "ls -A way")
    end)

    it("takes no paths but plain ones", function()
      if not node then return pending "needs dropbear" end
      for _, pair in ipairs { { "", "x" }, { "x", "" }, { "a\0b", "x" } } do
        assert.matches("a path is not empty and has no NUL", select(2, pcall(node.push, node, unpack(pair))))
      end
      assert.matches("unknown option \"mode\"", select(2, pcall(node.pull, node, "a", "b", { mode = 1 })))
    end)
  end)
end

on("on this machine", function() return here end)

on("to a machine reached by SSH", function()
  lab, login = lab_machine.start(rig.work .. "/lab")
  return lab and assert(engine.ssh(login))
end)

describe("a copy whose session is cut", function()
  it("is an error, and what came is removed", function()
    if not lab then return pending "needs dropbear" end
    local node = assert(engine.ssh(login))
    sh "rm -rf way x && mkdir way x && truncate -s 1T x/huge"
    local copy = engine.task(function()
      local _, err = try(node.push, node, rig.work .. "/x", rig.work .. "/way/new")
      return err
    end)
    local deadline = engine.now() + 20
    repeat engine.elapse(0.02) until sh "find way -type f" ~= "" or engine.now() > deadline
    assert.matches("%.moonrig%-%x+", sh "ls -A way")
    engine.task(function() node:close() end)
    local outcome = assert(copy:join(20))
    assert.is_true(outcome[1])
    assert.equal(("the session ended: lab:%s/way/new"):format(rig.work), outcome[2].what)
    repeat engine.elapse(0.05) until sh "ls -A way" == "" or engine.now() > deadline
    assert.equal("", sh "ls -A way")
  end)
end)

describe("a copy of a file that is cut", function()
  local HUGE = "rm -rf way x && mkdir way && echo old >way/new && truncate -s 1T x"
  local old = "new\n"

  it("replaces nothing if the session ends", function()
    if not lab then return pending "needs dropbear" end
    for _, cut in ipairs {
      function(node) node:close() end,
      function(node) node:run { "sh", "-c", "kill -KILL $PPID" } end,
    } do
      local node = assert(engine.ssh(login))
      sh(HUGE)
      local copy = engine.task(function()
        local _, err = try(node.push, node, rig.work .. "/x", rig.work .. "/way/new")
        return err
      end)
      local deadline = engine.now() + 20
      repeat engine.elapse(0.02) until sh "find way -name '.moonrig-*' -size +1M" ~= "" or engine.now() > deadline
      engine.task(function() pcall(cut, node) end)
      local outcome = assert(copy:join(20))
      assert.equal(("the session ended: lab:%s/way/new"):format(rig.work), outcome[2].what)
      repeat engine.elapse(0.05) until sh "ls -A way" == old or engine.now() > deadline
      assert.equal(old, sh "ls -A way")
      assert.equal("old\n", moonrig.read(rig.work .. "/way/new"))
      node:close()
    end
  end)

  it("replaces nothing if the worker is killed", function()
    sh(HUGE)
    local file = rig:write("killed_file.lua", moonrig.case(([[
      t:spawn(function() t:here():push(%q, %q) end)
      t:eventually(20, function()
        return #t:here():run({ "find", %q, "-name", ".moonrig-*", "-size", "+1M" }).out > 0
      end, "it has begun")
      t:here():run { "sh", "-c", "kill -KILL $PPID" }
      t:elapse(9)]]):format(rig.work .. "/x", rig.work .. "/way/new", rig.work .. "/way")))
    local code, said = rig:call { "run", file, "-o", rig.work .. "/out_file" }
    assert.equal(3, code, said)
    assert.equal(old, sh "ls -A way")
    assert.equal("old\n", moonrig.read(rig.work .. "/way/new"))
  end)
end)

describe("a copy whose worker is killed", function()
  it("leaves nothing: the guard removes what came", function()
    sh "rm -rf way x && mkdir way x && truncate -s 1T x/huge"
    local file = rig:write("killed.lua", moonrig.case(([[
      t:spawn(function() t:here():push(%q, %q) end)
      t:eventually(20, function() return #t:here():run({ "find", %q, "-type", "f" }).out > 0 end, "it has begun")
      t:here():run { "sh", "-c", "kill -KILL $PPID" }
      t:elapse(9)]]):format(rig.work .. "/x", rig.work .. "/way/new", rig.work .. "/way")))
    local code, said = rig:call { "run", file, "-o", rig.work .. "/out" }
    assert.equal(3, code, said)
    assert.matches("SIGKILL", said)
    assert.equal("", sh "ls -A way")
  end)
end)

describe("its files", function()
  it("are gone", function()
    if lab then lab:close(5) end
    sh "chmod -R u+rwX ."
    rig:remove()
  end)
end)
