// failure: the red box: what failed, and what those said that it is about, up to then.

const failure = (() => {
  // of a console at most so many commands, of each at most so many lines of its reply
  const COMMANDS = 3, LINES = 8;

  const escaped = (name) => name.replace(/[^\w]/g, "\\$&");

  // where a text names a console, -1 where not: symmetric_mp-1 is not in symmetric_mp-10
  function placeOf(name, text) {
    return text.search(new RegExp(`(?<![\\w-])${escaped(name)}(?![\\w-])`));
  }

  // what is told: the failed checks, or why there is none; in which phase, and up to when
  function about(it) {
    const { info } = it;
    const failed = (info.checks || []).filter((c) => c.ok === false).slice(0, 3);
    const hasReason = failed.length === 0 || info.status === "ERROR";
    const teardown = it.phases.findLast((p) => p.text === "teardown")?.from ?? Infinity;
    const until = failed.length > 0 && !hasReason ? Math.max(...failed.map((c) => c.t)) : Math.min(teardown, it.end);
    // an end is no part of what comes after it
    const isOver = (p) => (hasReason ? p.from < until : p.from <= until);
    const phase = it.phases.findLast(isOver);
    const texts = failed.flatMap((c) => [c.detail, c.what]).concat(hasReason ? info.reason : []);
    return { failed, hasReason, until, from: phase?.from ?? it.start, text: texts.filter((s) => typeof s === "string").join("\n") };
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

  // { name, asked: [{ row, reply }], said (its last rows), t }
  function consoleOf(name, it, { from, until }) {
    const rows = it.byName.get(name)?.rows.filter((row) => row.t <= until) || [];
    const commands = rows.flatMap((row, i) => (row.kind === "command" && row.t >= from ? [i] : []));
    const asked = commands.map((i, n) => ({ row: rows[i], reply: replyOf(rows.slice(i + 1, commands[n + 1]), rows[i]) }));
    const said = rows.filter((row) => row.kind === "output").slice(-LINES);
    const left = (it.info.consoles || []).find((c) => c.name === name);
    // a transcript that is not here: what the results have of it
    if (said.length === 0 && left?.lines?.length > 0 && !(left.t > until)) {
      return { name, asked, said: left.lines.map((text) => ({ text: words.clean(text) })), t: left.t };
    }
    return { name, asked, said, t: said[said.length - 1]?.t };
  }

  // first who is named, then who was asked something in the phase, the latest first; then all others
  function consolesOf(it, told) {
    const names = new Set([...it.lanes.filter((lane) => lane.isConsole).map((lane) => lane.name),
      ...(it.info.consoles || []).map((c) => c.name)]);
    const all = [...names].map((name) => consoleOf(name, it, told)).filter((c) => c.asked.length + c.said.length > 0);
    for (const c of all) {
      c.place = placeOf(c.name, told.text);
      c.last = c.asked[c.asked.length - 1]?.row.t ?? -1;
    }
    const named = all.filter((c) => c.place >= 0).sort((a, b) => a.place - b.place);
    const asked = all.filter((c) => c.place < 0 && c.asked.length > 0).sort((a, b) => b.last - a.last);
    const others = all.filter((c) => c.place < 0 && c.asked.length === 0).sort((a, b) => (b.t || 0) - (a.t || 0));
    const first = [...named, ...asked];
    // of a crash nobody may be named: who spoke last knows most of it
    return first.length > 0 ? { first, others } : { first: others.slice(0, 1), others: others.slice(1) };
  }

  function reply({ row, reply: lines }, go) {
    const more = lines.length - LINES;
    return [view.make("p", { class: "asked mono" }, row.text, view.make("span", { class: "soft" }, `  at ${view.time(row.t)} s`)),
      view.make("pre", {}, lines.slice(0, LINES).map((line) => line.text).join("\n") || "(no word)"),
      more > 0 && view.make("button", { type: "button", click: () => go.row(lines[LINES]) }, `${more} more lines`)];
  }

  function lastWords({ said, t }) {
    if (said.length === 0) return [];
    return [view.make("p", { class: "soft" }, `said last${t ? `, at ${view.time(t)} s` : ""}:`),
      view.make("pre", {}, said.map((row) => row.text).join("\n"))];
  }

  function consoleBox(one, go, until) {
    const { name, asked } = one;
    const hidden = asked.length - COMMANDS;
    return view.make("div", { class: "said", "data-console": name },
      view.make("p", { class: "tools" }, view.make("b", {}, name),
        view.make("button", { type: "button", click: () => go.time(until, name) }, `lines of ${name}`),
        hidden > 0 && view.make("span", { class: "soft" }, `asked ${hidden} more before, in this phase`)),
      ...(asked.length > 0 ? asked.slice(-COMMANDS).flatMap((each) => reply(each, go)) : lastWords(one)).filter(Boolean));
  }

  // a text, in which "NAME.log at 1.2 s" goes to what that console said then
  function linked(text, it, go, until) {
    const out = [];
    let from = 0;
    for (const found of text.matchAll(/([\w.-]+)\.log(?: at ([\d.]+) s)?/g)) {
      if (!it.byName.get(found[1])?.isConsole) continue;
      // told to one digit: what was said at its end was said then, too
      const t = found[2] === undefined ? until : Math.min(until, Number(found[2]) + 0.05);
      out.push(text.slice(from, found.index), view.make("a", { href: "#", click: (e) => {
        e.preventDefault();
        go.time(t, found[1]);
      } }, found[0]));
      from = found.index + found[0].length;
    }
    return [...out, text.slice(from)];
  }

  function lineButton(check, it, go) {
    const row = checks.rowOf(check, it);
    return row && view.make("button", { type: "button", class: "to-line", click: () => go.row(row) },
      `console lines at ${view.time(row.t)} s`);
  }

  function tableButton(check, it, go) {
    const i = it.info.checks.indexOf(check);
    return view.make("button", { type: "button", class: "to-check", click: () => go.check(i) }, "in the table of checks");
  }

  // The box; null for a case that is not bad.
  function make(it, go) {
    const { info } = it;
    if (!view.isBad(info.status)) return null;
    const told = about(it);
    const box = view.make("section", { class: "failure", "aria-label": "what failed" });
    for (const check of told.failed) {
      box.append(view.make("p", {}, view.make("b", {}, ...linked(words.clean(check.what || "a check"), it, go, told.until))),
        checks.sides(check, it, (text) => linked(text, it, go, told.until)),
        view.make("div", { class: "tools" }, lineButton(check, it, go) || "", checks.sourceButton(check.where, it, go) || "",
          tableButton(check, it, go)));
    }
    if (told.hasReason) {
      const text = String(info.reason || "no reason was given").split("\n").map(words.clean).join("\n");
      box.append(view.make("p", { class: "words" }, ...linked(text, it, go, told.until)), checks.sourceButton(info.reason, it, go) || "");
    }
    const { first, others } = consolesOf(it, told);
    box.append(...first.map((one) => consoleBox(one, go, told.until)));
    if (others.length > 0) {
      box.append(view.make("details", { class: "others" }, view.make("summary", {}, "other consoles' last lines"),
        ...others.map((one) => consoleBox(one, go, told.until))));
    }
    return box;
  }

  return { make };
})();
