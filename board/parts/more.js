// What is done with a case now and then: out of sight for a while, tags, another team, two cases that are one, one
// case that is two; and the colleagues who have it open.

const MORE = ["snooze", "tags", "tier", "team", "split", "merge", "undo"];
const MORE_KEYS = { snooze: "z", tags: "t", undo: "u" };

function drawMore(d, data) {
  const can = { split: data.mentions_list.length > 1 || data.split.length > 0, merge: data.siblings.length > 0 || data.merged.length > 0 };
  return [el("div", { class: "form" }, el("h3", {}, t("more.title")),
    el("div", { class: "buttons" }, MORE.map((name, at) => el("button", {
      type: "button", "data-keep": `more-${name}`, "data-first": at === 0, disabled: can[name] === false,
      onclick: () => (name === "undo" ? undo() : dock(name)),
    }, t(`act.${name}`), MORE_KEYS[name] && key(MORE_KEYS[name]))), cancel()))];
}

function undo() {
  const id = desk.place.case;
  if (id !== null) actInDock({ do: "undo", case: id }, t("done.undone"));
}

function drawSnooze(d, data) {
  const at = el("input", { type: "datetime-local", name: "at", "data-keep": "snooze-at", "aria-label": t("snooze.at") });
  return [form(t("act.snooze"), (node) => {
    const chosen = new FormData(node).get("until");
    const until = chosen === "at" ? at.value : chosen;
    if (chosen === "at" && !at.value) return at.focus();
    actInDock({ do: "snooze", case: d.id, text: until }, until ? t("done.snoozed") : t("done.awake"));
  }, el("h3", {}, t("snooze.title")), el("p", { class: "dim" }, t("snooze.text")),
  radios("until", [...data.snooze, ["at", t("snooze.at")], ...(data.snoozed ? [["", t("snooze.awake")]] : [])], data.snooze[0]?.[0] ?? "at"),
  at, buttons(save(t("snooze.save"), d.busy), cancel()))];
}

function drawTags(d, data) {
  const text = el("input", { type: "text", name: "tags", maxlength: "500", "data-first": true, "data-keep": "tags", value: data.tags.join(" "), "aria-label": t("tags.title") });
  return [form(t("act.tags"), () => actInDock({ do: "tag", case: d.id, text: text.value }, t("done.tagged")),
    el("h3", {}, t("tags.title")), el("p", { class: "dim" }, t("tags.text")), text, buttons(save(t("tags.save"), d.busy), cancel()))];
}

function drawTier(d, data) {
  const text = el("input", { type: "text", name: "tier", maxlength: "40", "data-first": true, "data-keep": "tier", value: data.customer?.tier ?? "", "aria-label": t("tier.title") });
  return [form(t("act.tier"), () => actInDock({ do: "tier", case: d.id, text: text.value }, t("done.tier")),
    el("h3", {}, t("tier.title")), el("p", { class: "dim" }, t("tier.text")), text, buttons(save(t("tags.save"), d.busy), cancel()))];
}

function drawTeam(d) {
  const whom = el("input", { type: "text", name: "whom", maxlength: "100", required: true, "data-first": true, "data-keep": "team", "aria-label": t("team.whom"), placeholder: t("team.whom") });
  return [form(t("act.team"), () => actInDock({ do: "wait_team", case: d.id, text: whom.value }, t("done.team")),
    el("h3", {}, t("team.title")), el("p", { class: "dim" }, t("team.text")), whom, buttons(save(t("team.save"), d.busy), cancel()))];
}

/** Boxes to tick, one for each mention of the case. */
function drawSplit(d, data) {
  const boxes = data.mentions_list.map((one) => el("label", { class: "tick" },
    el("input", { type: "checkbox", name: "mention", value: one.id, "data-keep": `split-${one.id}` }),
    el("span", {}, el("span", { class: "dim" }, `${one.channel} · ${one.at} `), el("span", { dir: "auto" }, one.text))));
  return [form(t("act.split"), (node) => {
    const chosen = new FormData(node).getAll("mention").map(Number);
    actInDock({ do: "split", case: d.id, mentions: chosen }, t("done.split"), (answer) => go({ case: answer.case }));
  }, el("h3", {}, t("split.title")), el("p", { class: "dim" }, t("split.text")), el("div", { class: "ticks" }, boxes),
  buttons(save(t("split.save"), d.busy, { "data-first": true }), cancel(),
    data.split.map((other) => el("button", { type: "button", "data-keep": `unsplit-${other}`, onclick: () => actInDock({ do: "unsplit", case: d.id, other }, t("done.unsplit")) }, t("split.back", { n: other })))))];
}

function drawMerge(d, data) {
  const options = data.siblings.map((one) => [String(one.id), `${t("case.number", { n: one.id })} · ${one.channel} · ${one.topic} · ${one.status}`]);
  return [form(t("act.merge"), (node) => {
    const other = Number(new FormData(node).get("other"));
    if (other) actInDock({ do: "merge", case: d.id, other }, t("done.merged"));
  }, el("h3", {}, t("merge.title")), el("p", { class: "dim" }, t("merge.text")), options.length > 0 && radios("other", options, options[0][0]),
  buttons(options.length > 0 && save(t("merge.save"), d.busy), cancel(),
    data.merged.map((other) => el("button", { type: "button", "data-keep": `unmerge-${other}`, onclick: () => actInDock({ do: "unmerge", case: d.id, other }, t("done.unmerged")) }, t("merge.back", { n: other })))))];
}

/** Who else has the case open; somebody who writes is a stop that nobody overlooks. */
function drawPresent(d) {
  return d.present.map((one) => one.doing === "writing"
    ? el("p", { class: "stop", role: "alert" }, shape("urgent"), el("span", {}, t("present.writing", { who: one.who, since: one.since })),
      !d.writing && el("button", { type: "button", "data-keep": `over-${one.who}`, onclick: () => beginReply(true) }, t("present.take_over")))
    : el("p", { class: "dim here" }, t("present.reading", { who: one.who })));
}

/** The first letter of an answer: the case becomes ours, and colleagues see that somebody writes. */
function beginReply(anyway = false) {
  const id = desk.place.case;
  if (id === null || (desk.place.writing === id && !anyway)) return;
  go({ writing: id });
  act({ do: "begin", case: id, anyway }, anyway ? t("done.took_over") : "", () => {}, (sentence) => {
    go({ writing: null });
    say(sentence, true);
  });
}
