// browser: report.html in a real Chromium: what a person does there, and that it does what he means.
// node browser.mjs NPM REPORT TORN WORK: where playwright-core is; two reports; a folder for files.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import combinations from "./browser_combinations.mjs";
import retries from "./browser_retries.mjs";
import evidence from "./browser_words.mjs";

const [npm, report, torn, work] = process.argv.slice(2);
const { chromium } = createRequire(`${npm}/`)("playwright-core");
const WAIT = 30000;

// root has no sandbox
const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args, timeout: WAIT });

async function open(file, options, hash) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(WAIT);
  page.messages = [];
  page.on("console", (m) => page.messages.push(m.text()));
  page.on("pageerror", (e) => page.messages.push(e.message));
  page.on("dialog", (d) => page.messages.push(`dialog: ${d.message()}`));
  page.on("request", (r) => r.url().startsWith("file:") || page.messages.push(`asks for ${r.url()}`));
  await page.goto(pathToFileURL(file).href + (hash || ""));
  await page.waitForSelector("body[data-ready]");
  return page;
}

const chosen = (page) => page.textContent('.row[aria-selected="true"]');
const isInSight = (page, selector) => page.$eval(selector, (e) => {
  const box = e.getBoundingClientRect();
  return box.top >= 0 && box.bottom <= innerHeight;
});
async function goToStart(page) {
  await page.fill(".tools input[type=number]", "0");
  await page.keyboard.press("Enter");
  assert.match(await chosen(page), /phases/);
}
const zoom = (page) => page.$eval(".lanes canvas", (e) => [Number(e.dataset.from), Number(e.dataset.to)]);
const span = async (page) => {
  const [from, to] = await zoom(page);
  return to - from;
};

