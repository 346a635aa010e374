// Beside the words: the promises that run, the playbook that is at work, why it was chosen, and the log.

function drawSide(data) {
  return [drawOrders(data.orders, data.id), drawCustomer(data.customer, data.id), drawGiven(data), drawClocks(data.clocks), data.run ? drawRun(data) : drawNoRun(), drawReasons(data.reasons), drawLog(data.log)];
}

const STATE_SIGN = { late: "late", breached: "late", met: "met", paused: "paused", cancelled: "none" };

function drawClocks(clocks) {
  return el("section", { class: "clocks" }, el("h2", {}, t("clocks.title")),
    !clocks.length && el("p", { class: "dim" }, t("clocks.none")),
    clocks.map((clock) => el("div", { class: "clock" },
      el("div", { class: "line" },
        el("span", { class: "what" }, clock.name),
        clock.due ? timer(clock) : sign(STATE_SIGN[clock.state] ?? "none", clock.word)),
      fold(`why-${clock.name}`, [clock.due_text, clock.said, t("clocks.why")].filter(Boolean).join(" · "),
        el("ol", { class: "why" }, clock.why.map((line) => el("li", {}, line)))))));
}

function drawNoRun() {
  return el("section", {}, el("h2", {}, t("playbook.title")), el("p", { class: "dim" }, t("playbook.none")));
}

function drawRun(data) {
  const run = data.run;
  return el("section", { class: "run" },
    el("h2", {}, run.title, el("span", { class: "dim" }, run.version)),
    fold("summary", t("playbook.summary"), el("p", { class: "small" }, run.summary)),
    run.inform.length > 0 && el("dl", {}, el("dt", {}, t("playbook.inform")), run.inform.map((i) => el("dd", {}, i.who, el("span", { class: "dim" }, ` · ${i.box}`)))),
    el("h3", {}, t("playbook.steps"), el("span", { class: "dim figure" }, run.done)),
    el("ol", { class: "steps" }, run.steps.map((s) => drawStep(s, data))),
    el("dl", {}, el("dt", {}, t("playbook.decides")), el("dd", {}, run.decides)),
    run.solutions.length > 0 && el("dl", { class: "solutions" }, el("dt", {}, t("playbook.solutions")),
      run.solutions.map((s) => el("dd", {}, el("span", {}, s.title), el("span", { class: "limit figure" }, s.limit), el("span", { class: "dim" }, s.who)))),
    run.not_to_say.length > 0 && fold("not-to-say", t("playbook.not_to_say"),
      el("ul", { class: "not" }, run.not_to_say.map((n) => el("li", {}, el("q", {}, n.say), el("span", { class: "dim" }, n.why))))));
}

function drawStep(item, data) {
  const open = item.state === "open";
  return el("li", { class: "step", "data-state": item.state },
    el("div", { class: "line" },
      el("span", { class: "what" }, item.title),
      open && item.due ? timer({ due: item.due, urgency: "none" }) : open ? el("span", { class: "dim" }, item.box)
        : sign(item.state === "done" ? "met" : "none", t(`step.${item.state}`))),
    el("div", { class: "line dim" }, el("span", {}, open ? `${item.who} · ${item.box}` : item.done),
      open && el("span", { class: "do" },
        armed(`done-${item.id}`, t("step.mark_done"), () => act({ do: "step", case: data.id, step: item.id, state: "done" }, t("done.step"))),
        armed(`skip-${item.id}`, t("step.mark_skipped"), () => act({ do: "step", case: data.id, step: item.id, state: "skipped" }, t("done.step"))))),
    fold(`how-${item.id}`, t("step.how"), el("p", {}, item.text)));
}

/** A button that is pressed twice: what it does cannot be undone, so the first press asks. */
function armed(keep, text, what) {
  const button = el("button", {
    type: "button", class: "plain", "data-keep": keep,
    onclick: () => {
      if (button.dataset.armed) return what();
      button.dataset.armed = "yes";
      button.textContent = t("step.confirm", { what: text });
    },
    onblur: () => {
      delete button.dataset.armed;
      button.textContent = text;
    },
  }, text);
  return button;
}

function drawReasons(reasons) {
  if (!reasons.length) return null;
  return el("section", {}, fold("reasons", t("reasons.title"), el("ol", { class: "why" }, reasons.map((r) => el("li", {}, r)))));
}

function drawLog(lines) {
  return el("section", {}, fold("log", t("log.title", { n: lines.length }), el("ol", { class: "log" }, lines.map((line) =>
    el("li", {}, el("time", { class: "dim" }, line.at), el("span", { class: "hand" }, line.hand), el("span", {}, line.what),
      line.more && el("span", { class: "words dim" }, line.more), line.url && link(line.url, t("story.link")))))));
}
