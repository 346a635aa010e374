// The blocks of which a sheet is made. The server says what stands where (board/sheet.py); each block is drawn here once.
// All that is shown arrives as text and becomes text nodes; `go` is a place on the board, `do` a deed.

const BLOCKS = {
  head: drawHead, text: drawText, note: drawNoteBlock, facts: drawFactsBlock, figures: drawFigures, list: drawList, table: drawTable,
  chart: drawChart, fold: (b) => fold(b.keep, b.title, el("div", { class: "inside" }, b.blocks.map(drawBlock))), form: drawForm, buttons: drawButtons,
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
  }, one.due ? timer({ due: one.due, urgency: one.urgency ?? "same_day" }) : el("span", { class: "number" }, one.n), el("span", { class: "label" }, one.label),
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

/** Counts over time as bars, with moments marked and a band for what is expected; the numbers stand beneath as a table. */
function drawChart(b) {
  const space = "http://www.w3.org/2000/svg";
  const wide = 720, high = 140, foot = 18;
  const most = Math.max(1, ...b.bars.map((bar) => bar.high ?? bar.n));
  const step = wide / b.bars.length;
  const y = (n) => high - (n / most) * (high - 8);
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", `0 0 ${wide} ${high + foot}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", b.label);
  const put = (tag, properties, text) => {
    const node = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(properties)) node.setAttribute(name, value);
    if (text) node.textContent = text;
    svg.append(node);
  };
  b.bars.forEach((bar, n) => {
    if (bar.high !== undefined) put("rect", { class: "band", x: n * step, width: Math.max(1, step - 1), y: y(bar.high), height: Math.max(1, y(bar.low ?? 0) - y(bar.high)) });
    put("rect", { class: bar.unseen ? "bar unseen" : bar.high !== undefined ? "bar expected" : "bar", x: n * step, width: Math.max(1, step - 1), y: y(bar.n), height: high - y(bar.n) });
  });
  put("line", { class: "ground", x1: 0, x2: wide, y1: high, y2: high });
  const every = Math.max(1, Math.ceil(b.bars.length / 8));
  b.bars.forEach((bar, n) => { if (n % every === 0) put("text", { class: "tick", x: n * step, y: high + 14 }, bar.at); });
  for (const one of b.marks ?? []) {
    put("line", { class: "moment", x1: (one.bar + 0.5) * step, x2: (one.bar + 0.5) * step, y1: 0, y2: high });
    put("text", { class: "moment-name", x: Math.min((one.bar + 0.5) * step + 3, wide - 90), y: 10 }, one.name);
  }
  return el("figure", { class: "chart" }, b.title && el("figcaption", {}, b.title), svg,
    (b.marks ?? []).length > 0 && el("p", { class: "meta dim" }, b.marks.map((one) => el("span", {}, `${one.at} ${one.name}`))),
    fold(`chart-${b.keep}`, t("sheet.numbers"), drawTable({ head: b.head, rows: b.bars.map((bar) => [bar.at, bar.text ?? String(bar.n)]) })));
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
      deedOf(one.do, one.form ?? {}, one.said);
    };
    return el("button", { type: "button", class: one.primary ? "primary" : null, "data-keep": keep, disabled: doing, onclick: press }, doing ? t("dock.busy") : one.text);
  }));
}

function fieldName(b, name) {
  return `sheet/${sheet.place?.id ?? ""}/${b.keep}/${name}`;
}

function drawField(b, field) {
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
  const busy = sheet.busy(b.do, null);
  return el("form", { class: "form", "aria-label": b.title, onsubmit: (event) => {
    event.preventDefault();
    const filled = new FormData(event.target);
    const form = { ...(b.form ?? {}) };
    for (const field of b.fields) form[field.name] = field.kind === "many" ? filled.getAll(field.name).join(",") : String(filled.get(field.name) ?? "");
    deedOf(b.do, form, b.said, () => drafts.drop(`sheet/${sheet.place?.id ?? ""}/${b.keep}/`));
  } },
  b.title && el("h3", {}, b.title), b.text && el("p", { class: "dim" }, b.text),
  b.fields.map((field) => drawField(b, field)),
  sheet.errors.get(b.do) && el("p", { class: "error", role: "alert" }, sheet.errors.get(b.do)),
  el("div", { class: "buttons" }, el("button", { type: "submit", class: b.quiet ? null : "primary", "data-keep": `${b.keep}-save`, disabled: busy }, busy ? t("dock.busy") : b.submit)));
}
