// Many cases at once: rows are ticked, one act is said for all of them, done in small portions, and taken back in one go.

const many = {
  choosing: false,
  ticked: new Set(),
  from: null, // where a range begins
  run: null, // {act, words, left, done, same, failed, batches, stop} while a batch is under way
  account: null, // what became of the last one: {act, undone, done, same, failed, batches}
};

const MANY = ["assign", "set_aside", "snooze", "tag", "wait", "resolve"];
const MANY_KEYS = { assign: "s", set_aside: "x", snooze: "z", tag: "t", wait: "w", resolve: "e" };
const PORTION = 50; // cases a message: as many as the desk takes, see desk/bulk.py
const SLEEPS = ["30m", "1h", "2h", "tomorrow"];

function startChoosing() {
  if (desk.place.view === "no_answer") return; // those are no cases
  many.choosing = true;
  paintRows();
  paintMany();
}

function leaveChoosing() {
  Object.assign(many, { choosing: false, from: null });
  many.ticked.clear();
  if (desk.root && lastQueueData) {
    paintRows();
    paintMany();
  }
}

function tickOne(id, on = !many.ticked.has(id)) {
  if (on) many.ticked.add(id);
  else many.ticked.delete(id);
  many.from = id;
  many.choosing = true;
  paintRows();
  paintMany();
}

/** From where the last tick was to here: all of them. */
function tickTo(id) {
  many.from ??= queue.hand ?? id;
  const from = queue.order.indexOf(many.from), to = queue.order.indexOf(id);
  for (const one of queue.order.slice(Math.min(from, to), Math.max(from, to) + 1)) if (!queue.rows.get(one)?.gone) many.ticked.add(one);
  many.choosing = true;
  paintRows();
  paintMany();
}

function tickAll() {
  many.ticked = new Set(queue.latest);
  paintRows();
  paintMany();
}

/** A press on a row: its box ticks, Shift ticks a range, Ctrl ticks one more, all else opens it. */
function pressRow(event, id) {
  if (desk.place.view !== "no_answer") {
    if (event.shiftKey) return tickTo(id);
    if (event.ctrlKey || event.metaKey || (many.choosing && event.target.closest(".tick-box"))) return tickOne(id);
  }
  open(id);
}

/** Space ticks the row in hand; with Shift, j and k take the next one along. */
function tickHand() {
  if (queue.hand !== null && desk.place.view !== "no_answer") tickOne(queue.hand);
}

function tickStep(by) {
  if (desk.place.view === "no_answer") return;
  if (queue.hand !== null) tickOne(queue.hand, true);
  step(by);
  if (queue.hand !== null) tickOne(queue.hand, true);
}

function paintMany() {
  const bar = desk.root.querySelector(".many");
  const { run, account, choosing } = many;
  bar.hidden = !choosing && !run && !account;
  desk.root.querySelector(".list").toggleAttribute("data-choosing", choosing);
  const button = desk.root.querySelector(".choose-many");
  button.setAttribute("aria-pressed", String(choosing));
  button.hidden = desk.place.view === "no_answer" || !queue.order.length;
  patch(bar, { run: run && { done: run.total - run.left.length, total: run.total, act: run.act }, account, choosing, n: many.ticked.size, all: queue.latest.length }, (d) =>
    d.run ? drawUnderWay(d.run) : d.choosing && !d.account ? drawChoosing(d) : [d.account && drawAccount(d.account), d.choosing && drawChoosing(d)]);
}

function drawChoosing(d) {
  return [
    el("div", { class: "line" }, el("strong", {}, tn("many.chosen", d.n)),
      d.n < d.all && el("button", { type: "button", class: "plain", "data-keep": "all", onclick: tickAll }, tn("many.all", d.all)),
      el("button", { type: "button", class: "plain", "data-keep": "leave", onclick: leaveChoosing }, t("many.leave"), key("Esc"))),
    d.n ? el("div", { class: "buttons", role: "toolbar", "aria-label": t("many.title") }, MANY.map((act) => el("button", {
      type: "button", "data-keep": `many-${act}`, "data-many": act, onclick: () => askMany(act),
    }, t(`many.${act}`), key(MANY_KEYS[act])))) : el("p", { class: "dim" }, t("many.how")),
  ];
}

function drawUnderWay(run) {
  return [el("div", { class: "line", role: "status" }, el("strong", {}, t("many.running", { act: t(`many.${run.act}`), n: run.done, all: run.total })),
    el("button", { type: "button", "data-keep": "stop", onclick: () => { many.run.stop = true; } }, t("many.stop"))),
  el("progress", { max: run.total, value: run.done, "aria-label": t("many.title") })];
}

/** What became of it, honestly: how many, what was so already, and why the others were not. */
function drawAccount(account) {
  const done = account.batches.reduce((sum, one) => sum + one.cases.length, 0);
  return el("div", { class: "account", role: "status" },
    el("div", { class: "line" }, el("strong", {}, tn(account.undone ? "many.undone" : `many.did_${account.act}`, done)),
      done > 0 && !account.undone && el("button", { type: "button", "data-keep": "many-undo", onclick: undoMany }, t("act.undo"), key("U")),
      el("button", { type: "button", class: "plain", "data-keep": "seen", onclick: () => { many.account = null; paintMany(); listNode().focus({ preventScroll: true }); } }, t("many.seen"))),
    account.stopped > 0 && el("p", {}, tn("many.stopped", account.stopped)),
    account.same > 0 && el("p", { class: "dim" }, tn("many.same", account.same)),
    account.failed.length > 0 && el("ul", { class: "failed" }, account.failed.map((one) =>
      el("li", {}, shape("urgent"), el("span", {}, tn("many.failed", one.n), " ", one.why, " ",
        one.cases.map((id) => el("button", { type: "button", class: "plain", "data-keep": `failed-${id}`, onclick: () => open(id) }, t("many.case", { n: id }))))))));
}

