// recording: the run's files as cases with rows and lanes: every console line and every event, on one clock.

const recording = (() => {
  // seconds; a line that continues after a longer pause was a prompt, and its rest is a new line
  const PAUSE = 0.1;

  const decoder = new TextDecoder();

  const json = (id) => JSON.parse(document.getElementById(id).textContent);

  // the last event of a killed worker may be incomplete
  function readEvents() {
    return document.getElementById("timeline").textContent.split("\n").map(view.parse)
      .filter((e) => typeof e?.t === "number" && typeof e.ev === "string");
  }

  // a transcript's bytes are in the report as code points
  function decoded(bytes) {
    return /[\x80-\xff]/.test(bytes) ? decoder.decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))) : bytes;
  }

  // the name of the folder of a case or a try
  const folderOf = (info) => (typeof info.dir === "string" ? info.dir.split("/").pop() : null);

  // a guest's kernel prints its own time; a time that does not fit is another program's
  function guestTime(line, t, clock) {
    const own = clock && /^\[ *(\d+\.\d+)\]/.exec(line);
    const at = own ? clock.offset + Number(own[1]) : t;
    return at <= t && at > t - 1 ? at : t;
  }

  // a console's chunks ({ t, at, len }) as lines, each with the time of its last byte: a prompt may be much older than
  // the rest of its line; a command ends the prompt's line
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
          open = { bytes: "" };
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
    return out.map(({ bytes, last }) => ({ t: guestTime(bytes, last, clock), bytes }));
  }

  const OWN = { phase: "phases", span: "phases", check: "checks", cell: "checks", run: "commands", ran: "commands" };
  const KIND = { command: "command", reply: "reply", phase: "phase" };

  const laneOf = (e) => e.console || OWN[e.ev] || (e.ev === "qmp" || e.ev === "telemetry" ? e.name : e.node) || "case";

  // adds the row of an event (not output), and its bar or tick
  function addEvent(it, e) {
    const lane = it.lane(laneOf(e));
    let kind = KIND[e.ev] || "event";
    if (e.ev === "check") kind = e.ok ? "ok" : "bad";
    const row = { t: e.t, lane, kind, text: words.of(e) };
    it.rows.push(row);
    lane.isConsole = lane.isConsole || e.console !== undefined;
    if (e.ev === "sample") it.samples.push(e);
    if (e.ev === "clock") it.clocks.set(e.console, e);
    if (e.ev === "phase") it.phase(row, e);
    else if (e.ev === "reply" || e.ev === "ran" || e.ev === "span") {
      const from = e.t - (e.seconds || 0);
      lane.bars.push({ from, to: e.t, row, text: e.ev === "reply" ? lane.command || row.text : row.text });
    } else if (e.ev === "command") lane.command = row.text;
    // samples are in the charts
    else if (e.ev !== "sample") lane.ticks.push({ t: e.t, row, kind });
    if (e.ev === "spawn" && e.console) {
      lane.life = [e.t, null];
      lane.started = { row, program: e.argv?.[0]?.split("/").pop() };
    }
    if (e.ev === "run" || e.ev === "ran") addRun(it, e, row);
    if (e.ev === "exit" && lane.life) lane.life[1] = e.t;
    if (e.ev === "span") it.parts.push({ from: e.t - e.seconds, to: e.t, name: e.name, isProbe: e.is_probe });
    addForwarding(it, e);
  }

  // adds an ended program: { row (its end), line, end (in words), out }
  function addRun(it, e, row) {
    if (e.ev === "run") {
      it.running.push({ program: e.argv?.[0], line: row.text, node: e.node });
      return;
    }
    const i = it.running.findIndex((one) => one.program === e.what);
    const [begun] = i >= 0 ? it.running.splice(i, 1) : [{ line: `$ ${e.what}` }];
    const end = e.exited === false ? e.signal ?? "no exit status" : `exit ${e.code}`;
    it.runs.push({ row, line: begun.line, end: begun.node ? `${end} on ${begun.node}` : end, out: `${e.out || ""}${e.err || ""}` });
  }

  // the longest time that each testpmd forwarded without a stop
  function addForwarding(it, e) {
    if (e.ev === "spawn" && /testpmd$/.test(e.argv?.[0])) {
      it.forwarding.set(e.console, { name: e.console, isHere: e.node === "here", since: null, longest: -1 });
    }
    const pmd = it.forwarding.get(e.console);
    if (!pmd) return;
    const isEnd = e.ev === "exit" || (e.ev === "command" && /^\s*(stop|quit)\s*(#|$)/.test(e.line));
    if (e.ev === "command" && /^\s*start(\s+tx_first(\s+\d+)?)?\s*(#|$)/.test(e.line)) pmd.since = e.t;
    if (!isEnd || pmd.since === null) return;
    pmd.longest = Math.max(pmd.longest, e.t - pmd.since);
    pmd.since = null;
  }

  function addLines(it, file, chunks) {
    const lane = it.lane(file.console);
    lane.isConsole = true;
    for (const line of linesOf(file, chunks, it.clocks.get(file.console))) {
      // a worker's messages to its supervisor are events already
      const text = line.bytes.includes("\x1e") ? "" : words.clean(decoded(line.bytes));
      if (text.trim() === "") continue;
      const row = { t: line.t, lane, kind: "output", text };
      it.rows.push(row);
      lane.ticks.push({ t: line.t, row, kind: "output" });
    }
  }

  class Case {
    constructor(info) {
      Object.assign(this, { info, id: `${info.plan}/${info.name}`, folder: folderOf(info), rows: [], lanes: [], samples: [],
        byName: new Map(), phases: [], parts: [], forwarding: new Map(), running: [], runs: [], end: 0,
        clocks: new Map(), attempts: [], rounds: [] });
      this.lane("phases");
      this.lane("checks");
    }

    lane(name) {
      return view.entry(this.byName, name, () => {
        const lane = { name, number: this.lanes.length, bars: [], ticks: [], rows: [], life: null, started: null, command: null,
          isConsole: false };
        this.lanes.push(lane);
        return lane;
      });
    }

    phase(row, e) {
      const last = this.phases[this.phases.length - 1];
      if (last) last.to = e.t;
      const bar = { from: e.t, to: null, row, text: row.text, key: view.letter(this.phases.length) };
      this.phases.push(bar);
      row.lane.bars.push(bar);
    }

    // adds its purpose to a command that is a part of a larger step: `true` tests if a guest answers
    explain() {
      for (const bar of this.byName.get("commands")?.bars || []) {
        const part = this.parts.find((p) => p.from <= bar.from + 1e-3 && p.to >= bar.to);
        if (!part) continue;
        bar.row.isProbe = part.isProbe;
        bar.row.text = bar.text = `${bar.row.text} (${part.name})`;
      }
    }

    finish() {
      this.rows.sort((a, b) => a.t - b.t);
      this.rows.forEach((row, i) => {
        row.i = i;
        row.lane.rows.push(row);
      });
      this.start = this.rows.length ? this.rows[0].t : 0;
      this.end = this.rows.length ? this.rows[this.rows.length - 1].t : 1;
      for (const lane of this.lanes) {
        for (const bar of lane.bars) bar.to = bar.to === null ? this.end : bar.to;
        lane.bars.sort((a, b) => a.from - b.from);
        lane.ticks.sort((a, b) => a.t - b.t);
      }
      for (const pmd of this.forwarding.values()) {
        if (pmd.since !== null) pmd.longest = Math.max(pmd.longest, this.end - pmd.since);
      }
      this.explain();
      this.lanes = this.lanes.filter((lane) => lane.bars.length + lane.ticks.length > 0);
      this.failed = this.rows.filter((row) => row.kind === "bad");
    }
  }

  // a worker's own console belongs to the case in its command line
  function ownersOf(events) {
    const owners = new Map();
    for (const e of events) {
      if (e.case || e.ev !== "spawn" || !Array.isArray(e.argv) || e.argv[1] !== "_worker") continue;
      const spec = view.parse(e.argv.at(-1));
      // a worker of another version may have no id
      if (spec) owners.set(e.console, folderOf(spec) || String(spec.id).replace("/", "."));
    }
    return owners;
  }

  const ARRAYS = ["checks", "phases", "notices", "consoles", "clocks", "programs", "cells", "attempts"];

  // a worker writes an empty array as an object
  function withArrays(info) {
    const out = { ...info };
    for (const key of ARRAYS) if (out[key] && !Array.isArray(out[key])) out[key] = [];
    return out;
  }

  // each try as a case, except the try whose folder is the case's own
  function addAttempts(whole, left) {
    whole.attempts = (whole.info.attempts || []).map((one, i) => {
      const { plan, name, title, file, round } = whole.info;
      const folder = folderOf(one);
      const it = folder === whole.folder ? whole
        : new Case(withArrays({ ...left[folder], ...one, plan, name, title, file, round }));
      if (it !== whole) Object.assign(it, { whole, nth: i + 1 });
      return { it, one, n: i + 1 };
    });
    return whole.attempts.map(({ it }) => it).filter((it) => it !== whole);
  }

  // the cases of the results; and all of them with their attempts
  function casesOf(run) {
    const left = json("attempts");
    const cases = (run.cases || []).map((info) => new Case(info));
    for (const it of cases) it.rounds = cases.filter((other) => other.id === it.id && other.info.round);
    return { cases, all: cases.flatMap((it) => [it, ...addAttempts(it, left)]) };
  }

  function addEvents(events, find, owners) {
    const chunks = new Map();
    for (const e of events) {
      const it = find(e.case ? e.folder ?? e.case.replace("/", ".") : owners.get(e.console), e.case);
      if (!it) continue;
      if (e.ev === "output" || e.ev === "command") view.entry(chunks, `${it.folder}\n${e.console}`, () => []).push(e);
      if (e.case && e.ev !== "output") addEvent(it, e);
    }
    return chunks;
  }

  function read() {
    const run = json("run");
    const files = json("files");
    const events = readEvents();
    const owners = ownersOf(events);
    const { cases, all } = casesOf(run);
    const byFolder = new Map(all.map((it) => [it.folder, it]));
    const byId = new Map(cases.map((it) => [it.id, it]));
    const find = (folder, id) => byFolder.get(folder) || byId.get(id);
    const chunks = addEvents(events, find, owners);
    for (const file of files) {
      const it = find(file.folder ?? owners.get(file.console));
      const list = it && chunks.get(`${it.folder}\n${file.console}`);
      if (!list) continue;
      if (file.block) file.text = json(file.block);
      if (file.text !== undefined) addLines(it, file, list);
    }
    const histories = json("histories");
    for (const it of cases) it.history = histories[it.id];
    for (const it of all) it.finish();
    return { run, cases, all, files };
  }

  return { read, bytes: json, text: (id) => decoded(json(id)) };
})();
