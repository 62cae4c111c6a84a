// retries: a case that ran more than once: each try (--retry) with its failure, each round (--repeat).

const retries = (() => {
  const MEANING = {
    FLAKY: "FLAKY: the case failed, then passed on a retry. This is not a pass: find the cause of the failure below.",
    other: "The case was retried; its verdict is that of the first try.",
  };

  const link = (it, ...children) => view.make("a", { href: `#${it.address}` }, ...children);

  // a try's failed checks, else its reason
  function whyOf(it, one) {
    if (one.status === "PASS") return "";
    const failed = (it.info.checks || []).filter((c) => c.ok === false).slice(0, 3);
    if (failed.length === 0) return words.clean(String(one.reason || "no reason was given").split("\n")[0]);
    return view.make("div", {}, ...failed.flatMap((c) => [view.make("b", {}, words.clean(c.what || "a check")), checks.sides(c, it)]));
  }

  function row({ it, one, n }, shown) {
    return view.make("tr", { "aria-current": it === shown && "true" },
      view.make("td", {}, view.badge(one.status)),
      view.make("td", {}, link(it, `try ${n}`)),
      view.make("td", { class: "number", "data-name": "took" }, view.seconds(one.seconds)),
      // the failure of the shown try is below
      view.make("td", {}, it === shown && view.isBad(it.info.status) ? "see below" : whyOf(it, one)));
  }

  // the rounds of a case are cases of a run
  function roundsOf(it) {
    if (!it.info.round || it.rounds.length < 2) return null;
    const passed = it.rounds.filter((one) => one.info.status === "PASS").length;
    return view.make("section", { class: "rounds" }, view.make("h3", {}, "Rounds"),
      view.make("p", {}, `round ${it.info.round} of ${it.rounds.length}; ${passed} of ${it.rounds.length} passed`),
      view.make("p", { class: "tools" }, ...it.rounds.map((one) => view.make("a", { href: `#${one.address}`,
        "aria-current": one === it && "true" }, view.badge(one.info.status), ` round ${one.info.round}`))));
  }

  // The section of a case, or of one of its attempts; null if it ran once.
  function make(it) {
    const whole = it.whole || it;
    const rounds = roundsOf(whole);
    if (whole.attempts.length === 0) return rounds;
    return view.make("div", {}, rounds, view.make("section", { class: `retries ${whole.info.status}-box` },
      view.make("h3", {}, "Retries"),
      view.make("p", {}, MEANING[whole.info.status] || MEANING.other),
      view.make("table", { class: "stack" }, view.make("tbody", {}, ...whole.attempts.map((each) => row(each, it))))));
  }

  // in the overview: "try 1 FAIL  try 2 PASS"
  function brief(it) {
    if (it.attempts.length === 0) return "";
    return view.make("span", { class: "tools" }, ...it.attempts.map(({ it: own, one, n }) =>
      link(own, `try ${n} `, view.badge(one.status))));
  }

  const name = (it) => [it.info.round && `round ${it.info.round}`, it.nth && `try ${it.nth}`].filter(Boolean).join(", ");

  return { make, brief, name };
})();
