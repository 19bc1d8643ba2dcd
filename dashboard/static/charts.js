// Line charts of what a query did over time, kept in the page.
import { draw, make, set, text, time } from "./format.js";

const most = 600; // points of a query; then every other one is dropped

// Series is what was seen of a query.
export class Series {
  points = [];
  every = 1;
  seen = 0;

  add(q) {
    const last = this.points.at(-1);
    if (last && q.duration_ns <= last.t) return;
    const p = { t: q.duration_ns, rows: q.rows_read, bytes: q.bytes_read, memory: q.memory_now, spill: q.spilled_bytes };
    const before = this.before(p.t) || { t: 0, rows: 0, bytes: 0 };
    const s = (p.t - before.t) / 1e9;
    p.rowRate = s > 0 ? Math.max(0, p.rows - before.rows) / s : 0;
    p.byteRate = s > 0 ? Math.max(0, p.bytes - before.bytes) / s : 0;
    this.latest = p;
    if (this.seen++ % this.every) return;
    this.points.push(p);
    if (this.points.length > most) {
      this.points = this.points.filter((_, i) => i % 2 === 0);
      this.every *= 2;
    }
  }

  // before is the point that rates are taken from, about a second back.
  before(t) {
    for (let i = this.points.length - 1; i >= 0; i--) {
      if (t - this.points[i].t >= 0.9e9 || i === 0) return this.points[i];
    }
  }
}

const w = 300, h = 72;

// Chart draws one value of a series.
export class Chart {
  constructor(title, key, format) {
    this.key = key;
    this.format = format;
    this.value = make("strong", "", "–");
    this.from = make("span", "", "0 s");
    this.top = make("span", "");
    this.to = make("span", "");
    this.area = draw("path", { class: "area" });
    this.curve = draw("path", { class: "curve" });
    this.cross = draw("line", { class: "cross", y1: 0, y2: h, visibility: "hidden" });
    this.svg = draw("svg", { viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: "none", role: "img", "aria-label": title },
      draw("line", { class: "grid", x1: 0, x2: w, y1: h - 0.5, y2: h - 0.5 }), this.area, this.curve, this.cross);
    const head = make("div", "head", make("h3", "", title), this.value);
    this.element = make("div", "card chart", head, this.svg, make("div", "foot", this.from, this.top, this.to));
    this.svg.addEventListener("pointermove", (e) => {
      const box = this.svg.getBoundingClientRect();
      this.at = (e.clientX - box.left) / box.width;
      this.show();
    });
    this.svg.addEventListener("pointerleave", () => { this.at = undefined; this.show(); });
  }

  update(points, now, still) {
    this.points = points;
    this.now = now;
    this.still = still; // what to show of a query that was not seen running
    this.show();
  }

  show() {
    const { points, key } = this;
    if (!points) return;
    const end = points.at(-1)?.t || 1;
    let high = 0;
    for (const p of points) high = Math.max(high, p[key]);
    const x = (p) => (p.t / end * w).toFixed(1), y = (p) => (h - 1 - (high ? p[key] / high : 0) * (h - 8)).toFixed(1);
    let line = points.length > 1 ? "M" + points.map((p) => x(p) + " " + y(p)).join("L") : "";
    set(this.curve, { d: line });
    set(this.area, { d: line && `${line}L${w} ${h}L${x(points[0])} ${h}Z` });
    text(this.top, high ? "max " + this.format(high) : "");
    text(this.to, points.length > 1 ? time(end) : "");
    text(this.from, points.length > 1 ? "0 s" : this.still === undefined ? "no samples yet" : "ended before it was seen");
    let at;
    if (this.at !== undefined && points.length > 1) {
      for (const p of points) if (!at || Math.abs(p.t / end - this.at) < Math.abs(at.t / end - this.at)) at = p;
    }
    set(this.cross, at ? { visibility: "visible", x1: x(at), x2: x(at) } : { visibility: "hidden" });
    text(this.value, at ? this.format(at[key]) + " at " + time(at.t) : this.format(this.now ?? 0));
    set(this.svg, { "aria-label": `${this.element.querySelector("h3").textContent}: ${this.value.textContent}, at most ${this.format(high)}` });
  }
}
