// histories: the last runs of a case: a bar for each, its height the seconds, its colour the verdict.

const histories = (() => {
  const WIDE = 9, HIGH = 40;
  // in the overview
  const NARROW = 5, LOW = 18, SMALL = 20;

  function svg(tag, properties, ...children) {
    const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(properties)) e.setAttribute(key, value);
    e.append(...children);
    return e;
  }

  function about(one) {
    const round = one.round ? `, round ${one.round}` : "";
    const slower = one.slower ? `, slower than usual: ${one.usual}` : "";
    return `${one.run}${round}: ${one.status}, ${view.seconds(one.seconds)}${slower}`;
  }

  function bar(one, i, scale, isOwn) {
    const high = Math.max(2, one.seconds * scale);
    return svg("g", { class: `${view.verdict(one.status).name}${isOwn ? " own" : ""}` }, svg("title", {}, about(one)),
      svg("rect", { class: "field", x: i * WIDE, y: 0, width: WIDE, height: HIGH }),
      svg("rect", { class: "run", x: i * WIDE + 1.5, y: HIGH - high, width: WIDE - 3, height: high }));
  }

  // this run's verdict; another machine's history may not have it
  const ownOf = (it) => it.history.runs.find((one) => one.own && (one.round ?? null) === (it.info.round ?? null));

  function picture(it, own) {
    const { runs } = it.history;
    const scale = (HIGH - 2) / Math.max(...runs.map((one) => one.seconds), own?.median ?? 0, 1e-9);
    const wide = runs.length * WIDE;
    const bars = runs.map((one, i) => bar(one, i, scale, one === own));
    if (own?.median !== undefined) {
      const y = HIGH - own.median * scale;
      bars.push(svg("line", { class: "median", x1: 0, x2: wide, y1: y, y2: y }));
    }
    return svg("svg", { class: "spark", role: "img", width: wide, height: HIGH, viewBox: `0 0 ${wide} ${HIGH}`,
      "aria-label": `its last ${runs.length} verdicts: ${runs.map((one) => `${one.status} ${view.seconds(one.seconds)}`).join(", ")}` },
      ...bars);
  }

  // The bars alone, for a row of the overview; empty without a history.
  function small(it) {
    const runs = it.history?.runs.slice(-SMALL) || [];
    if (runs.length === 0) return "";
    const scale = (LOW - 2) / Math.max(...runs.map((one) => one.seconds), 1e-9);
    return svg("svg", { class: "tiny", role: "img", width: runs.length * NARROW, height: LOW,
      "aria-label": `its last ${runs.length} verdicts: ${runs.map((one) => one.status).join(", ")}` },
      ...runs.map((one, i) => {
        const high = Math.max(2, one.seconds * scale);
        return svg("rect", { class: view.verdict(one.status).name, x: i * NARROW, y: LOW - high,
          width: NARROW - 1.5, height: high }, svg("title", {}, about(one)));
      }));
  }

  // The section; null without a history.
  function make(it) {
    if (!it.history) return null;
    const own = ownOf(it);
    const usual = own?.usual ? `usual: ${own.usual}` : "too few earlier passes to compare with";
    return view.make("section", { class: "history" }, view.make("h3", {}, "History"), picture(it, own),
      view.make("p", { class: "soft" }, `its last ${it.history.runs.length} verdicts, up to this run; ${usual}`),
      own?.slower && view.make("p", { class: "slower" }, `${view.seconds(own.seconds)}: slower than usual`),
      own?.slower && view.make("p", { class: "soft" }, it.history.rule));
  }

  return { make, small };
})();
