// The graph of stages, the tiles of their tasks, and the tasks over time. Elements are kept while the shape stays, so
// that tooltips and focus do too.
import { bytes, count, draw, make, percent, set, text, time } from "./format.js";

const boxWidth = 226, gap = 38, lineHeight = 16, shownOperators = 7;

// describe returns what is shown of each stage of a plan.
export function describe(plan, before, ended) {
  const operators = new Map(plan.operators.map((o) => [o.id, o]));
  const stages = new Map();
  for (const s of plan.stages) {
    const ops = s.operators.map((id) => operators.get(id)).filter(Boolean);
    const d = { id: s.id, stage: s, ops, inputs: s.inputs, states: s.task_states || {}, total: s.tasks_total, out: ops[0]?.measured?.rows || 0, in: 0 };
    let done = 0, total = 0;
    for (const o of ops) {
      const input = o.measured?.input;
      if (!input) continue;
      d.scans = true;
      d.in += input.rows;
      done += input.bytes_done;
      total += input.bytes_total;
    }
    for (const i of s.inputs) d.in += stages.get(i)?.out || 0;
    d.makes = !d.scans && !s.inputs.length; // rows of its own, from a function or VALUES
    if (d.makes) d.in = d.out;
    const finished = (d.states.done || 0) + (d.states.failed || 0);
    d.share = finished === d.total ? 1 : total ? done / total : d.total ? finished / d.total : 0;
    d.state = d.states.failed ? "failed" : d.total && finished === d.total ? "done" : d.states.running || finished ? "running" : "waiting";
    d.memory = ops.reduce((n, o) => n + (o.measured?.memory_now || 0), 0);
    d.spill = ops.reduce((n, o) => n + (o.measured?.spilled_bytes || 0), 0);
    const was = before?.stages.get(s.id);
    const dt = before ? (plan.execution_ns - before.time) / 1e9 : 0;
    let spent = 0;
    for (const t of s.tasks || []) spent = Math.max(spent, t.elapsed_ns);
    if (d.state === "running" && !ended && was && dt > 0) d.rate = Math.max(0, d.in - was.in) / dt;
    else if (d.state === "done" && spent > 0) d.rate = d.in / (spent / 1e9);
    stages.set(s.id, d);
  }
  return { stages, time: plan.execution_ns };
}

// layers puts each stage behind all that it reads.
function layers(stages) {
  const depth = new Map(), out = [];
  for (const d of stages.values()) {
    const n = Math.max(-1, ...d.inputs.map((i) => depth.get(i) ?? -1)) + 1;
    depth.set(d.id, n);
    (out[n] ||= []).push(d);
  }
  // A source stands just before its reader.
  for (const d of [...stages.values()].reverse()) {
    for (const i of d.inputs) {
      const reader = depth.get(d.id), own = depth.get(i);
      const readers = [...stages.values()].filter((x) => x.inputs.includes(i));
      const latest = Math.min(...readers.map((x) => depth.get(x.id))) - 1;
      if (own !== undefined && latest > own && reader > own) {
        out[own] = out[own].filter((x) => x.id !== i);
        out[latest].push(stages.get(i));
        depth.set(i, latest);
      }
    }
  }
  return out.filter((l) => l?.length);
}

const shortened = (s, n) => s.length > n ? s.slice(0, n - 1) + "…" : s;

export class Graph {
  constructor(svg) { this.svg = svg; }

  update(described, ended) {
    const wide = this.svg.parentElement.clientWidth;
    const key = JSON.stringify([...described.stages.values()].map((d) => [d.id, d.inputs, d.ops.map((o) => o.title)])) + (wide < 560);
    if (key !== this.key) {
      this.key = key;
      this.build(described.stages, wide < 560);
    }
    for (const d of described.stages.values()) this.show(d, ended);
  }

  build(stages, down) {
    this.svg.replaceChildren();
    this.boxes = new Map();
    this.edges = [];
    const height = (d) => 70 + Math.min(d.ops.length, shownOperators + 1) * lineHeight;
    const place = new Map();
    let along = 0, across = 0;
    for (const layer of layers(stages)) {
      // Boxes stand near the middle of what they read.
      const middle = (d) => {
        const ys = d.inputs.map((i) => place.get(i)).filter(Boolean).map((p) => down ? p.x : p.y);
        return ys.length ? ys.reduce((a, b) => a + b, 0) / ys.length : 0;
      };
      layer.sort((a, b) => middle(a) - middle(b));
      let at = 1, deepest = 0;
      for (const d of layer) {
        const hh = height(d);
        place.set(d.id, down ? { x: at, y: along + 1, h: hh } : { x: along + 1, y: at, h: hh });
        at += (down ? boxWidth : hh) + 18;
        deepest = Math.max(deepest, hh);
      }
      across = Math.max(across, at - 17);
      along += (down ? deepest : boxWidth) + gap;
    }
    along -= gap - 2;
    // Layers stand in the middle.
    for (const layer of layers(stages)) {
      const used = layer.reduce((n, d) => n + (down ? boxWidth : place.get(d.id).h) + 18, -17);
      for (const d of layer) place.get(d.id)[down ? "x" : "y"] += Math.floor((across - used) / 2);
    }
    const size = down ? [across, along] : [along, across];
    set(this.svg, { width: size[0], height: size[1], viewBox: `0 0 ${size[0]} ${size[1]}` });
    for (const d of stages.values()) {
      const b = place.get(d.id);
      for (const i of d.inputs) {
        const a = place.get(i);
        if (a) this.edge(a, b, i, d.id, down);
      }
    }
    for (const d of stages.values()) this.box(d, place.get(d.id));
  }

