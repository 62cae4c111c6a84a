// charts: packets per second, per port and queue, as the sampler saw them (uPlot, where the report has it).

const charts = (() => {
  // { "vhost port 0": [sample, ...] }
  function byPort(samples) {
    const ports = new Map();
    for (const s of samples) {
      const key = `${s.console} port ${s.port}`;
      if (!ports.has(key)) ports.set(key, []);
      ports.get(key).push(s);
    }
    return ports;
  }

  // one series a way, and one a way and queue where a port has several
  function seriesOf(samples) {
    const out = [{ name: "rx", of: (s) => s.rx }, { name: "tx", of: (s) => s.tx }];
    const queues = Math.max(...samples.map((s) => (s.queues || []).length));
    for (let q = 0; q < queues && queues > 1; q++) {
      out.push({ name: `rx q${q}`, of: (s) => s.queues?.[q]?.rx, isQueue: true },
        { name: `tx q${q}`, of: (s) => s.queues?.[q]?.tx, isQueue: true });
    }
    return out;
  }

  function dataOf(samples, series) {
    const data = [samples.map((s) => s.t), ...series.map((one) => samples.map((s) => one.of(s) ?? null))];
    // nothing is known of the time between two stretches of traffic
    for (let i = samples.length - 1; i > 0; i--) {
      if (!samples[i].first) continue;
      data[0].splice(i, 0, samples[i].t - 1e-6);
      for (const column of data.slice(1)) column.splice(i, 0, null);
    }
    return data;
  }

  const short = (v) => Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(v);

  function plot(box, title, samples) {
    const series = seriesOf(samples);
    const axis = { stroke: () => view.colour("soft"), grid: { stroke: () => view.colour("line") },
      ticks: { stroke: () => view.colour("line") } };
    return new uPlot({
      title, width: Math.max(260, box.clientWidth - 14), height: 220,
      scales: { x: { time: false } },
      axes: [{ ...axis, values: (_, ts) => ts.map((t) => `${t} s`) },
        { ...axis, size: 56, values: (_, vs) => vs.map((v) => `${short(v)}/s`) }],
      series: [{ label: "at", value: (_, t) => (t === null ? "" : `${view.time(t)} s`) },
        ...series.map((one, i) => ({ label: one.name, stroke: () => view.colour(`lane-${i % 8}`),
          width: one.isQueue ? 1 : 2, dash: one.isQueue ? [4, 3] : undefined,
          value: (_, v) => (v === null ? "" : `${Math.round(v).toLocaleString("en")}/s`) }))],
      cursor: { drag: { x: false, y: false } },
    }, dataOf(samples, series), box);
  }

  // lib/dpdk/sampler.lua looks twice in this time, here and in a guest, and a rate is what came in between
  const LOOKS = 0.25, LOOKS_THERE = 1;

  // why there is no rate of a testpmd
  function silence(pmd) {
    if (pmd.longest < 0) return `${pmd.name} was not told to forward (\`start\`), so there is no rate of it.`;
    const took = view.brief(pmd.longest), looks = pmd.isHere ? LOOKS : LOOKS_THERE;
    return pmd.longest < 2 * looks
      ? `${pmd.name} forwarded for ${took} only; a rate takes two looks at its counters, ${view.brief(looks)} apart.`
      : `${pmd.name} forwarded for ${took}, but its telemetry did not tell its counters twice.`;
  }

  // of each testpmd without a sample
  function silences(it) {
    const counted = new Set(it.samples.map((s) => s.console));
    const all = [...it.forwarding.values()];
    if (all.length === 0 && counted.size === 0) {
      return ["No testpmd ran in this case: the rates charted here are those of testpmd's and symmetric_mp's ports."];
    }
    return all.filter((pmd) => !counted.has(pmd.name)).map(silence);
  }

  // of each program whose ports counted nothing, all the time
  function stillOf(samples) {
    const ports = new Map();
    const moved = new Set(samples.filter((s) => s.rx || s.tx).map((s) => s.console));
    for (const s of samples.filter((one) => !moved.has(one.console))) {
      ports.set(s.console, (ports.get(s.console) || new Set()).add(s.port));
    }
    const few = (all) => `port${all.length === 1 ? "" : "s"} ${all.sort((a, b) => a - b).join(", ")}`;
    return { moved, texts: [...ports].map(([name, all]) => `${name}: no packet was counted on ${few([...all])}`) };
  }

  const said = (texts) => texts.map((text) => view.make("p", { class: "soft no-rate" }, text));

  // The section, and what is told of the lanes' zoom; in words why there is no chart where there is none.
  function make(it) {
    if (it.rows.length === 0) return null;
    const still = stillOf(it.samples);
    const why = [...still.texts, ...silences(it)];
    const moving = it.samples.filter((s) => still.moved.has(s.console));
    if (moving.length > 0 && typeof uPlot === "undefined") {
      why.push("No charts of the rates: uPlot was not there when this report was made (`make charts` fetches it by npm).");
    }
    if (moving.length === 0 || typeof uPlot === "undefined") {
      return { element: view.make("div", {}, ...said(why)), show() {}, zoom() {} };
    }
    const plotted = view.make("div", { class: "charts" });
    const element = view.make("div", {}, plotted, ...said(why));
    const plots = [];
    return { element,
      show() {
        for (const [title, samples] of byPort(moving)) {
          const box = view.make("div", { class: "chart" });
          plotted.append(box);
          const one = plot(box, title, samples);
          new ResizeObserver(() => one.setSize({ width: Math.max(260, box.clientWidth - 14), height: 220 })).observe(box);
          matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => one.redraw());
          plots.push(one);
        }
      },
      zoom([min, max]) {
        for (const one of plots) one.setScale("x", { min, max });
      } };
  }

  return { make };
})();
