// The answer: where it goes, one decision for every channel's draft, what the check says, and what became of it.

function targetOf(data) {
  return data.reply?.targets.find((one) => one.key === data.reply.target) ?? null;
}

function drawAnswer(d, data) {
  const target = targetOf(data);
  const text = el("textarea", {
    name: "answer", "data-first": true, "data-keep": "answer", rows: "6", maxlength: "20000", dir: "auto", spellcheck: "true", lang: d.spoken,
    "aria-label": t("answer.text"), placeholder: t(d.playbook ? "answer.placeholder" : "answer.no_draft"), value: answerText(data),
    oninput: (event) => {
      drafts.set(draftName(desk.case), event.target.value);
      beginReply();
      paintLength(dockNode(), desk.case);
      later("check", () => askCheck(), 900);
    },
  });
  const body = form(t("act.answer"), () => review(),
    el("div", { class: "line" },
      choice(t("answer.target"), data.reply.targets.map((one) => [one.key, one.name]), target?.key, (key) => go({ target: key })),
      choice(t("answer.language"), d.languages, d.spoken, (code) => go({ draft_language: code }))),
    target?.why && el("p", { class: target.open ? "dim small" : "over" }, target.why),
    drawReady(data), drawNewer(draftName(data), (words) => { text.value = words; paintLength(dockNode(), data); showDock(data); }), text, el("div", { class: "length" }), drawFindings(desk.check), target?.way !== "send" && drawLink(d, data),
    buttons(
      el("button", { type: "submit", class: "primary", "data-keep": "to-confirm" }, t(target?.way === "send" ? "answer.review" : "answer.record"), key("Ctrl Enter")),
      target?.way !== "send" && el("button", { type: "button", "data-keep": "copy", onclick: copyAnswer }, t("answer.copy")),
      d.playbook && el("button", { type: "button", "data-keep": "decide", onclick: () => dock("decide") }, t("act.decide"), key("d")),
      d.playbook && el("button", { type: "button", class: "plain", "data-keep": "fresh-draft", onclick: freshDraft }, t("answer.restore"))));
  queueMicrotask(() => paintLength(dockNode(), data));
  return [...drawSends(data), body];
}

