// The case in hand: by when, who, what can be done; then the words and, beside them, promises and playbook.

const CLOSED = ["resolved", "set_aside"];

function showCase(data) {
  const pane = desk.root.querySelector(".case");
  const head = pane.querySelector(".case-head");
  const mention = desk.mention === null ? null : queue.rows.get(desk.mention);
  desk.root.dataset.pane = openId() === null ? "list" : "case";
  pane.querySelector(".nothing").hidden = openId() !== null;
  pane.querySelector(".lone-mention").hidden = !mention;
  const found = !mention && desk.place.case !== null ? caseFor(data) : null;
  pane.querySelector(".whole-case").hidden = !found;
  if (mention) patch(pane.querySelector(".lone-mention"), mention, drawLoneMention);
  patch(pane.querySelector(".nothing"), {}, drawNothing);
  if (!found) return;
  if (desk.shownCase !== found.id) {
    desk.shownCase = found.id;
    desk.dock = { mode: CLOSED.includes(found.status) || found.status === "answered" ? "closed" : "answer", error: "" };
    desk.scrollTo = found.id;
  }
  patch(head, headData(found), drawHead);
  pane.querySelector(".columns").hidden = Boolean(found.error);
  if (found.error) return;
  patch(pane.querySelector(".story"), { id: found.id, story: found.story ?? [], heads: found.heads ?? {}, loading: found.loading }, (d) =>
    d.loading ? el("p", { class: "dim" }, t("case.loading")) : drawStory(d));
  patch(pane.querySelector(".side"), sideData(found), (d) => (d.loading ? [] : drawSide(d)));
  showDock(found);
  if (desk.scrollTo === found.id && !found.loading) {
    desk.scrollTo = null;
    scrollToLatest(pane);
  }
  if (desk.focusCase === found.id && !found.loading) {
    desk.focusCase = null;
    head.querySelector("h1")?.focus({ preventScroll: true });
  }
}

/** A case opens at its customer's latest words: those are to be answered. From then on only the reader scrolls. */
function scrollToLatest(pane) {
  const story = pane.querySelector(".story");
  const latest = [...story.querySelectorAll(".mention")].at(-1);
  story.scrollTop = latest ? latest.offsetTop - 16 : 0;
  pane.querySelector(".side").scrollTop = 0;
  pane.querySelector(".whole-case").scrollTop = 0;
}

/** The case as the server last told it; until it has, what the row in the queue knows. */
function caseFor(data) {
  if (data.case && data.case.id === desk.place.case) return data.case;
  const row = queue.rows.get(desk.place.case);
  return row ? { ...row, loading: true, status_word: t(`status.${row.status}`) } : { id: desk.place.case, loading: true, who: "", status: "new" };
}

function headData(data) {
  const { id, who, handle, channel, followers, contacts, due, due_text, urgency, status, status_word, assignee, clock_name, error, tags, snoozed, merged_into } = data;
  return { id, who, handle, channel, followers, contacts, due, due_text, urgency, status, status_word, assignee, clock_name, error, tags, snoozed, merged_into, me: desk.me };
}

function sideData(data) {
  const { id, clocks, run, reasons, log, loading, customer, orders, reply } = data;
  return { id, clocks, run, reasons, log, loading, customer, orders, reply: { given: reply?.given ?? [] } };
}

function drawHead(data) {
  if (data.error) {
    return el("header", { class: "head" }, el("button", { type: "button", class: "back plain", onclick: back }, t("case.back")),
      el("h1", { tabindex: "-1" }, data.error), el("p", { class: "dim" }, t("case.gone_text")));
  }
  const lead = data.due
    ? [timer(data, true), el("span", { class: "due" }, data.clock_name, " · ", t("case.due", { at: data.due_text }))]
    : [el("span", { class: "timer large quiet" }, data.status === "waiting" ? sign("paused", data.status_word) : el("span", { class: "word" }, data.status_word))];
  const held = data.assignee ? (data.assignee === data.me ? t("case.mine") : t("case.held_by", { who: data.assignee })) : t("case.nobody");
  return el("header", { class: "head" },
    el("button", { type: "button", class: "back plain", onclick: back }, t("case.back")),
    el("div", { class: "lead" }, lead),
    el("h1", { tabindex: "-1" }, data.who, data.handle && el("span", { class: "handle" }, data.handle)),
    el("p", { class: "facts dim" },
      [data.channel, data.followers, data.contacts, t("case.number", { n: data.id }), data.due ? data.status_word : "", held]
        .filter(Boolean).map((text) => el("span", {}, text))),
    (data.tags?.length > 0 || data.snoozed || data.merged_into) && el("p", { class: "tags" },
      data.snoozed && el("span", { class: "tag" }, shape("paused"), data.snoozed),
      data.merged_into && el("button", { type: "button", class: "plain", onclick: () => go({ case: data.merged_into }) }, t("case.merged_into", { n: data.merged_into })),
      (data.tags ?? []).map((tag) => el("span", { class: "tag" }, `#${tag}`))),
    el("div", { class: "acts", role: "toolbar", "aria-label": t("case.acts") }, drawActs(data)));
}

function drawActs(data) {
  const button = (name, shortcut, what, className = "") =>
    el("button", { type: "button", class: className, "data-keep": `act-${name}`, "data-act": name, onclick: () => withCase(what) }, t(`act.${name}`), shortcut && key(shortcut));
  if (CLOSED.includes(data.status)) return [button("reopen", "", reopen, "primary"), button("note", "n", () => dock("note")), button("more", "m", () => dock("more"))];
  return [
    button("answer", "a", () => dock("answer"), "primary"),
    button("assign", "s", () => dock("assign")),
    button("note", "n", () => dock("note")),
    data.status === "waiting" ? button("back", "w", waitOrBack) : button("wait", "w", waitOrBack),
    button("resolve", "e", () => dock("resolve")),
    button("set_aside", "x", () => dock("set_aside")),
    data.status === "answered" && button("reopen", "", reopen),
    button("more", "m", () => dock("more")),
  ];
}

function reopen() {
  act({ do: "reopen", case: desk.place.case }, t("done.reopened"));
}

function waitOrBack() {
  const waits = desk.case?.status === "waiting";
  act({ do: waits ? "back" : "wait", case: desk.place.case }, t(waits ? "done.back" : "done.wait"));
}

/** Back from the case to the list: what the phone's arrow and Esc do. */
function back() {
  go({ case: null }, { mention: null });
  desk.root.querySelector(".list").focus({ preventScroll: true });
}

function drawNothing() {
  return el("div", { class: "teach" }, el("h2", {}, t("nothing.title")), el("p", { class: "dim" }, t("nothing.text")), drawKeys(["j", "Enter", "a", "e", "?"]));
}
