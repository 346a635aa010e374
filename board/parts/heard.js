// What the server said, put together: a picture brings only what is new (board/difference.py), the rest is kept here.

const kept = { name: "", n: 0, parts: {}, rows: new Map(), orders: new Map() };
const KEPT_ORDERS = 2;
const PASSING = ["told", "now", "place", "answers", "failure", "rows", "order", "steps"];

/** The order after the server's steps: ids to take out, then [place, ids] to put in, from the front. */
function walked(order, cut, put) {
  const gone = new Set(cut);
  const after = order.filter((id) => !gone.has(id));
  if (put.length < 50) for (const [at, ids] of put) after.splice(at, 0, ...ids);
  else {
    const all = [];
    let from = 0;
    for (const [at, ids] of put) {
      while (all.length < at) all.push(after[from++]);
      all.push(...ids);
    }
    return [...all, ...after.slice(from)];
  }
  return after;
}

/** The whole picture of what was sent; null where too much was missed on the way, which is then asked for. */
function wholeOf(sent) {
  const [name, n, since] = sent.told;
  const known = name === kept.name;
  if (!known || n > kept.n) { // else it is the picture that is known already, handed over again
    if (since > (known ? kept.n : 0)) return null;
    let order = sent.order;
    if (!order && sent.steps) {
      const step = sent.steps.find(([from]) => known && kept.orders.has(from));
      if (!step) return null;
      order = walked(kept.orders.get(step[0]), step[1], step[2]);
    }
    if (!known) Object.assign(kept, { parts: {}, rows: new Map(), orders: new Map() });
    order ??= kept.orders.get(kept.n) ?? [];
    Object.assign(kept, { name, n });
    kept.orders.set(n, order);
    for (const at of kept.orders.keys()) if (at <= n - KEPT_ORDERS) kept.orders.delete(at);
    for (const row of sent.rows ?? []) kept.rows.set(row.id, row);
    const there = new Set(order);
    for (const id of kept.rows.keys()) if (!there.has(id)) kept.rows.delete(id);
    for (const [part, value] of Object.entries(sent)) if (!PASSING.includes(part)) kept.parts[part] = value;
  }
  return { ...kept.parts, now: sent.now, place: sent.place, answers: sent.answers, failure: sent.failure, rows: kept.rows, order: kept.orders.get(kept.n) };
}
