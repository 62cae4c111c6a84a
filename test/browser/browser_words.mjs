// browser_words: tests of browser.mjs: the red box of a failed check, and the consoles in it.
import assert from "node:assert/strict";

export default function evidence({ open, shot, chosen, work }) {
  const blamed = `${work}/words/latest/report.html`;
  const NARROW = { viewport: { width: 400, height: 800 } };
  const console = (page, name) => page.locator(`.failure .evidence[data-console="${name}"]`);

  return {
    async "a failed check shows each thing once"() {
      const page = await open(blamed);
      const heading = await page.textContent(".failure p b");
      assert.match(heading, /^what forwarder-1@a\.b \(forwarder-1@a\.b\.log\) says of \S+port$/);
      const words = await page.textContent(".failure");
      assert.match(words.slice(heading.length), /^expected2got1at\S+blamed\.lua:\d+in phasethe deed/);
      assert.equal(words.split(heading).length, 2);
      await shot(page, "blamed");
      await page.close();
    },

    async "named consoles come first, then those used in that phase"() {
      const page = await open(blamed);
      const names = await page.$$eval(".failure > .evidence", (all) => all.map((e) => e.dataset.console));
      assert.deepEqual(names, ["forwarder-1@a.b", "asker"]);
      assert.equal(await console(page, "asker").locator("summary").textContent(), "asker: commands in this phase: many, c, list");
      assert.ok(await console(page, "asker").locator("pre").first().isHidden());
      assert.ok(await console(page, "aside").isHidden());
      await page.click(".failure .others summary");
      assert.match(await console(page, "forwarder-10").textContent(), /last lines before the failure, at .*ready>\s*did earlier/s);
      // output of the teardown is not shown
      const words = await page.locator(".failure :is(pre, .sent)").allTextContents();
      assert.ok(words.length > 4 && !/farewell|quit/.test(words.join("\n")));
      await page.close();
    },

    async "each command of the phase with its reply, the last three, long ones cut"() {
      const page = await open(blamed);
      assert.match(await console(page, "forwarder-1@a.b").textContent(), /> attach {2}at \d+\.\d{3} sdid attach$/);
      const asker = await console(page, "asker").textContent();
      assert.match(asker, /2 earlier commands in this phase.*> many {2}at .*> c {2}at .*did c> list {2}at .*did list$/s);
      assert.match(asker, /s(many \d\n){7}many 812 more lines/);
      await console(page, "asker").locator("summary").click();
      await console(page, "asker").locator("button", { hasText: "12 more lines" }).click();
      assert.match(await chosen(page), /many 9$/);
      await page.close();
    },

    async "each console has its start; others of the same program are beside it"() {
      const page = await open(blamed, {}, "#case=1");
      const names = await page.$$eval(".failure > .evidence", (all) => all.map((e) => e.dataset.console));
      assert.deepEqual(names, ["left", "a-console-of-a-long-name", "commands"]);
      assert.match(await console(page, "left").textContent(), /\$ cat - {2}at \d.*> a word/s);
      assert.match(await console(page, "a-console-of-a-long-name").textContent(),
        /\$ cat -u {2}at \d.*last lines before the failure, at .*a-console-of-a-long-name is up$/s);
      // two shells have nothing in common
      await page.goto(`${page.url().split("#")[0]}#case=0`);
      await page.waitForSelector('.failure .evidence[data-console="asker"]');
      assert.ok(await console(page, "forwarder-10").isHidden());
      assert.match(await console(page, "forwarder-1@a.b").textContent(), /\$ sh -c printf 'one is up/);
      await page.close();
    },

    async "what was run in that phase is there with its output, the last three"() {
      const page = await open(blamed, {}, "#case=1");
      const text = await console(page, "commands").textContent();
      assert.match(text, /^run in this phase1 not shown\$ echo number 2 {2}exit 0 on here at \d\.\d{3} snumber 2\$ echo number 3/);
      assert.match(text, /exit 3 {2}exit 3 on here at \d\.\d{3} s1\n2\n.*8\s*2 more lines$/s);
      assert.ok(!/earlier/.test(text));
      await console(page, "commands").locator("button").click();
      assert.match(await chosen(page), /sh: exit 3.*oops/);
      await shot(page, "kin");
      await page.close();
    },

    async "without a named or used console, programs come before the latest output; our own probe is not shown"() {
      const page = await open(blamed, {}, "#case=2");
      assert.match(await page.textContent("article h2"), /ERROR/);
      // the lines are open where it went wrong, too
      const at = Number((await page.textContent('.row[aria-selected="true"] .t')));
      assert.ok(at > 0.01);
      assert.match(await page.textContent('.row[aria-selected="true"]'), /does the guest still answer|teardown|true/);
      const names = await page.$$eval(".failure > .evidence", (all) => all.map((e) => e.dataset.console));
      assert.deepEqual(names, ["commands", "bystander"]);
      assert.match(await console(page, "commands").textContent(), /^run in this phase\$ echo odd {2}exit 0 on here at \d\.\d{3} sodd$/);
      await page.close();
    },

    async "a detail does not repeat the two sides, texts or numbers"() {
      const page = await open(blamed, {}, "#case=3");
      assert.match(await page.textContent(".failure dl"), /^expectednonegotan "error"in detailthe log: it has oneat/);
      await page.close();
    },

    async "a long command line is cut, and shown whole on a click"() {
      const page = await open(blamed);
      const start = console(page, "forwarder-1@a.b").locator(".started");
      assert.ok((await start.textContent()).length <= 420);
      assert.match(await start.textContent(), /…/);
      await console(page, "forwarder-1@a.b").locator("button", { hasText: "full command line" }).click();
      assert.match(await chosen(page), /forwarder-1@a\.b\$ sh -c/);
      await page.close();
    },

    async "a console's name has room in its column"() {
      const page = await open(blamed, {}, "#case=1");
      await page.selectOption(".tools select", "a-console-of-a-long-name");
      const isWhole = (e) => [e, ...e.children].every((one) => one.scrollWidth <= one.clientWidth + 1);
      assert.ok(await page.locator('.row[aria-selected="true"] .lane').evaluate(isWhole));
      await page.close();
    },

    async "a transcript's name goes to that console, at the time of the failure"() {
      const page = await open(blamed);
      await page.click(".failure b a");
      assert.equal(await page.inputValue(".tools select"), "forwarder-1@a.b");
      assert.match(await chosen(page), /replied in/);
      await page.close();
    },

    async "a line is dated by its last byte"() {
      const page = await open(blamed);
      await page.fill(".tools input[type=search]", "EAL: late");
      assert.match(await chosen(page), /^0\.090dated\s*ready> EAL: late$/);
      await page.close();
    },

    async "a console is selected at the time that was looked at"() {
      const page = await open(blamed);
      const bad = await chosen(page);
      const at = Number(bad.slice(0, 5));
      const before = await page.$$eval(".row", (all) => all.map((e) => e.textContent)
        .slice(0, all.findIndex((e) => e.getAttribute("aria-selected") === "true")));
      for (const name of ["asker", "forwarder-1@a.b"]) {
        await page.selectOption(".tools select", name);
        const line = await chosen(page);
        assert.ok(Number(line.slice(0, 5)) <= at);
        assert.equal(await page.textContent(".whole"), await page.textContent('.row[aria-selected="true"] .text'));
        const last = before.findLast((text) => text.slice(5).startsWith(name) && !text.startsWith(`${name}0`, 5));
        if (name === "asker") assert.equal(line, last);
      }
      await page.selectOption(".tools select", "");
      await page.selectOption(".tools select", "asker");
      assert.match(await chosen(page), /asker/);
      await page.close();
    },

    async "in a narrow window nothing scrolls sideways, and consoles differ"() {
      const page = await open(blamed, NARROW);
      const isIn = () => page.evaluate(() => document.scrollingElement.scrollWidth <= innerWidth);
      assert.ok(await isIn());
      await page.click(".failure .others summary");
      assert.ok(await isIn());
      await page.selectOption(".tools select", "forwarder-10");
      const tail = page.locator('.row[aria-selected="true"] .lane span').last();
      assert.equal(await tail.textContent(), "er-10");
      assert.ok(await tail.evaluate((e) => e.getBoundingClientRect().right <= e.parentElement.getBoundingClientRect().right + 1));
      await shot(page, "blamed-narrow");
      await page.close();
    },

    async "where nothing was counted there is a line, no chart"() {
      const page = await open(blamed);
      assert.equal(await page.locator(".chart").count(), 1);
      assert.match(await page.textContent(".chart"), /busy port 0/);
      assert.equal(await page.locator(".no-rate").first().textContent(), "still: no packet was counted on ports 0, 1");
      await page.close();
    },

    async "a chart's values are there once it is pointed at, and take no room"() {
      const page = await open(blamed);
      const height = () => page.$eval(".chart", (e) => e.getBoundingClientRect().height);
      const value = page.locator(".chart .u-legend .u-value").last();
      const before = await height();
      assert.equal(await value.evaluate((e) => getComputedStyle(e).visibility), "hidden");
      assert.equal(await page.locator(".chart .u-legend .u-label").last().evaluate((e) => getComputedStyle(e).visibility), "visible");
      await page.hover(".chart .u-over");
      assert.equal(await value.evaluate((e) => getComputedStyle(e).visibility), "visible");
      assert.equal(await height(), before);
      await page.close();
    },

    async "a chosen line's JSON is laid out below the list"() {
      const page = await open(blamed);
      await page.fill(".tools input[type=search]", '"queues"');
      const text = await page.textContent(".whole");
      assert.match(text, /^got\n\{\n {2}"stats": \{\n {4}"rx": 1,/);
      assert.ok(await page.$eval(".whole", (e) => e.clientHeight >= 10 * parseFloat(getComputedStyle(e).fontSize)));
      assert.ok(await page.$eval(".whole", (e) => parseFloat(getComputedStyle(e).maxHeight)
        >= 15 * 1.45 * parseFloat(getComputedStyle(e).fontSize)));
      await page.close();
    },

    async "a check's address is beside its line, a phase's letter in its segment"() {
      const page = await open(blamed);
      const [button, address] = await page.$eval(".checks tr.failed .place",
        (e) => [...e.children].map((one) => one.getBoundingClientRect().top + one.getBoundingClientRect().height / 2));
      assert.ok(Math.abs(button - address) < 10);
      const letters = page.locator(".phases button span");
      for (let i = 0; i < await letters.count(); i++) assert.ok(await letters.nth(i).isVisible());
      assert.match(await page.locator(".phases button").nth(1).getAttribute("title"), /^b: /);
      await page.close();
    },
  };
}
