// The dock under the words: where the answer is written, and where every other act is said before it is done.

/** The place of a text that is being written: one per case, kind, channel family and language. */
function draftName(data) {
  return `${data.id}/answer/${data.reply?.target}/${data.reply?.language}`;
}

function answerText(data) {
  return drafts.get(draftName(data)) ?? data.reply?.text ?? "";
}

function answerLink(data) {
  return drafts.get(`${data.id}/link`) ?? "";
}

const FORMS = { answer: drawAnswer, confirm: drawConfirm, note: drawNote, assign: drawAssign, resolve: drawResolve, set_aside: drawSetAside,
  more: drawMore, snooze: drawSnooze, tags: drawTags, team: drawTeam, split: drawSplit, merge: drawMerge, decide: drawDecide, tier: drawTier };

/** Turn the dock to a form and put the hand on its first field. */
function dock(mode) {
  const data = desk.case;
  if (!data || data.loading || data.error) return;
  if (CLOSED.includes(data.status) && !["note", "more", "tags", "merge"].includes(mode)) return;
  desk.dock = { mode, error: "" };
  showDock(data);
  const place = dockNode();
  place.scrollIntoView({ block: "nearest" });
  const first = place.querySelector("[data-first]");
  first?.focus();
  if (first?.tagName === "TEXTAREA") first.setSelectionRange(first.value.length, first.value.length);
}

/** Leave a form without doing anything: back to the answer, or to nothing on a closed case. */
function undock() {
  const mode = desk.dock.mode === "confirm" ? "answer" : restMode();
  desk.dock = { mode, error: "" };
  showDock(desk.case);
  if (mode === "answer" && desk.cameFrom === "confirm") dockNode().querySelector("[data-first]")?.focus();
  else desk.root.querySelector(".case-head h1")?.focus({ preventScroll: true });
}

function restMode() {
  const status = desk.case?.status;
  return CLOSED.includes(status) || status === "answered" ? "closed" : "answer";
}

function dockNode() {
  return desk.root.querySelector(".dock");
}

function showDock(data) {
  const node = dockNode();
  const mode = data.loading || data.error ? "closed" : desk.dock.mode;
  node.hidden = mode === "closed";
  node.dataset.mode = mode;
  if (node.hidden) return node.replaceChildren(), drawnFor.delete(node);
  const { id, reply, languages, channel, assignee, due, clock_name, urgency, who } = data;
  const limit = targetOf(data)?.limit ?? null;
  const shown = { id, mode, languages, limit, reply: { ...reply, text: "" }, channel, assignee, clock: due ? clock_name : "", urgency, who,
    playbook: Boolean(data.run), spoken: reply?.language, busy: desk.busy(id), error: desk.dock.error, agents: desk.agents, me: desk.me, present: data.present ?? [], writing: desk.place.writing === id, newer: [...drafts.newer].filter(([name]) => name.startsWith(`${id}/`)).map(([name, one]) => [name, one.at]) };
  patch(node, shown, (d) => [...drawPresent(d), ...FORMS[mode](d, data), d.error && el("p", { class: "error", role: "alert" }, d.error)]);
  const writing = node.querySelector("textarea[name=answer]");
  if (writing && node.getRootNode().activeElement !== writing && writing.value !== answerText(data)) {
    writing.value = answerText(data);
    paintLength(node, data);
  }
}

/** Do what a form says; the form stays, with the sentence, when it could not be done. */
function actInDock(deed, said, then = () => {}) {
  desk.dock.error = "";
  act(deed, said, (answer) => {
    then(answer);
    if (desk.place.case !== deed.case) return;
    desk.dock = { mode: "rest", error: "" };
    desk.afterDeed = true;
  }, (sentence) => {
    desk.dock.error = sentence;
    if (desk.case) showDock(desk.case);
  });
  if (desk.case) showDock(desk.case);
}

/** Characters as X counts them: a link is 23, a character outside its common ranges is two (twitter-text, v3). */
function lengthOn(channel, text) {
  const plain = text.normalize("NFC");
  if (channel !== 280) return [...plain].length;
  const common = (c) => c <= 0x10ff || (c >= 0x2000 && c <= 0x200d) || (c >= 0x2010 && c <= 0x201f) || (c >= 0x2032 && c <= 0x2037);
  return [...plain.replace(/https?:\/\/\S+/g, "x".repeat(23))].reduce((sum, c) => sum + (common(c.codePointAt(0)) ? 1 : 2), 0);
}

function emptySlots(text) {
  return text.match(/‹[^‹›\n]{1,60}›/g) ?? [];
}

/** Under the answer: its length, and the places that still have to be filled in. */
function paintLength(node, data) {
  const text = node.querySelector("textarea[name=answer]")?.value ?? "";
  const limit = targetOf(data)?.limit ?? null;
  const length = lengthOn(limit, text);
  const over = limit && length > limit;
  const slots = emptySlots(text);
  const place = node.querySelector(".length");
  if (!place) return;
  place.replaceChildren(...[
    el("span", { class: over ? "figure over" : "figure dim" }, limit ? t("answer.length_of", { n: length, limit }) : t("answer.length", { n: length })),
    slots.length > 0 && el("span", { class: "over" }, t("answer.slots", { slots: [...new Set(slots)].join(" ") })),
  ].filter(Boolean));
}
