// page: the run: verdicts, machine, and the chosen case; the address has the choice.

(() => {
  const { run, cases, all, files } = recording.read();
  const main = document.getElementById("main");
  const hasHistories = cases.some((it) => it.history);
  let shown = null;

  function totals() {
    const count = ({ name }) => run.totals?.[name] ?? cases.filter((c) => c.info.status === name).length;
    return view.verdicts.filter((each) => each.is_always_shown || count(each) > 0)
      .map((each) => `${count(each)} ${each.words}`).join(", ");
  }

  function versions() {
    const { host = {} } = run;
    return [run.moonrig && `moonrig ${run.moonrig}`, run.dpdk && `DPDK ${run.dpdk}`, run.qemu && `QEMU ${run.qemu}`, host.os,
      host.cpus && `${host.cpus} processors`, host.memory && `${(host.memory / 2 ** 30).toFixed(0)} GiB`]
      .filter(Boolean).map((text) => words.clean(String(text))).join(" · ");
  }

  function machine() {
    const keys = ["id", "started", "moonrig", "dpdk", "qemu", "image", "accelerator", "kernel", "luajit"];
    const hostValue = (key, value) => (key === "memory" ? `${(value / 2 ** 30).toFixed(1)} GiB` : value);
    const list = view.terms([...keys.map((key) => [key, run[key]]),
      ...Object.entries(run.host || {}).map(([key, value]) => [`host ${key}`, hostValue(key, value)]),
      ...(run.notices || []).map((text) => ["note", text])]);
    return view.make("details", {}, view.make("summary", {}, "all versions and the machine"), list);
  }

  function caseRow(it, n) {
    return view.make("tr", { "data-case": n },
      view.make("td", {}, view.badge(it.info.status)),
      view.make("td", {}, view.make("a", { href: `#${it.address}` }, it.id), it.info.round && ` ${retries.name(it)}`,
        it.info.mix && view.make("div", { class: "soft" }, words.mix(it.info))),
      view.make("td", { class: "number", "data-name": "took" }, view.seconds(it.info.seconds)),
      hasHistories && view.make("td", { class: "small-history" }, histories.small(it)),
      view.make("td", { class: "reason soft" }, it.info.status === "PASS" ? ""
        : words.clean(String(it.info.reason || "").split("\n")[0]), retries.brief(it)));
  }

  function overview() {
    document.getElementById("head").append(
      view.make("h1", {}, "moonrig ", view.make("span", { class: "soft" }, String(run.id || ""))),
      view.make("p", {}, `${totals()}${run.seconds ? ` in ${view.seconds(run.seconds)}` : ""}`
        + `${run.started ? `, started ${run.started}` : ""}`),
      view.make("p", { class: "soft" }, versions()),
      machine(),
      combinations.make() || "",
      view.make("table", { class: "cases stack" }, view.make("thead", {}, view.make("tr", {},
        ...["", "case", "took"].map((h) => view.make("th", {}, h)),
        hasHistories && view.make("th", { class: "small-history" }, "last runs"), view.make("th", {}, "why"))),
        view.make("tbody", {}, ...cases.map(caseRow))));
  }

  function show(it) {
    const n = cases.indexOf(it.whole || it);
    shown = casepage.make(it, files.filter((f) => f.folder && f.folder === it.folder));
    shown.it = it;
    main.replaceChildren(shown.element);
    shown.show();
    for (const tr of document.querySelectorAll("tr[data-case]")) {
      tr.setAttribute("aria-current", tr.dataset.case === String(n) ? "true" : "false");
    }
  }

  // by default the first bad case
  function chosen() {
    const n = Number(parameter("case") ?? -1);
    if (cases[n]) return n;
    const bad = cases.findIndex((it) => view.isBad(it.info.status));
    return Math.max(0, bad >= 0 ? bad : cases.findIndex((it) => view.verdict(it.info.status).exit !== 0));
  }

  const parameter = (name) => new URLSearchParams(location.hash.slice(1)).get(name);

  // shows the case, try and check of the address
  function go() {
    const whole = cases[chosen()];
    if (!whole) return;
    const it = whole.attempts.find((each) => each.n === Number(parameter("try")))?.it || whole;
    if (shown?.it !== it) show(it);
    const check = Number(parameter("check"));
    if (check > 0) shown.check(check - 1);
  }

  addEventListener("hashchange", go);

  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    const now = chosen();
    if (e.key === "/") shown?.list.search.focus();
    else if (e.key === "]" && cases[now + 1]) location.hash = `#case=${now + 1}`;
    else if (e.key === "[" && now > 0) location.hash = `#case=${now - 1}`;
    else if (e.key === "f") shown?.lanes?.toFailure();
    else if (e.key === "n" || e.key === "N") shown?.list.step(e.key === "n" ? 1 : -1);
    else return;
    e.preventDefault();
  });

  for (const it of all) {
    const file = it.folder && files.find((f) => f.folder === it.folder && f.source);
    if (file) it.source = JSON.parse(document.getElementById(file.source).textContent);
    it.address = `case=${cases.indexOf(it.whole || it)}${it.nth ? `&try=${it.nth}` : ""}`;
  }
  overview();
  go();
  document.body.dataset.ready = "yes";
})();
