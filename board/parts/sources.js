// Sources: what might we be missing? Each with its strip of coverage, its evidence and its next try; beneath them what
// could not be read. Connecting one (connect.js) takes the place of the list while it lasts.

function fact(name, ...value) {
  return el("div", { class: "fact" }, el("dt", {}, name), el("dd", {}, ...value));
}

function moment(at, text, none) {
  return at ? [ago(at), el("span", { class: "dim" }, ` · ${text}`)] : el("span", { class: "dim" }, none);
}

function drawSource(source, data) {
  const marks = [
    source.waiting && el("span", {}, t("sources.waiting", { n: source.waiting })),
    source.held && el("span", {}, t("sources.held", { n: source.held })),
  ].filter(Boolean);
  const note = pieces(source.note, data.language);
  return el("article", { class: "source", "data-state": source.state, "data-source": source.name, "data-trouble": source.trouble },
    el("div", { class: "head" },
      el("h2", {}, source.name),
      source.kind && el("span", { class: "dim" }, source.kind),
      sign(source.sign, source.word),
      source.timeline && source.state !== "off" && el("span", { class: "share" }, source.timeline.share ? t("coverage.share", { share: source.timeline.share }) : t("coverage.undecided"))),
    (source.trouble || source.failures) && el("div", { class: "note", "data-sign": source.trouble ? source.sign : null },
      el("p", {}, source.failures && el("span", { class: "failures" }, source.failures, ". "), note),
      source.advice && el("p", {}, source.advice)),
    source.timeline && drawStrip(source, data),
    marks.length > 0 && el("p", { class: "marks dim" }, ...marks),
    fold(`more-${source.name}`, t("sources.more"), el("div", { class: "inside" },
      el("dl", {},
        fact(t("sources.last_answer"), moment(source.answered_at, source.answered_text, t("sources.never"))),
        fact(t("sources.last_item"), moment(source.item_at, source.item_text, t("sources.none_yet"))),
        fact(t("sources.new_24h"), el("span", { class: "figure" }, source.new_text)),
        fact(t("sources.total"), el("span", { class: "figure" }, source.total)),
        fact(t("sources.lag_name"), source.lag || el("span", { class: "dim" }, t("sources.no_lag"))),
        fact(t("sources.next"), moment(source.next_at, source.next_text, t("sources.no_next")))),
      drawBudgets(source.budgets),
      source.timeline && drawRefills(source.timeline.refills, data.language),
      !source.trouble && !source.failures && source.note.length > 0 && el("p", { class: "marks dim" }, el("span", {}, t("sources.said_last"), " ", note)))));
}

function drawHeld(row) {
  return el("li", {},
    el("div", { class: "line" }, el("span", { class: "dim time" }, row.at), el("span", {}, row.stage), el("span", { class: "dim" }, row.source)),
    el("p", {}, pieces(row.reason, language)),
    row.raw && fold(`held-${row.id}`, t("held.raw"), el("pre", {}, row.raw)));
}

function drawEmpty(data) {
  return el("div", { class: "empty" },
    el("h2", {}, t("sources.empty_title")), el("p", {}, t("sources.empty_text")),
    data.can_add && el("p", {}, addButton("primary", "add-first")),
    el("p", { class: "dim" }, t("sources.empty_then")));
}

