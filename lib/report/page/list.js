// list: the rows of a case. Only visible rows are elements, so 100,000 are as fast as ten.

class List {
  static HEIGHT = 20;
  // rows; an element's height is limited (Chromium: 33 million pixels)
  static MOST = 1500000;
  // characters of a line in the list; a chosen line is shown whole below it
  static LONGEST = 2000;

  constructor(rows) {
    this.all = rows.slice(-List.MOST);
    this.rows = this.all;
    this.current = -1;
    // the chosen time, also when another console is selected
    this.at = null;
    this.needle = "";
    this.hits = [];
    this.lane = null;
    this.onchoose = () => {};
    this.sizer = view.make("div", {});
    this.window = view.make("div", { class: "window" });
    this.box = view.make(
      "div",
      { class: "list", tabindex: "0", role: "listbox", "aria-label": "lines", scroll: () => this.draw(),
        keydown: (e) => this.key(e), click: (e) => this.click(e) },
      this.sizer, this.window,
    );
    // the width of the consoles' column: the longest name, within limits
    const longest = this.all.reduce((most, row) => Math.max(most, row.lane.name.length), 8);
    this.box.style.setProperty("--names", `${Math.min(longest, 24)}ch`);
    this.count = view.make("span", { class: "soft", "aria-live": "polite" });
    this.whole = view.make("div", { class: "whole mono", "aria-live": "polite" });
    this.tools = this.makeTools();
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.resize();
  }

  makeTools() {
    const lanes = [...new Set(this.all.map((row) => row.lane))].sort((a, b) => a.number - b.number);
    this.select = view.make("select", { "aria-label": "console", change: () => this.filter(this.select.value) },
      view.make("option", { value: "" }, "all consoles"),
      ...lanes.map((lane) => view.make("option", { value: lane.name }, lane.name)));
    this.search = view.make("input", { type: "search", class: "grow", placeholder: "search (/)", "aria-label": "search",
      input: () => this.find(this.search.value),
      keydown: (e) => {
        if (e.key === "Enter") this.step(e.shiftKey ? -1 : 1);
        if (e.key === "Escape") this.box.focus();
      } });
    const seconds = view.make("input", { type: "number", step: "any", min: "0", placeholder: "go to s",
      "aria-label": "go to this second", style: null,
      change: () => seconds.value !== "" && this.goTo(Number(seconds.value)) });
    return view.make("div", { class: "tools" }, this.select, this.search,
      view.button({ title: "previous (N)", click: () => this.step(-1) }, "▲"),
      view.button({ title: "next (n)", click: () => this.step(1) }, "▼"),
      seconds, this.count);
  }

  resize() {
    this.sizer.style.height = `${this.rows.length * List.HEIGHT}px`;
    this.showCount();
    this.draw();
  }

  showCount() {
    const n = this.rows.length.toLocaleString("en");
    const at = this.hits.indexOf(this.current);
    this.count.textContent = this.needle === "" ? `${n} lines` : `${at < 0 ? "" : `${at + 1} of `}${this.hits.length} found`;
  }

  filter(name) {
    const chosen = this.rows[this.current];
    this.lane = name;
    this.select.value = name;
    this.rows = name === "" ? this.all : this.all.filter((row) => row.lane.name === name);
    this.current = chosen ? this.rows.indexOf(chosen) : -1;
    this.find(this.needle, true);
    this.resize();
    if (this.current >= 0) return this.choose(this.current);
    const at = this.at;
    if (at === null) return;
    this.goBy(at);
    this.at = at;
  }

  find(text, stays) {
    this.needle = text.toLowerCase();
    this.hits = [];
    if (this.needle !== "") {
      this.rows.forEach((row, i) => {
        row.low = row.low || row.text.toLowerCase();
        if (row.low.includes(this.needle)) this.hits.push(i);
      });
    }
    if (!stays && this.hits.length > 0) {
      this.choose(this.hits.find((i) => i >= this.current) ?? this.hits[0]);
    }
    this.showCount();
    this.draw();
  }

