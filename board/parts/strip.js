// A source's coverage as a strip: colour, pattern, sign and word for every state, and a line that says the piece pointed
// at. Pointing is hovering, a tap, or the arrow keys; the line has its place always, so that nothing moves.

const COVERAGE_SIGNS = {
  seen: "met", partly: "urgent", blocked: "late", quota: "paused", broken: "critical", off: "none", unknown: "unknown",
};

/** Texts in pieces of which some are still English, marked so for whoever reads them aloud. */
function pieces(list, language) {
  return (list ?? []).map(([text, english], n) => [n > 0 && " ", english && language !== "en" ? el("span", { lang: "en" }, text) : text]);
}

function stateSign(state, word) {
  return el("span", { class: "state-sign", "data-state": state }, el("span", { class: "swatch" }, shape(COVERAGE_SIGNS[state])), word);
}

function drawLegend(states) {
  return [
    el("ul", { class: "legend", "aria-label": t("coverage.legend") }, states.map(([state, word]) => el("li", {}, stateSign(state, word)))),
    el("p", { class: "dim point" }, t("coverage.point")),
  ];
}

const pointed = new Map(); // source -> the moment that is pointed at, so that a refresh takes nothing from under a finger

/** The strip with its line. */
function drawStrip(source, data) {
  const line = el("p", { class: "said", "aria-live": "polite" });
  const words = new Map(data.states);
  const spans = source.timeline.spans;
  let at = -1;
  const marks = spans.map((span, n) => el("span", {
    class: "span", "data-state": span.state, style: `left: ${span.at * 100}%; width: ${span.size * 100}%`,
    onmouseenter: () => say(n), onclick: () => say(n),
  }, shape(COVERAGE_SIGNS[span.state])));
  const say = (n) => {
    marks[at]?.removeAttribute("data-at");
    at = n;
    const span = spans[n];
    if (!span) {
      pointed.delete(source.name);
      return line.replaceChildren(...rest());
    }
    pointed.set(source.name, (span.start + span.end) / 2);
    marks[n].setAttribute("data-at", "");
    line.replaceChildren(stateSign(span.state, words.get(span.state)), el("span", { class: "when" }, `${span.when} (${span.length})`),
      span.missed && el("strong", {}, span.missed), el("span", { class: "dim why" }, pieces(span.why, data.language)));
  };
  const late = [t("coverage.lag"), " ", source.lag || t("sources.no_lag")];
  const rest = () => [el("span", { class: "dim" }, spans.length ? late : t("coverage.nothing"))];
  line.append(...rest());
  const strip = el("div", {
    class: "strip", tabindex: spans.length ? "0" : null, role: "img", "aria-label": source.timeline.label, "data-keep": `strip-${source.name}`,
    onkeydown: (event) => {
      const steps = { ArrowLeft: at < 0 ? spans.length - 1 : Math.max(0, at - 1), ArrowRight: at < 0 ? 0 : Math.min(spans.length - 1, at + 1), Home: 0, End: spans.length - 1, Escape: -1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      say(steps[event.key]);
    },
    onmouseleave: () => { if (!strip.matches(":focus")) say(-1); },
    onblur: () => setTimeout(() => { if (strip.isConnected) say(-1); }),
  }, marks);
  const again = spans.findIndex((span) => span.start <= pointed.get(source.name) && pointed.get(source.name) < span.end);
  if (again >= 0) say(again);
  return el("div", { class: "covered" }, strip, line);
}

function drawAxis(axis) {
  return el("div", { class: "axis", "aria-hidden": "true" }, axis.map((mark) => el("span", { style: `left: ${mark.at * 100}%` }, mark.text)));
}

/** The same in numbers: minutes by state, share seen, how late a post is seen. */
function drawNumbers(data) {
  const rows = data.sources.filter((source) => source.timeline);
  if (!rows.length) return null;
  const head = [t("coverage.source"), t("coverage.share_name"), ...data.states.map(([, word]) => `${word}, ${t("coverage.minutes")}`), t("coverage.p50"), t("coverage.p95")];
  return fold("numbers", t("coverage.numbers"), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("coverage.numbers") }, el("table", {},
    el("thead", {}, el("tr", {}, head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, rows.map((source) => el("tr", {}, el("th", { scope: "row" }, source.name),
      el("td", {}, source.timeline.share || "–"), source.timeline.minutes.map((n) => el("td", {}, n)), source.timeline.lag.map((text) => el("td", {}, text))))))));
}

function drawRefills(refills, language) {
  if (!refills.length) return null;
  return el("div", { class: "refills" }, el("h3", {}, t("refill.title")), el("ul", {}, refills.map((row) =>
    el("li", {}, row.text, " · ", row.found, row.why.length > 0 && [" · ", el("span", { class: "dim" }, pieces(row.why, language))]))));
}

function drawBudgets(budgets) {
  if (!budgets.length) return null;
  return el("div", { class: "budgets" }, el("h3", {}, t("budget.title")), budgets.map((budget) =>
    el("p", { "data-sign": budget.full ? "late" : budget.warn ? "urgent" : null },
      (budget.full || budget.warn) && shape(budget.full ? "late" : "urgent"), budget.text,
      el("span", { class: "gauge", "aria-hidden": "true" }, el("span", { style: `width: ${budget.share * 100}%` })))));
}
