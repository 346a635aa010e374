// The story of a case: every word the customer wrote, and what was answered, in the order of time.

function drawStory(data) {
  return data.story.map((item) => (item.kind === "mention" ? drawMention(item, data) : drawOurs(item)));
}

function drawMention(item, data) {
  return el("article", { class: "mention" },
    el("div", { class: "by" },
      el("span", { class: "author" }, item.who), item.handle && el("span", { class: "dim" }, item.handle),
      el("span", { class: "dim" }, item.channel), item.followers && el("span", { class: "dim" }, item.followers),
      item.rating && el("span", { class: "dim" }, item.rating),
      el("time", { class: "at", title: `${item.at_full} · ${item.seen}` }, item.at),
      item.edited && el("span", { class: "edited" }, item.edited),
      item.url && link(item.url, t("story.original"), "original")),
    item.deleted ? el("p", { class: "deleted dim" }, item.deleted) : drawWords(item.pieces),
    item.versions.length > 0 && fold(`versions-${item.id}`, t("story.versions"), el("ol", { class: "versions" }, item.versions.map((one) =>
      el("li", {}, el("span", { class: "dim" }, one.until), el("p", { class: "words", dir: "auto" }, one.text))))),
    item.cut && el("button", { type: "button", class: "plain", onclick: () => go({ whole: [...desk.place.whole, item.id] }) }, t("story.whole")),
    item.facts.length > 0 && el("ul", { class: "found", "aria-label": t("fact.title") }, item.facts.map((fact) =>
      el("li", { class: fact.kind }, el("span", { class: "dim" }, fact.name), " ", el("span", { dir: "auto" }, fact.text)))),
    data && drawLabels(item, data));
}

/** The words, letter by letter as they were written; the pieces that drove the score are marked. */
function drawWords(pieces) {
  return el("p", { class: "words", dir: "auto" }, pieces.map(([text, heads]) =>
    heads.length ? el("mark", { title: t("story.drove", { heads: heads.map((h) => t(`head.${h}`)).join(", ") }) }, text) : text));
}

function drawOurs(item) {
  return el("article", { class: `ours ${item.undone ? "undone" : item.kind}` },
    el("div", { class: "by" },
      item.kind === "answered" && !item.undone && shape("met"),
      item.undone && el("span", { class: "edited" }, t("story.undone")),
      el("span", { class: "author" }, item.title), el("span", { class: "dim" }, item.who),
      el("time", { class: "at", title: item.at_full }, item.at),
      item.url && link(item.url, t("story.link"), "original")),
    item.text && el("p", { class: "words", dir: "auto" }, item.text));
}

/** What the classifier said, how sure it was, and the way to correct it. */
function drawLabels(item, data) {
  const said = item.labels.map((label) =>
    el("span", { class: "label" },
      el("span", { class: "dim" }, label.name), " ", el("span", {}, label.label), " ",
      label.corrected ? el("span", { class: "dim" }, t("label.corrected"))
        : label.unsure ? el("span", { class: "unsure" }, t("label.unsure", { share: label.share }))
          : el("span", { class: "dim figure" }, label.share)));
  const choose = item.labels.map((label) => {
    const select = el("select", {
      "data-keep": `label-${item.id}-${label.head}`,
      onchange: (event) => act({ do: "correct", case: data.id, mention: item.id, head: label.head, label: event.target.value },
        t("done.corrected")),
    }, data.heads[label.head].map(([value, name]) => el("option", { value }, name)));
    select.value = label.value;
    return el("label", {}, el("span", { class: "dim" }, label.name), select);
  });
  return el("div", { class: "labels" }, ...said,
    item.labels.length > 0 && fold(`labels-${item.id}`, t("label.correct"), el("div", { class: "choose" }, choose), el("p", { class: "dim" }, t("label.correct_text"))));
}

/** A mention to which no answer is due, with the way to ask for one after all. */
function drawLoneMention(row) {
  return [
    el("header", { class: "head" },
      el("button", { type: "button", class: "back plain", onclick: back }, t("case.back")),
      el("div", { class: "lead" }, sign("none", t("view.no_answer"))),
      el("h1", { tabindex: "-1" }, row.who, row.handle && el("span", { class: "handle" }, row.handle)),
      el("p", { class: "dim facts" }, [row.channel, row.followers, row.posted_text].filter(Boolean).map((x) => el("span", {}, x)))),
    el("div", { class: "body lone" },
      drawWords(row.pieces),
      row.cut && el("button", { type: "button", class: "plain", onclick: () => go({ whole: [...desk.place.whole, row.id] }) }, t("story.whole")),
      el("div", { class: "labels" }, row.labels.map((l) => el("span", { class: "label" }, el("span", { class: "dim" }, l.head), " ", l.label))),
      el("p", { class: "dim" }, t("lone.text")),
      el("button", {
        type: "button", class: "primary",
        onclick: () => act({ do: "open", mention: row.id }, t("done.opened"), (answer) => {
          go({ view: "open", case: answer.case }, { mention: null });
        }),
      }, t("lone.open"))),
  ];
}
