// What only the day's first page has: its answer in one sentence beside the heading, and the counts that lead to Triage.

function drawAnswer(b) {
  return el("div", { class: "answer" },
    el("div", { class: "lead" }, el("h1", { tabindex: "-1" }, b.title), el("span", { class: "dim" }, b.when)),
    el("p", { class: "answer-words", "data-sign": b.sign }, shape(b.sign), el("span", {}, b.text)));
}

/** Numbers with their names, small enough to leave the room to the cases; each leads to what it counts. */
function drawCounts(b) {
  return el("ul", { class: "counts", "aria-label": b.label }, b.items.map((one) => el("li", {}, el("button", {
    type: "button", "data-keep": `count-${one.label}`, "data-sign": one.sign || null, onclick: () => goTo(one.go),
  }, one.sign && shape(one.sign), el("span", { class: "number" }, one.n), " ", one.label))));
}
