// The queue: a listbox in the order of the true deadline. What is in hand never moves; new arrivals wait to be asked for.
// The list is whole, however long: only the rows that are in sight (and some around them) are drawn and asked for.

const queue = {
  shownFor: "", // view, filters and search of the rows on screen
  rows: new Map(), // id -> row, as last heard
  order: [], // ids on screen, in their order there
  latest: [], // ids as the server orders them now
  fresh: [], // ids that have come since and are held back
  hand: null, // the row that the keys move
  nodes: new Map(),
  first: 0, // which part of the order is drawn
  last: 0,
  height: 0, // of a row, as last measured
  welcome: new Set(), // ids that somebody here just brought back: they need not wait
  told: new Set(), // new urgent cases that were read aloud
};

const AROUND = 25; // rows drawn above and below what is in sight
const ALL = 60; // so many are simply all drawn, and sent without being asked for
const SPOT = "nobet-spot"; // where the place in the list is kept in this tab

function listNode() {
  return desk.root.querySelector(".list");
}

function shownNow() {
  return JSON.stringify([desk.place.view, desk.place.search, ...FILTERS.map((name) => desk.place[name] ?? null)]);
}

function showQueue(data) {
  const shownFor = shownNow();
  const there = new Set(data.order);
  const rows = new Map(data.rows);
  queue.latest = data.order;
  let spot = null;
  if (shownFor !== queue.shownFor) {
    const first = queue.shownFor === "";
    Object.assign(queue, { shownFor, order: queue.latest, told: new Set(queue.latest), hand: there.has(openId()) ? openId() : null });
    queue.nodes.clear();
    queue.rows = rows;
    spot = first ? readSpot() : { id: null };
    leaveChoosing();
  } else {
    spot = heldSpot();
    // A row that left the view stays where it is, as long as somebody has it in hand.
    queue.order = queue.order.filter((id) => there.has(id) || id === openId() || id === queue.hand);
    for (const id of queue.order) if (!there.has(id)) rows.set(id, { ...(queue.rows.get(id) ?? { id }), gone: true });
    if (!queue.order.length) queue.order = queue.latest;
    if (queue.latest.some((id) => queue.welcome.has(id) && !queue.order.includes(id))) letBackIn();
    queue.rows = rows;
  }
  const shown = new Set(queue.order);
  queue.fresh = queue.latest.filter((id) => !shown.has(id));
  for (const id of many.ticked) if (!there.has(id)) many.ticked.delete(id);
  tellUrgent();
  paintQueue(data, spot);
  askRows();
}

/** What one has taken back oneself comes back to its place, and nothing else with it. */
function letBackIn() {
  const place = new Map(queue.latest.map((id, at) => [id, at]));
  const back = queue.latest.filter((id) => queue.welcome.has(id) && !queue.order.includes(id));
  queue.welcome.clear();
  queue.order = [...queue.order];
  for (const id of back) {
    const before = queue.order.findIndex((other) => place.has(other) && place.get(other) > place.get(id));
    queue.order.splice(before < 0 ? queue.order.length : before, 0, id);
  }
}

/** Let in what was held back, in the server's order. */
function letIn() {
  queue.order = queue.latest;
  queue.fresh = [];
  paintQueue(lastQueueData, { id: null });
  askRows();
}

/** What is read aloud unasked: that something urgent has come. Everything else waits to be looked at. */
function tellUrgent() {
  const hot = { critical: 0, urgent: 0 };
  for (const id of queue.fresh) {
    const urgency = queue.rows.get(id)?.urgency;
    if (!(urgency in hot) || queue.told.has(id)) continue;
    queue.told.add(id);
    hot[urgency] += 1;
  }
  const words = [hot.critical && tn("queue.told_critical", hot.critical), hot.urgent && tn("queue.told_urgent", hot.urgent)].filter(Boolean);
  if (words.length) desk.root.querySelector(".aloud").textContent = words.join(", ");
}

let lastQueueData = null;