  step(way) {
    if (this.hits.length === 0) return;
    const next = way > 0 ? this.hits.find((i) => i > this.current) : this.hits.findLast((i) => i < this.current);
    this.choose(next ?? (way > 0 ? this.hits[0] : this.hits[this.hits.length - 1]));
  }

  // chooses the first row that is not before t
  goTo(t) {
    this.choose(Math.min(view.firstAt(this.rows, t), this.rows.length - 1));
  }

  // chooses the last row that is not after t
  goBy(t) {
    this.choose(Math.max(0, this.rows.findLastIndex((row) => row.t <= t)));
  }

  // chooses a row; removes the filter if it hides the row
  show(row) {
    let i = this.rows.indexOf(row);
    if (i < 0) {
      this.filter("");
      i = this.rows.indexOf(row);
    }
    this.choose(i);
  }

  choose(i) {
    if (i < 0 || i >= this.rows.length) return;
    this.current = i;
    this.at = this.rows[i].t;
    const top = i * List.HEIGHT;
    const isIn = top >= this.box.scrollTop && top + List.HEIGHT <= this.box.scrollTop + this.box.clientHeight;
    if (!isIn) this.box.scrollTop = top - this.box.clientHeight / 2;
    this.whole.textContent = words.spread(this.rows[i].text);
    this.whole.scrollTop = 0;
    this.showCount();
    this.draw();
    this.onchoose(this.rows[i]);
  }

  draw() {
    const first = Math.max(0, Math.floor(this.box.scrollTop / List.HEIGHT) - 5);
    const last = Math.min(this.rows.length, first + Math.ceil(this.box.clientHeight / List.HEIGHT) + 10);
    this.window.style.transform = `translateY(${first * List.HEIGHT}px)`;
    const out = [];
    for (let i = first; i < last; i++) out.push(this.element(this.rows[i], i));
    this.window.replaceChildren(...out);
  }

  element(row, i) {
    const text = view.make("span", { class: "text" });
    text.append(...this.marked(row.text.slice(0, List.LONGEST)));
    return view.make("div",
      { class: `row ${row.kind}`, role: "option", "data-i": i, "aria-selected": i === this.current ? "true" : "false" },
      view.make("span", { class: "t" }, view.time(row.t)),
      view.make("span", { class: `lane lane-${row.lane.number % 8}` }, ...List.halves(row.lane.name)), text);
  }

  // a console's name is cut in its middle: symmetric_mp-0 and symmetric_mp-1 differ at the end
  static halves(name) {
    const at = Math.max(0, name.length - 5);
    return [view.make("span", { class: "head" }, name.slice(0, at)), view.make("span", {}, name.slice(at))];
  }

  // the text with all matches marked
  marked(text) {
    if (this.needle === "") return [text];
    const out = [];
    const low = text.toLowerCase();
    // some letters are longer in lower case: then positions differ
    if (low.length !== text.length) return [text];
    let from = 0;
    for (let at = low.indexOf(this.needle); at >= 0; at = low.indexOf(this.needle, from)) {
      out.push(text.slice(from, at), view.make("mark", {}, text.slice(at, at + this.needle.length)));
      from = at + this.needle.length;
    }
    return [...out, text.slice(from)];
  }

  click(e) {
    const row = e.target.closest(".row");
    if (row) this.choose(Number(row.dataset.i));
  }

  key(e) {
    const page = Math.floor(this.box.clientHeight / List.HEIGHT) - 1;
    const moves = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (e.key === "n") this.step(1);
    else if (e.key === "N") this.step(-1);
    else if (moves[e.key]) this.choose(Math.max(0, Math.min(this.rows.length - 1, this.current + moves[e.key])));
    else return;
    e.preventDefault();
    e.stopPropagation();
  }
}
