// A chart: its title with unit and period, its names with their patterns, its drawing (plots.js), a line that says the
// mark under finger, key or pointer, and its numbers as a table. It is drawn for the width that it has, so that its
// letters keep their size; one tab stop leads in, the arrow keys walk the marks, Enter opens what a mark counts.

const drawnWide = new Map(); // chart -> the width it was drawn at last, so that a refresh draws it right at once
const pointedAt = new Map(); // chart -> the mark that is pointed at, and whether by a finger, so that a refresh takes nothing from under a hand
const drawings = new WeakMap(); // ground -> how it is drawn at a width

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) if (contentRect.width > 0) drawings.get(target)?.(Math.floor(contentRect.width));
});

/** An element of a drawing. */
function svgEl(tag, properties = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(properties)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.flat().filter(Boolean));
  return node;
}

// What a tone looks like beside its colour: lines, dots or nothing in a field of 6 by 6 (see charts.css for the colours).
const PATTERNS = {
  negative: "M-1 1 1-1M0 6 6 0M5 7 7 5", positive: "M1.5 1.5h.1M4.5 4.5h.1", urgent: "M-1 5 1 7M0 0 6 6M5-1 7 1", same_day: "M1.5 0V6M4.5 0V6",
  met: "", late: "M0 0 6 6M0 6 6 0", unseen: "M-1 1 1-1M0 6 6 0M5 7 7 5", neutral: "", none: "M0 3H6", before: "",
};

/** What fills a mark of a tone: its pattern, which stands in the figure's own definitions; some are plain. */
function filling(chart, tone) {
  return tone in PATTERNS ? `url(#pattern-${chart}-${tone})` : "var(--tone)";
}

