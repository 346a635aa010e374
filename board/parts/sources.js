// Sources: each with its sign, its evidence and its next try; beneath them what could not be read.

function fact(name, ...value) {
  return el("div", { class: "fact" }, el("dt", {}, name), el("dd", {}, ...value));
}

function moment(at, text, none) {
  return at ? [ago(at), el("span", { class: "dim" }, ` · ${text}`)] : el("span", { class: "dim" }, none);
}

function drawSource(source) {
  const marks = [
    source.waiting && el("span", {}, t("sources.waiting", { n: source.waiting })),
    source.held && el("span", {}, t("sources.held", { n: source.held })),
  ].filter(Boolean);
  const worried = source.sign === "late" || source.sign === "paused";
  return el("article", { class: "source", "data-state": source.state },
    el("div", { class: "head" },
      sign(source.sign, source.word),
      el("h2", {}, source.name),
      source.kind && el("span", { class: "dim" }, source.kind)),
    el("dl", {},
      fact(t("sources.last_answer"), moment(source.answered_at, source.answered_text, t("sources.never"))),
      fact(t("sources.last_item"), moment(source.item_at, source.item_text, t("sources.none_yet"))),
      fact(t("sources.new_24h"), el("span", { class: "figure" }, source.new_text)),
      fact(t("sources.total"), el("span", { class: "figure" }, source.total)),
      fact(t("sources.lag_name"), source.lag || el("span", { class: "dim" }, t("sources.no_lag"))),
      fact(t("sources.next"), moment(source.next_at, source.next_text, t("sources.no_next")))),
    marks.length > 0 && el("p", { class: "marks dim" }, ...marks),
    (worried || source.failures) && el("div", { class: "note", "data-sign": worried ? source.sign : null },
      el("p", {}, source.failures && el("span", { class: "failures" }, source.failures, ". "), el("span", { lang: "en" }, source.note)),
      source.advice && el("p", {}, source.advice)),
    !worried && !source.failures && source.note && el("p", { class: "marks dim", lang: "en" }, source.note));
}

function drawHeld(row) {
  return el("li", {},
    el("div", { class: "line" }, el("span", { class: "dim time" }, row.at), el("span", {}, row.stage), el("span", { class: "dim" }, row.source)),
    el("p", { lang: "en" }, row.reason),
    row.raw && fold(`held-${row.id}`, t("held.raw"), el("pre", {}, row.raw)));
}

function drawEmpty() {
  return el("div", { class: "empty" },
    el("h2", {}, t("sources.empty_title")), el("p", {}, t("sources.empty_text")),
    el("pre", { class: "example" }, "sources:\n  - kind: feed\n    name: blog\n    url: https://example.com/feed.xml\n    every: 300"),
    el("p", { class: "dim" }, t("sources.empty_then")));
}

function drawSources(data) {
  if (!data.sources.length) return drawEmpty();
  return data.sources.map(drawSource);
}

function drawQuarantine(held) {
  return [
    el("h2", {}, t("held.title")),
    el("p", { class: "dim" }, held.length ? t("held.text") : t("held.none")),
    held.length > 0 && el("ul", { class: "held" }, held.map(drawHeld)),
  ];
}

const sourcesPage = { root: null, stop: null, refresh: 10000 };

export default guarded(({ data, parentElement }) => {
  useLanguage(data.language);
  hear(data.now);
  const page = sourcesPage;
  if (page.root?.parentNode !== parentElement) {
    page.stop?.();
    page.root = el("main", { class: "root sources" },
      el("p", { class: "stale", role: "status", hidden: true }), el("p", { class: "failure", role: "alert", hidden: true }),
      el("header", {}), el("section", { class: "list" }), el("section", { class: "quarantine" }));
    parentElement.append(page.root);
    page.stop = startTicking(page.root, () => paintStale(page.root.querySelector(".stale"), heardAt, page.refresh));
  }
  page.refresh = data.refresh_ms;
  const failure = page.root.querySelector(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  if (data.failure) return page.stop;
  patch(page.root.querySelector("header"), [data.summary, data.silent, data.sources.length], ([text, silent, many]) => [
    el("h1", {}, t("page.sources")), many > 0 && silent && sign("late", silent), el("p", { class: "dim" }, many ? text : "")]);
  patch(page.root.querySelector(".list"), { sources: data.sources }, drawSources);
  patch(page.root.querySelector(".quarantine"), data.held, drawQuarantine);
  return page.stop;
});
