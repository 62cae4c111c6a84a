// trends: how a case went in its last runs: a bar each, as high as its seconds, in its verdict's colour.

const trends = (() => {
  const WIDE = 9;
  const HIGH = 40;
  // in the overview
  const NARROW = 5;
  const LOW = 18;
  const SMALL = 20;

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

  // the verdict that is looked at; what a report made elsewhere knows may end before it
  const ownOf = (it) => it.trend.runs.find((one) => one.own && (one.round ?? null) === (it.info.round ?? null));

  function picture(it, own) {
    const { runs } = it.trend;
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

  // For a row of the overview: the same without words; empty where the history told nothing.
  function small(it) {
    const runs = it.trend?.runs.slice(-SMALL) || [];
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

  // The section; null where the history told nothing.
  function make(it) {
    if (!it.trend) return null;
    const own = ownOf(it);
    const usual = own?.usual ? `usual: ${own.usual}` : "too few passes before it to tell what is usual";
    return view.make("section", { class: "trend" }, view.make("h3", {}, "Trend"), picture(it, own),
      view.make("p", { class: "soft" }, `its last ${it.trend.runs.length} verdicts, up to this run; ${usual}`),
      own?.slower && view.make("p", { class: "slower" }, `${view.seconds(own.seconds)}: slower than usual`),
      own?.slower && view.make("p", { class: "soft" }, it.trend.rule));
  }

  return { make, small };
})();
