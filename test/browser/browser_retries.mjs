// browser_retries: tests of browser.mjs: cases that were run more than once, many checks, short phases, absent rates.
import assert from "node:assert/strict";

export default function retries({ open, shot, chosen, isInSight, work }) {
  const flaky = `${work}/retry2/latest/report.html`;
  const rounds = `${work}/repeat3j2/latest/report.html`;
  const NARROW = { viewport: { width: 400, height: 800 } };
  const rows = (page) => page.locator(".checks tr[data-check]").count();
  const fold = (page) => page.locator(".checks .toggle button");

  return {
    async "a case that passed on a retry is FLAKY, and shows why it failed before"() {
      const page = await open(flaky);
      assert.match(await page.textContent("header"), /0 passed, 0 failed, 1 flaky/);
      assert.match(await page.textContent("tr[data-case]"), /FLAKY.*passed on attempt 2.*try 1 FAIL.*try 2 PASS/);
      assert.match(await page.textContent("article h2"), /FLAKY/);
      const words = await page.textContent(".retries");
      assert.match(words, /the case failed, then passed on a retry/);
      assert.match(words, /FAIL\s*try 1.*it holds this timeexpectedat least 8got7at.*in phasethe end.*PASStry 2/);
      assert.deepEqual(page.messages, []);
      await shot(page, "flaky");
      await page.close();
    },

    async "each try has its own page, with its own recording"() {
      const page = await open(flaky);
      assert.match(await page.textContent(".checks summary"), /113 checks, 0 failed/);
      assert.equal(await page.locator(".failure, .row.bad").count(), 0);
      await page.click(".retries a");
      await page.waitForFunction(() => /try 1/.test(document.querySelector("article h2").textContent));
      assert.match(await page.textContent("article h2"), /FAIL.*try 1/);
      assert.match(await page.textContent(".checks summary"), /113 checks, 1 failed/);
      assert.match(await page.textContent(".failure"), /^it holds this timeexpectedat least 8got7at/);
      assert.match(await chosen(page), /NOT OK it holds this time/);
      assert.match(await page.textContent(".retries"), /FAIL\s*try 1.*see below\s*PASS\s*try 2/);
      assert.equal(await page.locator(".legend li").count(), 5);
      await page.goBack();
      await page.waitForFunction(() => /FLAKY/.test(document.querySelector("article h2").textContent));
      await page.close();
    },

    async "a case that never passed shows each try"() {
      const page = await open(`${work}/never/latest/report.html`);
      assert.match(await page.textContent("article h2"), /ERROR/);
      const words = await page.textContent(".retries");
      assert.match(words, /its verdict is that of the first try/);
      assert.match(words, /ERROR\s*try 1.*see below\s*ERROR\s*try 2.*No such file/);
      assert.match(await page.textContent(".failure"), /No such file/);
      assert.deepEqual(page.messages, []);
      await page.close();
    },

    async "each round has its own recording, and all are counted"() {
      const page = await open(rounds);
      assert.match(await page.textContent("header"), /2 passed, 1 failed/);
      const failed = [];
      for (const n of [0, 1, 2]) {
        await page.goto(`${page.url().split("#")[0]}#case=${n}`);
        await page.waitForFunction((i) => new RegExp(`round ${i}`).test(document.querySelector("article h2").textContent), n + 1);
        assert.match(await page.textContent(".rounds"), new RegExp(`round ${n + 1} of 3; 2 of 3 passed`));
        assert.match(await page.textContent(".checks summary"), /^113 checks/);
        assert.equal(await page.locator(".legend li").count(), 5);
        failed.push(await page.locator(".failure").count());
      }
      assert.equal(failed.filter((n) => n === 1).length, 1);
      assert.equal(await page.locator("tr[data-case]").count(), 3);
      assert.deepEqual(page.messages, []);
      await page.close();
    },

    async "what passed beside a failed check is folded; a key unfolds it"() {
      for (const options of [{}, NARROW]) {
        const page = await open(flaky, options, "#case=0&try=1");
        assert.equal(await rows(page), 1);
        assert.equal(await fold(page).textContent(), "112 checks passed, show");
        assert.ok(await page.locator(".checks tr.failed").isVisible());
        await fold(page).focus();
        await page.keyboard.press("Enter");
        assert.equal(await rows(page), 113);
        assert.equal(await fold(page).getAttribute("aria-expanded"), "true");
        assert.equal(await fold(page).textContent(), "112 checks passed, hide");
        // in the order in which they were made
        assert.match(await page.locator(".checks tr[data-check]").last().textContent(), /^FAILED/);
        await page.keyboard.press("Enter");
        assert.equal(await rows(page), 1);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        await shot(page, `folded${options.viewport ? "-narrow" : ""}`);
        await page.close();
      }
    },

    async "the address of a folded check unfolds it, and so does its line"() {
      const page = await open(flaky, {}, "#case=0&try=1&check=17");
      assert.match(await page.textContent(".checks tr[aria-current]"), /^ok.*check 17 holds/);
      assert.ok(await isInSight(page, ".checks tr[aria-current]"));
      await fold(page).click();
      assert.equal(await rows(page), 1);
      await page.fill(".tools input[type=search]", "check 40 holds");
      assert.match(await chosen(page), /ok check 40 holds/);
      await page.click(".whole .to-check");
      assert.match(await page.textContent(".checks tr[aria-current]"), /check 40 holds/);
      await page.click(".failure .to-check");
      assert.match(await page.textContent(".checks tr[aria-current]"), /^FAILED.*it holds this time/);
      assert.ok(await isInSight(page, ".checks tr[aria-current]"));
      await page.click(".checks tr[aria-current] .address");
      assert.match(page.url(), /#case=0&try=1&check=113$/);
      assert.deepEqual(page.messages, []);
      await page.close();
    },

    async "each phase has its name in sight, however short it was"() {
      for (const options of [{}, NARROW]) {
        const page = await open(flaky, options);
        const names = await page.locator(".legend button").allTextContents();
        assert.match(names[1], /^ba phase with a name that is long, so that no bar of a short time has room for all of it/);
        assert.match(names[3], /^dthe end0\.\d\d s$/);
        const isWhole = await page.$$eval(".legend button", (all) => all.every((e) => e.scrollWidth <= e.clientWidth
          && e.getBoundingClientRect().right <= innerWidth));
        assert.ok(isWhole);
        const whole = await page.$eval(".lanes canvas", (e) => e.dataset.to - e.dataset.from);
        await page.locator(".legend button", { hasText: "asked" }).click();
        assert.ok(await page.$eval(".lanes canvas", (e) => e.dataset.to - e.dataset.from) < whole);
        await page.close();
      }
    },

    async "a picture begins with its case, not with the run"() {
      const page = await open(flaky);
      const from = await page.$eval(".lanes canvas", (e) => Number(e.dataset.from));
      assert.ok(from >= 0);
      assert.equal(await page.$eval(".row .t", (e) => Number(e.textContent)), Number(from.toFixed(3)));
      await page.close();
    },

    async "without rates there is a reason for each testpmd"() {
      const page = await open(flaky);
      assert.deepEqual(await page.locator(".no-rate").allTextContents(), [
        "idle did not forward (no `start`), so it has no rate.",
        "quick forwarded for only 100 ms; a rate needs two samples of its counters, 250 ms apart.",
        "silent forwarded for 3.00 s, but its telemetry did not report its counters twice.",
        "inner forwarded for only 1.50 s; a rate needs two samples of its counters, 1.00 s apart.",
      ]);
      assert.equal(await page.locator(".chart").count(), 0);
      await page.close();
    },

    async "without a testpmd that is the reason"() {
      const page = await open(`${work}/out/latest/report.html`, {}, "#case=1");
      assert.match(await page.textContent(".no-rate"), /^No testpmd ran in this case/);
      await page.close();
    },

    async "a command of ours has its purpose beside it"() {
      const page = await open(flaky);
      await page.fill(".tools input[type=search]", "true: exit 0");
      assert.match(await chosen(page), /true: exit 0, \d\.\d\d s \(asked\/does the guest still answer\)/);
      await page.close();
    },

    async "a guest's clock is explained"() {
      const page = await open(flaky);
      await page.fill(".tools input[type=search]", "counts seconds");
      assert.match(await chosen(page), /the guest's kernel counts seconds from its own start, 9\.80 s before this run began \(± 128 ms\)/);
      await page.close();
    },
  };
}
