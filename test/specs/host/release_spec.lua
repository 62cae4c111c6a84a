-- release: the suite of Debian's packages, by texts of os-release.

local release = require "host.release"

local TEXTS = {
  bookworm = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
  forky = "ID='debian'\nPRETTY_NAME='Debian GNU/Linux forky/sid'\nVERSION_CODENAME=\"forky\"\n",
  sid = "PRETTY_NAME=\"Debian GNU/Linux\"\nID=debian",
}

describe("the release", function()
  for suite, text in pairs(TEXTS) do
    it("is " .. suite .. " by its own name", function() assert.equal(suite, release.suite_of(text)) end)
  end

  it("of another distribution is Debian's stable one, whatever its own name", function()
    assert.equal("trixie", release.suite_of 'ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n')
    assert.equal("trixie", release.suite_of "")
  end)

  it("of this machine is a name", function() assert.matches("^%l+$", release.suite()) end)
end)
