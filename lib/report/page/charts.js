// charts: packets per second of each port and queue, from the sampler, drawn by uPlot if the report has it.

const charts = (() => {
  // { "vhost port 0": [sample, ...] }
  function byPort(samples) {
    const ports = new Map();
    for (const s of samples) view.entry(ports, `${s.console} port ${s.port}`, () => []).push(s);
    return ports;
  }

  // rx and tx of the port, and of each queue if there are several
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
    // a gap between two periods of traffic: there are no samples
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

  // lib/dpdk/sampler.lua's interval on this machine and in a guest; a rate needs two samples
  const INTERVAL = 0.25, GUEST_INTERVAL = 1;

  // why there is no rate of a testpmd
  function reasonOf(pmd) {
    if (pmd.longest < 0) return `${pmd.name} did not forward (no \`start\`), so it has no rate.`;
    const took = view.brief(pmd.longest), interval = pmd.isHere ? INTERVAL : GUEST_INTERVAL;
    return pmd.longest < 2 * interval
      ? `${pmd.name} forwarded for only ${took}; a rate needs two samples of its counters, ${view.brief(interval)} apart.`
      : `${pmd.name} forwarded for ${took}, but its telemetry did not report its counters twice.`;
  }

  // a reason for each testpmd without a sample
  function reasonsOf(it) {
    const counted = new Set(it.samples.map((s) => s.console));
    const all = [...it.forwarding.values()];
    if (all.length === 0 && counted.size === 0) {
      return ["No testpmd ran in this case: only ports of testpmd and symmetric_mp have rates."];
    }
    return all.filter((pmd) => !counted.has(pmd.name)).map(reasonOf);
  }

  // programs whose ports counted packets, and a line for each program whose ports counted none
  function idleOf(samples) {
    const ports = new Map();
    const moved = new Set(samples.filter((s) => s.rx || s.tx).map((s) => s.console));
    for (const s of samples.filter((one) => !moved.has(one.console))) view.entry(ports, s.console, () => new Set()).add(s.port);
    const few = (all) => `port${all.length === 1 ? "" : "s"} ${all.sort((a, b) => a - b).join(", ")}`;
    return { moved, texts: [...ports].map(([name, all]) => `${name}: no packet was counted on ${few([...all])}`) };
  }

  const paragraphs = (texts) => texts.map((text) => view.make("p", { class: "soft no-rate" }, text));

  // { element, show, zoom }: the charts, or the reasons why there are none.
  function make(it) {
    if (it.rows.length === 0) return null;
    const idle = idleOf(it.samples);
    const why = [...idle.texts, ...reasonsOf(it)];
    const moving = it.samples.filter((s) => idle.moved.has(s.console));
    if (moving.length > 0 && typeof uPlot === "undefined") {
      why.push("No charts of the rates: uPlot was missing when this report was written (`make charts` fetches it by npm).");
    }
    if (moving.length === 0 || typeof uPlot === "undefined") {
      return { element: view.make("div", {}, ...paragraphs(why)), show() {}, zoom() {} };
    }
    const plotted = view.make("div", { class: "charts" });
    const element = view.make("div", {}, plotted, ...paragraphs(why));
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
