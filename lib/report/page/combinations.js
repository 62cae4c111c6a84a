// combinations: the verdicts of a product of DPDKs and QEMUs: a row for each case, a column for each run.

const combinations = (() => {
  const NONE = "no results: it did not run, or its results were removed";

  function head({ facts, is_own: isOwn, is_missing: isMissing }, i) {
    return view.make("th", { scope: "col", "aria-current": isOwn && "page" }, String(i + 1),
      isOwn && " (this run)", isMissing && " (no results)",
      ...facts.map(({ name, words: text }) => view.make("div", {}, words.clean(`${name} ${text}`))));
  }

  function cell(one) {
    if (!one) return view.make("td", { title: NONE }, "-");
    return view.make("td", {}, view.make("a", { href: one.href }, view.badge(one.status)));
  }

  // null for a run of its own
  function make() {
    const all = JSON.parse(document.getElementById("combinations").textContent);
    if (!all) return null;
    return view.make("section", { class: "combinations", tabindex: "0", "aria-label": "combinations" },
      view.make("table", {},
        view.make("thead", {}, view.make("tr", {}, view.make("th", { scope: "col" }, "combinations"),
          ...all.columns.map(head))),
        view.make("tbody", {}, ...all.rows.map((row) => view.make("tr", {},
          view.make("th", { scope: "row" }, words.clean(row.name)), ...row.cells.map(cell))))));
  }

  return { make };
})();
