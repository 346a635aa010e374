// A sheet: a page made of blocks that the server names. It keeps where one is and what was done until the server says so.

const sheet = {
  root: null, stop: null, place: null, page: "", refresh: 5000, outbox: outbox.waiting, errors: new Map(), data: null,
  busy: (name, form) => [...sheet.outbox.values()].some(({ deed }) => deed.do === name && (form === null || JSON.stringify(deed.form) === JSON.stringify(form ?? {}))),
};

/** Go somewhere: on this page, or to another one. */
function goTo(place) {
  const { page, ...rest } = place;
  sheet.errors.clear();
  secrets.forget();
  sheet.place = { ...sheet.place, ...rest, n: sheet.place.n + 1 };
  sheet.leave = page ? { page, ...rest } : null;
  sheet.scroll = "id" in rest || "key" in rest || "tab" in rest;
  push();
}

/** Do something through the server; what it answers may be a sentence, a file, an address or a place to go to. */
function deedOf(name, form, said, then = () => {}) {
  sheet.errors.delete(name);
  act({ do: name, of: sheet.place.id ?? 0, form }, "", (answer) => {
    then(answer);
    if (answer.told) say([answer.told, answer.more].filter(Boolean).join(" "));
    else if (answer.out) say([t("drill.started", { url: "" }), link(answer.out, answer.out)], false, true);
    else if (said) say(said);
    if (answer.file) saveFile(answer.file);
    if (answer.go) goTo(answer.go);
  }, (sentence) => {
    sheet.errors.set(name, sentence);
    say(sentence, true);
  });
  sheet.root.setAttribute("aria-busy", "true");
  paintSheet();
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
  // What stays is not touched: a block that is taken out and put back loses the focus in it.
  for (const child of [...node.children]) if (!order.includes(child)) child.remove();
  order.forEach((piece, n) => { if (node.children[n] !== piece) node.insertBefore(piece, node.children[n] ?? null); });
  blocks.forEach((block, n) => {
    const doing = block.b === "form" || block.b === "buttons" || block.b === "list" || block.b === "fold" || block.b === "note" || block.b === "saving"
      ? [[...sheet.outbox.values()].map((entry) => [entry.deed.do, entry.deed.form]), ["form", "saving"].includes(block.b) ? sheet.errors.get(block.do) ?? "" : [...sheet.errors]] : null;
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
    secrets.forget();
    sheet.root = null;
    sheet.stop = null;
    sheet.place = null;
    sheet.data = null;
  };
  sayAgain();
}

/** Whether somebody has their hand in a form: what they type there is the truth. */
function isFilled() {
  return Boolean(sheet.root.getRootNode().activeElement?.closest?.("form"));
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  const turned = sheet.root && (language !== data.language || sheet.page !== data.page);
  useLanguage(data.language);
  if (!sheet.root || turned || sheet.root.parentNode !== parentElement) {
    if (turned && sheet.page !== data.page) sheet.place = null;
    build(parentElement);
  }
  sheet.page = data.page;
  outbox.send = (message) => setTriggerValue("send", { ...message, page: sheet.page });
  outbox.root = () => sheet.root;
  outbox.message = () => ({ place: sheet.place, leave: sheet.leave ?? null });
  hear(data.now, data.speed);
  sheet.refresh = data.refresh_ms;
  if (!sheet.place || data.place.n > sheet.place.n) sheet.place = data.place;
  sheet.root.dataset.page = data.page;
  sheet.root.toggleAttribute("data-wall", Boolean(data.wall));
  const failure = sheet.root.querySelector(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  drafts.of(data.me ?? "");
  if (data.drafts && drafts.hear(data.drafts, isFilled)) sheet.root.querySelectorAll(".piece").forEach((piece) => drawnFor.delete(piece));
  hearAnswers(data.answers);
  sheet.root.setAttribute("aria-busy", String(outbox.waiting.size > 0));
  if (data.failure) return sheet.stop;
  if (data.place.n === sheet.place.n) {
    sheet.data = data;
    paintSheet();
    if (sheet.scroll) {
      sheet.scroll = false;
      sheet.root.scrollTop = 0;
      sheet.root.querySelector("h1")?.focus({ preventScroll: true });
    }
  } else if (Date.now() - outbox.pushedAt > 3000) push();
  document.title = `${data.title} · Nöbet`;
  return sheet.stop;
});
