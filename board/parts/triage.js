// Triage: joins the rooms above, speaks with the server, and keeps what must not be lost between two messages.

const desk = {
  root: null,
  stop: null,
  place: null, // where this person is; only the browser changes it, and numbers each change
  mention: null, // the lone mention that is open, instead of a case
  me: "",
  agents: [],
  case: null, // the case as last heard
  shownCase: null,
  scrollTo: null, // the case that is still to be scrolled to its latest words
  focusCase: null, // the case whose heading takes the focus once it is there
  whenLoaded: null, // a key that waits for its case
  dock: { mode: "answer", error: "" },
  afterDeed: false,
  check: null, // what the check last said, and of which words
  brand: "",
  refresh: 5000,
  missed: false, // too much was lost on the way: the whole picture is asked for
  busy: (id) => [...outbox.waiting.values()].some(({ deed }) => deed.case === id && deed.do !== "check"), // a question stops nobody
};

/** Go somewhere: change the place, tell the server, and show at once what is known already. */
function go(change, local = {}) {
  Object.assign(desk, local);
  const narrows = FILTERED.some((name) => name in change && (change[name] || "") !== (desk.place[name] || ""));
  desk.place = { ...desk.place, ...change, ...(narrows && { rows: [] }), n: desk.place.n + 1 };
  if ("case" in change && change.case !== desk.case?.id) desk.case = null;
  if (lastData) showCase({ case: desk.case });
  if (lastQueueData) paintHand(false);
  if (lastData) showViews({ ...lastData });
  push();
}

/** Tonight in sentences: the one that matters is read at a glance, the others on demand. */
function showTonight(said, silent) {
  patch(desk.root.querySelector(".tonight"), { said, silent }, () => [
    silent.map((one) => el("p", { class: "over", role: "alert" }, shape("late"), " ", t("alert.silent"), " ", one)),
    said.length > 0 && fold("tonight", said[Math.min(2, said.length - 1)], el("ul", { class: "why" }, said.map((one) => el("li", {}, one))))]);
}

let lastData = null;

function build(parent) {
  desk.stop?.();
  queue.nodes.clear();
  Object.assign(queue, { shownFor: "", first: 0, last: 0 });
  const pad = () => el("div", { class: "pad", role: "presentation" });
  const list = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": t("queue.title"), onscroll: onScroll }, pad(), pad());
  desk.root = el("main", { class: "root triage", "data-pane": "list" },
    el("p", { class: "stale", role: "status", hidden: true }), el("p", { class: "failure", role: "alert", hidden: true }),
    el("div", { class: "top" }, el("nav", { class: "views", "aria-label": t("views.title") }), el("search", { class: "filters" })),
    el("div", { class: "panes" },
      el("section", { class: "queue", "aria-label": t("queue.title") },
        el("div", { class: "tonight" }),
        el("div", { class: "queue-head" }, el("span", { class: "how-many dim" }),
          el("button", { type: "button", class: "plain choose-many", "aria-pressed": "false", onclick: () => (many.choosing ? leaveChoosing() : startChoosing()) }, t("many.choose")),
          el("button", { type: "button", class: "fresh", hidden: true, onclick: letIn })),
        list, el("p", { class: "rest dim", hidden: true }), el("div", { class: "empty", hidden: true }),
        el("div", { class: "many", role: "region", "aria-label": t("many.title"), hidden: true })),
      el("section", { class: "case", "aria-label": t("case.title") },
        el("div", { class: "nothing" }), el("div", { class: "lone-mention", hidden: true }),
        el("div", { class: "whole-case", hidden: true },
          el("div", { class: "case-head" }),
          el("div", { class: "columns" },
            el("div", { class: "main" }, el("div", { class: "body story" }), el("div", { class: "dock", hidden: true })),
            el("aside", { class: "side", "aria-label": t("side.title") }))))),
    el("p", { class: "told", role: "status", hidden: true }), el("p", { class: "aloud hidden-word", role: "status", "aria-live": "polite" }),
    el("dialog", { class: "keys-told", "aria-label": t("keys.title") }), el("dialog", { class: "many-ask", "aria-label": t("many.title") }),
    el("dialog", { class: "saved-ask", "aria-label": t("saved.title") }));
  desk.root.addEventListener("pointerdown", (event) => {
    const filters = desk.root.querySelector(".filters details");
    if (filters && !event.composedPath().includes(filters)) filters.open = false;
  });
  parent.querySelector(".triage")?.remove();
  parent.append(desk.root);
  for (const sheet of desk.root.querySelectorAll("dialog")) sheet.addEventListener("close", () => focusAgain(sheet));
  document.addEventListener("keydown", onKey, true);
  const ticking = startTicking(desk.root, () => paintStale(desk.root.querySelector(".stale"), heardAt, desk.refresh));
  desk.stop = () => {
    ticking();
    document.removeEventListener("keydown", onKey, true);
    desk.root = null;
    desk.stop = null;
  };
}

