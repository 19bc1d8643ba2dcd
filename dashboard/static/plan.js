// The plan as a table, with bars for the time of each operator's own work.
import { bytes, count, draw, make, set, text, time } from "./format.js";

export class Plan {
  constructor(body, note) {
    this.body = body;
    this.note = note;
  }

  update(plan) {
    const key = JSON.stringify(plan.operators.map((o) => [o.id, o.title]));
    if (key !== this.key) {
      this.key = key;
      this.rows = plan.operators.map((o) => this.row(o));
      this.body.replaceChildren(...this.rows.map((r) => r.row));
    }
    const most = Math.max(1, ...plan.operators.map((o) => o.measured?.self_ns || 0));
    plan.operators.forEach((o, i) => this.show(this.rows[i], o, most));
    const planning = plan.planning_ns ? `planned in ${time(plan.planning_ns)}` : "";
    text(this.note, planning + (plan.left_off ? `; ${plan.left_off} operators not shown` : ""));
  }

  row(o) {
    const label = make("span", "", o.title);
    if (o.role) label.prepend(make("small", "", o.role + ": "));
    const tree = make("div", "tree", label);
    tree.style.paddingLeft = Math.min(o.depth, 16) * 12 + "px";
    const r = { took: make("span"), bar: draw("rect", { width: 0, height: 6, rx: 3 }), rows: make("td", "n"), expected: make("td", "n off"),
      memory: make("td", "n"), spill: make("td", "n"), skew: make("td", "n") };
    const bar = draw("svg", { "aria-hidden": "true" }, draw("rect", { width: 90, height: 6, rx: 3 }), r.bar);
    r.row = make("tr", "", make("td", "op", tree), make("td", "time", make("div", "", r.took, bar)), r.rows, r.expected, r.memory, r.spill, r.skew);
    return r;
  }

  show(r, o, most) {
    const m = o.measured || {};
    text(r.took, m.self_ns ? time(m.self_ns) : "–");
    set(r.bar, { width: (90 * (m.self_ns || 0) / most).toFixed(1) });
    text(r.rows, count(m.rows || 0));
    text(r.expected, o.plan_rows ? count(o.plan_rows) : "–");
    text(r.memory, m.memory_peak ? bytes(m.memory_peak) : "–");
    text(r.spill, m.spilled_bytes ? bytes(m.spilled_bytes) : "–");
    text(r.skew, o.skew ? `${count(o.skew.least)} · ${count(o.skew.median)} · ${count(o.skew.most)}` : "–");
    r.skew.className = o.skew?.skewed ? "n warn" : "n";
    r.skew.title = o.skew?.skewed ? "Skewed: a partition has at least twice its share of the rows" : "";
  }
}
