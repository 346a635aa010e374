// The blocks of which a sheet is made. The server says what stands where (board/sheet.py); each block is drawn here once.
// All that is shown arrives as text and becomes text nodes; `go` is a place on the board, `do` a deed.

const BLOCKS = {
  head: drawHead, text: drawText, note: drawNoteBlock, facts: drawFactsBlock, figures: drawFigures, list: drawList, table: drawTable,
  plot: drawPlot, answer: drawAnswer, counts: drawCounts, fold: (b) => fold(b.keep, b.title, el("div", { class: "inside" }, b.blocks.map(drawBlock))), form: drawForm, buttons: drawButtons,
  log: drawLog, tabs: drawTabs, quote: (b) => el("blockquote", { class: "words" }, b.text), out: (b) => link(b.href, b.text),
};

function drawBlock(block) {
  return BLOCKS[block.b]?.(block) ?? null;
}

function mark(item) {
  return [item.sign && sign(item.sign[0], item.sign[1]), item.due && timer({ due: item.due, urgency: item.urgency ?? "same_day" }, item.large)];
}

function drawHead(b) {
  const level = `h${b.level ?? 2}`;
  return el("div", { class: "heading" },
    b.back && el("button", { type: "button", class: "plain back", "data-keep": "back", onclick: () => goTo(b.back.go) }, "‹ ", b.back.text),
    el("div", { class: "lead" }, el(level, { tabindex: b.level === 1 ? "-1" : null }, b.text), mark(b)),
    b.sub && el("p", { class: "dim" }, b.sub));
}

function drawText(b) {
  return el("p", { class: b.dim ? "dim" : null }, b.text);
}

function drawNoteBlock(b) {
  return el("div", { class: "note", "data-sign": b.sign?.[0], role: b.loud ? "alert" : null },
    b.sign && sign(b.sign[0], b.sign[1]), el("p", {}, b.text), b.more && el("p", { class: "dim" }, b.more), b.buttons && drawButtons({ items: b.buttons }));
}

function drawFactsBlock(b) {
  return el("dl", { class: "facts-grid" }, b.items.map((one) => el("div", { class: "fact" }, el("dt", {}, one[0]), el("dd", {}, one[1]))));
}

/** Figures that are read from across the room: number, unit or period, and where the things stand that it counts. */
function drawFigures(b) {
  return el("div", { class: "figures" }, b.items.map((one) => el(one.go ? "button" : "div", {
    class: "figure-box", type: one.go ? "button" : null, "data-keep": one.go ? `figure-${one.label}` : null, onclick: one.go ? () => goTo(one.go) : null,
  }, one.due ? timer({ due: one.due, urgency: one.urgency ?? "same_day" }) : el("span", { class: "number", "data-words": /^\D*\p{L}{4}\D*$/u.test(one.n) ? "" : null }, one.n), el("span", { class: "label" }, one.label),
  one.sign && sign(one.sign[0], one.sign[1]))));
}

function drawList(b) {
  if (!b.items.length) return el("p", { class: "dim" }, b.empty ?? "");
  return el("ul", { class: "cards", "aria-label": b.label }, b.items.map((item) => el("li", { class: "card", "data-row": item.keep, "data-state": item.state },
    el("div", { class: "lead" }, mark(item), item.go
      ? el("button", { type: "button", class: "plain title", "data-keep": `go-${item.keep}`, onclick: () => goTo(item.go) }, item.title)
      : el("span", { class: "title" }, item.title)),
    item.text && el("p", { class: item.words ? "words" : null }, item.text),
    item.meta?.length > 0 && el("p", { class: "meta dim" }, item.meta.map((part) => el("span", {}, part))),
    item.out && link(item.out[0], item.out[1]),
    item.blocks?.map(drawBlock),
    item.buttons && drawButtons({ items: item.buttons }))));
}

function drawTable(b) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": b.label ?? "" }, el("table", {},
    b.label && el("caption", {}, b.label),
    el("thead", {}, el("tr", {}, b.head.map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, b.rows.map((row) => el("tr", {}, row.map((cell, n) => el(n ? "td" : "th", { scope: n ? null : "row" },
      cell?.go ? el("button", { type: "button", class: "plain", onclick: () => goTo(cell.go) }, cell.text) : cell?.sign ? sign(cell.sign[0], cell.sign[1]) : cell ?? "")))))));
}

function drawLog(b) {
  return el("ol", { class: "log" }, b.items.map((one) => el("li", {},
    el("span", { class: "dim time" }, one.at), el("span", { class: "hand" }, one.who), el("span", {}, one.what),
    one.more && el("span", { class: "more" }, one.more))));
}

function drawTabs(b) {
  return el("div", { class: "switch tabs", role: "group", "aria-label": b.label }, b.items.map(([name, text]) =>
    el("button", { type: "button", "data-keep": `tab-${name}`, "aria-pressed": String(name === b.chosen), onclick: () => goTo({ tab: name }) }, text)));
}

