// Settings and the first set-up: what a field means and what is wrong with it, the lines of a file that change, a week of
// staffed hours, the steps of a set-up, and waiting for what the server does.

Object.assign(BLOCKS, { change: drawChange, week: drawWeek, steps: drawSteps, wait: drawWait });

/** A field with its meaning and its mistake beside it; both belong to the field for a screen reader. */
function withHelp(b, field, node) {
  if (!field.help && !field.error && !field.group) return node;
  const group = field.group && el("h4", {}, field.group);
  if (!field.help && !field.error) return [group, node];
  const input = node.matches("fieldset") ? node : node.querySelector("input, textarea, select");
  const id = `${b.keep}-${field.name}`.replace(/[^\w-]/g, "_");
  const parts = [field.error && el("span", { class: "error", id: `${id}-error` }, sign("late", field.error)), field.help && el("span", { class: "dim help", id: `${id}-help` }, field.help)];
  input?.setAttribute("aria-describedby", [field.error && `${id}-error`, field.help && `${id}-help`].filter(Boolean).join(" "));
  if (field.error) input?.setAttribute("aria-invalid", "true");
  return [group, el("div", { class: "asked", "data-wrong": Boolean(field.error) }, node, parts)];
}

/** Lines of a file that come and go: with the sign that people know, and a word for those who do not see it. */
function drawChange(b) {
  const words = { "+": t("settings.comes"), "-": t("settings.goes") };
  return el("figure", { class: "change" }, el("figcaption", {}, b.label), el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": b.label }, el("ol", {}, b.lines.map(([mark, text]) => el("li", { "data-mark": mark },
    el("span", { class: "mark", "aria-hidden": "true" }, mark), words[mark] && el("span", { class: "spoken" }, words[mark]), el("code", {}, text))))));
}

/** Staffed hours of a week as bars over a day, each day with its hours in words. */
function drawWeek(b) {
  const end = Math.max(1440, ...b.days.flatMap((day) => day.spans.map((span) => span[1])));
  return el("figure", { class: "week" }, el("figcaption", {}, b.label), el("ul", {}, b.days.map((day) => el("li", {},
    el("span", { class: "day" }, day.name),
    el("span", { class: "track", "aria-hidden": "true" }, day.spans.map(([from, to]) => el("span", { class: "span", style: `inset-inline-start:${(100 * from) / end}%;width:${(100 * (to - from)) / end}%` }))),
    el("span", { class: "dim" }, day.words)))));
}

/** Where one is in a set-up; what was answered can be gone back to. */
function drawSteps(b) {
  return el("nav", { "aria-label": b.label }, el("ol", { class: "steps" }, b.items.map((one, n) => el("li", { "data-state": one.state },
    el("button", { type: "button", class: "plain", disabled: one.state === "ahead", "aria-current": one.state === "here" ? "step" : null, "data-keep": `step-${one.tab}`, onclick: () => goTo({ tab: one.tab }) },
      el("span", { class: "number", "aria-hidden": "true" }, one.state === "done" ? "✓" : String(n + 1)), el("span", {}, one.text), one.state === "done" && el("span", { class: "spoken" }, b.done))))));
}

/** Things that happen one after the other, asked after again every `every` milliseconds while the page is open. */
function drawWait(b) {
  clearTimeout(drawWait.timer);
  if (b.every) drawWait.timer = setTimeout(() => { if (sheet.root && sheet.place) push(); }, b.every);
  return el("div", { role: "status" }, el("ol", { class: "waiting" }, b.items.map((one) => el("li", { "data-state": one.state }, sign({ done: "met", now: "same_day", ahead: "none", failed: "late" }[one.state], one.text), one.more && el("p", { class: "dim" }, one.more)))));
}