  edge(a, b, from, to, down) {
    let path, tip;
    if (down) {
      const x1 = a.x + boxWidth / 2, y1 = a.y + a.h, x2 = b.x + boxWidth / 2, y2 = b.y - 2, m = (y1 + y2) / 2;
      path = `M${x1} ${y1}C${x1} ${m} ${x2} ${m} ${x2} ${y2 - 5}`;
      tip = `M${x2 - 4} ${y2 - 6}h8l-4 7z`;
    } else {
      const x1 = a.x + boxWidth, y1 = a.y + a.h / 2, x2 = b.x - 2, y2 = b.y + b.h / 2, m = (x1 + x2) / 2;
      path = `M${x1} ${y1}C${m} ${y1} ${m} ${y2} ${x2 - 5} ${y2}`;
      tip = `M${x2 - 6} ${y2 - 4}v8l7 -4z`;
    }
    const e = { from, to, line: draw("path", { class: "edge", d: path }), tip: draw("path", { class: "tip", d: tip }) };
    this.edges.push(e);
    this.svg.append(e.line, e.tip);
  }

  box(d, p) {
    const g = draw("g", { class: "stage", transform: `translate(${p.x} ${p.y})` });
    const b = { g, title: draw("title"), share: draw("text", { class: "small", x: boxWidth - 12, y: 22, "text-anchor": "end" }),
      flow: draw("text", { class: "small", x: 12, y: 50 }), fill: draw("rect", { class: "fill", x: 12, y: 31, height: 4, rx: 2, width: 0 }) };
    g.append(b.title, draw("rect", { class: "box", width: boxWidth, height: p.h, rx: 9 }),
      draw("text", { class: "name", x: 12, y: 22 }, `Stage ${d.id}`), b.share,
      draw("rect", { class: "track", x: 12, y: 31, height: 4, rx: 2, width: boxWidth - 24 }), b.fill, b.flow);
    const ops = [...d.ops].reverse(); // as the rows flow
    const shown = ops.length > shownOperators + 1 ? ops.slice(0, shownOperators) : ops;
    shown.forEach((o, i) => g.append(draw("text", { x: 12, y: 72 + i * lineHeight }, shortened(o.title, 30))));
    if (shown.length < ops.length) g.append(draw("text", { class: "small", x: 12, y: 72 + shown.length * lineHeight }, `and ${ops.length - shown.length} more`));
    this.boxes.set(d.id, b);
    this.svg.append(g);
  }

  show(d, ended) {
    const b = this.boxes.get(d.id);
    const state = ended && d.state === "running" ? "stopped" : d.state;
    set(b.g, { class: "stage " + state });
    set(b.fill, { width: ((boxWidth - 24) * d.share).toFixed(1) });
    const tasks = `${(d.states.done || 0) + (d.states.failed || 0)}/${d.total} tasks`;
    text(b.share, d.state === "running" && d.scans ? `${percent(d.share)} · ${tasks}` : tasks);
    const parts = [(d.makes ? "" : count(d.in) + " → ") + count(d.out) + " rows"];
    if (d.rate) parts.push(`${count(d.rate)}/s`);
    if (d.memory && parts.join(" · ").length < 24) parts.push(bytes(d.memory));
    text(b.flow, parts.join(" · "));
    text(b.title, `Stage ${d.id}, ${state}: ${count(d.in)} rows in, ${count(d.out)} rows out` + (d.memory ? `, ${bytes(d.memory)} in memory` : "") + (d.spill ? `, ${bytes(d.spill)} spilled` : "") +
      "\n" + d.ops.map((o) => o.title).join("\n"));
    for (const e of this.edges) {
      if (e.from !== d.id) continue;
      const flow = d.state === "running" && !ended && d.out > 0;
      set(e.line, { class: flow ? "edge flow" : "edge" });
      set(e.tip, { class: flow ? "tip flow" : "tip" });
    }
  }
}

// Tiles shows each task as a square.
export class Tiles {
  constructor(element) { this.element = element; }