/** Put words where the hand is in the answer. */
function insertWords(words) {
  const area = dockNode().querySelector("textarea[name=answer]");
  area.setRangeText(words, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input"));
  area.focus();
}

/** Ready sentences, and what colleagues answered in the same matter. */
function drawReady(data) {
  const offer = (list, keep, title, name) => list.length > 0 && fold(keep, title, el("ul", { class: "ready-words" }, list.map((one) => el("li", {},
    el("button", { type: "button", class: "plain", onclick: () => insertWords(one.text) }, name(one)), el("p", { class: "words dim", dir: "auto" }, one.text)))));
  return el("div", { class: "ready" },
    offer(data.reply.snippets, "snippets", t("ready.snippets"), (one) => one.title),
    offer(data.reply.last, "last-answers", t("ready.last"), (one) => `${one.at} · ${one.channel} · ${one.who}`));
}

function drawLink(d, data) {
  return el("label", { class: "link" }, el("span", { class: "dim" }, t("answer.link")), el("input", {
    name: "link", type: "url", "data-keep": "link", maxlength: "2000", placeholder: t("answer.link_first"), "aria-label": t("answer.link"), autocomplete: "off",
    value: answerLink(data), oninput: (event) => drafts.set(`${d.id}/link`, event.target.value),
  }));
}

/** What is wrong with the words: a blocking finding stops the sending, an advice does not. */
function drawFindings(found) {
  if (!found || found.of !== checkOf()) return null;
  return el("ul", { class: "findings", "aria-label": t("check.title") }, found.findings.map((one) =>
    el("li", { class: one.level }, shape(one.level === "blocking" ? "late" : "urgent"),
      el("span", {}, el("strong", {}, t(`check.${one.level}`)), " ", one.what, one.quote && !one.what.includes(one.quote) && el("q", { dir: "auto" }, one.quote), " ", el("span", { class: "dim" }, one.advice)))),
  found.approval && el("li", { class: "advising" }, shape("paused"), el("span", {}, found.approval)));
}

/** What a check was made of: where it goes and in which words. */
function checkOf() {
  const data = desk.case;
  return data?.reply ? `${data.id}/${data.reply.target}/${data.reply.language}/${answerText(data).trim()}` : "";
}

function askCheck(then = () => {}) {
  const data = desk.case;
  const text = data ? answerText(data).trim() : "";
  if (!data?.reply?.target || !text) return then();
  const of = checkOf();
  act({ do: "check", case: data.id, target: data.reply.target, language: data.reply.language, text }, "", (answer) => {
    desk.check = { of, findings: answer.findings, approval: answer.approval };
    const node = dockNode().querySelector(".findings");
    if (desk.dock.mode === "answer" && of === checkOf()) {
      const fresh = drawFindings(desk.check);
      if (node) node.replaceWith(fresh);
      else dockNode().querySelector(".length")?.after(fresh);
    }
    then();
  }, (sentence) => {
    desk.dock.error = sentence;
    showDock(desk.case);
  });
}

async function copyAnswer() {
  const area = dockNode().querySelector("textarea[name=answer]");
  try {
    await navigator.clipboard.writeText(area.value);
  } catch {
    area.select(); // without leave for the clipboard, the old way
    document.execCommand("copy");
  }
  say(t("done.copied"));
}

function freshDraft() {
  drafts.drop(draftName(desk.case));
  drawnFor.delete(dockNode());
  showDock(desk.case);
}

/** From writing to confirming: the words are checked once more on the way. */
function review() {
  const data = desk.case;
  if (!answerText(data).trim() && !answerLink(data).trim()) {
    desk.dock.error = t("answer.empty");
    return showDock(data);
  }
  askCheck(() => dock("confirm"));
}

function drawConfirm(d, data) {
  const text = answerText(data).trim();
  const address = answerLink(data).trim();
  const target = targetOf(data);
  const sends = target?.way === "send";
  const check = desk.check?.of === checkOf() ? desk.check : { findings: [], approval: "" };
  const blocked = sends && (check.findings.some((one) => one.level === "blocking") || !target.open);
  const title = sends ? t(check.approval ? "confirm.ask" : "confirm.send") : t("confirm.title");
  const what = sends
    ? t(target.private ? "confirm.goes_private" : "confirm.goes_public", { where: target.name, customer: target.who || d.who, brand: desk.brand })
    : `${t("confirm.text", { who: d.me, customer: d.who, channel: target?.channel ?? d.channel })} ${d.clock ? t("confirm.clock", { clock: d.clock }) : ""}`;
  const deed = sends
    ? { do: "send", case: d.id, target: target.key, language: data.reply.language, text, after: data.newest }
    : { do: "answer", case: d.id, text, link: address, after: data.newest, target: target?.key ?? "" };
  const done = sends ? t(check.approval ? "done.asked" : "done.queued") : t("done.answered");
  return [form(title, () => !blocked && actInDock(deed, done, () => {
    drafts.drop(sends ? draftName(data) : `${d.id}/`);
    go({ writing: null });
  }),
  el("h3", {}, title), el("p", {}, what),
  text && el("blockquote", { class: "words", dir: "auto" }, text.length > 400 ? `${text.slice(0, 400)}…` : text),
  !sends && el("p", { class: "dim" }, address ? t("confirm.link", { link: address }) : t("confirm.no_link")),
  drawFindings(desk.check),
  blocked && el("p", { class: "over" }, t("confirm.blocked")),
  buttons(save(sends ? t(check.approval ? "confirm.ask_save" : "confirm.send_save") : t("confirm.save"), d.busy || blocked, { "data-first": !blocked }),
    cancel(t("dock.back"))))];
}

/** The decision is made once; every channel's draft follows it. */
function drawDecide(d, data) {
  const made = data.reply.decision;
  const solution = el("select", { name: "solution", "data-first": true, "data-keep": "solution", "aria-label": t("decide.solution") },
    el("option", { value: "" }, t("decide.no_solution")),
    made.solutions.map((one) => el("option", { value: one.id }, one.limit ? `${one.title} (${t("playbook.up_to", { n: one.limit })})` : one.title)));
  solution.value = made.solution;
  const amount = el("input", { name: "amount", inputmode: "decimal", maxlength: "20", "data-keep": "amount", value: made.amount, "aria-label": t("decide.amount") });
  const field = (label, input) => el("label", { class: "field" }, el("span", { class: "dim" }, label), input);
  const money = field(t("decide.amount"), amount);
  const fit = () => { money.hidden = !made.solutions.find((one) => one.id === solution.value)?.money; };
  solution.addEventListener("change", fit);
  fit();
  return [form(t("act.decide"), (node) => {
    const said = Object.fromEntries(new FormData(node));
    actInDock({ do: "decide", case: d.id, form: said }, t("done.decided"), () => {
      drafts.drop(`${d.id}/answer/`);
      desk.dock = { mode: "answer", error: "" };
    });
  }, el("h3", {}, t("decide.title")), el("p", { class: "dim" }, t("decide.text")),
  el("div", { class: "fields" }, field(t("decide.solution"), solution), money,
    field(t("decide.delivery_date"), el("input", { type: "date", name: "delivery_date", "data-keep": "delivery_date", value: made.delivery_date })),
    field(t("decide.next_update"), el("input", { type: "datetime-local", name: "next_update", "data-keep": "next_update", value: made.next_update })),
    made.facts.map(([name, label, value]) => field(label, el("input", { type: "text", name, maxlength: "500", "data-keep": `fact-${name}`, value })))),
  buttons(save(t("decide.save"), d.busy), cancel()))];
}

const SEND_SIGN = { queued: "paused", sending: "paused", sent: "met", failed: "late", unsure: "urgent", cancelled: "none" };

/** Replies on their way or gone, and questions for an approval. */
function drawGiven(data) {
  const given = data.reply?.given ?? [];
  if (!given.length) return null;
  return el("section", { class: "given" }, el("h2", {}, t("given.title")), el("ul", {}, given.map((one) => el("li", { class: "step", "data-state": one.state === "cancelled" ? "done" : "open" },
    el("div", { class: "line" }, el("span", { class: "what" }, one.what), el("span", { class: "dim" }, one.word)),
    el("div", { class: "line dim" }, el("span", {}, `${one.by} · ${one.at}`), el("span", { class: "do" },
      one.code && ["granted", "promised"].includes(one.state) && armed(`code-${one.id}`, t("given.code"), () => act({ do: "voucher_code", case: data.id, other: one.id }, "", (answer) => insertWords(answer.code))),
      one.state === "promised" && armed(`kept-${one.id}`, t("given.kept"), () => act({ do: "keep_given", case: data.id, other: one.id }, t("done.kept"))),
      ["granted", "promised"].includes(one.state) && armed(`take-${one.id}`, t("given.cancel"), () => act({ do: "cancel_given", case: data.id, other: one.id, text: t("given.why") }, t("done.taken_back"))))))))) ;
}

function drawSends(data) {
  const sends = data.reply.sends.filter((one) => one.state !== "sent" && one.state !== "cancelled").map((one) => el("div", { class: "sending", "data-state": one.state },
    sign(SEND_SIGN[one.state] ?? "none", one.word), el("span", { class: "dim" }, `${one.channel} · ${one.at} · ${one.who}`),
    one.error && el("p", { class: "over" }, one.error),
    el("span", { class: "buttons" },
      one.state === "unsure" && el("button", { type: "button", "data-keep": `there-${one.id}`, onclick: () => act({ do: "is_there", case: data.id, other: one.id, link: answerLink(data) }, t("done.is_there")) }, t("send.is_there")),
      ["unsure", "failed"].includes(one.state) && el("button", { type: "button", "data-keep": `again-${one.id}`, onclick: () => act({ do: "send_again", case: data.id, other: one.id }, t("done.again")) }, t("send.again")),
      ["queued", "failed", "unsure"].includes(one.state) && el("button", { type: "button", class: "plain", "data-keep": `stop-${one.id}`, onclick: () => act({ do: "cancel_send", case: data.id, other: one.id }, t("done.stopped")) }, t("send.stop")))));
  return [...sends, ...data.reply.approvals.map(drawApproval)];
}

function drawApproval(one) {
  const note = el("input", { type: "text", name: "note", maxlength: "500", "data-keep": `note-${one.id}`, "aria-label": t("approve.note"), placeholder: t("approve.note") });
  const decide = (yes) => act({ do: yes ? "approve" : "reject", case: one.case, other: one.id, text: note.value }, t(yes ? "done.approved" : "done.rejected"));
  return el("div", { class: "approval", role: "group", "aria-label": t("approve.title", { who: one.by }) },
    el("p", {}, shape("urgent"), " ", el("strong", {}, t("approve.title", { who: one.by })), " ", el("span", { class: "dim" }, [one.kind, one.where, one.at, one.deputy && t("approve.deputy")].filter(Boolean).join(" · "))),
    el("blockquote", { class: "words", dir: "auto" }, one.text), note,
    buttons(el("button", { type: "button", class: "primary", "data-keep": `yes-${one.id}`, onclick: () => decide(true) }, t("approve.yes")),
      el("button", { type: "button", "data-keep": `no-${one.id}`, onclick: () => decide(false) }, t("approve.no"))));
}