function patterns(b, tones) {
  return svgEl("svg", { class: "plot-patterns", width: 0, height: 0, "aria-hidden": "true" }, svgEl("defs", {}, tones.filter((tone) => tone in PATTERNS).map((tone) =>
    svgEl("pattern", { id: `pattern-${b.keep}-${tone}`, "data-tone": tone, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      svgEl("rect", { class: "pattern-ground", width: 6, height: 6 }), svgEl("path", { class: "pattern-ink", d: PATTERNS[tone] })))));
}

function swatch(b, tone, row) {
  if (b.kind === "lines") {
    return svgEl("svg", { class: "plot-swatch", width: 28, height: 14, "data-tone": tone, "aria-hidden": "true" },
      svgEl("path", { class: "curve", d: "M0 7H28", "stroke-dasharray": STROKES[row % STROKES.length] }), svgEl("path", { class: "spot", d: POINTS[row % POINTS.length], transform: "translate(14 7)" }));
  }
  return svgEl("svg", { class: "plot-swatch", width: 20, height: 14, "data-tone": tone, "aria-hidden": "true" },
    svgEl("rect", { class: "fill", x: 1, y: 1, width: 18, height: 12, fill: filling(b.keep, tone) }));
}

function drawPlot(b) {
  const pieces = (b.series ?? []).flatMap((one) => one.pieces ?? []);
  const tones = [...new Set([...(b.series ?? []).map((one) => one.tone), ...pieces.map((one) => one.tone), ...(b.pins ?? []).map((one) => one.tone), "unseen"])];
  const line = el("div", { class: "plot-said" });
  const ground = el("div", { class: "plot-ground", "data-kind": b.kind });
  const plot = { b, ground, line, marks: [] };
  const redraw = (wide) => {
    if (plot.wide === wide) return;
    plot.wide = wide;
    drawnWide.set(b.keep, wide);
    drawMarks(plot, wide);
  };
  redraw(drawnWide.get(b.keep) ?? 640);
  drawings.set(ground, redraw);
  sizes.observe(ground);
  const hidden = `plot-${b.keep}-keys`;
  ground.querySelector("svg").setAttribute("aria-describedby", hidden);
  return el("figure", { class: "plot", "data-plot": b.keep },
    el("figcaption", { class: "lead" }, b.title && el(`h${b.level ?? 3}`, {}, b.title), el("span", { class: "dim" }, [b.unit, b.period].filter(Boolean).join(" · "))),
    patterns(b, tones), drawNames(b), ground, line, el("p", { id: hidden, hidden: true }, t("chart.keys")),
    (b.moments ?? []).length > 0 && el("ul", { class: "plot-moments" }, b.moments.map((one, n) => el("li", {}, shape("critical"), one.go
      ? el("button", { type: "button", class: "plain", "data-keep": `moment-${b.keep}-${n}`, onclick: () => goTo(one.go) }, `${b.x[one.at]} ${one.name}`)
      : el("span", {}, `${b.x[one.at]} ${one.name}`)))),
    b.facts && drawFactsBlock({ items: b.facts }), b.note && el("p", { class: "dim" }, b.note),
    plot.marks.length > 0 && fold(`plot-${b.keep}`, t("sheet.numbers"), plotTable(b)));
}

/** The names of the series with their patterns, or, of lanes and strips, of the tones that stand in them. */
function drawNames(b) {
  if (b.kind === "heat") return null;
  const named = b.kind === "lanes" || b.kind === "strip" ? (b.names ?? []) : (b.series ?? []).map((one) => [one.tone, one.name]);
  if (named.length < 2 && b.kind !== "strip") return null;
  return el("ul", { class: "plot-names", "aria-label": t("chart.names") }, named.map(([tone, name], row) => el("li", { "data-tone": tone }, swatch(b, tone, row), name)));
}

/** The chart's numbers; each leads where its mark leads. */
function plotTable(b) {
  const cell = (text, go) => (go ? { text, go } : text);
  if (b.kind === "strip") return drawTable({ label: b.title, head: [b.over, b.unit], rows: (b.pins ?? []).map((one) => [cell(one.said, one.go), String(one.n ?? 1)]) });
  if (b.kind === "lanes") return drawTable({ label: b.title, head: [b.over, b.unit], rows: b.series.flatMap((one) => (one.pieces ?? []).map((piece) => [one.name, cell(piece.said, piece.go)])) });
  const between = (one, at) => (one.low && (one.low[at] ?? null) !== null ? ` (${plain(one.low[at])}–${plain(one.high[at])})` : "");
  return drawTable({ label: b.title, head: [b.over, ...(b.series ?? []).map((one) => one.name)],
    rows: (b.x ?? []).map((name, at) => [name, ...b.series.map((one) => cell(one.shown[at] + between(one, at), one.go?.[at]))]) });
}

function plain(number) {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(number);
}

/** Draw the marks for a width and make them one tab stop that the arrow keys walk. */
function drawMarks(plot, wide) {
  const { b, ground } = plot;
  const held = ground.getRootNode().activeElement?.closest?.("[data-mark]")?.dataset.mark;
  const inside = held !== undefined && ground.contains(ground.getRootNode().activeElement);
  plot.marks = [];
  const empty = b.kind !== "strip" && (!b.series?.length || (b.kind !== "lanes" && !b.x?.length));
  const { svg, marks } = empty ? { svg: svgEl("svg", { width: 0, height: 0 }), marks: [] } : PLOTS[b.kind](b, wide);
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", b.label);
  plot.marks = marks;
  for (const one of marks) {
    const node = one.node;
    for (const [name, value] of Object.entries({ class: "mark", role: one.go ? "link" : "img", tabindex: "-1", "aria-label": one.said, "data-mark": one.key, "data-keep": `mark-${b.keep}-${one.key}` })) node.setAttribute(name, value);
    node.append(svgEl("rect", { class: "hit", x: one.hit[0], y: one.hit[1], width: one.hit[2], height: one.hit[3] }));
    node.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") point(plot, one); });
    node.addEventListener("focus", () => point(plot, one));
    node.addEventListener("click", (event) => {
      if (event.pointerType === "touch" || event.pointerType === "pen" || !one.go) point(plot, one, true); // a finger looks first; the line's button opens
      else goTo(one.go);
    });
  }
  svg.addEventListener("keydown", (event) => walk(plot, event));
  const leave = () => { if (svg.isConnected && !svg.contains(svg.getRootNode().activeElement) && !pointedAt.get(b.keep)?.touched) point(plot, null); };
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("focusout", () => setTimeout(leave)); // later: a drawing that is being replaced has lost nothing
  ground.replaceChildren(svg);
  const pointed = pointedAt.get(b.keep);
  point(plot, marks.find((one) => one.key === pointed?.key) ?? null, pointed?.touched);
  if (inside) ground.querySelector(`[data-mark="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Say a mark in the line beneath; without one, how marks are read. */
function point(plot, one, finger = false) {
  const { b, line, marks } = plot;
  const before = pointedAt.get(b.keep);
  const touched = finger || Boolean(one && before?.touched && before.key === one.key); // the focus comes with a finger, too
  for (const other of marks) {
    other.node.toggleAttribute("data-at", other === one);
    other.node.setAttribute("tabindex", other === (one ?? marks[0]) ? "0" : "-1");
  }
  if (one) pointedAt.set(b.keep, { key: one.key, touched });
  else pointedAt.delete(b.keep);
  line.replaceChildren(one ? el("span", {}, one.said) : el("span", { class: "dim" }, marks.length ? t("chart.point") : t("chart.nothing")));
  if (one?.go && touched) line.append(el("button", { type: "button", "data-keep": `open-${b.keep}`, onclick: () => goTo(one.go) }, t("chart.open")));
}

/** Left and right within a series, up and down between them, Home and End, Enter opens. */
function walk(plot, event) {
  const { marks } = plot;
  const at = marks.find((one) => one.node === event.target);
  if (!at) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    event.stopPropagation();
    if (at.go) goTo(at.go);
    return;
  }
  const middle = (one) => [one.hit[0] + one.hit[2] / 2, one.hit[1] + one.hit[3] / 2];
  const [x, y] = middle(at);
  const near = (found, far) => found.reduce((best, one) => (best === null || far(one) < far(best) ? one : best), null);
  const beside = (way) => {
    const found = marks.filter((one) => (middle(one)[0] - x) * way > 0.5);
    const same = found.filter((one) => one.row === at.row);
    return near(same.length ? same : found, (one) => Math.abs(middle(one)[0] - x));
  };
  const above = (way) => near(marks.filter((one) => one.row !== at.row && (middle(one)[1] - y) * way > 0.5),
    (one) => Math.abs(middle(one)[0] - x) * 4 + Math.abs(middle(one)[1] - y));
  const to = { ArrowLeft: () => beside(-1), ArrowRight: () => beside(1), ArrowUp: () => above(-1), ArrowDown: () => above(1), Home: () => marks[0], End: () => marks[marks.length - 1] }[event.key];
  if (!to) return;
  event.preventDefault();
  event.stopPropagation();
  to()?.node.focus();
}
