// The keys. They work wherever the hand is, except where somebody is writing.

const KEYS = ["j", "k", "Enter", "a", "s", "x", "w", "n", "e", "u", "z", "t", "d", "m", "Space", "J", "U", ".", "/", "Esc", "?"];

const SHORTCUTS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => withCase(() => dock("answer")),
  s: () => forMany("assign", () => withCase(() => dock("assign"))),
  x: () => forMany("set_aside", () => withCase(() => dock("set_aside"))),
  n: () => withCase(() => dock("note")),
  e: () => forMany("resolve", () => withCase(() => dock("resolve"))),
  w: () => forMany("wait", () => withCase(waitOrBack)),
  u: () => withCase(undo),
  z: () => forMany("snooze", () => withCase(() => dock("snooze"))),
  t: () => forMany("tag", () => withCase(() => dock("tags"))),
  m: () => withCase(() => dock("more")),
  d: () => withCase(() => dock("decide")),
  ".": () => letIn(),
  "/": () => desk.root.querySelector(".search").focus(),
  "?": () => showKeys(),
};

/** While rows are ticked, a key means all of them. */
function forMany(act, alone) {
  if (many.ticked.size) askMany(act);
  else alone();
}

/** A key for a case means the one on screen; with only a row in hand, that is opened first and the key waits for it. */
function withCase(what) {
  const row = queue.rows.get(queue.hand);
  if (desk.place.case === null && (!row || row.mention)) return;
  if (desk.place.case === null) open(queue.hand);
  if (desk.case?.id === desk.place.case && !desk.case.loading) what();
  else desk.whenLoaded = { id: desk.place.case, what };
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || !desk.root.isConnected) return;
  const target = event.composedPath()[0];
  const writes = target.matches?.("textarea, select, input:not([type=radio])");
  if (desk.root.querySelector("dialog[open]")) { // it closes itself on Esc
    if (event.key === "Enter" && target.matches?.("input[type=radio]")) {
      event.preventDefault();
      target.form?.requestSubmit();
    }
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && target.form) {
    event.preventDefault();
    return target.form.requestSubmit();
  }
  if (event.key === "Escape") {
    const elsewhere = target !== document.body && !event.composedPath().includes(desk.root); // a menu of the bar closes itself
    return elsewhere ? undefined : escape(event, target);
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // Radio buttons do not submit a form that has no other field; Enter on them must.
  if (event.key === "Enter" && target.matches?.("input[type=radio]")) {
    event.preventDefault();
    return target.form?.requestSubmit();
  }
  if (writes) return;
  if (event.key === "Enter") {
    if (target.closest?.("button, a, summary, input, label")) return;
    if (queue.hand !== null) {
      event.preventDefault();
      desk.focusCase = queue.hand;
      open(queue.hand);
    }
    return;
  }
  if (event.key === " " && target.closest?.(".list")) {
    event.preventDefault();
    return tickHand();
  }
  if (event.shiftKey && ["J", "K", "U"].includes(event.key)) {
    event.preventDefault();
    return event.key === "U" ? undoMany() : tickStep(event.key === "J" ? 1 : -1);
  }
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key) && target.closest?.(".list")) {
    event.preventDefault();
    const by = { ArrowDown: 1, ArrowUp: -1, Home: -queue.order.length, End: queue.order.length }[event.key];
    return event.shiftKey && Math.abs(by) === 1 ? tickStep(by) : step(by);
  }
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(SHORTCUTS, name)) return;
  event.preventDefault();
  event.stopPropagation();
  SHORTCUTS[name]();
}

/** Esc goes one step back: out of a field, out of a form, out of the case. */
function escape(event, target) {
  event.preventDefault();
  const filters = desk.root.querySelector(".filters details[open]");
  if (filters?.contains(target)) {
    filters.open = false;
    return filters.querySelector("summary").focus();
  }
  if (target.matches?.(".search")) return desk.root.querySelector(".list").focus();
  if (many.choosing && !target.closest?.(".case")) {
    leaveChoosing();
    return listNode().focus({ preventScroll: true });
  }
  if (!dockNode().hidden && dockNode().contains(target) && desk.dock.mode === "answer") {
    return desk.root.querySelector(".case-head h1")?.focus({ preventScroll: true });
  }
  if (openId() !== null && !["answer", "closed", "rest"].includes(desk.dock.mode)) return undock();
  if (openId() !== null) back();
}

function drawKeys(names) {
  return el("dl", { class: "keys" }, names.map((name) => el("div", {}, el("dt", {}, el("kbd", {}, name)), el("dd", {}, t(`key.${name}`)))));
}

function showKeys() {
  const sheet = desk.root.querySelector("dialog.keys-told");
  patch(sheet, {}, () => [
    el("h2", {}, t("keys.title")), drawKeys(KEYS),
    el("p", { class: "dim" }, t("keys.text")),
    el("button", { type: "button", class: "primary", onclick: () => sheet.close() }, t("keys.close")),
  ]);
  sheet.showModal();
}
