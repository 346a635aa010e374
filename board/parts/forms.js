// The forms of the dock. Each names what will be recorded before it is.

function buttons(...children) {
  return el("div", { class: "buttons" }, ...children);
}

function save(text, busy, properties = {}) {
  return el("button", { type: "submit", class: "primary", disabled: Boolean(busy), "data-keep": "save", ...properties }, busy ? t("dock.busy") : text, key("Enter"));
}

function cancel(text = t("dock.cancel")) {
  return el("button", { type: "button", class: "plain", "data-keep": "cancel", onclick: undock }, text, key("Esc"));
}

function form(title, onsubmit, ...children) {
  return el("form", {
    class: "form", "aria-label": title,
    onsubmit: (event) => {
      event.preventDefault();
      onsubmit(event.target);
    },
  }, ...children);
}

function choice(name, options, chosen, chooseTo) {
  return el("div", { class: "switch", role: "group", "aria-label": name }, options.map(([value, label]) =>
    el("button", { type: "button", "data-keep": `${name}-${value}`, "aria-pressed": String(value === chosen), onclick: () => chooseTo(value) }, label)));
}

function drawNote(d) {
  const text = el("textarea", {
    name: "note", "data-first": true, "data-keep": "note", rows: "3", maxlength: "20000", "aria-label": t("act.note"),
    placeholder: t("note.placeholder"), value: drafts.get(`${d.id}/note`) ?? "", oninput: (event) => drafts.set(`${d.id}/note`, event.target.value),
  });
  return [form(t("act.note"), () => actInDock({ do: "note", case: d.id, text: text.value }, t("done.note"), () => drafts.drop(`${d.id}/note`)),
    el("h3", {}, t("act.note")), drawNewer(`${d.id}/note`, (words) => { text.value = words; showDock(desk.case); }), text,
    buttons(el("button", { type: "submit", class: "primary", disabled: Boolean(d.busy), "data-keep": "save" }, t("note.save"), key("Ctrl Enter")), cancel(),
      el("span", { class: "dim" }, t("note.text"))))];
}

/** Radio buttons in a row: arrows choose, Enter does. */
function radios(name, options, chosen) {
  return el("div", { class: "radios", role: "radiogroup" }, options.map(([value, label]) =>
    el("label", {}, el("input", { type: "radio", name, value, "data-keep": `${name}-${value}`, checked: value === chosen, "data-first": value === chosen }), el("span", {}, label))));
}

function drawAssign(d) {
  const people = [d.me, ...d.agents.filter((who) => who !== d.me)].map((who) => [who, who === d.me ? t("assign.me", { who }) : who]);
  const options = [...people, ["", t("assign.nobody")]];
  const first = d.assignee === d.me && people.length > 1 ? people[1][0] : d.me;
  return [form(t("act.assign"), (node) => {
    const who = new FormData(node).get("who") || null;
    const deed = who === d.me && !d.assignee ? { do: "claim", case: d.id } : { do: "assign", case: d.id, who };
    actInDock(deed, who ? t("done.assigned", { who }) : t("done.unassigned"));
  }, el("h3", {}, t("assign.title")), radios("who", options, first), buttons(save(t("assign.save"), d.busy), cancel()))];
}

function drawResolve(d) {
  return [form(t("act.resolve"), () => actInDock({ do: "resolve", case: d.id }, t("done.resolved")),
    el("h3", {}, t("resolve.title")), el("p", {}, t("resolve.text")), buttons(save(t("resolve.save"), d.busy, { "data-first": true }), cancel()))];
}

const ASIDE = ["not_about_us", "spam", "duplicate", "other_hands", "other"];

function drawSetAside(d) {
  const more = el("input", { type: "text", name: "more", maxlength: "400", "data-keep": "aside-more", "aria-label": t("aside.more"), placeholder: t("aside.more") });
  return [form(t("act.set_aside"), (node) => {
    const chosen = new FormData(node).get("reason");
    const words = more.value.trim();
    const reason = [chosen === "other" ? "" : t(`aside.${chosen}`), words].filter(Boolean).join(": ");
    actInDock({ do: "set_aside", case: d.id, text: reason }, t("done.set_aside"));
  }, el("h3", {}, t("aside.title")), el("p", { class: "dim" }, t("aside.text")),
  radios("reason", ASIDE.map((name) => [name, t(`aside.${name}`)]), ASIDE[0]), more, buttons(save(t("aside.save"), d.busy), cancel()))];
}
