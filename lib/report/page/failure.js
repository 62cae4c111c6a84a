// failure: the red box: the failed checks or the reason, and the consoles involved (evidence.js).

const failure = (() => {
  // { failed (checks), hasReason, from, until (the phase), text (of all that is shown) }
  function about(it) {
    const { info } = it;
    const failed = (info.checks || []).filter((c) => c.ok === false).slice(0, 3);
    const hasReason = failed.length === 0 || info.status === "ERROR";
    const teardown = it.phases.findLast((p) => p.text === "teardown")?.from ?? Infinity;
    const until = failed.length > 0 && !hasReason ? Math.max(...failed.map((c) => c.t)) : Math.min(teardown, it.end);
    // a failure at a phase's end does not belong to the next phase
    const isOver = (p) => (hasReason ? p.from < until : p.from <= until);
    const phase = it.phases.findLast(isOver);
    const texts = failed.flatMap((c) => [c.detail, c.what]).concat(hasReason ? info.reason : []);
    return { failed, hasReason, until, from: phase?.from ?? it.start, text: texts.filter((s) => typeof s === "string").join("\n") };
  }

  // a text in which "NAME.log at 1.2 s" links to that console's line
  function linked(text, it, go, until) {
    const out = [];
    let from = 0;
    for (const found of text.matchAll(/([\w.@+-]+)\.log(?: at ([\d.]+) s)?/g)) {
      if (!it.byName.get(found[1])?.isConsole) continue;
      // the text has one digit
      const t = found[2] === undefined ? until : Math.min(until, Number(found[2]) + 0.05);
      out.push(text.slice(from, found.index), view.link(found[0], () => go.time(t, found[1])));
      from = found.index + found[0].length;
    }
    return [...out, text.slice(from)];
  }

  function lineButton(check, it, go) {
    const row = checks.rowOf(check, it);
    return row && view.button({ class: "to-line", click: () => go.row(row) },
      `console lines at ${view.time(row.t)} s`);
  }

  function tableButton(check, it, go) {
    const i = it.info.checks.indexOf(check);
    return view.button({ class: "to-check", click: () => go.check(i) }, "in the table of checks");
  }

  // The box; null for a case that is not bad.
  function make(it, go) {
    const { info } = it;
    if (!view.isBad(info.status)) return null;
    const shown = about(it);
    const box = view.make("section", { class: "failure", "aria-label": "what failed" });
    for (const check of shown.failed) {
      box.append(view.make("p", {}, view.make("b", {}, ...linked(words.clean(check.what || "a check"), it, go, shown.until))),
        checks.sides(check, it, (text) => linked(text, it, go, shown.until)),
        view.make("div", { class: "tools" }, lineButton(check, it, go) || "", checks.sourceButton(check.where, it, go) || "",
          tableButton(check, it, go)));
    }
    if (shown.hasReason) {
      const text = String(info.reason || "no reason was given").split("\n").map(words.clean).join("\n");
      box.append(view.make("p", { class: "words" }, ...linked(text, it, go, shown.until)), checks.sourceButton(info.reason, it, go) || "");
    }
    box.append(...evidence.make(it, shown, go));
    return box;
  }

  return { make, until: (it) => about(it).until };
})();