  update(described, ended) {
    const list = [...described.stages.values()];
    const key = list.map((d) => d.id + ":" + (d.stage.tasks || []).length).join();
    if (key !== this.key) {
      this.key = key;
      this.rows = new Map();
      this.element.replaceChildren(...list.map((d) => {
        const tiles = (d.stage.tasks || []).map(() => make("span", "tile"));
        const box = make("div", tiles.length > 48 ? "tiles many" : "tiles", ...tiles);
        const note = make("span", "muted");
        this.rows.set(d.id, { tiles, note });
        return make("div", "row", make("span", "", `Stage ${d.id}`), box, note);
      }));
    }
    for (const d of list) {
      const { tiles, note } = this.rows.get(d.id);
      (d.stage.tasks || []).forEach((t, i) => {
        const cls = "tile " + t.state;
        if (tiles[i].className !== cls) tiles[i].className = cls;
        const says = `Partition ${t.partition}: ${ended && t.state === "running" ? "stopped" : t.state}, ${count(t.rows)} rows, busy ${time(t.busy_ns)}`;
        if (tiles[i].title !== says) tiles[i].title = says;
      });
      const states = ["running", "done", "failed"].filter((s) => d.states[s]).map((s) => `${d.states[s]} ${ended && s === "running" ? "stopped" : s}`);
      const left = d.total - tiles.length;
      text(note, (states.join(", ") || "waiting") + ` of ${d.total}` + (left > 0 ? ` (${left} not shown)` : ""));
    }
  }
}

const left = 58, barHeight = 12, pitch = 15, maxLanes = 48;

// Stream shows when each task worked: from its begin to its latest rows, with the busy share of that.
export class Stream {
  constructor(svg, note) {
    this.svg = svg;
    this.note = note;
    this.bars = new Map();
  }

  update(id, plan, ended) {
    if (id !== this.id) {
      this.id = id;
      this.bars.clear();
      this.svg.replaceChildren();
      this.axis = draw("g");
      this.labels = draw("g");
      this.svg.append(this.axis, this.labels);
    }
    let end = 1;
    const all = [];
    for (const s of plan.stages) {
      for (const t of s.tasks || []) {
        if (!t.began_ns) continue;
        const stop = t.state === "running" && !ended ? plan.execution_ns : t.began_ns + t.elapsed_ns;
        end = Math.max(end, stop);
        all.push({ t, stop, stage: s.id });
      }
    }
    all.sort((a, b) => a.stage - b.stage || a.t.began_ns - b.t.began_ns || a.t.partition - b.t.partition);
    // A lane has one task of a stage after the other.
    const lanes = [], wide = this.svg.clientWidth || 600;
    let hidden = 0;
    for (const x of all) {
      let i = lanes.findIndex((l) => l.stage === x.stage && l.end <= x.t.began_ns);
      if (i < 0) {
        if (lanes.length >= maxLanes) { hidden++; x.lane = -1; continue; }
        i = lanes.push({ stage: x.stage, end: 0 }) - 1;
      }
      lanes[i].end = x.stop;
      x.lane = i;
    }
    const scale = (wide - left - 8) / end, x = (ns) => left + ns * scale;
    const gone = new Set(this.bars.keys());
    for (const { t, stop, stage, lane } of all) {
      if (lane < 0) continue;
      const key = stage + "." + t.partition;
      gone.delete(key);
      let b = this.bars.get(key);
      if (!b) {
        const color = `var(--s${(stage - 1) % 6 + 1})`;
        b = { g: draw("g"), title: draw("title"), span: draw("rect", { class: "bar", height: barHeight, rx: 2 }), busy: draw("rect", { height: barHeight, rx: 2 }) };
        b.span.style.fill = b.busy.style.fill = color;
        b.g.append(b.title, b.span, b.busy);
        this.svg.append(b.g);
        this.bars.set(key, b);
      }
      const y = lane * pitch, width = Math.max((stop - t.began_ns) * scale, 1.5);
      const share = stop > t.began_ns ? Math.min(1, t.busy_ns / (stop - t.began_ns)) : 1;
      set(b.span, { x: x(t.began_ns).toFixed(1), y, width: width.toFixed(1), class: t.state === "failed" ? "bar bad" : "bar" });
      set(b.busy, { x: x(t.began_ns).toFixed(1), y, width: (width * share).toFixed(1) });
      text(b.title, `Stage ${stage}, partition ${t.partition}: ${t.state}, ${time(t.began_ns)} to ${time(stop)}, busy ${time(t.busy_ns)}, ${count(t.rows)} rows`);
    }
    for (const key of gone) { this.bars.get(key).g.remove(); this.bars.delete(key); }
    const high = Math.max(lanes.length, 1) * pitch;
    set(this.svg, { height: high + 20 });
    let was = 0;
    this.labels.replaceChildren(...lanes.flatMap((l, i) => {
      if (l.stage === was) return [];
      was = l.stage;
      return [draw("text", { x: 0, y: i * pitch + 10 }, `Stage ${l.stage}`)];
    }));
    const ticks = wide > 500 ? 4 : 2;
    this.axis.replaceChildren(...Array.from({ length: ticks + 1 }, (_, i) => {
      const at = x(end * i / ticks);
      return draw("g", {}, draw("line", { class: "grid", x1: at, x2: at, y1: 0, y2: high }),
        draw("text", { x: at, y: high + 14, "text-anchor": i === 0 ? "start" : i === ticks ? "end" : "middle" }, i ? time(end * i / ticks) : "0 s"));
    }));
    text(this.note, "dark: busy, light: waiting" + (hidden ? `; ${hidden} tasks not shown` : ""));
  }
}
