// How each kind of chart is drawn: from its values to shapes, and to the marks that can be pointed at. A mark is its node,
// a key that stays the same across refreshes, its row (a series, a lane), what it says, where it leads, and its field.

const PLOTS = { stack: drawColumns, bars: drawColumns, lines: drawLines, heat: drawHeat, lanes: drawLanes, strip: drawStripPlot };
const HIGH = 168; // pixels of a drawing with an axis of amounts, without the names beneath it
const NARROW = 480; // below it, the name of a lane stands above it

/** Twelve pixels or more, and more where the reader asked for larger letters. */
function letter() {
  return Math.max(12, 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize));
}

function wideOf(text) {
  return String(text).length * letter() * 0.58;
}

function label(text, x, y, anchor = "start") {
  const node = svgEl("text", { class: "tick", x, y, "text-anchor": anchor, "aria-hidden": "true" });
  node.textContent = text;
  return node;
}

/** A text that has no more room than `room`. */
function clipped(text, room) {
  const most = Math.floor(room / (letter() * 0.58));
  return text.length <= most ? text : most < 3 ? "" : `${text.slice(0, most - 1)}…`;
}

/** Round steps from nought to a little above the most. */
function steps(most, whole) {
  let step = 10 ** Math.floor(Math.log10(Math.max(most, 1e-9) / 2));
  for (const by of [1, 2, 5, 10]) if (most / (step * by) <= 4) { step *= by; break; }
  if (whole) step = Math.max(1, Math.ceil(step));
  const found = [];
  for (let at = 0; at < most + step; at += step) found.push(at);
  return found;
}

/** The axes of a drawing with columns: lines with their amounts, names of columns, what was not seen, moments. */
function framed(b, wide, most) {
  const shown = b.series.flatMap((one) => (one.tone === "unseen" ? [] : one.values ?? []));
  const ticks = steps(most, shown.every((n) => n === null || Number.isInteger(n)));
  const left = Math.max(...ticks.map((n) => wideOf(plain(n)))) + 10;
  const top = b.moments?.length ? letter() + 8 : 8;
  const high = top + HIGH;
  const svg = svgEl("svg", { width: wide, height: high + letter() + 10 });
  const step = (wide - left - 2) / b.x.length;
  const y = (n) => high - (n / ticks[ticks.length - 1]) * HIGH;
  for (const n of ticks) svg.append(svgEl("line", { class: n ? "grid" : "ground", x1: left, x2: wide, y1: y(n), y2: y(n) }), label(plain(n), left - 6, y(n) + letter() / 3, "end"));
  const every = Math.max(1, Math.ceil((Math.max(...b.x.map(wideOf)) + 12) / step));
  b.x.forEach((name, n) => { if (n % every === 0) svg.append(label(name, Math.min(left + (n + 0.5) * step, wide - wideOf(name) / 2), high + letter() + 4, "middle")); });
  return { svg, left, step, y, top, high, marks: [] };
}

/** What is not known of a column is hatched from top to bottom: nothing there is not nought. */
function unseen(b, frame) {
  const hidden = b.series.find((one) => one.tone === "unseen");
  b.x.forEach((name, n) => {
    const share = hidden ? hidden.values[n] ?? 0 : 0;
    const unknown = b.series.every((one) => one.values[n] === null || one === hidden);
    if (!unknown && !share) return;
    const field = [frame.left + n * frame.step, frame.top, frame.step, frame.high - frame.top];
    const node = svgEl("g", { "data-tone": "unseen" }, svgEl("rect", { class: "fill soft", style: `opacity: ${unknown ? 1 : 0.2 + 0.8 * share}`, x: field[0], y: field[1], width: field[2], height: field[3], fill: filling(b.keep, "unseen") }));
    frame.svg.append(node);
    const told = hidden ? `${hidden.name}: ${hidden.shown[n]}` : t("chart.unseen");
    frame.marks.push({ node, key: `unseen-${n}`, row: -1, said: `${name} · ${told}`, go: hidden?.go?.[n], hit: field });
  });
}

