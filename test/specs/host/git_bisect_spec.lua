-- git_bisect: git's output is read: the next commit, the first bad one, or those that are left. Texts of git 2.39.

local git_bisect = require "host.git_bisect"

local A, B = ("a1"):rep(20), ("b2"):rep(20)

describe("git bisect's output", function()
  it("names the next commit, and how much is left after it: the last of two estimates", function()
    local out = ("Bisecting: 9 revisions left to test after this (roughly 3 steps)\n[%s] one\n"
      .. "Bisecting: 1 revision left to test after this (roughly 1 step)\n[%s] two [x]\n"):format(A, B)
    assert.same({ hash = B, left = 1, steps = 1 }, git_bisect.parse(out))
  end)

  it("has none left where git counts below zero: paths left out the bad end", function()
    local out = ("Bisecting: 6 revisions left to test after this (roughly 3 steps)\n[%s] one\n"
      .. "Bisecting: -1 revisions left to test after this (roughly 0 steps)\n[%s] two\n"):format(A, B)
    assert.same({ hash = B, left = 0, steps = 0 }, git_bisect.parse(out))
  end)

  it("names a merge base to test, without an estimate", function()
    assert.same({ hash = A }, git_bisect.parse(("Bisecting: a merge base must be tested\n[%s] base\n"):format(A)))
  end)

  it("names the first bad commit, or all that are left", function()
    assert.same({ first_bad = A }, git_bisect.parse(("Bisecting: 4 revisions left to test after this (roughly 2 steps)\n"
      .. "[%s] x\n%s is the first bad commit\ncommit %s\nAuthor: x <x@x>\n\n    %s is the first bad commit\n"):format(
      B, A, A, B)))
    assert.same({ candidates = { A, B } }, git_bisect.parse("There are only 'skip'ped commits left to test.\n"
      .. ("The first bad commit could be any of:\n%s\n%s\nWe cannot bisect more!\n"):format(A, B)))
  end)

  it("is no answer where it has none of them", function()
    assert.is_nil(git_bisect.parse "Some good revs are not ancestors of the bad rev.\n")
  end)

  it("is asked for by a log that git can replay", function()
    assert.equal(("git bisect start '--no-checkout' '%s' '%s'\ngit bisect skip x\n"):format(A, B),
      git_bisect.log(A, B, { { hash = "x", verdict = "skip" } }))
  end)

  it("has the paths that commits must touch, as git quotes them", function()
    assert.equal(("git bisect start '--no-checkout' '%s' '%s' '--' 'lib/eal' 'it'\\''s'\n"):format(A, B),
      git_bisect.log(A, B, {}, { "lib/eal", "it's" }))
  end)
end)
