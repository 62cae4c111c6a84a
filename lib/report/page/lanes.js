// lanes: a case as a picture: a lane for each console, bars for durations, ticks for events.

class Lanes {
  static HEIGHT = 24;
  static AXIS = 20;
  // seconds; the shortest span that can be shown
  static LEAST = 1e-5;

  constructor(it, onpick) {
    this.it = it;
    this.onpick = onpick;
    this.onview = () => {};
    this.drag = null;
    this.cursor = null;
    this.full = [it.start, it.end + Math.max(0.02 * (it.end - it.start), 1e-3)];
    this.view = [...this.full];
    this.canvas = view.make("canvas", { tabindex: "0", role: "img",
      "aria-label": "the case over time: drag or + to zoom, arrows to move, 0 for all of it, Enter for the lines",
      keydown: (e) => this.key(e), wheel: (e) => this.wheel(e),
      pointerdown: (e) => this.down(e), pointermove: (e) => this.move(e), pointerup: (e) => this.up(e),
      pointercancel: () => this.leave(), pointerleave: () => this.leave() });
    this.box = view.make("div", { class: "lanes" }, this.canvas);
    this.tools = view.make("div", { class: "tools" },
      this.button("+", "zoom in", () => this.zoom(0.5)), this.button("−", "zoom out", () => this.zoom(2)),
      this.button("all", "the whole case (0)", () => this.zoomTo(...this.full)),
      it.failed.length > 0 && this.button("the failure", "around the failed check (f)", () => this.toFailure()),
      view.make("span", { class: "soft" }, "drag to zoom, click for the lines"));
    new ResizeObserver(() => this.draw()).observe(this.box);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  button(text, title, click) {
    return view.button({ title, click }, text);
  }

  get width() {
    return this.box.clientWidth || 300;
  }

  x(t) {
    return ((t - this.view[0]) / (this.view[1] - this.view[0])) * this.width;
  }

  t(x) {
    return this.view[0] + (x / this.width) * (this.view[1] - this.view[0]);
  }

  zoomTo(a, b) {
    const span = Math.max(Lanes.LEAST, Math.min(b - a, this.full[1] - this.full[0]));
    const from = Math.max(this.full[0], Math.min(a, this.full[1] - span));
    this.view = [from, from + span];
    this.draw();
    this.onview(this.view);
  }

  zoom(by, at) {
    const t = at ?? (this.cursor >= this.view[0] && this.cursor <= this.view[1] ? this.cursor : null)
      ?? (this.view[0] + this.view[1]) / 2;
    this.zoomTo(t - (t - this.view[0]) * by, t + (this.view[1] - t) * by);
  }

  pan(part) {
    const by = (this.view[1] - this.view[0]) * part;
    this.zoomTo(this.view[0] + by, this.view[1] + by);
  }

  toFailure() {
    const row = this.it.failed[0];
    if (!row) return;
    const span = Math.min((this.full[1] - this.full[0]) / 8, 2);
    this.zoomTo(row.t - span * 0.8, row.t + span * 0.2);
    this.onpick(row);
  }

  // marks the chosen row's time and makes it visible
  mark(t) {
    this.cursor = t;
    const span = this.view[1] - this.view[0];
    if (t < this.view[0] || t > this.view[1]) this.zoomTo(t - span / 2, t + span / 2);
    else this.draw();
  }

  draw() {
    const lanes = this.it.lanes;
    const height = lanes.length * Lanes.HEIGHT + Lanes.AXIS;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.style.height = `${height}px`;
    // for tests: a canvas cannot be read
    [this.canvas.dataset.from, this.canvas.dataset.to] = this.view;
    const g = this.canvas.getContext("2d");
    g.scale(ratio, ratio);
    g.font = "12px system-ui, sans-serif";
    g.textBaseline = "middle";
    this.drawAxis(g, lanes.length * Lanes.HEIGHT);
    for (const [n, lane] of lanes.entries()) this.drawLane(g, lane, n * Lanes.HEIGHT);
    this.drawMarks(g, lanes.length * Lanes.HEIGHT);
  }

  drawAxis(g, y) {
    const span = this.view[1] - this.view[0];
    const rough = (span * 90) / this.width;
    const ten = 10 ** Math.floor(Math.log10(rough));
    const step = ten * [1, 2, 5, 10].find((n) => n * ten >= rough);
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    g.strokeStyle = view.colour("line");
    g.fillStyle = view.colour("soft");
    for (let t = Math.ceil(this.view[0] / step) * step; t <= this.view[1]; t += step) {
      g.beginPath();
      g.moveTo(this.x(t), 0);
      g.lineTo(this.x(t), y);
      g.stroke();
      const label = `${t.toFixed(digits)} s`;
      g.fillText(label, Math.max(2, Math.min(this.x(t) + 3, this.width - g.measureText(label).width - 2)), y + 10);
    }
  }

  drawLane(g, lane, y) {
    const colour = view.colour(`lane-${lane.number % 8}`);
    g.strokeStyle = view.colour("line");
    g.strokeRect(-1, y, this.width + 2, Lanes.HEIGHT);
    if (lane.life) {
      g.globalAlpha = 0.12;
      g.fillStyle = colour;
      const to = lane.life[1] ?? this.it.end;
      g.fillRect(this.x(lane.life[0]), y + 1, this.x(to) - this.x(lane.life[0]), Lanes.HEIGHT - 2);
    }
    g.globalAlpha = 0.5;
    g.fillStyle = colour;
    this.drawBars(g, lane, y);
    g.globalAlpha = 1;
    this.drawTicks(g, lane, y, colour);
    this.drawName(g, lane, y, colour);
  }

  // each pixel is drawn once
  drawBars(g, lane, y) {
    let until = -1;
    for (const bar of lane.bars) {
      const a = this.x(bar.from);
      const b = Math.max(a + 2, this.x(bar.to));
      if (b < 0 || a > this.width || b <= until) continue;
      g.fillRect(a, y + 5, b - a - (lane.name === "phases" ? 1 : 0), Lanes.HEIGHT - 9);
      until = b;
      this.drawText(g, lane, bar, a, b, y);
    }
  }

  drawText(g, lane, bar, a, b, y) {
    const room = Math.min(b, this.width) - Math.max(a, 0) - 6;
    const fits = g.measureText(bar.text).width <= room;
    const text = fits || !bar.key ? bar.text : bar.key;
    if (lane.name !== "phases" || room < (fits || bar.key ? 8 : 40)) return;
    g.save();
    g.beginPath();
    g.rect(Math.max(a, 0), y, room + 3, Lanes.HEIGHT);
    g.clip();
    g.globalAlpha = 1;
    g.fillStyle = view.colour("ink");
    g.fillText(text, Math.max(a, 0) + 4, y + Lanes.HEIGHT / 2 + 1);
    g.restore();
  }

  drawTicks(g, lane, y, colour) {
    let last = -1;
    for (let i = view.firstAt(lane.ticks, this.view[0]); i < lane.ticks.length; i++) {
      const tick = lane.ticks[i];
      if (tick.t > this.view[1]) break;
      const x = Math.round(this.x(tick.t));
      const isBad = tick.kind === "bad";
      if (x === last && !isBad) continue;
      last = x;
      g.fillStyle = isBad ? view.colour("bad") : tick.kind === "ok" ? view.colour("good") : colour;
      if (tick.kind === "output") g.fillRect(x, y + Lanes.HEIGHT - 6, 1, 5);
      else g.fillRect(x - (isBad ? 2 : 1), y + 4, isBad ? 5 : 2, Lanes.HEIGHT - 8);
    }
  }

  drawName(g, lane, y, colour) {
    if (lane.name === "phases") return;
    const width = g.measureText(lane.name).width;
    g.globalAlpha = 0.8;
    g.fillStyle = view.colour("paper");
    g.fillRect(1, y + 3, width + 8, Lanes.HEIGHT - 6);
    g.globalAlpha = 1;
    g.fillStyle = colour;
    g.fillText(lane.name, 5, y + Lanes.HEIGHT / 2 + 1);
  }

  drawMarks(g, height) {
    for (const row of this.it.failed) {
      g.fillStyle = view.colour("bad");
      g.fillRect(Math.round(this.x(row.t)), 0, 1.5, height);
    }
    if (this.cursor !== null) {
      g.fillStyle = view.colour("accent");
      g.fillRect(Math.round(this.x(this.cursor)), 0, 1, height);
    }
    if (this.drag?.to === undefined) return;
    g.globalAlpha = 0.2;
    g.fillStyle = view.colour("accent");
    g.fillRect(Math.min(this.drag.from, this.drag.to), 0, Math.abs(this.drag.to - this.drag.from), height);
    g.globalAlpha = 1;
  }

  // the item nearest to a point: a tick within some pixels, else a bar
  at(x, y) {
    const lane = this.it.lanes[Math.floor(y / Lanes.HEIGHT)];
    if (!lane) return null;
    const margin = (this.view[1] - this.view[0]) * (6 / this.width);
    const t = this.t(x);
    let best = null;
    for (let i = view.firstAt(lane.ticks, t - margin); i < lane.ticks.length && lane.ticks[i].t <= t + margin; i++) {
      const isNearer = !best || Math.abs(lane.ticks[i].t - t) < Math.abs(best.t - t);
      if (isNearer || lane.ticks[i].kind === "bad") best = lane.ticks[i];
      if (best.kind === "bad") break;
    }
    const bar = lane.bars.findLast((b) => t >= b.from - margin && t <= b.to + margin);
    return best || bar || null;
  }

  place(e) {
    const box = this.canvas.getBoundingClientRect();
    return [e.clientX - box.left, e.clientY - box.top];
  }

  down(e) {
    if (e.button !== 0) return;
    this.drag = { from: this.place(e)[0] };
    this.canvas.setPointerCapture(e.pointerId);
  }

  move(e) {
    const [x, y] = this.place(e);
    if (this.drag && Math.abs(x - this.drag.from) > 4) {
      this.drag.to = x;
      this.draw();
    }
    const item = this.at(x, y);
    const took = item?.to !== undefined ? ` (${view.seconds(item.to - item.from)})` : "";
    const lane = item?.row.lane.name;
    view.tip(item ? `${view.time(item.t ?? item.from)} s  ${lane}${took}\n${(item.text || item.row.text).slice(0, 400)}` : "",
      e.clientX, e.clientY);
  }

  up(e) {
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (drag.to !== undefined) {
      const [a, b] = [this.t(drag.from), this.t(drag.to)];
      return this.zoomTo(Math.min(a, b), Math.max(a, b));
    }
    const [x, y] = this.place(e);
    const item = this.at(x, y);
    this.onpick(item ? item.row : this.rowAt(this.t(x)));
  }

  rowAt(t) {
    const rows = this.it.rows;
    return rows[Math.min(view.firstAt(rows, t), rows.length - 1)];
  }

  leave() {
    view.tip("");
    if (!this.drag) return;
    this.drag = null;
    this.draw();
  }

  wheel(e) {
    if (!e.ctrlKey && !e.shiftKey && Math.abs(e.deltaX) <= Math.abs(e.deltaY)) return;
    e.preventDefault();
    if (e.ctrlKey) this.zoom(e.deltaY > 0 ? 1.25 : 0.8, this.t(this.place(e)[0]));
    else this.pan((e.deltaX || e.deltaY) / this.width);
  }

  key(e) {
    const acts = { "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2),
      0: () => this.zoomTo(...this.full), ArrowLeft: () => this.pan(-0.2), ArrowRight: () => this.pan(0.2),
      f: () => this.toFailure(), Enter: () => this.onpick(this.rowAt((this.view[0] + this.view[1]) / 2)) };
    if (e.ctrlKey || e.metaKey || e.altKey || !acts[e.key]) return;
    e.preventDefault();
    e.stopPropagation();
    acts[e.key]();
  }
}
