// browser_combinations: tests of browser.mjs: the runs of several DPDKs, whose pages have one table.
import assert from "node:assert/strict";

export default function combinations({ open, shot, work }) {
  // by a link, as results/latest is one
  const report = (n) => `${work}/several/combination${n}/report.html`;
  const table = ".combinations table";
  const heads = (page) => page.locator(`${table} thead th`).allTextContents();

  return {
    async "a run of several has their table: what each is of, and its verdicts"() {
      const page = await open(report(1));
      const [corner, one, two, three] = await heads(page);
      assert.equal(corner, "combinations");
      assert.match(one, /^1 \(this run\)dpdk .*\/one<img src=x> \(not used\)qemu not used$/);
      assert.match(two, /^2dpdk .*\/two \(not used\)qemu not used$/);
      assert.match(three, /^3 \(no results\)dpdk .*\/three$/);
      const cells = await page.locator(`${table} tbody tr >> css=th, td`).allTextContents();
      assert.deepEqual(cells, ["browser_retries/sometimes", "FAIL", "PASS", "-"]);
      assert.deepEqual(page.messages, []);
      await shot(page, "combinations");
      await page.close();
    },

    async "a verdict leads to its case in the other run's page, and back"() {
      const page = await open(report(1));
      await page.click(`${table} tbody td:nth-child(3) a`);
      await page.waitForFunction(() => /PASS/.test(document.querySelector("article h2")?.textContent));
      assert.match(page.url(), /\/report\.html#case=0$/);
      assert.match((await heads(page))[2], /^2 \(this run\)/);
      await page.click(`${table} tbody td:nth-child(2) a`);
      await page.waitForFunction(() => /FAIL/.test(document.querySelector("article h2")?.textContent));
      assert.deepEqual(page.messages, []);
      await page.close();
    },

    async "a case with two DPDKs names both, in the list and on its page"() {
      const page = await open(report(2));
      assert.match(await page.textContent("tr[data-case]"), /guest dpdk 22\.11 <b>, host dpdk 24\.11/);
      assert.match(await page.textContent("article"), /guest dpdk 22\.11 <b>, host dpdk 24\.11/);
      await page.close();
    },

    async "in a narrow window the table scrolls by itself"() {
      const page = await open(report(2), { viewport: { width: 400, height: 800 } });
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.ok(await page.$eval(".combinations", (e) => e.scrollWidth > e.clientWidth));
      await shot(page, "combinations-narrow");
      await page.close();
    },

    async "a run of its own has no such table"() {
      const page = await open(`${work}/retry2/latest/report.html`);
      assert.equal(await page.locator(".combinations").count(), 0);
      await page.close();
    },
  };
}
