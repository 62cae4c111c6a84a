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

  // The section, and what is told of the lanes' zoom; null without samples.
  function make(it) {
    if (it.samples.length === 0) return null;
    if (typeof uPlot === "undefined") {
      return { element: view.make("p", { class: "soft" },
        "No charts of the rates: uPlot was not there when this report was made (`make charts` fetches it by npm)."),
        show() {}, zoom() {} };
    }
    const element = view.make("div", { class: "charts" });
    const plots = [];
    return { element,
      show() {
        for (const [title, samples] of byPort(it.samples)) {
          const box = view.make("div", { class: "chart" });
          element.append(box);
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
