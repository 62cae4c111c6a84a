// phases: the time of each phase: a bar of segments, and below it the phases' names.

const phases = (() => {
  const tint = (n) => `color-mix(in srgb, ${view.colour(`lane-${n % 8}`)} 28%, ${view.colour("paper")})`;

  // a segment of the bar, for the mouse; keyboards and screen readers use the names below
  function segment(it, p, n, go) {
    const took = p.to - p.from;
    const b = view.button({ tabindex: "-1", "aria-hidden": "true", "data-phase": n,
      title: `${p.key}: ${p.text}, ${view.seconds(took)}`, click: () => go.span(p) }, view.make("span", {}, p.key));
    // flex-grow must add up to more than 1, or the segments do not fill the bar
    b.style.flexGrow = String(1 + (1000 * took) / (it.end - it.start || 1));
    b.style.flexBasis = "0";
    // room for its letter, unless there are too many segments
    b.style.minWidth = `min(14px, ${100 / it.phases.length}%)`;
    return b;
  }

  function name(p, n, go) {
    return view.make("li", {}, view.button({ title: "show it in the picture", "data-phase": n,
      click: () => go.span(p) }, view.make("b", {}, p.key), view.make("span", {}, p.text),
      view.make("span", { class: "soft" }, view.seconds(p.to - p.from))));
  }

  function make(it, go) {
    if (it.phases.length === 0) return null;
    const bar = view.make("div", { class: "phases" }, ...it.phases.map((p, n) => segment(it, p, n, go)));
    const list = view.make("ol", { class: "legend" }, ...it.phases.map((p, n) => name(p, n, go)));
    const section = view.make("section", {}, view.make("h3", {}, "Phases"), bar, list);
    const paint = () => {
      for (const e of bar.children) e.style.background = tint(Number(e.dataset.phase));
      for (const e of list.querySelectorAll("b")) e.style.background = tint(Number(e.parentElement.dataset.phase));
    };
    const point = (e, isOn) => {
      const n = e.target.closest("[data-phase]")?.dataset.phase;
      for (const one of section.querySelectorAll("[data-phase]")) one.classList.toggle("pointed", isOn && one.dataset.phase === n);
    };
    section.addEventListener("pointerover", (e) => point(e, true));
    section.addEventListener("pointerleave", (e) => point(e, false));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
    paint();
    return section;
  }

  return { make };
})();
