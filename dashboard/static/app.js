// The page: one stream of events, the header, the list, and the query that is selected.
import { Chart, Series } from "./charts.js";
import { bytes, count, make, percent, text, time } from "./format.js";
import { Plan } from "./plan.js";
import { describe, Graph, Stream, Tiles } from "./stages.js";

const $ = (id) => document.getElementById(id);
const token = document.querySelector("meta[name=gsql-token]").content;
const live = (q) => q.state === "running" || q.state === "queued";

let selected = Number(/^#q=(\d+)$/.exec(location.hash)?.[1]) || 0;
let source, retry, queries = [], shown, samples = [];
const series = new Map(); // by query
const rows = new Map(); // of the list, by query

const charts = [
  new Chart("Rows read", "rowRate", (n) => count(n) + "/s"), new Chart("Bytes read", "byteRate", (n) => bytes(n) + "/s"),
  new Chart("Memory", "memory", bytes), new Chart("Spilled", "spill", bytes),
];
$("charts").append(...charts.map((c) => c.element));
const graph = new Graph($("graph")), tiles = new Tiles($("tasks")), stream = new Stream($("stream"), $("stream-note"));
const planTable = new Plan($("plan"), $("plan-note"));

if (selected) $("follow").checked = false;

function connect() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource("events" + (selected ? "?query=" + selected : ""));
  const own = source, asked = selected;
  source.addEventListener("open", () => { $("live").className = "live on"; text($("live"), "live"); });
  source.addEventListener("status", (e) => onStatus(JSON.parse(e.data)));
  source.addEventListener("query", (e) => { if (asked === selected) onQuery(JSON.parse(e.data)); });
  source.addEventListener("error", () => {
    $("live").className = "live off";
    text($("live"), "connection lost");
    if (own.readyState === EventSource.CLOSED) retry = setTimeout(connect, 2000);
  });
}

function onStatus(s) {
  const p = s.process;
  text($("m-workers"), `${Math.min(p.workers_busy, p.workers)} / ${p.workers}` + (p.tasks_queued ? ` (${p.tasks_queued} wait)` : ""));
  $("m-workers-bar").value = p.workers ? Math.min(1, p.workers_busy / p.workers) : 0;
  text($("m-memory"), bytes(p.memory_held) + (p.memory_limit ? " / " + bytes(p.memory_limit) : ""));
  $("m-memory-bar").value = p.memory_limit ? Math.min(1, p.memory_held / p.memory_limit) : 0;
  text($("m-process"), `${bytes(p.process_memory)}, heap ${bytes(p.heap)}`);
  text($("m-spill"), bytes(p.spill_used));
  $("m-conns-box").hidden = p.connections === undefined;
  text($("m-conns"), String(p.connections ?? ""));
  text($("m-up"), time(p.uptime_ms * 1e6));
  queries = s.queries;
  for (const q of queries) {
    if (!series.has(q.id) && live(q)) series.set(q.id, new Series());
    series.get(q.id)?.add(q);
  }
  for (const id of series.keys()) {
    if (series.size > 200 && id !== selected) series.delete(id);
  }
  follow();
  list(s.left_off || 0);
  document.title = (queries.filter(live).length ? `(${queries.filter(live).length}) ` : "") + "gsql";
}

// follow selects the newest query that runs, while the reader has not chosen one.
function follow() {
  if (!$("follow").checked || !queries.length) return;
  const now = queries.find((q) => q.id === selected);
  if (now && live(now)) return;
  const next = queries.find(live) || (now ? undefined : queries[0]);
  if (next) select(next.id, true);
}

function select(id, following) {
  if (!following) {
    $("follow").checked = false;
    history.replaceState(null, "", "#q=" + id);
  }
  if (id === selected) return;
  selected = id;
  samples = [];
  shown = undefined;
  ask(false);
  text($("cancel-note"), "");
  mark();
  connect();
}

function mark() {
  for (const [id, r] of rows) r.row.setAttribute("aria-selected", String(id === selected));
  const first = rows.has(selected) ? selected : queries[0]?.id;
  for (const [id, r] of rows) r.row.tabIndex = id === first ? 0 : -1;
}

const rateOf = (q) => live(q) ? series.get(q.id)?.latest?.byteRate || 0 : q.duration_ns ? q.bytes_read / (q.duration_ns / 1e9) : 0;
const shareOf = (q) => q.state === "finished" ? 1 : q.bytes_total ? Math.min(1, q.bytes_done / q.bytes_total) : undefined;

function list(left) {
  $("empty").hidden = queries.length > 0;
  $("list-scroll").hidden = queries.length === 0;
  const running = queries.filter(live).length;
  text($("list-count"), queries.length ? `${running} running, ${queries.length - running} ended` + (left ? `, ${left} not shown` : "") : "");
  const gone = new Set(rows.keys());
  let at = $("list").firstElementChild;
  for (const q of queries) {
    gone.delete(q.id);
    let r = rows.get(q.id);
    if (!r) rows.set(q.id, r = listRow(q));
    if (r.row === at) at = at.nextElementSibling;
    else $("list").insertBefore(r.row, at);
    if (r.state.className !== "state " + q.state) r.state.className = "state " + q.state;
    text(r.state, q.state);
    text(r.time, time(q.duration_ns));
    const share = shareOf(q);
    r.bar.hidden = share === undefined;
    r.bar.value = share || 0;
    r.bar.className = q.state;
    text(r.share, share === undefined ? "no files" : percent(share));
    text(r.rows, count(q.rows));
    text(r.rate, rateOf(q) ? bytes(rateOf(q)) + "/s" : "–");
    text(r.memory, q.memory_peak ? bytes(live(q) ? q.memory_now : q.memory_peak) : "–");
    text(r.spill, q.spilled_bytes ? bytes(q.spilled_bytes) : "–");
    text(r.sql, q.sql);
    r.row.title = q.error || "";
  }
  for (const id of gone) { rows.get(id).row.remove(); rows.delete(id); }
  mark();
}

