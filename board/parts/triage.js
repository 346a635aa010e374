// Triage: joins the rooms above, speaks with the server, and keeps what must not be lost between two messages.

const desk = {
  root: null,
  stop: null,
  send: () => {},
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
  outbox: new Map(), // deeds without an answer yet: id -> {deed, said, then, failed, sentAt}
  pushedAt: 0,
  refresh: 5000,
  busy: (id) => [...desk.outbox.values()].some(({ deed }) => deed.case === id),
};

/** Go somewhere: change the place, tell the server, and show at once what is known already. */
function go(change, local = {}) {
  Object.assign(desk, local);
  desk.place = { ...desk.place, ...change, n: desk.place.n + 1 };
  if ("case" in change && change.case !== desk.case?.id) desk.case = null;
  if (lastData) showCase({ case: desk.case });
  if (lastQueueData) paintHand(false);
  if (lastData) showViews({ ...lastData });
  push();
}

/** Do something through the server. It is sent until it is answered; `said` is told when it is done. */
function act(deed, said, then = () => {}, failed = (sentence) => say(sentence, true)) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  desk.outbox.set(id, { deed: { ...deed, id }, said, then, failed, sentAt: Date.now() });
  push();
}

function push() {
  desk.pushedAt = Date.now();
  for (const entry of desk.outbox.values()) entry.sentAt = Date.now();
  desk.send({ items: [...desk.outbox.values()].map((entry) => entry.deed), place: desk.place });
}

function hearAnswers(answers) {
  for (const [id, answer] of Object.entries(answers)) {
    const entry = desk.outbox.get(id);
    if (!entry) continue;
    desk.outbox.delete(id);
    if (answer.error) entry.failed(answer.error);
    else {
      if (entry.said) say(entry.said);
      entry.then(answer);
    }
  }
  // What the server has not seen after three seconds goes again; it knows each deed by its id.
  if ([...desk.outbox.values()].some((entry) => Date.now() - entry.sentAt > 3000)) push();
}

/** Say something for a while, where a screen reader hears it too. */
function say(text, wrong = false) {
  const place = desk.root.querySelector(".told");
  place.textContent = text;
  place.hidden = false;
  place.classList.toggle("wrong", wrong);
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { place.hidden = true; }, wrong ? 12000 : 5000);
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
  const list = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": t("queue.title") });
  desk.root = el("main", { class: "root triage", "data-pane": "list" },
    el("p", { class: "stale", role: "status", hidden: true }), el("p", { class: "failure", role: "alert", hidden: true }),
    el("div", { class: "top" }, el("nav", { class: "views", "aria-label": t("views.title") }), el("search", { class: "filters" })),
    el("div", { class: "panes" },
      el("section", { class: "queue", "aria-label": t("queue.title") },
        el("div", { class: "tonight" }),
        el("div", { class: "queue-head" }, el("span", { class: "dim" }, t("queue.order")),
          el("button", { type: "button", class: "fresh", hidden: true, onclick: letIn })),
        list, el("p", { class: "rest dim", hidden: true }), el("div", { class: "empty", hidden: true })),
      el("section", { class: "case", "aria-label": t("case.title") },
        el("div", { class: "nothing" }), el("div", { class: "lone-mention", hidden: true }),
        el("div", { class: "whole-case", hidden: true },
          el("div", { class: "case-head" }),
          el("div", { class: "columns" },
            el("div", { class: "main" }, el("div", { class: "body story" }), el("div", { class: "dock", hidden: true })),
            el("aside", { class: "side", "aria-label": t("side.title") }))))),
    el("p", { class: "told", role: "status", hidden: true }), el("dialog", { "aria-label": t("keys.title") }));
  desk.root.addEventListener("pointerdown", (event) => {
    const filters = desk.root.querySelector(".filters details");
    if (filters && !event.composedPath().includes(filters)) filters.open = false;
  });
  parent.querySelector(".triage")?.remove();
  parent.append(desk.root);
  document.addEventListener("keydown", onKey, true);
  const ticking = startTicking(desk.root, () => paintStale(desk.root.querySelector(".stale"), heardAt, desk.refresh));
  desk.stop = () => {
    ticking();
    document.removeEventListener("keydown", onKey, true);
    desk.root = null;
    desk.stop = null;
  };
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  const turned = desk.root && language !== data.language;
  useLanguage(data.language);
  if (!desk.root || turned || desk.root.parentNode !== parentElement) build(parentElement);
  desk.send = (message) => setTriggerValue("send", message);
  hear(data.now, data.speed);
  Object.assign(desk, { me: data.me, brand: data.brand, agents: data.agents, refresh: data.refresh_ms });
  if (!desk.place || data.place.n > desk.place.n) desk.place = data.place;
  const failure = desk.root.querySelector(".failure");
  failure.hidden = !data.failure;
  failure.textContent = data.failure ?? "";
  if (data.case && data.case.id === desk.place.case) desk.case = data.case;
  hearAnswers(data.answers);
  if (data.failure) return desk.stop;
  // A picture of where this person no longer is says nothing about where they are now.
  if (data.place.n === desk.place.n) {
    lastData = data;
    showViews(data);
    showTonight(data.tonight ?? [], data.silent ?? []);
    showQueue(data);
  } else if (Date.now() - desk.pushedAt > 3000) {
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
