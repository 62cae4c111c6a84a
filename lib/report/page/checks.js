// checks: the table of a case's checks. Failed ones are visible; long rows of passed ones are folded.

const checks = (() => {
  // if a check failed, so many passed checks in a row are folded
  const FOLD = 4;
  // if none failed, the checks after so many are folded
  const MOST = 200;

  // "scripts/smoke/loopback.lua:26" of this case's scenario: 26
  function lineOf(text, it) {
    const file = String(it.info.file || "").split("/").pop();
    for (const [, name, n] of String(text || "").matchAll(/([^\s:"']+\.lua):(\d+)/g)) {
      if (name.split("/").pop() === file) return Number(n);
    }
    return null;
  }

  // the recorded row of a check
  function rowOf(check, it) {
    it.judged = it.judged || it.rows.filter((row) => row.kind === "ok" || row.kind === "bad");
    const what = words.clean(check.what || "");
    let best = null;
    for (const row of it.judged) {
      if (!row.text.includes(what)) continue;
      if (!best || Math.abs(row.t - check.t) < Math.abs(best.t - check.t)) best = row;
    }
    return best;
  }

  // the index of a row's check, or -1
  function indexOf(row, it) {
    if (row.kind !== "ok" && row.kind !== "bad") return -1;
    return (it.info.checks || []).findIndex((check) => Math.abs(check.t - row.t) < 0.01 && rowOf(check, it) === row);
  }

  // the expected value; the reason may be more exact: "at least 1000"
  function expectedOf(check, info) {
    const value = check.expected === undefined ? undefined : view.value(check.expected);
    const head = `${check.what}: expected `;
    const reason = String(info.reason || "");
    const end = reason.lastIndexOf(", got ");
    if (check.detail !== undefined || !reason.startsWith(head) || end < head.length) return value;
    const rule = reason.slice(head.length, end);
    return value === undefined || rule.endsWith(value) || rule.endsWith(`"${value}"`) ? rule : value;
  }

  // the detail without the two sides
  function detailOf(check) {
    if (check.detail === undefined) return undefined;
    let text = view.value(check.detail);
    // texts with and without quotes
    for (const show of [view.value, JSON.stringify]) {
      text = text.replace(` (expected ${show(check.expected)}, got ${show(check.got)})`, () => "");
    }
    return text;
  }

  // A check's sides as a list; `link`: turns a text into parts with links.
  function sides(check, it, link = (text) => [text]) {
    const list = view.make("dl", {});
    const add = (name, kind, ...parts) => list.append(view.make("dt", {}, name), view.make("dd", { class: kind }, ...parts));
    for (const [name, value] of [["expected", expectedOf(check, it.info)], ["got", check.got], ["in detail", detailOf(check)],
      ["at", check.where]]) {
      if (value !== undefined) add(name, "mono", ...link(words.clean(view.value(value))));
    }
    // the line alone does not identify a round of a loop
    const phase = it.phases.findLast((p) => p.from <= check.t);
    if (phase) add("in phase", "phase", phase.text);
    return list;
  }

  function sourceButton(where, it, go) {
    const n = lineOf(where, it);
    return n && view.button({ class: "to-source", click: () => go.source(n) }, `scenario line ${n}`);
  }

  function checkRow(check, i, it, go) {
    const row = rowOf(check, it);
    const text = words.clean(check.what || "");
    const what = row ? view.link(text, () => go.row(row)) : text;
    const cell = (name, value) => view.make("td", { "data-name": name, class: "mono" },
      value === undefined ? "" : words.clean(view.value(value)));
    return view.make("tr", { class: check.ok ? "" : "failed", "data-check": i, tabindex: "-1" }, 
      view.make("td", { class: check.ok ? "PASS" : "FAIL" }, check.ok ? "ok" : "FAILED"),
      view.make("td", { class: "number soft" }, typeof check.t === "number" ? `${view.time(check.t)} s` : ""),
      view.make("td", {}, what), cell("expected", check.expected), cell("got", check.got),
      view.make("td", { class: "place" }, sourceButton(check.where, it, go) || words.clean(String(check.where || "")), " ",
        view.make("a", { class: "address", href: `#${it.address}&check=${i + 1}`, title: "the address of this check" }, "#")));
  }

  // { from, to, isFolded }: the parts of the table
  function partsOf(all) {
    if (all.every((c) => c.ok)) {
      return [{ from: 0, to: Math.min(MOST, all.length) }, { from: MOST, to: all.length, isFolded: true }];
    }
    const parts = [];
    for (const [i, c] of all.entries()) {
      const last = parts[parts.length - 1];
      if (last && last.ok === c.ok) last.to = i + 1;
      else parts.push({ from: i, to: i + 1, ok: c.ok });
    }
    for (const part of parts) part.isFolded = part.ok && part.to - part.from >= FOLD;
    return parts;
  }

  // rows that a button shows and hides; they are made when first shown
  function fold(part, make) {
    const body = view.make("tbody", { class: "fold" });
    const count = part.to - part.from;
    const name = `${count} ${part.ok === undefined ? "more " : ""}check${count === 1 ? "" : "s"} passed`;
    const button = view.button({ "aria-expanded": "false", click: () => body.open(!body.isOpen) });
    let rows = null;
    body.append(view.make("tr", { class: "toggle" }, view.make("td", { colspan: "6" }, button)));
    body.open = (isWanted) => {
      body.isOpen = isWanted;
      rows = rows || (isWanted ? make(part) : null);
      if (isWanted) body.append(...rows);
      else for (const tr of rows || []) tr.remove();
      button.setAttribute("aria-expanded", String(isWanted));
      button.textContent = `${name}, ${isWanted ? "hide" : "show"}`;
    };
    body.open(false);
    return body;
  }

  // { element, show }: the table; show(i) unfolds check i and scrolls to it.
  function make(it, go) {
    const all = it.info.checks || [];
    if (all.length === 0) return { element: view.make("p", { class: "soft" }, "No check was made."), show() {} };
    const failed = all.filter((c) => !c.ok).length;
    const rows = ({ from, to }) => all.slice(from, to).map((c, i) => checkRow(c, from + i, it, go));
    const parts = partsOf(all).filter((part) => part.to > part.from);
    for (const part of parts) part.body = part.isFolded ? fold(part, rows) : view.make("tbody", {}, ...rows(part));
    const element = view.make("details", { open: failed > 0 || all.length <= 12, class: "checks" },
      view.make("summary", {}, `${all.length} check${all.length === 1 ? "" : "s"}, ${failed} failed`),
      view.make("table", { class: "stack" }, view.make("thead", {}, view.make("tr", {},
        ...["", "at", "check", "expected", "got", "line"].map((h) => view.make("th", {}, h)))), ...parts.map((p) => p.body)));
    return { element, show(i) {
      const part = parts.find((p) => i >= p.from && i < p.to);
      if (!part) return;
      element.open = true;
      if (part.isFolded) part.body.open(true);
      for (const tr of element.querySelectorAll("tr[aria-current]")) tr.removeAttribute("aria-current");
      const tr = element.querySelector(`tr[data-check="${i}"]`);
      tr.setAttribute("aria-current", "true");
      tr.scrollIntoView({ block: "center" });
      tr.focus({ preventScroll: true });
    } };
  }

  return { make, sides, lineOf, rowOf, indexOf, sourceButton };
})();
