// words: an event as one line of text; text without control characters.

const words = (() => {
  const HIDDEN = new Set(["output", "t", "ev", "case", "folder"]);

  // text without escape sequences (CSI, OSC, short ones), control characters and marks of direction
  function clean(words) {
    const text = words.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, "");
    return text.replace(/\t/g, "    ").replace(/[\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069]/g, "");
  }

  // the clock of a guest's kernel: { offset: its zero in the run's time, uncertainty }
  function clock({ offset, uncertainty }) {
    const when = `${view.seconds(Math.abs(offset))} ${offset < 0 ? "before" : "after"} this run began`;
    return `the guest's kernel counts seconds from its own start, ${when} (± ${view.brief(uncertainty)}); `
      + "the times of its lines are corrected accordingly";
  }

  const WORDS = {
    phase: (e) => e.name,
    span: (e) => `${e.name}: ${view.seconds(e.seconds)}`,
    notice: (e) => e.text,
    check: (e) => {
      const sides = e.ok ? "" : `: got ${view.value(e.got)}, expected ${view.value(e.expected)}`;
      return `${e.ok ? "ok" : "NOT OK"} ${e.what}${sides}${e.detail ? `; ${view.value(e.detail)}` : ""}`;
    },
    command: (e) => `> ${e.line}`,
    reply: (e) => (e.status === 0 ? `replied in ${view.seconds(e.seconds)}` : `no reply (${e.status})`),
    spawn: (e) => `$ ${e.argv.join(" ")}`,
    run: (e) => `$ ${e.argv.join(" ")}`,
    ran: (e) => `${e.what}: exit ${e.code}, ${view.seconds(e.seconds)}${e.out ? `: ${e.out}` : ""}${e.err || ""}`,
    exit: (e) => `ended: ${e.exited ? `exit status ${e.code}` : e.signal ?? "no exit status"}`,
    value: (e) => `${e.name} = ${view.value(e.value)}`,
    qmp: (e) => (e.msg ? `${e.dir} ${view.value(e.msg)}` : `${e.what}: ${e.why}`),
    telemetry: (e) => `${e.dir} ${e.text}`,
    sample: (e) => `port ${e.port}: rx ${Math.round(e.rx)}/s, tx ${Math.round(e.tx)}/s`,
    clock,
  };

  function of(e) {
    const format = WORDS[e.ev];
    try {
      if (format) return clean(String(format(e)).replace(/\r?\n/g, " ⏎ "));
    } catch {
      // an event of an unknown shape: print its fields
    }
    const rest = Object.entries(e).filter(([key]) => !HIDDEN.has(key) && key !== "console");
    return clean(`${e.ev} ${rest.map(([key, value]) => `${key}=${view.value(value)}`).join(" ")}`);
  }

  // the DPDKs of a case whose guests had another one than the machine
  const mix = (info) => (info.mix ? clean(`guest dpdk ${info.mix.guest}, host dpdk ${info.mix.host}`) : "");

  // an event's text over many lines: with its line ends, and JSON at its end indented
  function spread(text) {
    for (const { index } of text.matchAll(/(?<![^ ])[[{]/g)) {
      const value = view.parse(text.slice(index));
      if (value !== undefined) return [text.slice(0, index).trimEnd(), JSON.stringify(value, null, 2)].filter(Boolean).join("\n");
      if (index > 400) break;
    }
    return text.replaceAll(" ⏎ ", "\n");
  }

  return { of, clean, clock, spread, mix };
})();