function moments(b, frame, wide) {
  (b.moments ?? []).forEach((one, n) => {
    const x = frame.left + (one.at + 0.5) * frame.step;
    const next = b.moments[n + 1] ? frame.left + (b.moments[n + 1].at + 0.5) * frame.step : wide;
    frame.svg.append(svgEl("line", { class: "moment", x1: x, x2: x, y1: 4, y2: frame.high }), label(clipped(one.name, next - x - 10), x + 5, letter()));
  });
}

function said(b, one, n) {
  const range = (one.low?.[n] ?? null) !== null ? ` (${plain(one.low[n])}–${plain(one.high[n])})` : "";
  return `${b.x[n]} · ${one.name}: ${one.shown[n]}${range}`;
}

/** Columns: above one another (stack) or beside one another (bars), with their interval where they have one. */
function drawColumns(b, wide) {
  const amounts = b.series.filter((one) => one.tone !== "unseen");
  const stacked = b.kind === "stack";
  const total = (n) => (stacked ? amounts.reduce((sum, one) => sum + (one.values[n] ?? 0), 0) : Math.max(...amounts.map((one) => one.high?.[n] ?? one.values[n] ?? 0)));
  const frame = framed(b, wide, Math.max(stacked ? 4 : 1, ...b.x.map((_, n) => total(n))));
  unseen(b, frame);
  const gap = frame.step > 8 ? 2 : 0.5;
  b.x.forEach((_, n) => {
    let reached = 0;
    const beside = stacked ? [] : amounts.filter((one) => one.values[n] !== null);
    amounts.forEach((one, row) => {
      const value = one.values[n];
      if (!value && one.high?.[n] === undefined) return;
      if (value === null) return;
      const part = stacked ? frame.step : frame.step / beside.length;
      const x = frame.left + n * frame.step + (stacked ? 0 : beside.indexOf(one) * part);
      const top = frame.y((stacked ? reached : 0) + value);
      const field = [x + gap / 2, top, Math.max(1, part - gap), Math.max(1, frame.y(stacked ? reached : 0) - top)];
      reached += value;
      const node = svgEl("g", { "data-tone": one.tone }, svgEl("rect", { class: "fill", x: field[0], y: field[1], width: field[2], height: field[3], fill: filling(b.keep, one.tone) }));
      const middle = field[0] + field[2] / 2;
      const range = one.low && one.low[n] !== null && one.low[n] !== undefined;
      if (range) node.append(svgEl("path", { class: "interval", d: `M${middle} ${frame.y(one.low[n])}V${frame.y(one.high[n])}M${middle - 3} ${frame.y(one.low[n])}h6M${middle - 3} ${frame.y(one.high[n])}h6` }));
      const up = range ? frame.y(one.high[n]) : field[1]; // an interval may stand higher than its column
      frame.svg.append(node);
      frame.marks.push({ node, key: `${row}-${n}`, row, said: said(b, one, n), go: one.go?.[n], hit: [x, Math.min(up, field[1]), part, Math.max(4, field[1] + field[3] - Math.min(up, field[1]))] });
    });
  });
  moments(b, frame, wide);
  frame.marks.sort((one, other) => one.hit[0] - other.hit[0] || one.row - other.row);
  return frame;
}

const STROKES = ["", "6 4", "2 3", "8 3 2 3"];
const POINTS = ["M-3.5-3.5h7v7h-7Z", "M0-4 4 0 0 4-4 0Z", "M0-4.5 4.5 3.5H-4.5Z", "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0Z"];

/** The stretches of columns next to each other of which something is known. */
function runs(values) {
  const found = [];
  values.forEach((value, n) => {
    if (value === null || value === undefined) return;
    if (n > 0 && found.length && found[found.length - 1].at(-1) === n - 1) found[found.length - 1].push(n);
    else found.push([n]);
  });
  return found;
}

