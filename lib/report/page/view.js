// view: elements made of text alone: program output is never parsed as HTML.

const view = {
  // view.make("td", { class: "number" }, "1.2", child...); a property that is a function is a listener
  make(tag, properties, ...children) {
    const e = document.createElement(tag);
    for (const [key, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (typeof value === "function") e.addEventListener(key, value);
      else e.setAttribute(key, value === true ? "" : value);
    }
    e.append(...children.filter((c) => c !== undefined && c !== null && c !== false));
    return e;
  },

  button(properties, ...children) {
    return view.make("button", { type: "button", ...properties }, ...children);
  },

  // a link that calls a function
  link(text, click) {
    return view.make("a", { href: "#", click: (e) => {
      e.preventDefault();
      click();
    } }, text);
  },

  // { term: values }; a value that is undefined or null is left out
  terms(pairs) {
    const shown = pairs.filter(([, value]) => value !== undefined && value !== null);
    return view.make("dl", {}, ...shown.flatMap(([name, value]) =>
      [view.make("dt", {}, name), view.make("dd", {}, words.clean(view.value(value)))]));
  },

  // undefined for text that is not JSON
  parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  },

  // the map's value of a key; made if it is new
  entry(map, key, make) {
    if (!map.has(key)) map.set(key, make());
    return map.get(key);
  },

  // the index of the first item that is not before t
  firstAt(list, t) {
    let a = 0;
    let b = list.length;
    while (a < b) {
      const m = (a + b) >> 1;
      if (list[m].t < t) a = m + 1;
      else b = m;
    }
    return a;
  },

  seconds(s) {
    return typeof s === "number" ? `${s.toFixed(s < 10 ? 2 : 1)} s` : "";
  },

  // also for short times: 128 ms
  brief(s) {
    return s < 1 ? `${(s * 1000).toPrecision(s < 0.01 ? 1 : 3)} ms` : view.seconds(s);
  },

  // a, b, ... z, aa
  letter(n) {
    return (n >= 26 ? view.letter(Math.floor(n / 26) - 1) : "") + String.fromCharCode(97 + (n % 26));
  },

  time(t) {
    return t.toFixed(3);
  },

  // any recorded value on one line
  value(v) {
    if (v === undefined) return "";
    return typeof v === "string" ? v : JSON.stringify(v);
  },

  // lib/base/verdicts.lua's rows: { name, words, is_bad, ... }
  verdicts: JSON.parse(document.getElementById("verdicts").textContent),

  // the row of a status; an unknown one must not read as passed
  verdict(status) {
    const named = (name) => view.verdicts.find((each) => each.name === name);
    return named(status) || named("ERROR");
  },

  isBad(status) {
    return view.verdict(status).is_bad === true;
  },

  badge(status) {
    return view.make("span", { class: `badge ${view.verdict(status).name}` }, String(status));
  },

  // a colour of the style sheet, light or dark
  colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  },

  tip(text, x, y) {
    const tip = document.getElementById("tip");
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18}px`;
  },
};
