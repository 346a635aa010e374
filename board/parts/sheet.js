// A sheet: a page made of blocks that the server names. It keeps where one is and what was done until the server says so.

const sheet = {
  root: null, stop: null, send: () => {}, place: null, page: "", refresh: 5000, outbox: new Map(), errors: new Map(), pushedAt: 0, data: null,
  busy: (name, form) => [...sheet.outbox.values()].some(({ deed }) => deed.do === name && (form === null || JSON.stringify(deed.form) === JSON.stringify(form ?? {}))),
};

/** Go somewhere: on this page, or to another one. */
function goTo(place) {
  const { page, ...rest } = place;
  sheet.errors.clear();
  sheet.place = { ...sheet.place, ...rest, n: sheet.place.n + 1 };
  sheet.leave = page ? { page, ...rest } : null;
  sheet.scroll = "id" in rest || "tab" in rest;
  push();
}

/** Do something through the server; sent until it is answered. */
function deedOf(name, form, said, then = () => {}) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  sheet.errors.delete(name);
  sheet.outbox.set(id, { deed: { id, do: name, of: sheet.place.id ?? 0, form }, said, then, sentAt: Date.now() });
  sheet.root.setAttribute("aria-busy", "true");
  paintSheet();
  push();
}

function push() {
  sheet.pushedAt = Date.now();
  for (const entry of sheet.outbox.values()) entry.sentAt = Date.now();
  sheet.send({ items: [...sheet.outbox.values()].map((entry) => entry.deed), place: sheet.place, leave: sheet.leave ?? null });
}

function hearAnswers(answers) {
  for (const [id, answer] of Object.entries(answers)) {
    const entry = sheet.outbox.get(id);
    if (!entry) continue;
    sheet.outbox.delete(id);
    if (answer.error) {
      sheet.errors.set(entry.deed.do, answer.error);
      say(answer.error, true);
      continue;
    }
    entry.then(answer);
    if (answer.told) say([answer.told, answer.more].filter(Boolean).join(" "));
    else if (answer.out) say([t("drill.started", { url: "" }), link(answer.out, answer.out)], false, true);
    else if (entry.said) say(entry.said);
    if (answer.file) saveFile(answer.file);
    if (answer.go) goTo(answer.go);
  }
  sheet.root.setAttribute("aria-busy", String(sheet.outbox.size > 0));
  if ([...sheet.outbox.values()].some((entry) => Date.now() - entry.sentAt > 3000)) push();
}

/** A file that was asked for: made in the browser from what came, so that no address leads to it. */
function saveFile({ name, type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const address = URL.createObjectURL(new Blob([bytes], { type }));
  const anchor = el("a", { href: address, download: name });
  sheet.root.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/** Say something for a while, where a screen reader hears it too. */
function say(text, wrong = false, stays = false) {
  const place = sheet.root.querySelector(".told");
  place.replaceChildren(...[text].flat());
  place.hidden = false;
  place.classList.toggle("wrong", wrong);
  clearTimeout(say.timer);
  if (!stays) say.timer = setTimeout(() => { place.hidden = true; }, wrong ? 12000 : 5000);
}

/** Each block is redrawn only when it has changed, so that a form keeps what is typed in it. */
function paintColumn(node, blocks) {
  const pieces = new Map([...node.children].map((child) => [child.dataset.piece, child]));
  const seen = new Map();
  const order = blocks.map((block) => {
    const named = `${block.b}-${block.keep ?? block.text ?? block.label ?? ""}`;
    const count = seen.get(named) ?? 0;
    seen.set(named, count + 1);
    const name = `${named}#${count}`;
    const piece = pieces.get(name) ?? el("div", { class: "piece", "data-piece": name });
    piece.dataset.block = block.b;
    return piece;
  });
  if (order.length !== node.children.length || order.some((piece, n) => node.children[n] !== piece)) node.replaceChildren(...order);
  blocks.forEach((block, n) => {
    const doing = block.b === "form" || block.b === "buttons" || block.b === "list" || block.b === "fold" || block.b === "note"
      ? [[...sheet.outbox.values()].map((entry) => [entry.deed.do, entry.deed.form]), block.b === "form" ? sheet.errors.get(block.do) ?? "" : [...sheet.errors]] : null;
    patch(order[n], { block, doing }, (d) => drawBlock(d.block));
  });
}

function paintSheet() {
  const data = sheet.data;
  if (!data || !sheet.root) return;
  paintColumn(sheet.root.querySelector(".sheet-top"), data.top ?? []);
  paintColumn(sheet.root.querySelector(".sheet-main"), data.main ?? []);
  const side = sheet.root.querySelector(".sheet-side");
  side.hidden = !(data.side ?? []).length;
  sheet.root.querySelector(".sheet-columns").toggleAttribute("data-alone", side.hidden);
  paintColumn(side, data.side ?? []);
}

function build(parent) {
  sheet.stop?.();
  sheet.root = el("main", { class: "root sheet" },
    el("p", { class: "stale", role: "status", hidden: true }), el("p", { class: "failure", role: "alert", hidden: true }),
    el("div", { class: "sheet-top" }), el("div", { class: "sheet-columns" }, el("div", { class: "sheet-main" }), el("aside", { class: "sheet-side", hidden: true })),
    el("p", { class: "told", role: "status", hidden: true }));
  parent.querySelector(".sheet")?.remove();
  parent.append(sheet.root);
  const ticking = startTicking(sheet.root, () => paintStale(sheet.root.querySelector(".stale"), heardAt, sheet.refresh));
  sheet.stop = () => {
    ticking();
    sheet.root = null;
    sheet.stop = null;
    sheet.place = null;
    sheet.data = null;
  };
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  const turned = sheet.root && (language !== data.language || sheet.page !== data.page);
  useLanguage(data.language);
  if (!sheet.root || turned || sheet.root.parentNode !== parentElement) {
    if (turned && sheet.page !== data.page) sheet.place = null;
    build(parentElement);
  }
  sheet.page = data.page;
  sheet.send = (message) => setTriggerValue("send", { ...message, page: sheet.page });
  hear(data.now, data.speed);
  sheet.refresh = data.refresh_ms;
  if (!sheet.place || data.place.n > sheet.place.n) sheet.place = data.place;
  sheet.root.dataset.page = data.page;
  sheet.root.toggleAttribute("data-wall", Boolean(data.wall));
  const failure = sheet.root.querySelector(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  hearAnswers(data.answers);
  if (data.failure) return sheet.stop;
  if (data.place.n === sheet.place.n) {
    sheet.data = data;
    paintSheet();
    if (sheet.scroll) {
      sheet.scroll = false;
      sheet.root.scrollTop = 0;
      sheet.root.querySelector("h1")?.focus({ preventScroll: true });
    }
  } else if (Date.now() - sheet.pushedAt > 3000) push();
  document.title = `${data.title} · Nöbet`;
  return sheet.stop;
});
