// recording: what the run left, as rows and lanes: every line of every console and every event, on one clock.

const recording = (() => {
  // a line that goes on after so long was a prompt, and what follows is what came of it
  const PAUSE = 0.1;

  const HIDDEN = new Set(["output", "t", "ev", "case"]);
  const decoder = new TextDecoder();

  const json = (id) => JSON.parse(document.getElementById(id).textContent);

  // a worker that was killed may have half written its last
  function readEvents() {
    const events = [];
    for (const line of document.getElementById("timeline").textContent.split("\n")) {
      if (line === "") continue;
      try {
        const e = JSON.parse(line);
        if (typeof e.t === "number" && typeof e.ev === "string") events.push(e);
      } catch {
        // as above
      }
    }
    return events;
  }

  // a transcript's bytes are in the report as code points
  function decoded(bytes) {
    return /[\x80-\xff]/.test(bytes) ? decoder.decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))) : bytes;
  }

  // text without escape sequences (CSI, OSC, the short ones) and what else steers a terminal or turns text around
  function clean(words) {
    const text = words.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g, "");
    return text.replace(/\t/g, "    ").replace(/[\x00-\x1f\x7f\u2028-\u202e\u2066-\u2069]/g, "");
  }

  // the guest's kernel says itself when it spoke; what does not fit is from elsewhere
  function guestTime(line, t, clock) {
    const own = clock && /^\[ *(\d+\.\d+)\]/.exec(line);
    const at = own ? clock.offset + Number(own[1]) : t;
    return at <= t && at > t - 1 ? at : t;
  }

  // a console's chunks ({ t, at, len }) as lines with their times; a line that is typed ends the prompt's
  function linesOf(file, chunks, clock) {
    const out = [];
    let open = null;
    for (const c of chunks) {
      if (c.ev === "command") {
        open = null;
        continue;
      }
      const bytes = file.text.slice(Math.max(0, c.at - file.from), Math.max(0, c.at - file.from + c.len));
      if (bytes === "") continue;
      if (open && c.t - open.last > PAUSE) open = null;
      const parts = bytes.split("\n");
      parts.forEach((part, i) => {
        if (!open) {
          open = { t: guestTime(part, c.t, clock), bytes: "" };
          out.push(open);
        }
        open.bytes += part;
        open.last = c.t;
        if (i < parts.length - 1) open = null;
      });
      if (open && open.bytes === "") {
        out.pop();
        open = null;
      }
    }
    return out;
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
    exit: (e) => `ended: ${e.exited ? `exit status ${e.code}` : `signal ${e.signal}`}`,
    value: (e) => `${e.name} = ${view.value(e.value)}`,
    qmp: (e) => (e.msg ? `${e.dir} ${view.value(e.msg)}` : `${e.what}: ${e.why}`),
    telemetry: (e) => `${e.dir} ${e.text}`,
    sample: (e) => `port ${e.port}: rx ${Math.round(e.rx)}/s, tx ${Math.round(e.tx)}/s`,
    clock: (e) => `the guest's clock 0 is at ${view.time(e.offset)} s, ± ${view.seconds(e.uncertainty)}`,
  };

  function words(e) {
    const say = WORDS[e.ev];
    try {
      if (say) return clean(String(say(e)).replace(/\r?\n/g, " ⏎ "));
    } catch {
      // an event of another shape than ours: as it is
    }
    const rest = Object.entries(e).filter(([key]) => !HIDDEN.has(key) && key !== "console");
    return clean(`${e.ev} ${rest.map(([key, value]) => `${key}=${view.value(value)}`).join(" ")}`);
  }

  const OWN = { phase: "phases", span: "phases", check: "checks", cell: "checks", run: "commands", ran: "commands" };
  const KIND = { command: "command", reply: "reply", phase: "phase" };

  const laneOf = (e) => e.console || OWN[e.ev] || (e.ev === "qmp" || e.ev === "telemetry" ? e.name : e.node) || "case";

  // rows of all events but output, with bars and ticks of their lanes
  function addEvent(it, e) {
    const lane = it.lane(laneOf(e));
    let kind = KIND[e.ev] || "event";
    if (e.ev === "check") kind = e.ok ? "ok" : "bad";
    const row = { t: e.t, lane, kind, text: words(e) };
    it.rows.push(row);
    if (e.ev === "sample") it.samples.push(e);
    if (e.ev === "clock") it.clocks.set(e.console, e);
    if (e.ev === "phase") it.phase(row, e);
    else if (e.ev === "reply" || e.ev === "ran" || e.ev === "span") {
      const from = e.t - (e.seconds || 0);
      lane.bars.push({ from, to: e.t, row, text: e.ev === "reply" ? lane.asked || row.text : row.text });
    } else if (e.ev === "command") lane.asked = row.text;
    // what is looked at every second is no event: it has charts
    else if (e.ev !== "sample") lane.ticks.push({ t: e.t, row, kind });
    if (e.ev === "spawn" && e.console) lane.life = [e.t, null];
    if (e.ev === "exit" && lane.life) lane.life[1] = e.t;
  }

  function addLines(it, file, chunks) {
    const lane = it.lane(file.console);
    for (const line of linesOf(file, chunks, it.clocks.get(file.console))) {
      // what a worker tells its supervisor is here as events already
      const text = line.bytes.includes("\x1e") ? "" : clean(decoded(line.bytes));
      if (text.trim() === "") continue;
      const row = { t: line.t, lane, kind: "output", text };
      it.rows.push(row);
      lane.ticks.push({ t: line.t, row, kind: "output" });
    }
  }

  class Case {
    constructor(info, id) {
      Object.assign(this, { info, id, rows: [], lanes: [], samples: [], byName: new Map(), phases: [], end: 0,
        clocks: new Map() });
      this.lane("phases");
      this.lane("checks");
    }

    lane(name) {
      let lane = this.byName.get(name);
      if (!lane) {
        lane = { name, number: this.lanes.length, bars: [], ticks: [], life: null, asked: null };
        this.byName.set(name, lane);
        this.lanes.push(lane);
      }
      return lane;
    }

    phase(row, e) {
      const last = this.phases[this.phases.length - 1];
      if (last) last.to = e.t;
      const bar = { from: e.t, to: null, row, text: row.text };
      this.phases.push(bar);
      row.lane.bars.push(bar);
    }

    finish() {
      this.rows.sort((a, b) => a.t - b.t);
      this.rows.forEach((row, i) => {
        row.i = i;
      });
      this.start = this.rows.length ? this.rows[0].t : 0;
      this.end = this.rows.length ? this.rows[this.rows.length - 1].t : 1;
      for (const lane of this.lanes) {
        for (const bar of lane.bars) bar.to = bar.to === null ? this.end : bar.to;
        lane.bars.sort((a, b) => a.from - b.from);
        lane.ticks.sort((a, b) => a.t - b.t);
      }
      this.lanes = this.lanes.filter((lane) => lane.bars.length + lane.ticks.length > 0);
      this.failed = this.rows.filter((row) => row.kind === "bad");
    }
  }

  // a worker's own console belongs to its case, which its command line tells
  function ownersOf(events) {
    const owners = new Map();
    for (const e of events) {
      if (e.case || e.ev !== "spawn" || !Array.isArray(e.argv) || e.argv[1] !== "_worker") continue;
      try {
        owners.set(e.console, JSON.parse(e.argv[2]).id);
      } catch {
        // no worker of ours
      }
    }
    return owners;
  }

  function read() {
    const run = json("run");
    const files = json("files");
    const events = readEvents();
    const owners = ownersOf(events);
    const cases = (run.cases || []).map((info) => new Case(info, `${info.plan}/${info.name}`));
    const byId = new Map(cases.map((c) => [c.id, c]));
    const chunks = new Map();
    for (const e of events) {
      const id = e.case || owners.get(e.console);
      const it = byId.get(id);
      if (!it) continue;
      if (e.ev === "output" || e.ev === "command") {
        const key = `${id}\n${e.console}`;
        if (!chunks.has(key)) chunks.set(key, []);
        chunks.get(key).push(e);
      }
      if (e.case && e.ev !== "output") addEvent(it, e);
    }
    for (const file of files) {
      const id = file.case || owners.get(file.console);
      const it = byId.get(id);
      const list = chunks.get(`${id}\n${file.console}`);
      if (!it || !list) continue;
      if (file.block) file.text = json(file.block);
      if (file.text !== undefined) addLines(it, file, list);
    }
    const trends = json("trends");
    for (const it of cases) {
      it.trend = trends[it.id];
      it.finish();
    }
    return { run, cases, files };
  }

  return { read, clean };
})();
