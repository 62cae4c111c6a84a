// recording: what the run left, as rows and lanes: every line of every console and every event, on one clock.

const recording = (() => {
  // a line that goes on after so long was a prompt, and what follows is what came of it
  const PAUSE = 0.1;

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

  // where a case, or a try of it, left its record
  const folderOf = (info) => (typeof info.dir === "string" ? info.dir.split("/").pop() : null);

  // the guest's kernel says itself when it spoke; what does not fit is from elsewhere
  function guestTime(line, t, clock) {
    const own = clock && /^\[ *(\d+\.\d+)\]/.exec(line);
    const at = own ? clock.offset + Number(own[1]) : t;
    return at <= t && at > t - 1 ? at : t;
  }

  // a console's chunks ({ t, at, len }) as lines, each with the time of its last byte: a prompt may have stood there
  // for long before what came behind it; a line that is typed ends the prompt's
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

  // rows of all events but output, with bars and ticks of their lanes
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
      lane.bars.push({ from, to: e.t, row, text: e.ev === "reply" ? lane.asked || row.text : row.text });
    } else if (e.ev === "command") lane.asked = row.text;
    // what is looked at every second is no event: it has charts
    else if (e.ev !== "sample") lane.ticks.push({ t: e.t, row, kind });
    if (e.ev === "spawn" && e.console) {
      lane.life = [e.t, null];
      lane.started = { row, program: e.argv?.[0]?.split("/").pop() };
    }
    if (e.ev === "run" || e.ev === "ran") addRun(it, e, row);
    if (e.ev === "exit" && lane.life) lane.life[1] = e.t;
    if (e.ev === "span") it.parts.push({ from: e.t - e.seconds, to: e.t, name: e.name });
    addForwarding(it, e);
  }

  // a program that was run and has ended: { row (its end), line, end (in words), out }
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

  // how long each testpmd forwarded at a stretch, at most
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
      // what a worker tells its supervisor is here as events already
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
        byName: new Map(), phases: [], parts: [], forwarding: new Map(), running: [], runs: [], end: 0, clocks: new Map(), tries: [], rounds: [] });
      this.lane("phases");
      this.lane("checks");
    }

    lane(name) {
      let lane = this.byName.get(name);
      if (!lane) {
        lane = { name, number: this.lanes.length, bars: [], ticks: [], rows: [], life: null, started: null, asked: null,
          isConsole: false };
        this.byName.set(name, lane);
        this.lanes.push(lane);
      }
      return lane;
    }

    phase(row, e) {
      const last = this.phases[this.phases.length - 1];
      if (last) last.to = e.t;
      const bar = { from: e.t, to: null, row, text: row.text, key: view.letter(this.phases.length) };
      this.phases.push(bar);
      row.lane.bars.push(bar);
    }

    // what a command was for, where it is a part of something: `true` asks whether a guest answers
    explain() {
      for (const bar of this.byName.get("commands")?.bars || []) {
        const part = this.parts.find((p) => p.from <= bar.from + 1e-3 && p.to >= bar.to);
        if (!part) continue;
        bar.row.part = part.name;
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

  // a worker's own console belongs to its case, which its command line tells
  function ownersOf(events) {
    const owners = new Map();
    for (const e of events) {
      if (e.case || e.ev !== "spawn" || !Array.isArray(e.argv) || e.argv[1] !== "_worker") continue;
      try {
        const spec = JSON.parse(e.argv[2]);
        owners.set(e.console, folderOf(spec) || spec.id.replace("/", "."));
      } catch {
        // no worker of ours
      }
    }
    return owners;
  }

  const ARRAYS = ["checks", "phases", "notices", "consoles", "clocks", "programs", "cells", "tries"];

  // what a worker left has an object where an array is empty
  function settled(info) {
    const out = { ...info };
    for (const key of ARRAYS) if (out[key] && !Array.isArray(out[key])) out[key] = [];
    return out;
  }

  // each try of a case as a case of its own, but the one whose record is the case's
  function addTries(whole, left) {
    whole.tries = (whole.info.tries || []).map((one, i) => {
      const { plan, name, title, file, round } = whole.info;
      const folder = folderOf(one);
      const it = folder === whole.folder ? whole
        : new Case(settled({ ...left[folder], ...one, plan, name, title, file, round }));
      if (it !== whole) Object.assign(it, { whole, nth: i + 1 });
      return { it, one, n: i + 1 };
    });
    return whole.tries.map(({ it }) => it).filter((it) => it !== whole);
  }

  // the cases of the results, and all that have a record: with their tries
  function casesOf(run) {
    const left = json("tries");
    const cases = (run.cases || []).map((info) => new Case(info));
    for (const it of cases) it.rounds = cases.filter((other) => other.id === it.id && other.info.round);
    return { cases, all: cases.flatMap((it) => [it, ...addTries(it, left)]) };
  }

  function addEvents(events, find, owners) {
    const chunks = new Map();
    for (const e of events) {
      const it = find(e.case ? e.folder ?? e.case.replace("/", ".") : owners.get(e.console), e.case);
      if (!it) continue;
      if (e.ev === "output" || e.ev === "command") {
        const key = `${it.folder}\n${e.console}`;
        if (!chunks.has(key)) chunks.set(key, []);
        chunks.get(key).push(e);
      }
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
    const trends = json("trends");
    for (const it of cases) it.trend = trends[it.id];
    for (const it of all) it.finish();
    return { run, cases, all, files };
  }

  return { read };
})();
