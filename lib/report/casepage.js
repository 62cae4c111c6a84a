// casepage: one case: what failed, how it went before, its phases, its checks, the picture, the charts, the lines, the source.

const casepage = (() => {
  const BAD = /^(FAIL|ERROR|XPASS)$/;

  // "scripts/smoke/loopback.lua:26" of this case's scenario: 26
  function lineOf(words, it) {
    const file = String(it.info.file || "").split("/").pop();
    for (const [, name, n] of String(words || "").matchAll(/([^\s:"']+\.lua):(\d+)/g)) {
      if (name.split("/").pop() === file) return Number(n);
    }
    return null;
  }

  // the row of a check of the results
  function rowOf(check, it) {
    let best = null;
    for (const row of it.rows) {
      if (row.lane.name !== "checks" || !row.text.includes(recording.clean(check.what || ""))) continue;
      if (!best || Math.abs(row.t - check.t) < Math.abs(best.t - check.t)) best = row;
    }
    return best;
  }

  function failureOf(it, go) {
    const { info } = it;
    if (!BAD.test(info.status)) return null;
    const failed = (info.checks || []).filter((c) => c.ok === false);
    const box = view.make("section", { class: "failure", "aria-label": "what failed" });
    for (const check of failed.slice(0, 3)) {
      box.append(view.make("p", {}, view.make("b", {}, ruleOf(check, info) || recording.clean(check.what || "a check"))),
        sides(check, it),
        view.make("div", { class: "tools" }, lineButton(check, it, go), sourceButton(check.where, it, go)));
    }
    if (failed.length === 0 || info.status === "ERROR") {
      const words = String(info.reason || "no reason was given").split("\n").map(recording.clean).join("\n");
      box.append(view.make("p", { class: "words" }, words), sourceButton(info.reason, it, go) || "");
    }
    // who spoke just before it fell knows most of it
    const spoke = (info.consoles || []).filter((c) => c.lines?.length > 0).sort((a, b) => (b.t || 0) - (a.t || 0));
    box.append(...spoke.map((said) => lastWords(said, it, go)));
    return box;
  }

  function lastWords(said, it, go) {
    const { name, t } = said;
    // what the teardown typed is none of it
    const end = it.phases.findLast((p) => p.text === "teardown")?.from ?? it.end;
    const asked = it.rows.findLast((row) => row.kind === "command" && row.lane.name === name && row.t < end);
    return view.make("div", { class: "said" },
      asked ? view.make("p", { class: "soft" }, view.make("b", {}, name), ` was asked last, at ${view.time(asked.t)} s:`) : "",
      asked ? view.make("p", { class: "asked mono" }, asked.text) : "",
      view.make("p", { class: "soft" }, view.make("b", {}, name), ` said last${t ? `, at ${view.time(t)} s` : ""}:`),
      view.make("pre", {}, said.lines.map(recording.clean).join("\n")),
      t ? view.make("button", { type: "button", click: () => go.time(t, name) }, `lines of ${name}`) : "");
  }

  // the reason says what the two sides do not: "expected at least 1000"
  function ruleOf(check, info) {
    const reason = String(info.reason || "").split("\n")[0];
    return check.what && reason.includes(check.what) && recording.clean(reason);
  }

  function sides(check, it) {
    const list = view.make("dl", {});
    const add = (name, words, kind) => list.append(view.make("dt", {}, name), view.make("dd", { class: kind }, words));
    for (const [name, key] of [["expected", "expected"], ["got", "got"], ["in detail", "detail"], ["at", "where"]]) {
      if (check[key] !== undefined) add(name, recording.clean(view.value(check[key])), "mono");
    }
    // a line in a loop says not which round it was
    const phase = it.phases.findLast((p) => p.from <= check.t);
    if (phase) add("in phase", phase.text, "phase");
    return list;
  }

  function lineButton(check, it, go) {
    const row = rowOf(check, it);
    return row && view.make("button", { type: "button", class: "to-line", click: () => go.row(row) },
      `console lines at ${view.time(row.t)} s`);
  }

  function sourceButton(where, it, go) {
    const n = lineOf(where, it);
    return n && view.make("button", { type: "button", class: "to-source", click: () => go.source(n) }, `scenario line ${n}`);
  }

  function phasesOf(it, go) {
    if (it.phases.length === 0) return null;
    const bar = view.make("div", { class: "phases" });
    it.phases.forEach((p, i) => {
      const took = p.to - p.from;
      const b = view.make("button", { type: "button", title: `${p.text}: ${view.seconds(took)}`, click: () => go.span(p) },
        p.text);
      // flex shares out only as much of the room as they come to: more than 1
      b.style.flexGrow = String(1 + (1000 * took) / (it.end - it.start || 1));
      b.style.flexBasis = "0";
      b.style.background = `color-mix(in srgb, ${view.colour(`lane-${i % 8}`)} 28%, ${view.colour("paper")})`;
      bar.append(b);
    });
    return view.make("section", {}, view.make("h3", {}, "Phases"), bar,
      view.make("details", {}, view.make("summary", {}, `${it.phases.length} phases`),
        view.make("dl", {}, ...it.phases.flatMap((p) => [view.make("dt", {}, view.seconds(p.to - p.from)),
          view.make("dd", {}, p.text)]))));
  }

  function checkRow(check, it, go) {
    const row = rowOf(check, it);
    const what = row ? view.make("a", { href: "#", click: (e) => {
      e.preventDefault();
      go.row(row);
    } }, recording.clean(check.what || "")) : recording.clean(check.what || "");
    const cell = (name, value) => view.make("td", { "data-name": name, class: "mono" },
      value === undefined ? "" : recording.clean(view.value(value)));
    const n = lineOf(check.where, it);
    return view.make("tr", { class: check.ok ? "" : "failed" },
      view.make("td", { class: check.ok ? "PASS" : "FAIL" }, check.ok ? "ok" : "FAILED"),
      view.make("td", { class: "number soft" }, typeof check.t === "number" ? `${view.time(check.t)} s` : ""),
      view.make("td", {}, what), cell("expected", check.expected), cell("got", check.got),
      view.make("td", {}, n ? sourceButton(check.where, it, go) : recording.clean(String(check.where || ""))));
  }

  function checksOf(it, go) {
    const checks = it.info.checks || [];
    if (checks.length === 0) return view.make("p", { class: "soft" }, "No check was made.");
    const failed = checks.filter((c) => !c.ok).length;
    const body = view.make("tbody", {});
    const most = 200;
    const fill = (all) => body.replaceChildren(...checks.filter((c, i) => all || !c.ok || i < most)
      .map((c) => checkRow(c, it, go)));
    fill(checks.length <= most);
    return view.make("details", { open: failed > 0 || checks.length <= 12, class: "checks" },
      view.make("summary", {}, `${checks.length} checks, ${failed} failed`),
      view.make("table", { class: "stack" }, view.make("thead", {}, view.make("tr", {},
        ...["", "at", "check", "expected", "got", "line"].map((h) => view.make("th", {}, h)))), body),
      checks.length > most && view.make("button", { type: "button", click: (e) => {
        fill(true);
        e.target.remove();
      } }, "all checks"));
  }

  function sourceOf(it) {
    if (typeof it.source !== "string") return null;
    const bad = new Set((it.info.checks || []).filter((c) => !c.ok).map((c) => lineOf(c.where, it)));
    if (BAD.test(it.info.status)) bad.add(lineOf(it.info.reason, it));
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
      view.make("tr", {}, view.make("td", {}, view.badge(c.status)), view.make("td", {}, recording.clean(String(c.name))),
        view.make("td", { class: "number" }, view.seconds(c.seconds)),
        view.make("td", { class: "words" }, c.reason ? recording.clean(String(c.reason)) : ""))))));
  }

  function aboutOf(it) {
    const { info } = it;
    const list = view.make("dl", {});
    const say = (name, value) => list.append(view.make("dt", {}, name), view.make("dd", {}, recording.clean(String(value))));
    if (info.file) say("scenario", info.file);
    for (const [name, value] of Object.entries(info.values || {})) say(name, view.value(value));
    for (const p of info.programs || []) say(p.name, `${p.path || p.program}${p.version ? `, ${p.version}` : ""}`);
    for (const c of info.clocks || []) {
      say(`the guest's clock (${c.console})`, `its 0 is at ${view.time(c.offset)} s, ± ${view.seconds(c.uncertainty)}`);
    }
    for (const text of info.notices || []) say("note", text);
    return list;
  }

  // The page of a case; `files`: what is told of each transcript.
  function make(it, files) {
    const { info } = it;
    const list = new List(it.rows);
    const go = {};
    const lanes = it.rows.length > 0 ? new Lanes(it, (row) => go.row(row)) : null;
    const rates = charts.make(it);
    const source = sourceOf(it);
    const lines = section("Lines", list.tools, list.box, list.whole);
    go.row = (row) => {
      list.show(row);
      if (!go.isIn(lines)) lines.scrollIntoView({ block: "start" });
      list.box.focus({ preventScroll: true });
    };
    go.isIn = (e) => e.getBoundingClientRect().top >= 0 && e.getBoundingClientRect().bottom <= innerHeight;
    go.time = (t, name) => {
      if (list.all.some((row) => row.lane.name === name)) list.filter(name);
      // the last that was said by then
      list.goTo(t - 1e-6);
      lines.scrollIntoView({ block: "start" });
    };
    go.span = (p) => lanes?.zoomTo(p.from, p.to);
    go.source = (n) => {
      const line = source?.querySelector(`[data-n="${n}"]`);
      line?.scrollIntoView({ block: "center" });
    };
    list.onchoose = (row) => lanes?.mark(row.t);
    if (lanes) lanes.onview = (v) => rates?.zoom(v);
    const cut = files.filter((f) => f.note);
    const element = view.make("article", {},
      view.make("h2", {}, view.badge(info.status), " ", it.id, " ",
        view.make("span", { class: "soft" }, view.seconds(info.seconds))),
      info.title && view.make("p", { class: "soft" }, recording.clean(info.title)),
      !BAD.test(info.status) && info.reason && view.make("p", { class: "words" }, recording.clean(String(info.reason))),
      failureOf(it, go), trends.make(it), phasesOf(it, go), section("Checks", checksOf(it, go)), matrixOf(it),
      lanes && section("Over time", lanes.tools, lanes.box), rates && section("Rates", rates.element), lines,
      ...cut.map((f) => view.make("p", { class: "soft" }, f.note)),
      source && section("Scenario", source), section("About", aboutOf(it)));
    return { element, list, lanes, show() {
      rates?.show();
      lanes?.draw();
      if (lanes) rates?.zoom(lanes.view);
      list.draw();
      if (it.failed[0]) list.show(it.failed[0]);
      source?.querySelector(".failing")?.parentElement.parentElement.scrollTo(0,
        Math.max(0, source.querySelector(".failing").offsetTop - source.offsetTop - 120));
    } };
  }

  return { make };
})();
