// casepage: the page of a case: failure, history, phases, checks, lanes, charts, lines, source.

const casepage = (() => {
  function sourceOf(it) {
    if (typeof it.source !== "string") return null;
    const bad = new Set((it.info.checks || []).filter((c) => !c.ok).map((c) => checks.lineOf(c.where, it)));
    if (view.isBad(it.info.status)) bad.add(checks.lineOf(it.info.reason, it));
    const code = view.make("code", { class: "code" });
    it.source.split("\n").forEach((line, i) => {
      code.append(view.make("span", { class: `line${bad.has(i + 1) ? " failing" : ""}`, "data-n": i + 1 }, `${line}\n`));
    });
    return view.make("pre", { class: "source", tabindex: "0", "aria-label": "the scenario" }, code);
  }

  const section = (title, ...parts) => view.make("section", {}, view.make("h3", {}, title), ...parts);

  function matrixOf(it) {
    const cells = it.info.cells || [];
    if (cells.length === 0) return null;
    return section("Matrix", view.make("table", { class: "stack" }, view.make("tbody", {}, ...cells.map((c) =>
      view.make("tr", {}, view.make("td", {}, view.badge(c.status)), view.make("td", {}, words.clean(String(c.name))),
        view.make("td", { class: "number" }, view.seconds(c.seconds)),
        view.make("td", { class: "words" }, c.reason ? words.clean(String(c.reason)) : ""))))));
  }

  function aboutOf(it) {
    const { info } = it;
    return view.terms([["scenario", info.file], ...Object.entries(info.values || {}),
      ...(info.programs || []).map((p) => [p.name, `${p.path || p.program}${p.version ? `, ${p.version}` : ""}`]),
      ...(info.clocks || []).map((c) => [`the guest's clock (${c.console})`, words.clock(c)]),
      ...(info.notices || []).map((text) => ["note", text])]);
  }

  // sets the functions of `go`, by which a part of the page shows a place in another
  function link(go, { list, lanes, table, source, lines }) {
    const isVisible = (e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight;
    go.row = (row) => {
      list.show(row);
      if (!isVisible(lines)) lines.scrollIntoView({ block: "start" });
      list.box.focus({ preventScroll: true });
    };
    go.time = (t, name) => {
      if (list.all.some((row) => row.lane.name === name)) list.filter(name);
      list.goBy(t);
      lines.scrollIntoView({ block: "start" });
    };
    go.span = (p) => lanes?.zoomTo(p.from, p.to);
    go.source = (n) => source?.querySelector(`[data-n="${n}"]`)?.scrollIntoView({ block: "center" });
    go.check = (i) => table.show(i);
  }

  // The page of a case; `files`: its transcripts.
  function make(it, files) {
    const { info } = it;
    const list = new List(it.rows);
    const go = {};
    const lanes = it.rows.length > 0 ? new Lanes(it, (row) => go.row(row)) : null;
    const rates = charts.make(it);
    const table = checks.make(it, go);
    const source = sourceOf(it);
    const lines = section("Lines", list.tools, list.box, list.whole);
    link(go, { list, lanes, table, source, lines });
    list.onchoose = (row) => {
      lanes?.mark(row.t);
      const i = checks.indexOf(row, it);
      if (i >= 0) list.whole.append(" ", view.button({ class: "to-check", click: () => go.check(i) },
        "in the table of checks"));
    };
    if (lanes) lanes.onview = (v) => rates?.zoom(v);
    const cut = files.filter((f) => f.note);
    const kept = artifacts.make(files.filter((f) => f.artifact !== undefined));
    const named = retries.name(it);
    const element = view.make("article", {},
      view.make("h2", {}, view.badge(info.status), " ", it.id, " ", named && view.make("span", {}, named, " "),
        view.make("span", { class: "soft" }, view.seconds(info.seconds))),
      info.mix && view.make("p", { class: "soft" }, words.mix(info)),
      info.title && view.make("p", { class: "soft" }, words.clean(info.title)),
      !view.isBad(info.status) && info.reason && it.attempts.length === 0 && view.make("p", { class: "words" }, words.clean(String(info.reason))),
      retries.make(it), failure.make(it, go), histories.make(it), phases.make(it, go), section("Checks", table.element), matrixOf(it),
      lanes && section("Over time", lanes.tools, lanes.box), rates && section("Rates", rates.element), lines,
      ...cut.map((f) => view.make("p", { class: "soft" }, f.note)),
      source && section("Scenario", source), kept && section("Files", kept), section("About", aboutOf(it)));
    return { element, list, lanes, check: go.check, show() {
      rates?.show();
      lanes?.draw();
      if (lanes) rates?.zoom(lanes.view);
      list.draw();
      if (it.failed[0]) list.show(it.failed[0]);
      else if (view.isBad(info.status) && it.rows.length > 0) list.goBy(failure.until(it));
      const failing = source?.querySelector(".failing");
      if (failing) source.scrollTo(0, Math.max(0, failing.offsetTop - source.offsetTop - 120));
    } };
  }

  return { make };
})();
