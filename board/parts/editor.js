// Looking for something, and writing a file with its check beside it: blocks of a sheet that people type in.

Object.assign(BLOCKS, {
  search: drawSearch, status: (b) => el("p", { class: "dim", role: "status" }, b.text), bullets: drawBullets,
  editor: drawEditor, saving: drawSaving, findings: drawFindings, moments: drawMoments,
});

/**
 * What is typed here stays in this tab, under the name of who types: a playbook is longer than a draft that the desk keeps, and what is looked for
 * may be a customer's number.
 */
const typedHere = {
  all() {
    try {
      return JSON.parse(sessionStorage.getItem(`nobet-typed/${drafts.me ?? ""}`) ?? "{}");
    } catch {
      return {};
    }
  },
  get: (name) => typedHere.all()[name],
  set(name, text) {
    const { [name]: _, ...rest } = typedHere.all();
    try {
      sessionStorage.setItem(`nobet-typed/${drafts.me ?? ""}`, JSON.stringify(text === undefined ? rest : { ...rest, [name]: text }));
    } catch {
      // a full or forbidden storage costs what was typed at a reload, nothing else
    }
  },
  drop: (name) => typedHere.set(name, undefined),
};

const WAIT_SEARCH = 250; // ms after the last letter: fast typing asks once
const WAIT_CHECK = 600;

/** What is looked for, asked a moment after the last letter or at once with Enter. It survives a reload in this tab. */
function drawSearch(b) {
  const kept = `search/${sheet.page}`;
  const ask = (value) => {
    clearTimeout(drawSearch.timer);
    typedHere.set(kept, value);
    if (sheet.root && value !== sheet.place.q) goTo({ q: value, ...(b.go ?? {}) });
  };
  const before = sheet.place.q || typedHere.get(kept) || "";
  const input = el("input", {
    type: "search", id: `search-${b.keep}`, "data-keep": `search-${b.keep}`, value: before, placeholder: b.hint ?? null, maxlength: "200",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": b.more ? `search-${b.keep}-more` : null,
    oninput: (event) => {
      clearTimeout(drawSearch.timer);
      const { value } = event.target;
      drawSearch.timer = setTimeout(() => ask(value), WAIT_SEARCH);
    },
  });
  if (before && !sheet.place.q) setTimeout(() => ask(before), 0);
  return el("form", { class: "search", role: "search", onsubmit: (event) => {
    event.preventDefault();
    ask(input.value);
  } },
  el("label", { class: "field", for: `search-${b.keep}` }, el("span", {}, b.label)), input,
  b.more && el("p", { class: "dim small", id: `search-${b.keep}-more` }, b.more));
}

function drawBullets(b) {
  return el("ul", { class: "bullets", "aria-label": b.label }, b.items.map((one) => el("li", {}, one)));
}

/** What was written and done, in the order of time: who, where, the words, and where it stands. */
function drawMoments(b) {
  return el("ol", { class: "moments", "aria-label": b.label }, b.items.map((one) => el("li", { class: `line-${one.kind}`, "data-row": one.keep },
    el("p", { class: "meta dim" }, el("span", { class: "time" }, one.at), one.channel && el("span", {}, one.channel), el("span", { class: "hand" }, one.word), one.who && el("span", {}, one.who),
      one.case && el("button", { type: "button", class: "plain", "data-keep": `moment-${one.keep}`, onclick: () => goTo({ page: "triage", case: one.case }) }, t("case.number", { n: one.case })),
      one.url && link(one.url, t("customers.source"))),
    one.text && el("p", { class: one.quiet ? "words dim" : "words", dir: "auto" }, one.text))));
}

// --- the editor ---

const editing = { area: null, gutter: null, status: null, block: null, seq: 0, timer: 0, marks: new Set(), free: false, left: "" };

const editName = (b) => `sheet/editor/${b.keep}/${b.base}`;

/** A text area with numbered lines. Tab indents; after Esc, Tab leaves. What is typed is checked a moment later. */
function drawEditor(b) {
  const gutter = el("pre", { class: "gutter", "aria-hidden": "true" });
  const area = el("textarea", {
    id: `editor-${b.keep}`, "data-keep": `editor-${b.keep}`, class: "code", wrap: "off", spellcheck: "false", autocapitalize: "off", autocomplete: "off",
    "aria-describedby": `editor-${b.keep}-hint`, value: typedHere.get(editName(b)) ?? b.text, readonly: b.readonly || null,
    oninput: () => typed(), onkeydown: (event) => editKey(event), onblur: () => { editing.free = false; },
    onscroll: () => { gutter.scrollTop = area.scrollTop; },
  });
  const status = el("p", { class: "dim", role: "status" });
  Object.assign(editing, { area, gutter, status, block: b, marks: new Set(), free: false });
  paintGutter();
  if (area.value !== b.text) setTimeout(() => check(), 0);
  return el("div", { class: "editor-block" },
    el("div", { class: "lead" }, el("label", { for: `editor-${b.keep}`, class: "title" }, b.label), status),
    el("div", { class: "editor" }, gutter, area),
    el("p", { class: "dim small", id: `editor-${b.keep}-hint` }, t("editor.hint")));
}