/** The list's pieces, each redrawn only when it has changed, so that nothing moves under a hand. */
function showSources(list, data) {
  const { sources, expected, axis, states, can_add } = data;
  const wanted = [];
  const piece = (key, given, build) => wanted.push([key, given, build]);
  if (!sources.length && !expected.length) piece("empty", { can_add }, drawEmpty);
  if (sources.length) piece("legend", states, drawLegend);
  if (sources.length) piece("axis", axis, drawAxis);
  for (const name of expected) piece(`expected-${name}`, name, drawExpected);
  for (const source of sources) piece(`source-${source.name}`, { source, states, language: data.language }, (d) => drawSource(d.source, d));
  if (sources.length) piece("numbers", { states, sources: sources.map(({ name, timeline }) => ({ name, timeline: timeline && { share: timeline.share, minutes: timeline.minutes, lag: timeline.lag } })) }, drawNumbers);
  const nodes = new Map([...list.children].map((node) => [node.dataset.piece, node]));
  const order = wanted.map(([key]) => nodes.get(key) ?? el("div", { class: "piece", "data-piece": key }));
  if (order.length !== list.children.length || order.some((node, n) => node !== list.children[n])) list.replaceChildren(...order);
  wanted.forEach(([, given, build], n) => patch(order[n], given, build));
}

function drawExpected(name) {
  return el("article", { class: "source", "data-state": "expected" }, el("div", { class: "head" }, el("h2", {}, name), sign("none", t("sources.expected"))));
}

function drawQuarantine(held) {
  return [
    el("h2", {}, t("held.title")),
    el("p", { class: "dim" }, held.length ? t("held.text") : t("held.none")),
    held.length > 0 && el("ul", { class: "held" }, held.map(drawHeld)),
  ];
}

function addButton(className, keep) {
  return el("button", { type: "button", class: className, "data-keep": keep, onclick: () => send({ do: "add" }) }, t("setup.add"));
}

function drawTop({ summary, silent, many, can_add, window: chosen, windows }) {
  return [
    el("div", { class: "title" }, el("h1", {}, t("page.sources")),
      many > 0 && can_add && addButton("add", "add")),
    many > 0 && silent && sign("late", silent),
    many > 0 && el("div", { class: "under" }, el("p", { class: "dim" }, summary),
      el("div", { class: "switch", role: "group", "aria-label": t("window.choose") }, windows.map(([name, text]) =>
        el("button", { type: "button", "data-keep": `window-${name}`, "aria-pressed": name === chosen ? "true" : "false", onclick: () => send({ do: "look", window: name }) }, text)))),
  ];
}

const sourcesPage = { root: null, stop: null, refresh: 10000, send: null };

/** Tell the server what was chosen. A look at how a try stands may be lost; a press of a button is the last thing sent. */
function send(what) {
  sourcesPage.send(what);
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  useLanguage(data.language);
  hear(data.now, data.speed);
  const page = sourcesPage;
  page.send = (what) => setTriggerValue("send", what);
  if (page.root?.parentNode !== parentElement) {
    page.stop?.();
    page.root = el("main", { class: "root sources" },
      el("p", { class: "stale", role: "status", hidden: true }), el("p", { class: "failure", role: "alert", hidden: true }),
      el("section", { class: "connect", hidden: true }),
      el("header", {}), el("section", { class: "list" }), el("section", { class: "quarantine" }));
    parentElement.append(page.root);
    page.stop = startTicking(page.root, () => paintStale(page.root.querySelector(".stale"), heardAt, page.refresh));
  }
  page.refresh = data.refresh_ms;
  const part = (name) => page.root.querySelector(`:scope > ${name}`);
  const failure = part(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  const opened = part(".connect").hidden !== !data.setup;
  part(".connect").hidden = !data.setup;
  for (const name of ["header", ".list", ".quarantine"]) part(name).hidden = Boolean(data.setup);
  if (data.setup) {
    showConnect(part(".connect"), data.setup, data.poll_ms, data.now);
    if (opened) page.root.scrollTop = 0;
    return page.stop;
  }
  forgetConnect();
  if (opened) part("header").querySelector('[data-keep="add"]')?.focus();
  if (data.failure) return page.stop;
  const { summary, silent, can_add, windows } = data;
  patch(part("header"), { summary, silent, many: data.sources.length + data.expected.length, can_add, window: data.window, windows }, drawTop);
  showSources(part(".list"), data);
  patch(part(".quarantine"), data.held, drawQuarantine);
  return page.stop;
});
