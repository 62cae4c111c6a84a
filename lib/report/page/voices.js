// voices: who speaks in the red box: the consoles that the failure names, others of their program, what was run and
// asked in that phase; each with how it was started, its replies or its last words up to then.

const voices = (() => {
  // of a console at most so many commands, of each at most so many lines of its reply; letters of the command line that
  // started it, and of one that was run beside it (a script is no word of a check)
  const COMMANDS = 3, LINES = 8, LETTERS = 400, FEW_LETTERS = 200;
  // what runs others: two of them have nothing in common
  const RUNNERS = /^(?:env|sh|bash|dash|python3?|perl|lua|luajit|sudo|ssh|timeout|stdbuf)$/;

  // what is asked once all else has failed
  const PROBE = /(^|\/)does the guest still answer$/;

  const escaped = (name) => name.replace(/[^\w]/g, "\\$&");

  // where a text names a console, -1 where not: symmetric_mp-1 is not in symmetric_mp-10
  function placeOf(name, text) {
    return text.search(new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`));
  }

  // the reply's lines among what a console said from a command on: neither its echo nor the prompt behind it
  function replyOf(rows, asked) {
    const out = rows.filter((row) => row.kind === "output");
    // a busy program's echo may come in parts
    let echo = "> ";
    const end = out.findIndex((row) => {
      echo += row.text;
      return echo.trim() === asked.text.trim();
    });
    out.splice(0, end + 1);
    if (/^[\w.-]*[>#$] *$/.test(out[out.length - 1]?.text || "")) out.pop();
    return out;
  }

  function programOf(lane) {
    const name = lane?.started?.program;
    return name && !RUNNERS.test(name) ? name : null;
  }

  // { name, program, started (a row), asked: [{ row, reply }], said (its last rows), t }
  function consoleOf(name, it, { from, until }) {
    const lane = it.byName.get(name);
    const rows = lane?.rows.filter((row) => row.t <= until) || [];
    const commands = rows.flatMap((row, i) => (row.kind === "command" && row.t >= from ? [i] : []));
    const asked = commands.map((i, n) => ({ row: rows[i], reply: replyOf(rows.slice(i + 1, commands[n + 1]), rows[i]) }));
    const said = rows.filter((row) => row.kind === "output").slice(-LINES);
    const left = (it.info.consoles || []).find((c) => c.name === name);
    const started = lane?.started?.row.t <= until ? lane.started.row : null;
    const one = { name, program: programOf(lane), started, asked, said, t: said[said.length - 1]?.t };
    // a transcript that is not here: what the results have of it
    if (said.length === 0 && left?.lines?.length > 0 && !(left.t > until)) {
      Object.assign(one, { said: left.lines.map((text) => ({ text: words.clean(text) })), t: left.t });
    }
    return one;
  }

  // { named, akin (of the same program), asked (in the phase, the latest first), last (to speak, of none of these), others }
  function consolesOf(it, told) {
    const names = new Set([...it.lanes.filter((lane) => lane.isConsole).map((lane) => lane.name),
      ...(it.info.consoles || []).map((c) => c.name)]);
    const all = [...names].map((name) => consoleOf(name, it, told)).filter((c) => c.started || c.asked.length + c.said.length > 0);
    for (const c of all) {
      c.place = placeOf(c.name, told.text);
      c.last = c.asked[c.asked.length - 1]?.row.t ?? -1;
    }
    const named = all.filter((c) => c.place >= 0).sort((a, b) => a.place - b.place);
    const programs = new Set(named.map((c) => c.program).filter(Boolean));
    const isAkin = (c) => c.place < 0 && programs.has(c.program);
    const akin = all.filter(isAkin);
    const rest = all.filter((c) => c.place < 0 && !isAkin(c));
    const asked = rest.filter((c) => c.asked.length > 0).sort((a, b) => b.last - a.last);
    const others = rest.filter((c) => c.asked.length === 0).sort((a, b) => (b.t || 0) - (a.t || 0));
    // of a crash nobody may be named: who spoke last knows most of it
    const last = named.length + asked.length === 0 ? others.splice(0, 1) : [];
    return { named, akin, asked, last, others };
  }

  function commandLine(text, row, end) {
    return view.make("p", { class: "asked mono" }, text,
      view.make("span", { class: "soft" }, `  ${end ? `${end} ` : ""}at ${view.time(row.t)} s`));
  }

  function block(lines) {
    return view.make("pre", {}, lines.slice(0, LINES).join("\n") || "(no word)");
  }

  function reply({ row, reply: rows }, go) {
    const more = rows.length - LINES;
    return [commandLine(row.text, row), block(rows.map((line) => line.text)),
      more > 0 && view.make("button", { type: "button", click: () => go.row(rows[LINES]) }, `${more} more lines`)];
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

  function startLine(row, go) {
    const isLong = row.text.length > LETTERS;
    return [view.make("p", { class: "started mono" }, cut(row.text, LETTERS),
      view.make("span", { class: "soft" }, `  at ${view.time(row.t)} s`)),
    isLong && view.make("button", { type: "button", click: () => go.row(row) }, "all of the command line")];
  }

  function lastWords({ said, t }) {
    if (said.length === 0) return [];
    return [view.make("p", { class: "soft" }, `said last before it failed${t ? `, at ${view.time(t)} s` : ""}:`),
      block(said.map((row) => row.text))];
  }

  function wordsOf(one, go) {
    const { asked, started } = one;
    return [...(started ? startLine(started, go) : []),
      ...(asked.length > 0 ? asked.slice(-COMMANDS).flatMap((each) => reply(each, go)) : lastWords(one))].filter(Boolean);
  }

  function tools({ name, asked }, go, until) {
    const hidden = asked.length - COMMANDS;
    return [view.make("button", { type: "button", click: () => go.time(until, name) }, `lines of ${name}`),
      hidden > 0 && view.make("span", { class: "soft" }, `asked ${hidden} more before, in this phase`)];
  }

  function open(one, go, until) {
    return view.make("div", { class: "said", "data-console": one.name },
      view.make("p", { class: "tools" }, view.make("b", {}, one.name), ...tools(one, go, until)), ...wordsOf(one, go));
  }

  // who was asked and is not named: the questions, and the replies behind them
  function folded(one, go, until) {
    const questions = one.asked.slice(-COMMANDS).map(({ row }) => row.text.replace(/^> /, "")).join(", ");
    return view.make("details", { class: "said", "data-console": one.name },
      view.make("summary", {}, view.make("b", {}, one.name), ` was asked in this phase: ${questions}`),
      view.make("p", { class: "tools" }, ...tools(one, go, until)), ...wordsOf(one, go));
  }

  // programs that were run in the phase and ended, the last of them: what a check looked at may be their output
  function runs(it, { from, until }, go) {
    const all = it.runs.filter(({ row }) => row.t >= from && row.t <= until && !PROBE.test(row.part));
    if (all.length === 0) return null;
    const hidden = all.length - COMMANDS;
    return view.make("div", { class: "said", "data-console": "commands" },
      view.make("p", { class: "tools" }, view.make("b", {}, "run in this phase"),
        hidden > 0 && view.make("span", { class: "soft" }, `${hidden} more before`)),
      ...all.slice(-COMMANDS).flatMap(({ row, line, end, out }) => {
        const lines = out.split("\n").map(words.clean).filter((text) => text !== "");
        const more = lines.length - LINES;
        return [commandLine(cut(line, FEW_LETTERS), row, end), block(lines),
          more > 0 && view.make("button", { type: "button", click: () => go.row(row) }, `${more} more lines`)];
      }).filter(Boolean));
  }

  function details(title, parts) {
    return parts.length > 0 && view.make("details", { class: "others" }, view.make("summary", {}, title), ...parts);
  }

  // The boxes of all who speak.
  function make(it, told, go) {
    const { named, akin, asked, last, others } = consolesOf(it, told);
    const opened = (list) => list.map((one) => open(one, go, told.until));
    return [...opened(named), ...opened(akin.slice(0, COMMANDS)), runs(it, told, go),
      ...(named.length > 0 ? asked.map((one) => folded(one, go, told.until)) : opened(asked)), ...opened(last),
      details("other consoles' last lines", opened([...akin.slice(COMMANDS), ...others]))].filter(Boolean);
  }

  return { make };
})();
