// browser_words: tests of browser.mjs: what the red box of a failed check tells, and whom it lets speak.
import assert from "node:assert/strict";

export default function told({ open, shot, chosen, isInSight, work }) {
  const blamed = `${work}/words/latest/report.html`;
  const console = (page, name) => page.locator(`.failure .said[data-console="${name}"]`);

  return {
    async "a failed check says each thing once"() {
      const page = await open(blamed);
      const heading = await page.textContent(".failure p b");
      assert.match(heading, /^what forwarder-1 \(forwarder-1\.log\) says of \S+port$/);
      const words = await page.textContent(".failure");
      assert.match(words.slice(heading.length), /^expected2got1at\S+blamed\.lua:\d+in phasethe deed/);
      assert.equal(words.split(heading).length, 2);
      await shot(page, "blamed");
      await page.close();
    },

    async "who is named comes first, then who was asked in that phase"() {
      const page = await open(blamed);
      const names = await page.$$eval(".failure > .said", (all) => all.map((e) => e.dataset.console));
      assert.deepEqual(names, ["forwarder-1", "asker"]);
      assert.ok(await console(page, "aside").isHidden());
      await page.click(".failure .others summary");
      assert.match(await console(page, "forwarder-10").textContent(), /said last, at .*ready>\s*did earlier/s);
      // what the teardown made them say is none of it
      assert.ok(!/farewell|quit/.test(await page.textContent(".failure")));
      await page.close();
    },

    async "each command of the phase with its reply, the last three, long ones cut"() {
      const page = await open(blamed);
      assert.match(await console(page, "forwarder-1").textContent(), /> attach  at \d+\.\d{3} sdid attach$/);
      const asker = await console(page, "asker").textContent();
      assert.match(asker, /asked 2 more before, in this phase> many  at .*> c  at .*did c> list  at .*did list$/s);
      assert.match(asker, /s(many \d\n){7}many 812 more lines/);
      await console(page, "asker").locator("button", { hasText: "12 more lines" }).click();
      assert.match(await chosen(page), /many 9$/);
      await page.close();
    },

    async "a transcript's name goes to that console, at the time of the failure"() {
      const page = await open(blamed);
      await page.click(".failure b a");
      assert.equal(await page.inputValue(".tools select"), "forwarder-1");
      assert.match(await chosen(page), /replied in/);
      await page.close();
    },

    async "a line is dated by its last byte"() {
      const page = await open(blamed);
      await page.fill(".tools input[type=search]", "EAL: late");
      assert.match(await chosen(page), /^0\.090dated\s*ready> EAL: late$/);
      await page.close();
    },
  };
}