/** Buttons that do something at once, or, where it cannot be taken back, after a second press that says what will happen. */
function drawButtons(b) {
  return el("div", { class: "buttons" }, b.items.map((one) => {
    if (one.go) return el("button", { type: "button", class: one.primary ? "primary" : null, "data-keep": one.keep ?? `go-${one.text}`, onclick: () => goTo(one.go) }, one.text);
    if (one.href) return el("a", { class: "button", href: one.href, download: one.download ?? null, "data-keep": one.keep ?? `out-${one.text}` }, one.text);
    const keep = one.keep ?? `do-${one.do}-${JSON.stringify(one.form ?? {})}`;
    const doing = sheet.busy(one.do, one.form);
    const press = (event) => {
      const button = event.currentTarget;
      if (one.confirm && button.dataset.armed !== "true") {
        button.dataset.armed = "true";
        button.textContent = one.confirm;
        button.classList.add("armed");
        return;
      }
      deedOf(one.do, one.form ?? {}, one.said, one.drops ? () => drafts.drop(fieldName({ keep: one.drops }, "")) : undefined);
    };
    return el("button", { type: "button", class: one.primary ? "primary" : null, "data-keep": keep, disabled: doing, onclick: press }, doing ? t("dock.busy") : one.text);
  }));
}

function fieldName(b, name) {
  return `sheet/${sheet.page}/${sheet.place?.id || ""}/${b.keep}/${name}`;
}

/** Kinds of fields that other files of a part draw. */
const FIELDS = {};

function drawField(b, field) {
  if (FIELDS[field.kind]) return FIELDS[field.kind](b, field);
  const kept = drafts.get(fieldName(b, field.name)) ?? field.value ?? "";
  const keep = (value) => drafts.set(fieldName(b, field.name), value);
  const shared = { name: field.name, "data-keep": `${b.keep}-${field.name}`, required: field.required, maxlength: field.max ?? null, placeholder: field.hint ?? null };
  if (field.kind === "choice") {
    return el("fieldset", {}, el("legend", {}, field.label), field.options.map(([value, label, more]) => el("label", { class: "option" },
      el("input", { type: "radio", name: field.name, value, required: field.required, checked: value === kept, "data-keep": `${b.keep}-${field.name}-${value}`, onchange: () => keep(value) }),
      el("span", {}, el("span", { class: "title" }, label), more && el("span", { class: "dim" }, more)))));
  }
  if (field.kind === "many") {
    const chosen = new Set(String(kept).split(",").filter(Boolean));
    return el("fieldset", {}, el("legend", {}, field.label), field.options.map(([value, label, more]) => el("label", { class: "option" },
      el("input", { type: "checkbox", name: field.name, value, checked: chosen.has(value), "data-keep": `${b.keep}-${field.name}-${value}`, onchange: (event) => {
        if (event.target.checked) chosen.add(value); else chosen.delete(value);
        keep([...chosen].join(","));
      } }),
      el("span", {}, el("span", { class: "title" }, label), more && el("span", { class: "dim" }, more)))));
  }
  let input;
  if (field.kind === "area") input = el("textarea", { ...shared, rows: String(field.rows ?? 3), value: kept, oninput: (event) => keep(event.target.value) });
  else if (field.kind === "select") {
    input = el("select", { ...shared, onchange: (event) => keep(event.target.value) }, field.options.map(([value, label]) => el("option", { value }, label)));
    input.value = kept || field.options[0]?.[0] || "";
  } else input = el("input", { ...shared, type: field.kind ?? "text", value: kept, oninput: (event) => keep(event.target.value) });
  return el("label", { class: "field" }, el("span", {}, field.label), input);
}

function drawForm(b) {
  // Several forms of a page may do the same deed: what came of it is said in the one that was filled in.
  const mine = !sheet.filled || sheet.filled === b.keep;
  const busy = mine && sheet.busy(b.do, null);
  return el("form", { class: "form", "aria-label": b.title, "data-grid": Boolean(b.grid), onsubmit: (event) => {
    event.preventDefault();
    sheet.filled = b.keep;
    const filled = new FormData(event.target);
    const form = { ...(b.form ?? {}) };
    for (const field of b.fields) form[field.name] = field.kind === "many" ? filled.getAll(field.name).join(",") : String(filled.get(field.name) ?? "");
    for (const [name, value] of filled) if (!(name in form) && typeof value === "string") form[name] = value; // hidden fields of a kind
    deedOf(b.do, form, b.said, () => {
      drafts.drop(fieldName(b, ""));
      secrets.forget(fieldName(b, ""));
    });
  } },
  b.title && el("h3", {}, b.title), b.text && el("p", { class: "dim" }, b.text),
  el("div", { class: "fields" }, b.fields.map((field) => withHelp(b, field, drawField(b, field)))),
  mine && sheet.errors.get(b.do) && el("p", { class: "error", role: "alert" }, sheet.errors.get(b.do)),
  el("div", { class: "buttons" }, el("button", { type: "submit", class: b.quiet ? null : "primary", "data-keep": `${b.keep}-save`, disabled: busy }, busy ? t("dock.busy") : b.submit)),
  b.after?.length > 0 && b.after.map(drawBlock));
}
