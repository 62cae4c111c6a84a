// evidence: the consoles and programs in the red box: those that the failure names, others of the same program, and those
// used in that phase. Each has its start, and its replies or last lines before the failure.

const evidence = (() => {
  // at most: commands of a console, lines of a reply, letters of a console's command line and of another program's
  const COMMANDS = 3, LINES = 8, LETTERS = 400, FEW_LETTERS = 200;
  // programs that run others: two consoles of one are not related
  const RUNNERS = /^(?:env|sh|bash|dash|python3?|perl|lua|luajit|sudo|ssh|timeout|stdbuf)$/;

  const escaped = (name) => name.replace(/[^\w]/g, "\\$&");

  // the position of a console's name in a text, or -1: symmetric_mp-1 is not in symmetric_mp-10 or symmetric_mp-1@CELL
  function placeOf(name, text) {
    return text.search(new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w@-])`));
  }

  // the lines of a reply, without the command's echo and the prompt
  function replyOf(rows, command) {
    const out = rows.filter((row) => row.kind === "output");
    // the echo of a busy program may come in parts
    let echo = "> ";
    const end = out.findIndex((row) => {
      echo += row.text;
      return echo.trim() === command.text.trim();
    });
    out.splice(0, end + 1);
    if (/^[\w.-]*[>#$] *$/.test(out[out.length - 1]?.text || "")) out.pop();
    return out;
  }

  function programOf(lane) {
    const name = lane?.started?.program;
    return name && !RUNNERS.test(name) ? name : null;
  }

  // { name, program, started (a row), sent: [{ row, reply }], output (its last rows), t }
  function consoleOf(name, it, { from, until }) {
    const lane = it.byName.get(name);
    const rows = lane?.rows.filter((row) => row.t <= until) || [];
    const commands = rows.flatMap((row, i) => (row.kind === "command" && row.t >= from ? [i] : []));
    const sent = commands.map((i, n) => ({ row: rows[i], reply: replyOf(rows.slice(i + 1, commands[n + 1]), rows[i]) }));
    const output = rows.filter((row) => row.kind === "output").slice(-LINES);
    const left = (it.info.consoles || []).find((c) => c.name === name);
    const started = lane?.started?.row.t <= until ? lane.started.row : null;
    const one = { name, program: programOf(lane), started, sent, output, t: output[output.length - 1]?.t };
    // without its transcript: the last lines in the results
    if (output.length === 0 && left?.lines?.length > 0 && !(left.t > until)) {
      Object.assign(one, { output: left.lines.map((text) => ({ text: words.clean(text) })), t: left.t });
    }
    return one;
  }

  // { named, akin (of the same program), used (in the phase, the latest first), last (the latest output), others }
  function consolesOf(it, shown) {
    const names = new Set([...it.lanes.filter((lane) => lane.isConsole).map((lane) => lane.name),
      ...(it.info.consoles || []).map((c) => c.name)]);
    const all = [...names].map((name) => consoleOf(name, it, shown)).filter((c) => c.started || c.sent.length + c.output.length > 0);
    for (const c of all) {
      c.place = placeOf(c.name, shown.text);
      c.last = c.sent[c.sent.length - 1]?.row.t ?? -1;
    }
    const named = all.filter((c) => c.place >= 0).sort((a, b) => a.place - b.place);
    const programs = new Set(named.map((c) => c.program).filter(Boolean));
    const isAkin = (c) => c.place < 0 && programs.has(c.program);
    const akin = all.filter(isAkin);
    const rest = all.filter((c) => c.place < 0 && !isAkin(c));
    const used = rest.filter((c) => c.sent.length > 0).sort((a, b) => b.last - a.last);
    const others = rest.filter((c) => c.sent.length === 0).sort((a, b) => (b.t || 0) - (a.t || 0));
    // a crash may name no console: the one with the latest output is the best guess
    const last = named.length + used.length === 0 ? others.splice(0, 1) : [];
    return { named, akin, used, last, others };
  }

  const timed = (kind, text, note, row) => view.make("p", { class: `${kind} mono` }, text,
    view.make("span", { class: "soft" }, `  ${note}at ${view.time(row.t)} s`));

  const block = (lines) => view.make("pre", {}, lines.slice(0, LINES).join("\n") || "(no output)");

  // a command with the first lines of its output; a button goes to the row with the rest
  function exchange(command, lines, rest, go) {
    const more = lines.length - LINES;
    return [command, block(lines), more > 0 && view.button({ click: () => go.row(rest) }, `${more} more lines`)];
  }

  const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

  function startLine(row, go) {
    const isLong = row.text.length > LETTERS;
    return [timed("started", cut(row.text, LETTERS), "", row),
      isLong && view.button({ click: () => go.row(row) }, "full command line")];
  }

  function lastLines({ output, t }) {
    if (output.length === 0) return [];
    return [view.make("p", { class: "soft" }, `last lines before the failure${t ? `, at ${view.time(t)} s` : ""}:`),
      block(output.map((row) => row.text))];
  }

  function partsOf(one, go) {
    const { sent, started } = one;
    return [...(started ? startLine(started, go) : []),
      ...(sent.length === 0 ? lastLines(one) : sent.slice(-COMMANDS).flatMap(({ row, reply }) =>
        exchange(timed("sent", row.text, "", row), reply.map((line) => line.text), reply[LINES], go)))].filter(Boolean);
  }

  function tools({ name, sent }, go, until) {
    const hidden = sent.length - COMMANDS;
    return [view.button({ click: () => go.time(until, name) }, `lines of ${name}`),
      hidden > 0 && view.make("span", { class: "soft" }, `${hidden} earlier commands in this phase`)];
  }

  function open(one, go, until) {
    return view.make("div", { class: "evidence", "data-console": one.name },
      view.make("p", { class: "tools" }, view.make("b", {}, one.name), ...tools(one, go, until)), ...partsOf(one, go));
  }

  // a console that was used but is not named: its commands, and the replies folded
  function folded(one, go, until) {
    const commands = one.sent.slice(-COMMANDS).map(({ row }) => row.text.replace(/^> /, "")).join(", ");
    return view.make("details", { class: "evidence", "data-console": one.name },
      view.make("summary", {}, view.make("b", {}, one.name), `: commands in this phase: ${commands}`),
      view.make("p", { class: "tools" }, ...tools(one, go, until)), ...partsOf(one, go));
  }

  // the last programs that ended in the phase: a check may have used their output. Not those by which moonrig itself
  // examined the failure
  function runs(it, { from, until }, go) {
    const all = it.runs.filter(({ row }) => row.t >= from && row.t <= until && !row.isProbe);
    if (all.length === 0) return null;
    const hidden = all.length - COMMANDS;
    return view.make("div", { class: "evidence", "data-console": "commands" },
      view.make("p", { class: "tools" }, view.make("b", {}, "run in this phase"),
        hidden > 0 && view.make("span", { class: "soft" }, `${hidden} not shown`)),
      ...all.slice(-COMMANDS).flatMap(({ row, line, end, out }) => {
        const lines = out.split("\n").map(words.clean).filter((text) => text !== "");
        return exchange(timed("sent", cut(line, FEW_LETTERS), `${end} `, row), lines, row, go);
      }).filter(Boolean));
  }

  function details(title, parts) {
    return parts.length > 0 && view.make("details", { class: "others" }, view.make("summary", {}, title), ...parts);
  }

  // The boxes of all consoles and programs.
  function make(it, shown, go) {
    const { named, akin, used, last, others } = consolesOf(it, shown);
    const opened = (list) => list.map((one) => open(one, go, shown.until));
    return [...opened(named), ...opened(akin.slice(0, COMMANDS)), runs(it, shown, go),
      ...(named.length > 0 ? used.map((one) => folded(one, go, shown.until)) : opened(used)), ...opened(last),
      details("other consoles' last lines", opened([...akin.slice(COMMANDS), ...others]))].filter(Boolean);
  }

  return { make };
})();