/** The height of a row: they are all alike, so that the list is as long as it says before it is drawn. */
function rowHeight() {
  const height = queue.nodes.values().next().value?.offsetHeight;
  if (height) queue.height = height;
  return queue.height || 7.25 * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** The row that must not move, and where it stands: the one in hand if it is in sight, else the first in sight. */
function heldSpot() {
  const list = listNode(), height = rowHeight();
  if (!list.scrollTop) return null;
  const at = queue.order.indexOf(queue.hand ?? openId());
  const top = at * height - list.scrollTop;
  const index = at >= 0 && top > -height && top < list.clientHeight ? at : Math.floor(list.scrollTop / height);
  const id = queue.order[index];
  return id === undefined ? null : { id, by: index * height - list.scrollTop };
}

/** Where one was in this list before the page was loaded again. */
function readSpot() {
  try {
    const spot = JSON.parse(sessionStorage.getItem(SPOT) ?? "null");
    if (spot?.shownFor === queue.shownFor) return spot;
  } catch {
    // a spot that cannot be read is the beginning of the list
  }
  return { id: null };
}

function keepSpot() {
  const spot = heldSpot();
  try {
    sessionStorage.setItem(SPOT, JSON.stringify(spot ? { ...spot, shownFor: queue.shownFor } : null));
  } catch {
    // then a reload begins at the top
  }
}

function scrollToSpot(spot) {
  if (!spot) return;
  const list = listNode();
  const at = spot.id === null ? 0 : queue.order.indexOf(spot.id);
  if (at < 0) return;
  list.querySelector(".pad:last-child").style.height = `${queue.order.length * rowHeight()}px`; // room to scroll to
  list.scrollTop = spot.id === null ? 0 : at * rowHeight() - spot.by;
}

/** Which rows are to be drawn now. */
function inSight() {
  const list = listNode(), height = rowHeight(), all = queue.order.length;
  if (all <= ALL) return [0, all];
  if (!list.clientHeight && queue.last) return [Math.min(queue.first, all), Math.min(queue.last, all)]; // a phone shows the case now
  const first = Math.max(0, Math.floor(list.scrollTop / height) - AROUND);
  return [first, Math.min(all, Math.ceil((list.scrollTop + list.clientHeight) / height) + AROUND)];
}

function paintQueue(data = lastQueueData, spot = null) {
  lastQueueData = data;
  const list = listNode();
  const empty = desk.root.querySelector(".queue .empty");
  empty.hidden = queue.order.length > 0;
  list.hidden = queue.order.length === 0;
  if (!empty.hidden) patch(empty, { view: desk.place.view, narrowed: narrowed() }, drawEmptyQueue);
  scrollToSpot(spot);
  paintRows();
  paintFresh();
  paintHead();
  paintMany();
  const more = desk.root.querySelector(".rest");
  more.hidden = desk.place.view !== "no_answer" || queue.order.length < desk.place.more;
  patch(more, { n: queue.order.length, hidden: more.hidden }, (d) => !d.hidden && el("button", {
    type: "button", class: "plain", "data-keep": "show-more", onclick: () => go({ more: Math.min(2000, desk.place.more + ALL) }),
  }, t("queue.more", { n: d.n })));
}

/** Draw the rows in sight, and room for all the others above and below them. */
function paintRows() {
  const list = listNode();
  const [first, last] = inSight();
  Object.assign(queue, { first, last });
  const wanted = queue.order.slice(first, last).map((id, n) => rowNode(id, first + n));
  const [top, bottom] = [list.firstElementChild, list.lastElementChild];
  const height = rowHeight();
  top.style.height = `${first * height}px`;
  bottom.style.height = `${(queue.order.length - last) * height}px`;
  const drawn = [...list.children].slice(1, -1);
  if (wanted.length !== drawn.length || wanted.some((node, n) => drawn[n] !== node)) list.replaceChildren(top, ...wanted, bottom);
  const shown = new Set(queue.order.slice(first, last));
  for (const id of [...queue.nodes.keys()]) if (!shown.has(id)) queue.nodes.delete(id);
  paintHand(false);
}

function onScroll() {
  const list = listNode(), height = rowHeight(), all = queue.order.length;
  const from = Math.floor(list.scrollTop / height), to = Math.ceil((list.scrollTop + list.clientHeight) / height);
  if ((from - 8 < queue.first && queue.first > 0) || (to + 8 > queue.last && queue.last < all)) paintRows();
  later("rows", askRows, 120);
  later("spot", keepSpot, 400);
}

/** Ask for the rows that are drawn: those not known yet soon, and from then on what changes in them. */
function askRows() {
  if (!desk.root || !lastQueueData) return;
  const ids = queue.order.length <= ALL ? [] : queue.order.slice(queue.first, queue.last);
  const asked = new Set(desk.place.rows ?? []);
  const strange = ids.some((id) => !queue.rows.has(id));
  if (!strange && ids.filter((id) => !asked.has(id)).length < 15) return;
  if (strange && ids.every((id) => asked.has(id)) && Date.now() - outbox.pushedAt < 2000) return; // it was asked for just now
  desk.place = { ...desk.place, rows: ids };
  push();
}

function narrowed() {
  return Boolean(desk.place.search || FILTERS.some((name) => desk.place[name]));
}

function drawEmptyQueue({ view, narrowed: some }) {
  if (some) return [el("h2", {}, t("empty.narrowed_title")), el("p", {}, t("empty.narrowed_text"))];
  return [el("h2", {}, t(`empty.${view}_title`)), el("p", {}, t(`empty.${view}_text`))];
}

/** How many there are, in which order. */
function paintHead() {
  const shown = queue.order.filter((id) => !queue.rows.get(id)?.gone).length;
  patch(desk.root.querySelector(".queue-head .how-many"), { n: shown }, (d) => [el("strong", {}, tn("queue.number", d.n)), " · ", t("queue.order")]);
}

function paintFresh() {
  const button = desk.root.querySelector(".fresh");
  const there = queue.order.filter((id) => !queue.rows.get(id)?.gone);
  const moved = !queue.fresh.length && there.some((id, n) => queue.latest[n] !== id);
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

function openId() {
  return desk.mention ?? desk.place.case;
}

/** Mark the row the keys are on and the one that is open; scroll to the first only when a key moved it. */
function paintHand(scroll) {
  const list = listNode();
  const at = queue.order.indexOf(queue.hand);
  if (scroll && at >= 0) {
    const height = rowHeight();
    const low = (at + 1) * height - list.clientHeight;
    if (at * height < list.scrollTop) list.scrollTop = at * height;
    else if (low > list.scrollTop) list.scrollTop = low;
    if (at < queue.first || at >= queue.last) paintRows();
  }
  for (const [id, node] of queue.nodes) {
    node.setAttribute("aria-selected", String(id === queue.hand));
    node.toggleAttribute("data-open", id === openId());
  }
  if (at >= queue.first && at < queue.last) list.setAttribute("aria-activedescendant", `row-${queue.hand}`);
  else list.removeAttribute("aria-activedescendant");
}

/** j and k: one row on or back; from nowhere, the first. */
function step(by) {
  if (!queue.order.length) return;
  const at = queue.order.indexOf(queue.hand ?? openId());
  const to = at < 0 && Math.abs(by) === 1 ? 0 : Math.min(queue.order.length - 1, Math.max(0, at + by));
  queue.hand = queue.order[to];
  listNode().focus({ preventScroll: true });
  paintHand(true);
}

/** Open a row: a case through the server, a mention from what is here already. */
function open(id) {
  const row = queue.rows.get(id);
  queue.hand = id;
  keepSpot();
  if (row?.mention) go({ case: null }, { mention: id });
  else go({ case: id, family: null, draft_language: null }, { mention: null });
  paintHand(true);
}