/** Lines, each with its own stroke and its own points; an interval is a band; what is not known breaks the line. */
function drawLines(b, wide) {
  const lines = b.series.filter((one) => one.tone !== "unseen");
  const frame = framed(b, wide, Math.max(1e-9, ...lines.flatMap((one) => [...one.values, ...(one.high ?? [])]).filter((n) => n !== null)));
  unseen(b, frame);
  const x = (n) => frame.left + (n + 0.5) * frame.step;
  lines.forEach((one, row) => {
    const known = one.values.map((value, n) => [value, n]).filter(([value]) => value !== null);
    const group = svgEl("g", { "data-tone": one.tone });
    for (const run of runs(one.low ?? [])) {
      const edge = (of, order) => order.map((n) => `${x(n)} ${frame.y(of[n])}`).join("L");
      group.append(svgEl("path", { class: "band", d: `M${edge(one.high, run)}L${edge(one.low, [...run].reverse())}Z` }));
    }
    const path = known.map(([value, n]) => `${n > 0 && one.values[n - 1] !== null ? "L" : "M"}${x(n)} ${frame.y(value)}`).join("");
    group.append(svgEl("path", { class: "curve", d: path, "stroke-dasharray": STROKES[row % STROKES.length] }));
    frame.svg.append(group);
    for (const [value, n] of known) {
      const node = svgEl("g", { "data-tone": one.tone }, svgEl("path", { class: "spot", d: POINTS[row % POINTS.length], transform: `translate(${x(n)} ${frame.y(value)})` }));
      frame.svg.append(node);
      frame.marks.push({ node, key: `${row}-${n}`, row, said: said(b, one, n), go: one.go?.[n], hit: [x(n) - Math.min(12, frame.step / 2), frame.y(value) - 10, Math.min(24, frame.step), 20] });
    }
  });
  moments(b, frame, wide);
  return frame;
}

/** A field per row and column: the more, the darker, and the larger its square, so that colour is not alone. */
function drawHeat(b, wide) {
  const left = Math.min(wide / 4, Math.max(...b.series.map((one) => wideOf(one.name))) + 8);
  const step = (wide - left - 1) / b.x.length;
  const row = Math.max(24, letter() * 1.8);
  const most = Math.max(1e-9, ...b.series.flatMap((one) => one.values).filter((n) => n !== null));
  const svg = svgEl("svg", { width: wide, height: b.series.length * row + letter() + 8 });
  const written = b.series.every((one) => one.values.every((value, n) => value === null || step >= wideOf(one.shown[n]) + 4)); // all numbers, or squares
  const marks = [];
  b.series.forEach((one, line) => {
    svg.append(label(clipped(one.name, left - 6), left - 6, line * row + row / 2 + letter() / 3, "end"));
    one.values.forEach((value, n) => {
      const field = [left + n * step, line * row, step, row];
      const share = value === null ? 0 : value / most;
      const side = Math.sqrt(share) * (Math.min(step, row) - 6);
      const node = svgEl("g", { "data-tone": value === null ? "unseen" : one.tone },
        svgEl("rect", { class: "cell", x: field[0] + 0.5, y: field[1] + 0.5, width: step - 1, height: row - 1, fill: value === null ? filling(b.keep, "unseen") : "var(--tone)", "fill-opacity": value === null ? 1 : 0.04 + share * 0.36 }));
      if (value !== null && written) {
        const text = label(one.shown[n], field[0] + step / 2, field[1] + row / 2 + letter() / 3, "middle");
        text.setAttribute("class", "tick strong");
        node.append(text);
      } else if (side > 1) node.append(svgEl("rect", { class: "spot", x: field[0] + (step - side) / 2, y: field[1] + (row - side) / 2, width: side, height: side }));
      svg.append(node);
      marks.push({ node, key: `${line}-${n}`, row: line, said: `${one.name} · ${b.x[n]}: ${value === null ? t("chart.unseen") : one.shown[n]}`, go: one.go?.[n], hit: field });
    });
  });
  const every = Math.max(1, Math.ceil((Math.max(...b.x.map(wideOf)) + 8) / step));
  b.x.forEach((name, n) => { if (n % every === 0) svg.append(label(name, left + (n + 0.5) * step, b.series.length * row + letter() + 2, "middle")); });
  return { svg, marks };
}