function typed() {
  typedHere.set(editName(editing.block), editing.area.value);
  editing.status.textContent = t("editor.checking");
  paintGutter();
  clearTimeout(editing.timer);
  editing.timer = setTimeout(check, WAIT_CHECK);
}

function check() {
  if (!editing.area?.isConnected) return;
  editing.seq += 1;
  editing.status.textContent = t("editor.checking");
  deedOf("check", { key: editing.block.key, base: editing.block.base, text: editing.area.value, seq: String(editing.seq) });
}

function editKey(event) {
  if (event.key === "Escape") {
    editing.free = true;
    editing.status.textContent = t("editor.free");
  } else if (event.key === "Tab" && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey && !editing.free && !editing.area.readOnly) {
    event.preventDefault();
    // execCommand keeps the browser's own undo; where it is gone, the text is set without it
    if (!document.execCommand?.("insertText", false, "  ")) {
      editing.area.setRangeText("  ", editing.area.selectionStart, editing.area.selectionEnd, "end");
      typed();
    }
  }
}

function paintGutter() {
  const count = editing.area.value.split("\n").length;
  editing.gutter.replaceChildren(...Array.from({ length: count }, (_, n) => el("span", { class: editing.marks.has(n + 1) ? "line wrong" : "line" },
    editing.marks.has(n + 1) ? `▸ ${n + 1}` : String(n + 1))));
  editing.gutter.scrollTop = editing.area.scrollTop;
}

/** The cursor to a line, the line in sight. */
function jumpTo(line) {
  const { area } = editing;
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  const height = area.scrollHeight / Math.max(1, lines.length);
  area.scrollTop = Math.max(0, (line - 4) * height);
  area.scrollLeft = 0;
}

/** What is wrong, each with its line; a press goes there. */
function drawFindings(b) {
  if (editing.area?.isConnected && editing.block.keep === b.keep && (b.seq >= editing.seq || !editing.seq)) {
    editing.marks = new Set(b.items.map((one) => one.line));
    paintGutter();
    editing.status.textContent = b.said;
  }
  if (!b.items.length) return el("p", {}, sign("met", b.said));
  return el("ol", { class: "findings", "aria-label": b.label }, b.items.map((one) => el("li", {},
    el("button", { type: "button", class: "plain", "data-keep": `finding-${one.line}-${one.field}`, onclick: () => jumpTo(one.line) }, t("editor.line", { n: one.line })),
    one.field && el("code", {}, one.field), el("p", { lang: one.lang ?? null }, one.text))));
}

/** Saving what stands in the editor; refused and busy are said here, so that the editor itself is never drawn anew. */
function drawSaving(b) {
  const busy = sheet.busy(b.do, null);
  const why = el("input", { type: "text", maxlength: "300", required: true, "data-keep": `${b.keep}-why`, value: typedHere.get(`sheet/editor/${b.keep}/why`) ?? "", oninput: (event) => typedHere.set(`sheet/editor/${b.keep}/why`, event.target.value) });
  return el("form", { class: "form", onsubmit: (event) => {
    event.preventDefault();
    const name = editName(editing.block);
    deedOf(b.do, { key: editing.block.key, base: editing.block.base, text: editing.area.value, why: why.value }, b.said, () => {
      typedHere.drop(name);
      typedHere.drop(`sheet/editor/${b.keep}/why`);
    });
  } },
  el("p", { class: "dim" }, b.text),
  el("label", { class: "field" }, el("span", {}, b.why), why),
  sheet.errors.get(b.do) && el("p", { class: "error", role: "alert" }, sheet.errors.get(b.do)),
  el("div", { class: "buttons" },
    el("button", { type: "submit", class: "primary", "data-keep": `${b.keep}-save`, disabled: busy }, busy ? t("dock.busy") : b.submit),
    el("button", { type: "button", "data-keep": `${b.keep}-drop`, onclick: (event) => {
      const button = event.currentTarget;
      if (button.dataset.armed !== "true") {
        button.dataset.armed = "true";
        button.textContent = t("editor.drop_sure");
        return;
      }
      typedHere.drop(editName(editing.block));
      editing.area.value = editing.block.text;
      button.dataset.armed = "";
      button.textContent = t("editor.drop");
      paintGutter();
      check();
      editing.area.focus();
    } }, t("editor.drop"))));
}