/** Say what will be done to how many, and ask what it needs. */
function askMany(act) {
  if (!many.ticked.size || many.run) return;
  const sheet = desk.root.querySelector("dialog.many-ask");
  const n = many.ticked.size;
  const ids = queue.latest.filter((id) => many.ticked.has(id));
  const names = ids.map((id) => queue.rows.get(id)?.who).filter(Boolean).slice(0, 5);
  const rest = n - names.length;
  const close = () => sheet.close();
  const words = el("input", { type: "text", name: "words", maxlength: "400" });
  const asked = {
    assign: () => radios("who", [...[desk.me, ...desk.agents.filter((who) => who !== desk.me)].map((who) => [who, who === desk.me ? t("assign.me", { who }) : who]), ["", t("assign.nobody")]], desk.me),
    set_aside: () => [radios("who", ASIDE.map((name) => [name === "other" ? "" : t(`aside.${name}`), t(`aside.${name}`)]), t(`aside.${ASIDE[0]}`)), label(t("aside.more"), words)],
    snooze: () => radios("who", SLEEPS.map((name) => [name, t(`sleep.${name}`)]), SLEEPS[0]),
    tag: () => label(t("many.tags"), words),
    wait: () => null,
    resolve: () => null,
  };
  sheet.replaceChildren(form(t(`many.${act}`), (node) => {
    const said = new FormData(node);
    const chosen = String(said.get("who") ?? "");
    const more = words.value.trim();
    if (act === "tag" && !more) return words.focus();
    if (act === "set_aside" && !chosen && !more) return words.focus();
    close();
    runMany(act, act === "tag" ? more : act === "set_aside" ? [chosen, more].filter(Boolean).join(": ") : chosen);
  },
  el("h2", {}, tn(`many.ask_${act}`, n)),
  names.length > 0 && el("p", { class: "dim" }, names.join(", "), rest > 0 && ` ${tn("many.and", rest)}`),
  el("p", {}, t(`many.text_${act}`)), asked[act](),
  buttons(el("button", { type: "submit", class: "primary", "data-first": true }, tn(`many.do_${act}`, n)),
    el("button", { type: "button", class: "plain", onclick: close }, t("dock.cancel"), key("Esc")))));
  sheet.showModal();
  (sheet.querySelector("input[type=text]:only-of-type") && act === "tag" ? words : sheet.querySelector("input[type=radio]:checked, [data-first]"))?.focus();
}

function label(text, input) {
  return el("label", { class: "field" }, el("span", { class: "dim" }, text), input);
}

function runMany(act, words) {
  const left = queue.order.filter((id) => many.ticked.has(id));
  for (const id of many.ticked) if (!left.includes(id)) left.push(id);
  many.account = null;
  many.run = { act, left, total: left.length, done: [], same: 0, failed: [], batches: [], next: (cases) => ({ do: "many", act, cases, text: words }) };
  listNode().focus({ preventScroll: true });
  goOn();
}

/** The next portion; the one before it has been answered. */
function goOn() {
  const { run } = many;
  const cases = run.left.slice(0, PORTION);
  if (!cases.length || run.stop) return endMany();
  paintMany();
  const deed = run.next(cases);
  act(deed, "", (answer) => {
    run.left = run.left.slice(deed.cases.length);
    run.same += answer.same;
    if (answer.done.length) run.batches.push({ at: answer.at, cases: answer.done });
    for (const id of answer.done) many.ticked.delete(id);
    for (const one of answer.failed) {
      const known = run.failed.find((other) => other.why === one.why);
      if (known) Object.assign(known, { n: known.n + one.n, cases: [...known.cases, ...one.cases].slice(0, 20) });
      else run.failed.push({ ...one });
    }
    goOn();
  }, (sentence) => {
    run.failed.push({ why: sentence, n: run.left.length, cases: [] });
    run.left = [];
    endMany();
  });
}

function endMany() {
  const { run } = many;
  many.run = null;
  many.account = { act: run.act, undone: Boolean(run.undoes), same: run.same, failed: run.failed, batches: run.batches, stopped: run.left.length };
  if (run.undoes) queue.welcome = new Set(run.batches.flatMap((one) => one.cases));
  if (!many.ticked.size || run.undoes) Object.assign(many, { choosing: false, from: null });
  if (!many.choosing) many.ticked.clear();
  paintRows();
  paintMany();
}

/** Take the whole batch back, in the portions in which it was done; what was changed since stays and is named. */
function undoMany() {
  const { account } = many;
  if (!account || account.undone || many.run || !account.batches.length) return;
  const at = new Map(account.batches.flatMap((one) => one.cases.map((id) => [id, one.at])));
  const left = [...at.keys()];
  many.account = null;
  const run = { act: account.act, left, total: left.length, done: [], same: 0, failed: [], batches: [], undoes: true };
  run.next = (cases) => {
    const end = cases.findIndex((id) => at.get(id) !== at.get(cases[0])); // a portion has one moment
    return { do: "undo_many", act: account.act, cases: end < 0 ? cases : cases.slice(0, end), text: at.get(cases[0]) };
  };
  many.run = run;
  goOn();
}
