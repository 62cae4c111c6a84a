-- bisect_judge: what a run says about a revision, and which verdict several runs give.

local judge = require "run.bisect_judge"

local function run(...)
  local cases = {}
  for i, one in ipairs { ... } do cases[i] = { plan = "p", name = one[1], status = one[2], reason = one[3] } end
  return { cases = cases }
end

local LOST = "vhost: 4096 packets sent, 4032 received at 0x7ffe01\nmore"

describe("the answer of a run", function()
  local symptom = judge.symptom(run({ "x", "FAIL", LOST }, { "y", "PASS" }))

  it("is bad for the same case, verdict and reason, whatever the numbers in it", function()
    assert.equal("bad", judge.answer(run { "x", "FAIL", "vhost: 17 packets sent, 1.5 received at 0xff\nother" }, symptom))
  end)

  it("is good where the cases of the symptom pass, whatever others do", function()
    assert.equal("good", judge.answer(run({ "x", "PASS" }, { "y", "FAIL", "new" }), symptom))
    assert.equal("good", judge.answer(run { "x", "XFAIL", "known" }, symptom))
  end)

  it("is neither for another reason, another verdict, a skipped or a missing case", function()
    for words, one in pairs {
      ["p/x: FAIL no prompt"] = { "x", "FAIL", "no prompt" }, ["p/x: ERROR vhost:"] = { "x", "ERROR", LOST },
      ["p/x: SKIP no KVM"] = { "x", "SKIP", "no KVM" }, ["p/x was not run"] = { "z", "PASS" },
    } do
      local answer, why = judge.answer(run(one), symptom)
      assert.equal("other", answer)
      assert.equal(words, why:sub(1, #words))
    end
  end)

  it("is bad for any failure where that is asked for, but not for a skip", function()
    assert.equal("bad", judge.answer(run { "x", "ERROR", "no prompt" }, symptom, { is_any = true }))
    assert.equal("other", (judge.answer(run { "x", "SKIP", "no KVM" }, symptom, { is_any = true })))
  end)

  it("is bad for each reason that has the text, where one is given, and for no other failure", function()
    local says = "B ended with SIGSEGV"
    local known = judge.symptom(run { "x", "ERROR", "A ended with SIGSEGV\n  B ended with SIGSEGV in f" }, says)
    assert.equal("p/x: ERROR B ended with SIGSEGV in f", judge.words(known))
    assert.equal("bad", judge.answer(run { "x", "FAIL", "B ended with SIGSEGV in g" }, known, { says = says }))
    assert.equal("other", (judge.answer(run { "x", "ERROR", "A ended with SIGSEGV" }, known, { says = says })))
    assert.equal("good", judge.answer(run { "x", "PASS" }, known, { says = says }))
    assert.equal(0, select(2, judge.symptom(run { "x", "ERROR", "A ended with SIGSEGV" }, says)))
  end)

  it("is neither where a case was skipped, with no failure to look for", function()
    local one = run({ "x", "PASS" }, { "y", "SKIP", "no KVM" })
    assert.same({ "other", "p/y: SKIP no KVM" }, { judge.answer(one, judge.not_passed(one)) })
    assert.equal("good", judge.answer(run { "x", "PASS" }, judge.not_passed(run { "x", "PASS" })))
  end)

  it("has in common with another one the cases that fail in the same way", function()
    local one = run({ "x", "FAIL", LOST }, { "y", "FAIL", "a" })
    local common = judge.common(run({ "x", "FAIL", (LOST:gsub("4096", "1")) }, { "y", "FAIL", "b" }),
      (judge.symptom(one)))
    assert.equal("p/x: FAIL vhost: 4096 packets sent, 4032 received at 0x7ffe01", judge.words(common))
  end)

  it("counts the failed cases of a run", function()
    assert.equal(2, select(2, judge.symptom(run({ "x", "FAIL", "a" }, { "y", "ERROR", "b" }, { "z", "SKIP" }))))
    assert.equal(0, select(2, judge.symptom(run({ "x", "PASS" }, { "z", "SKIP" }))))
  end)
end)

describe("the verdict of a revision", function()
  local NAMES = { g = "good", b = "bad", o = "other", s = "skip", ["-"] = "more" }

  -- "gbb" are three answers.
  local function verdict(word, is_doubted, more)
    local answers = {}
    for letter in word:gmatch "." do answers[#answers + 1] = NAMES[letter] end
    local is, is_mixed = judge.verdict(answers, more or 3, is_doubted)
    return (is or "more") .. (is_mixed and ", comes and goes" or "")
  end

  it("is the first answer, where it is not doubted", function()
    assert.equal("good", verdict "g")
    assert.equal("bad", verdict "b")
    assert.equal("more", verdict "")
  end)

  it("needs three more that agree after a doubted one", function()
    for _, word in ipairs { "o", "og", "ogg", "ob", "obb", "oo", "ooo" } do assert.equal("more", verdict(word)) end
    assert.equal("more", verdict("ggg", true))
    assert.equal("good", verdict "oggg")
    assert.equal("bad", verdict "obbb")
    assert.equal("skip", verdict "oooo")
    assert.equal("more", verdict("g", true))
    assert.equal("good", verdict("gggg", true))
    assert.equal("bad", verdict("bbbb", true))
  end)

  it("is overruled by three others", function()
    assert.equal("bad, comes and goes", verdict("gbbb", true))
    assert.equal("good, comes and goes", verdict("bggg", true))
  end)

  it("is bad where the symptom comes and goes", function()
    assert.equal("bad, comes and goes", verdict("ggb", true))
    assert.equal("bad, comes and goes", verdict("bgb", true))
    assert.equal("bad, comes and goes", verdict "ogb")
  end)

  it("does not count runs that say nothing, until there are as many of them", function()
    assert.equal("more", verdict "oogg")
    assert.equal("good", verdict "ooggg")
    assert.equal("bad", verdict("bbobob", true))
    assert.equal("skip", verdict "oggooo")
    assert.equal("skip", verdict("gooo", true))
  end)

  it("is the first answer where nobody wants more", function()
    assert.equal("good", verdict("g", true, 0))
    assert.equal("skip", verdict("o", true, 0))
  end)
end)