function listRow(q) {
  const r = { state: make("span"), time: make("td", "n"), bar: make("progress"), share: make("span"), rows: make("td", "n opt"),
    rate: make("td", "n opt"), memory: make("td", "n opt"), spill: make("td", "n opt"), sql: make("td", "q") };
  r.bar.max = 1;
  r.bar.setAttribute("aria-label", "Progress");
  r.row = make("tr", "", make("td", "n", String(q.id)), make("td", "", r.state), r.time, make("td", "p", make("div", "", r.bar, r.share)),
    r.rows, r.rate, r.memory, r.spill, r.sql);
  r.row.addEventListener("click", () => select(q.id));
  return r;
}

$("list").addEventListener("keydown", (e) => {
  const row = e.target.closest("tr");
  const to = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling, Home: $("list").firstElementChild, End: $("list").lastElementChild }[e.key];
  if (to) {
    e.preventDefault();
    to.tabIndex = 0;
    to.focus();
  } else if (e.key === "Enter" || e.key === " ") {
    e.preventDefault();
    row?.click();
  }
});

function onQuery(d) {
  $("detail").hidden = !d;
  if (!d) return;
  shown = d;
  const q = d.query, ended = !live(q);
  text($("d-title"), "Query " + q.id);
  $("d-state").className = "state " + q.state;
  text($("d-state"), q.state);
  const who = [q.user, q.database, q.application].filter(Boolean).join(" · ");
  text($("d-who"), (who ? who + ", " : "") + "since " + new Date(q.start).toLocaleTimeString());
  $("d-actions").hidden = ended && !$("cancel-note").textContent;
  $("cancel").hidden = ended || !$("confirm").hidden;
  if (ended) $("confirm").hidden = true;
  text($("d-sql"), q.sql);
  $("d-error").hidden = !q.error;
  text($("d-error"), q.error ? `${q.error} (${q.error_code})` : "");
  const share = shareOf(q);
  $("d-bar").hidden = share === undefined;
  $("d-bar").value = share || 0;
  $("d-bar").className = q.state;
  figures(q);

  if (!series.has(q.id) && !ended) series.set(q.id, new Series());
  const seen = series.get(q.id);
  seen?.add(q);
  const now = ended ? { rowRate: q.rows_read / (q.duration_ns / 1e9), byteRate: q.bytes_read / (q.duration_ns / 1e9), memory: q.memory_peak, spill: q.spilled_bytes }
    : seen?.latest || {};
  for (const c of charts) c.update(seen?.points || [], now[c.key], ended ? now[c.key] : undefined);

  for (const id of ["stages-card", "tasks", "stream", "plan"]) $(id).closest(".card").hidden = !d.plan;
  if (!d.plan) return;
  while (samples.length > 1 && d.plan.execution_ns - samples[1].time > 0.9e9) samples.shift();
  const described = describe(d.plan, samples[0], ended);
  if (!samples.length || described.time > samples.at(-1).time) samples.push(described);
  graph.update(described, ended);
  tiles.update(described, ended);
  stream.update(q.id, d.plan, ended);
  planTable.update(d.plan);
}

const figureRows = new Map();

function figures(q) {
  const s = q.duration_ns / 1e9;
  const latest = live(q) ? series.get(q.id)?.latest : undefined;
  const set = (name, value, small = "") => {
    let f = figureRows.get(name);
    if (!f) {
      f = { value: document.createTextNode(""), small: make("small") };
      figureRows.set(name, f);
      $("figures").append(make("div", "", make("dt", "", name), make("dd", "", f.value, f.small)));
    }
    text(f.value, value);
    text(f.small, small);
  };
  set("Time", time(q.duration_ns));
  set("Rows out", count(q.rows));
  set("Rows read", count(q.rows_read));
  set("Bytes read", bytes(q.bytes_read), q.bytes_total ? "of " + bytes(q.bytes_total) : "");
  set("Rate", bytes(latest ? latest.byteRate : s > 0 ? q.bytes_read / s : 0) + "/s");
  set("Memory", bytes(live(q) ? q.memory_now : q.memory_peak), live(q) ? "peak " + bytes(q.memory_peak) : "peak");
  set("Spilled", bytes(q.spilled_bytes), q.spilled_files ? `${q.spilled_files} files` : "");
  set("Busy", time(q.busy_ns), s > 0 ? `${(q.busy_ns / q.duration_ns).toFixed(1)} tasks at once` : "");
}

// ask shows or hides the question whether to cancel.
function ask(on) {
  $("confirm").hidden = !on;
  $("cancel").hidden = on || !shown || !live(shown.query);
}

$("cancel").addEventListener("click", () => { ask(true); $("cancel-yes").focus(); });
$("cancel-no").addEventListener("click", () => { ask(false); $("cancel").focus(); });
$("confirm").addEventListener("keydown", (e) => { if (e.key === "Escape") $("cancel-no").click(); });
$("cancel-yes").addEventListener("click", async () => {
  ask(false);
  $("detail").focus();
  try {
    const r = await fetch(`api/queries/${selected}/cancel`, { method: "POST", headers: { "X-Gsql-Token": token } });
    text($("cancel-note"), r.ok ? "cancelling" : (await r.json()).error);
  } catch {
    text($("cancel-note"), "no connection");
  }
  setTimeout(() => text($("cancel-note"), ""), 3000);
});
$("follow").addEventListener("change", () => { if ($("follow").checked) history.replaceState(null, "", location.pathname); follow(); });
addEventListener("resize", () => { if (shown) onQuery(shown); });

connect();
