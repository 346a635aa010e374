// The queue: a listbox in the order of the true deadline. What is in hand never moves; new arrivals wait to be asked for.

const queue = {
  shownFor: "", // view, filters and search of the rows on screen
  rows: new Map(), // id -> row, as last heard
  order: [], // ids on screen, in their order there
  latest: [], // ids as the server orders them now
  fresh: [], // ids that have come since and are held back
  hand: null, // the row that the keys move
  nodes: new Map(),
};

function showQueue(data) {
  const { view, search, channel, topic, urgency, language: spoken } = desk.place;
  const shownFor = JSON.stringify([view, search, channel, topic, urgency, spoken]);
  const rows = new Map(data.rows.map((row) => [row.id, row]));
  queue.latest = [...rows.keys()];
  if (shownFor !== queue.shownFor) {
    queue.shownFor = shownFor;
    queue.nodes.clear();
    queue.order = queue.latest;
    queue.hand = rows.has(openId()) ? openId() : null;
    desk.root.querySelector(".list").scrollTop = 0;
  } else {
    // A row that left the view stays where it is, as long as somebody has it in hand.
    queue.order = queue.order.filter((id) => rows.has(id) || id === openId() || id === queue.hand);
    for (const id of queue.order) if (!rows.has(id)) rows.set(id, { ...queue.rows.get(id), gone: true });
    if (!queue.order.length) queue.order = queue.latest;
  }
  queue.rows = rows;
  const shown = new Set(queue.order);
  queue.fresh = queue.latest.filter((id) => !shown.has(id));
  paintQueue(data);
}

/** Let in what was held back, in the server's order. */
function letIn() {
  queue.order = queue.latest;
  queue.fresh = [];
  desk.root.querySelector(".list").scrollTop = 0;
  paintQueue();
}

let lastQueueData = null;

function paintQueue(data = lastQueueData) {
  lastQueueData = data;
  const list = desk.root.querySelector(".list");
  const wanted = queue.order.map(rowNode);
  if (wanted.length !== list.children.length || wanted.some((node, i) => list.children[i] !== node)) list.replaceChildren(...wanted);
  for (const id of [...queue.nodes.keys()]) if (!queue.rows.has(id)) queue.nodes.delete(id);
  paintFresh();
  paintHand(false);
  const empty = desk.root.querySelector(".queue .empty");
  empty.hidden = queue.order.length > 0;
  list.hidden = queue.order.length === 0;
  if (!empty.hidden) patch(empty, { view: desk.place.view, narrowed: narrowed() }, drawEmptyQueue);
  const counted = data.counts[desk.place.view];
  const more = desk.root.querySelector(".rest");
  more.hidden = !(data.rows.length >= 200 || (desk.place.view === "no_answer" && data.rows.length >= 60));
  more.textContent = more.hidden ? "" : t("queue.rest", { n: data.rows.length, all: counted ?? "" });
}

function narrowed() {
  return Boolean(desk.place.search || FILTERS.some((name) => desk.place[name]));
}

function drawEmptyQueue({ view, narrowed: some }) {
  if (some) return [el("h2", {}, t("empty.narrowed_title")), el("p", {}, t("empty.narrowed_text"))];
  return [el("h2", {}, t(`empty.${view}_title`)), el("p", {}, t(`empty.${view}_text`))];
}

function paintFresh() {
  const button = desk.root.querySelector(".fresh");
  const moved = !queue.fresh.length && JSON.stringify(queue.order.filter((id) => !queue.rows.get(id)?.gone)) !== JSON.stringify(queue.latest);
  button.hidden = !queue.fresh.length && !moved;
  const count = { critical: 0, urgent: 0 };
  for (const id of queue.fresh) if (queue.rows.get(id)?.urgency in count) count[queue.rows.get(id).urgency] += 1;
  patch(button, { n: queue.fresh.length, moved, ...count }, (data) => [
    el("span", {}, data.moved ? t("queue.reordered") : tn("queue.fresh", data.n)),
    data.critical > 0 && sign("critical", tn("queue.fresh_critical", data.critical)),
    data.urgent > 0 && sign("urgent", tn("queue.fresh_urgent", data.urgent)),
    key("."),
  ]);
}

function rowNode(id) {
  let node = queue.nodes.get(id);
  if (!node) {
    node = el("div", {
      class: "row", role: "option", id: `row-${id}`, "data-row": id,
      onclick: () => open(id),
    });
    queue.nodes.set(id, node);
  }
  const row = queue.rows.get(id);
  patch(node, row, drawRow);
  node.dataset.urgency = row.urgency ?? "none";
  node.toggleAttribute("data-gone", Boolean(row.gone));
  return node;
}

function drawRow(row) {
  return [
    el("div", { class: "when" }, rowTime(row), el("span", { class: "channel" }, row.channel)),
    el("p", { class: "said" }, row.text),
    el("div", { class: "about" },
      el("span", { class: "author" }, row.who), row.followers && el("span", {}, row.followers),
      row.mentions && el("span", {}, row.mentions),
      el("span", {}, row.topic), row.playbook && row.playbook !== row.topic && el("span", { class: "book" }, row.playbook),
      row.assignee && el("span", { class: "holder" }, row.assignee === desk.me ? t("row.mine") : row.assignee)),
  ];
}

function rowTime(row) {
  if (row.mention) return el("span", { class: "timer quiet" }, el("span", { class: "face" }, row.posted_text));
  if (row.due) {
    const wait = row.status === "waiting" && el("span", { class: "due" }, t("status.waiting"));
    return [timer(row), el("span", { class: "due" }, t("case.due", { at: row.due_text })), wait];
  }
  const quiet = { waiting: "paused", resolved: "met" }[row.status] ?? "none";
  const word = row.status === "new" || row.status === "assigned" || row.status === "reopened" ? t("row.no_clock") : t(`status.${row.status}`);
  const plain = row.status === "answered" || row.status === "resolved" || row.status === "set_aside";
  return [
    el("span", { class: "timer quiet" }, plain ? el("span", { class: "word" }, word) : sign(quiet, word)),
    el("span", { class: "due" }, t("row.posted", { at: row.posted_text })),
  ];
}

function openId() {
  return desk.mention ?? desk.place.case;
}

/** Mark the row the keys are on and the one that is open; scroll to the first only when a key moved it. */
function paintHand(scroll) {
  const list = desk.root.querySelector(".list");
  for (const [id, node] of queue.nodes) {
    node.setAttribute("aria-selected", String(id === queue.hand));
    node.toggleAttribute("data-open", id === openId());
  }
  if (queue.hand !== null && queue.order.includes(queue.hand)) {
    list.setAttribute("aria-activedescendant", `row-${queue.hand}`);
    if (scroll) queue.nodes.get(queue.hand)?.scrollIntoView({ block: "nearest" });
  } else list.removeAttribute("aria-activedescendant");
}

/** j and k: one row on or back; from nowhere, the first. */
function step(by) {
  if (!queue.order.length) return;
  const at = queue.order.indexOf(queue.hand ?? openId());
  const to = at < 0 ? 0 : Math.min(queue.order.length - 1, Math.max(0, at + by));
  queue.hand = queue.order[to];
  desk.root.querySelector(".list").focus({ preventScroll: true });
  paintHand(true);
}

/** Open a row: a case through the server, a mention from what is here already. */
function open(id) {
  const row = queue.rows.get(id);
  if (!row) return;
  queue.hand = id;
  if (row.mention) go({ case: null }, { mention: id });
  else go({ case: id, family: null, draft_language: null }, { mention: null });
  paintHand(true);
}
