// Numbers, sizes and times for people, and elements without markup in strings.

export function count(n) {
  if (!isFinite(n)) return "–";
  if (n < 100000) return Math.round(n).toLocaleString("en");
  for (const [unit, size] of [["E", 1e18], ["P", 1e15], ["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e3]]) {
    if (n >= size * 0.9995) return (n / size).toPrecision(3) + " " + unit;
  }
  return String(n);
}

export function bytes(n) {
  if (!isFinite(n)) return "–";
  let unit = 0;
  while (n >= 1000 && unit < 5) { n /= 1024; unit++; }
  return (unit && n < 100 ? n.toFixed(n < 9.95 ? 1 : 0) : Math.round(n)) + " " + ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][unit];
}

export function time(ns) {
  const s = ns / 1e9;
  if (!isFinite(s)) return "–";
  if (s < 0.0005) return Math.round(ns / 1e3) + " µs";
  if (s < 0.9995) return Math.round(s * 1e3) + " ms";
  if (s < 60) return s.toFixed(s < 10 ? 2 : 1) + " s";
  const m = Math.floor(s / 60);
  if (m < 60) return m + " m " + String(Math.floor(s % 60)).padStart(2, "0") + " s";
  const h = Math.floor(m / 60);
  return h < 48 ? h + " h " + String(m % 60).padStart(2, "0") + " m" : Math.floor(h / 24) + " d " + h % 24 + " h";
}

export const percent = (x) => Math.floor(Math.min(Math.max(x, 0), 1) * 100) + " %";

// text sets an element's text only when it has changed, which keeps a selection.
export function text(e, s) {
  if (e.textContent !== s) e.textContent = s;
}

// make returns an HTML element with a class and children, which may be text.
export function make(tag, cls, ...children) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...children);
  return e;
}

// draw returns an SVG element with attributes.
export function draw(tag, attributes, ...children) {
  return set(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, ...children);
}

export function set(e, attributes, ...children) {
  for (const k in attributes) {
    const v = String(attributes[k]);
    if (e.getAttribute(k) !== v) e.setAttribute(k, v);
  }
  e.append(...children);
  return e;
}