/** The names along an axis of time, as many as have room. */
function along(b, svg, left, wide, top, high) {
  let free = -Infinity;
  for (const [at, name] of b.ticks ?? []) {
    const x = left + at * wide;
    svg.append(svgEl("line", { class: "grid", x1: x, x2: x, y1: top, y2: high + 4 }));
    const half = wideOf(name) / 2;
    const middle = Math.max(half, Math.min(x, left + wide - half));
    if (middle - half < free) continue;
    free = middle + half + 10;
    svg.append(label(name, middle, high + letter() + 5, "middle"));
  }
}

function drawLanes(b, wide) {
  const narrow = wide < NARROW;
  const left = narrow ? 0 : Math.min(160, Math.max(...b.series.map((one) => wideOf(one.name)), 20) + 10);
  const lane = Math.max(24, letter() * 1.7);
  const row = narrow ? lane + letter() + 8 : lane + 4;
  const high = row * b.series.length;
  const svg = svgEl("svg", { width: wide, height: high + letter() + 12 });
  const whole = wide - left - 1;
  along(b, svg, left, whole, 0, high);
  const marks = [];
  b.series.forEach((one, line) => {
    const y = line * row + (narrow ? letter() + 5 : 0);
    svg.append(narrow ? label(one.name, 0, y - 5) : label(clipped(one.name, left - 10), left - 8, y + lane / 2 + letter() / 3, "end"));
    svg.append(svgEl("rect", { class: "lane", x: left, y, width: whole, height: lane }));
    (one.pieces ?? []).forEach((piece, n) => {
      const field = [left + piece.start * whole, y, Math.max(3, (piece.end - piece.start) * whole), lane];
      const node = svgEl("g", { "data-tone": piece.tone }, svgEl("rect", { class: "fill", x: field[0], y: field[1], width: field[2], height: field[3], fill: filling(b.keep, piece.tone) }));
      svg.append(node);
      marks.push({ node, key: `${line}-${n}`, row: line, said: `${one.name} · ${piece.said}`, go: piece.go, hit: field });
    });
  });
  return { svg, marks };
}

const PLACES = 32; // columns of a strip: over eight hours, a quarter of an hour each

/** A strip: a column of blocks at each place, one a case as long as they have room. */
function drawStripPlot(b, wide) {
  const columns = new Map();
  for (const pin of b.pins ?? []) columns.set(pin.at, [...(columns.get(pin.at) ?? []), pin]);
  const most = Math.max(6, ...[...columns.values()].map((pins) => pins.reduce((sum, pin) => sum + (pin.n ?? 1), 0)));
  const high = 84;
  const part = wide / PLACES;
  const svg = svgEl("svg", { width: wide, height: high + letter() + 12 });
  along(b, svg, 0, wide - 1, 0, high);
  svg.append(svgEl("line", { class: "ground", x1: 0, x2: wide, y1: high, y2: high }));
  const marks = [];
  for (const [at, pins] of columns) {
    let y = high;
    pins.forEach((pin, row) => {
      const n = pin.n ?? 1;
      const tall = (n / most) * (high - 4);
      const x = Math.min(at * wide, wide - part) + 1;
      const node = svgEl("g", { "data-tone": pin.tone });
      const blocks = tall / n >= 5 ? n : 1;
      for (let block = 0; block < blocks; block += 1) node.append(svgEl("rect", { class: "fill", x, y: y - (tall / blocks) * (block + 1) + 1, width: Math.max(2, part - 2), height: Math.max(2, tall / blocks - 1.5), fill: filling(b.keep, pin.tone) }));
      y -= tall;
      svg.append(node);
      marks.push({ node, key: `${at}-${pin.tone}`, row, said: pin.said, go: pin.go, hit: [x - 1, y, part, tall] });
    });
  }
  return { svg, marks };
}