/** Whether somebody has their hand on the field of a draft. */
function isWriting(name) {
  const held = desk.root.getRootNode().activeElement;
  return Boolean(held?.matches?.("textarea, input") && held.closest(".dock") && name.startsWith(`${desk.place.case}/`));
}

/** A dialog that closes leaves the hand where it was: in the list, unless something else took it. */
function focusAgain(sheet) {
  delete sheet.dataset.wrong;
  if (!desk.root || desk.root.getRootNode().activeElement) return;
  (openId() !== null && !many.choosing && desk.root.dataset.pane === "case" ? desk.root.querySelector(".case-head h1") : listNode())?.focus({ preventScroll: true });
}

export default guarded(({ data: sent, parentElement, setTriggerValue }) => {
  outbox.send = (message) => setTriggerValue("send", message);
  outbox.root = () => desk.root;
  outbox.message = () => ({ place: desk.place, ...(desk.missed && { whole: true }) });
  const data = wholeOf(sent);
  desk.missed = !data;
  if (!data) {
    if (desk.place && Date.now() - outbox.pushedAt > 500) push();
    return desk.stop;
  }
  const turned = desk.root && language !== data.language;
  useLanguage(data.language);
  if (!desk.root || turned || desk.root.parentNode !== parentElement) build(parentElement);
  hear(data.now, data.speed);
  Object.assign(desk, { me: data.me, brand: data.brand, agents: data.agents, refresh: data.refresh_ms });
  if (!desk.place || data.place.n > desk.place.n) desk.place = data.place;
  const failure = desk.root.querySelector(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  if (data.case && data.case.id === desk.place.case) desk.case = data.case;
  hearAnswers(data.answers);
  if (data.failure) return desk.stop;
  drafts.of(data.me);
  if (drafts.hear(data.drafts ?? {}, isWriting)) drawnFor.delete(dockNode());
  // A picture of where this person no longer is says nothing about where they are now.
  if (data.place.n === desk.place.n) {
    lastData = data;
    showViews(data);
    showTonight(data.tonight ?? [], data.silent ?? []);
    showQueue(data);
    if (desk.root.querySelector("dialog.saved-ask").open) paintSaved();
  } else if (Date.now() - outbox.pushedAt > 3000) {
    push(); // a server that was started again does not know where this person is
  }
  if (lastData) {
    if (desk.dock.mode === "rest") desk.dock.mode = restMode();
    showCase({ case: desk.case });
    if (desk.afterDeed) {
      desk.afterDeed = false;
      desk.root.querySelector(".case-head h1")?.focus({ preventScroll: true });
    }
  }
  if (desk.whenLoaded && desk.case?.id === desk.whenLoaded.id) {
    const { what } = desk.whenLoaded;
    desk.whenLoaded = null;
    what();
  }
  document.title = `${data.counts.late ? `(${data.counts.late}) ` : ""}${t("page.triage")} · Nöbet`;
  return desk.stop;
});