const tests = {
  async "opens from disk, without a message on the console or a request"(page) {
    assert.match(await page.textContent("header"), /1 passed, 1 failed/);
    assert.match(await page.textContent("header"), /DPDK|moonrig/);
    assert.match(await page.textContent("article h2"), /FAIL\s+browser\/failing/);
  },

  async "what failed comes first: the check, what was expected, what was got"(page) {
    const words = await page.textContent(".failure");
    assert.match(words, /the <i>rate<\/i> is right/);
    assert.match(words, /expected8got"?<\/script><b>7<\/b>/);
    assert.equal(await page.textContent(".failure .phase"), "end");
    assert.equal(words.split("the <i>rate</i> is right").length, 2);
    assert.match(await page.textContent(".failure .to-line"), /^console lines at \d/);
    assert.match(await page.textContent(".failure .to-source"), /^scenario line \d/);
  },

  async "a console used in the failing phase comes first, the others are folded"(page) {
    const boxes = await page.locator(".failure > .evidence").allTextContents();
    assert.equal(boxes.length, 1);
    assert.match(boxes[0], /^hostilelines of hostile\$ sh -c .*> quit {2}at \d+\.\d+ s\(no output\)$/s);
    assert.match(await page.textContent(".failure .others"), /^other consoles' last linesearlylines of earlylast lines before the failure, at 0\.010 s:early <b>word<\/b>/);
  },

  async "opens at the failed check"(page) {
    assert.match(await chosen(page), /NOT OK/);
  },

  async "from the failed check to its line"(page) {
    await goToStart(page);
    await page.click(".failure .to-line");
    assert.match(await chosen(page), /NOT OK the <i>rate<\/i> is right/);
    assert.ok(await isInSight(page, '.row[aria-selected="true"]'));
  },

  async "from the table of checks to the line"(page) {
    await goToStart(page);
    await page.click(".checks tr.failed a");
    assert.match(await chosen(page), /NOT OK the <i>rate<\/i> is right/);
  },

  async "the failing line of the scenario is marked"(page) {
    await page.click(".failure .to-source");
    assert.match(await page.textContent(".source .failing"), /t:equal\("<\/script><b>7<\/b>", 8/);
    assert.ok(await isInSight(page, ".source .failing"));
  },

  async "the case's own files are linked; a text and a picture are shown"(page) {
    const files = page.locator(".artifacts tr");
    assert.deepEqual(await files.locator("a").allTextContents(), ["<a> #1.txt", "dot.png", "x.pcap"]);
    assert.match(await files.nth(0).locator("a").getAttribute("href"), /^browser\.failing\/files\/%3Ca%3E%20%231\.txt$/);
    assert.equal(await files.nth(0).locator("pre").textContent(), "<b>kept</b>");
    assert.equal(await files.nth(1).locator("img").evaluate((img) => img.naturalWidth), 1);
    assert.equal(await files.nth(2).locator("img, pre").count(), 0);
    assert.match(await files.nth(2).textContent(), /9 bytes/);
  },

  async "search, from hit to hit"(page) {
    await page.keyboard.press("/");
    await page.keyboard.type("needle");
    await page.waitForFunction(() => /1 of \d/.test(document.querySelector(".tools [aria-live]").textContent));
    await page.selectOption(".tools select", "hostile");
    assert.match(await page.textContent("mark"), /needle/i);
    const before = await chosen(page);
    await page.focus(".tools input[type=search]");
    await page.keyboard.press("Enter");
    assert.notEqual(await chosen(page), before);
    await page.fill(".tools input[type=search]", "nowhere to be found");
    assert.match(await page.textContent(".tools [aria-live]"), /^0 found/);
  },

  async "jump by time"(page) {
    await page.fill(".tools input[type=number]", "1000000");
    await page.keyboard.press("Enter");
    assert.match(await chosen(page), /teardown/);
    await goToStart(page);
  },

  async "zoom: by key, by drag, back, and about the failure"(page) {
    const all = await span(page);
    await page.focus(".lanes canvas");
    await page.keyboard.press("+");
    assert.ok(await span(page) < all);
    await page.keyboard.press("0");
    assert.equal(await span(page), all);
    await page.locator(".lanes canvas").scrollIntoViewIfNeeded();
    const box = await page.locator(".lanes canvas").boundingBox();
    await page.mouse.move(box.x + 200, box.y + 30);
    await page.mouse.down();
    await page.mouse.move(box.x + 400, box.y + 30, { steps: 4 });
    await page.mouse.up();
    assert.ok(await span(page) < all / 4);
    await page.getByRole("button", { name: "all", exact: true }).click();
    assert.equal(await span(page), all);
    await goToStart(page);
    await page.focus(".lanes canvas");
    await page.keyboard.press("f");
    assert.ok(await span(page) < all);
    assert.match(await chosen(page), /NOT OK/);
  },

  async "hover shows the item, a click goes to its line"(page) {
    await goToStart(page);
    await page.locator(".lanes canvas").scrollIntoViewIfNeeded();
    const box = await page.locator(".lanes canvas").boundingBox();
    const [from, to] = await zoom(page);
    const t = await page.evaluate(() => Number(document.querySelector(".checks tr.failed .number").textContent.split(" ")[0]));
    const x = box.x + ((t - from) / (to - from)) * box.width;
    await page.mouse.move(x, box.y + 24 + 12);
    assert.match(await page.textContent("#tip"), /NOT OK the <i>rate/);
    await page.mouse.click(x, box.y + 24 + 12);
    assert.match(await chosen(page), /NOT OK/);
  },

  async "letters are letters, in claims and in output"(page) {
    assert.match(await page.textContent(".checks table"), /a grün ± check that holds/);
    await page.fill(".tools input[type=search]", "grün");
    await page.waitForFunction(() => /1 of 2/.test(document.querySelector(".tools [aria-live]").textContent));
  },

  async "hostile output is text"(page) {
    await page.selectOption(".tools select", "hostile");
    const lines = await page.$$eval(".row .text", (all) => all.map((e) => e.textContent));
    assert.ok(lines.includes('</script><script>document.title="owned";owned=1</script>'));
    assert.ok(lines.includes('<img src=x onerror="owned=2">'));
    assert.ok(lines.includes("needle red  and \ufffd bytes, grün"), lines.join("\n"));
    assert.equal(await page.evaluate(() => window.owned), undefined);
    assert.match(await page.title(), /^moonrig: /);
    assert.equal(await page.locator("img:not(.artifacts img), svg:not(.spark), iframe, body b i, article script").count(), 0);
  },

  async "what got into the page all the same could not run"(page) {
    await page.evaluate(() => new Promise((done) => {
      document.addEventListener("securitypolicyviolation", done, { once: true });
      document.body.insertAdjacentHTML("beforeend", "<img src='data:,' onerror='owned=6'>");
    }));
    await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "owned = 7";
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => window.owned), undefined);
    // the policy reports both
    page.messages.length = 0;
  },

  async "the rates are charted"(page) {
    assert.equal(await page.locator(".chart .u-over").count(), 1);
    assert.match(await page.textContent(".chart"), /hostile port 0/);
  },

  async "without uPlot it shows the reason"() {
    const text = readFileSync(report, "utf8");
    const cut = text.replace(/<script nonce="[0-9a-f]+">\/\*\n[\s\S]*?<\/script>/, "");
    assert.notEqual(cut, text);
    writeFileSync(`${work}/plain.html`, cut);
    const page = await open(`${work}/plain.html`);
    assert.match(await page.textContent("main"), /uPlot was missing/);
    assert.deepEqual(page.messages, []);
    await page.close();
  },

  async "keys go from case to case"(page) {
    await page.keyboard.press("]");
    await page.waitForFunction(() => /many/.test(document.querySelector("article h2").textContent));
    await page.keyboard.press("[");
    await page.waitForFunction(() => /failing/.test(document.querySelector("article h2").textContent));
  },

  async "100,000 lines: as many elements as are in sight"(page) {
    await page.click('a[href="#case=1"]');
    await page.waitForFunction(() => /100,\d\d\d lines/.test(document.querySelector(".tools [aria-live]").textContent));
    assert.ok(await page.locator(".row").count() < 100);
    await page.focus(".list");
    await page.keyboard.press("End");
    assert.match(await chosen(page), /teardown/);
    await page.fill(".tools input[type=search]", "line 99999 of");
    assert.match(await chosen(page), /line 99999 of many/);
    assert.ok(await isInSight(page, '.row[aria-selected="true"]'));
    await page.focus(".lanes canvas");
    await page.keyboard.press("+");
    assert.ok(await page.locator(".row").count() < 100);
  },

  async "how a case went before is a bar a run, in its verdict's colour"() {
    const page = await open(`${work}/history/20260102T000000Z-1/report.html`);
    assert.equal(await page.locator(".spark g").count(), 7);
    // a verdict that is none is no class of ours, and text
    assert.equal(await page.locator(".spark g.FAIL").count(), 6);
    assert.equal(await page.locator(".spark g.own.FAIL").count(), 1);
    assert.match(await page.textContent(".spark g.ERROR title"), /^20260101T000000Z-3: <img src=x>, 1.00 s$/);
    assert.match(await page.textContent(".history"), /its last 7 verdicts, up to this run; too few earlier passes/);
    const colour = await page.$eval(".spark g.FAIL .run", (e) => getComputedStyle(e).fill);
    assert.equal(colour, "rgb(194, 24, 43)");
    await shot(page, "history");
    assert.deepEqual(page.messages, []);
    await page.close();
  },

  async "and small in the overview, where there is room"() {
    const page = await open(`${work}/history/20260102T000000Z-1/report.html`);
    const small = page.locator("tr[data-case] .tiny");
    assert.equal(await small.count(), 2);
    assert.equal(await small.first().locator("rect").count(), 7);
    assert.ok(await small.first().isVisible());
    assert.match(await small.first().getAttribute("aria-label"), /^its last 7 verdicts: /);
    await page.setViewportSize({ width: 400, height: 800 });
    assert.ok(await small.first().isHidden());
    await page.close();
  },

  async "a run slower than usual is marked, with the rule; later runs are not shown"() {
    const page = await open(`${work}/history/20260101T000000Z-6/report.html`, {}, "#case=0");
    assert.equal(await page.locator(".spark g").count(), 6);
    assert.match(await page.textContent(".history"), /usual: median 2.00 s, MAD 0.00 s of 5 passes/);
    assert.match(await page.textContent(".history .slower"), /4.00 s: slower than usual/);
    assert.match(await page.textContent(".history"), /over the median of the last 20 passes/);
    const heights = await page.$$eval(".spark .run", (all) => all.map((e) => Number(e.getAttribute("height"))));
    assert.equal(heights[5], 2 * heights[0]);
    assert.ok(await page.locator(".spark .median").count() === 1);
    await shot(page, "slower");
    assert.deepEqual(page.messages, []);
    await page.close();
  },

  async "without a history there is no section of it"() {
    const page = await open(torn);
    assert.equal(await page.locator(".history, .spark").count(), 0);
    await page.close();
  },

  async "a torn recording opens up to its end"() {
    const page = await open(torn);
    assert.match(await page.textContent("article h2"), /failing/);
    await goToStart(page);
    await page.click(".failure .to-line");
    assert.match(await chosen(page), /NOT OK/);
    assert.deepEqual(page.messages, []);
    await page.close();
  },

  async "by day and by night"() {
    const colours = [];
    for (const colorScheme of ["light", "dark"]) {
      const page = await open(report, { colorScheme });
      colours.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await shot(page, colorScheme);
      await page.close();
    }
    assert.equal(colours[0], "rgb(255, 255, 255)");
    assert.notEqual(colours[1], colours[0]);
  },

  async "in a narrow window nothing is beside it"() {
    for (const hash of ["", "#case=1"]) {
      const page = await open(report, { viewport: { width: 400, height: 800 } }, hash);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      assert.ok(await page.$eval(".source", (e) => e.scrollWidth <= e.clientWidth));
      await shot(page, `narrow${hash.slice(-1)}`);
      await page.close();
    }
  },
};

Object.assign(tests, retries({ open, shot, chosen, isInSight, work }), evidence({ open, shot, chosen, work }),
  combinations({ open, shot, work }));

async function shot(page, name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: true });
}

let passed = 0;
let failed = 0;
for (const [name, test] of Object.entries(tests)) {
  let page;
  try {
    if (test.length > 0) page = await open(report);
    await test(page);
    assert.deepEqual(page?.messages ?? [], []);
    passed++;
  } catch (e) {
    failed++;
    console.log(`FAILED ${name}\n${e.stack}`);
  }
  await page?.close();
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
