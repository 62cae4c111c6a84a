-- kin: two consoles of the same program, of which a failed check names one, and commands before it. A case for the
-- other consoles in the box of a failure (test/browser/browser.sh).

return rig.case {
  name = "kin", timeout = 20,

  run = function(t)
    local here = t:here()
    local function cat(name, ...)
      local one = assert(here:spawn({ "cat", ... }, { name = name }))
      assert(one:set_prompt("up\n"):command(name .. " is up"))
      return one
    end
    local left, right = cat("left", "-"), cat("a-console-of-a-long-name", "-u")
    here:run { "echo", "earlier" }
    t:phase "the deed"
    for i = 1, 3 do here:run { "echo", "number " .. i } end
    here:run { "sh", "-c", "seq 9; echo oops >&2; exit 3" }
    assert(left:set_prompt("a word\n"):command "a word")
    t:equal(1, 2, "left has it")
    return left, right
  end,
}
