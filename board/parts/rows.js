// One row of the queue: the time first, then the customer's words, then who and what about.

function rowNode(id, at) {
  let node = queue.nodes.get(id);
  if (!node) {
    node = el("div", { class: "row", role: "option", id: `row-${id}`, "data-row": id, onclick: (event) => pressRow(event, id) });
    queue.nodes.set(id, node);
  }
  const row = queue.rows.get(id) ?? { id, unheard: true };
  patch(node, row, drawRow);
  node.dataset.urgency = row.urgency ?? "none";
  node.toggleAttribute("data-gone", Boolean(row.gone));
  node.setAttribute("aria-posinset", String(at + 1));
  node.setAttribute("aria-setsize", String(queue.order.length));
  if (many.choosing) node.setAttribute("aria-checked", String(many.ticked.has(id)));
  else node.removeAttribute("aria-checked");
  return node;
}

function drawRow(row) {
  const box = el("span", { class: "tick-box", "aria-hidden": "true" }, shape("met"));
  if (row.unheard) return [box, el("p", { class: "said dim" }, t("case.loading"))];
  return [
    box,
    el("div", { class: "when" }, rowTime(row), el("span", { class: "channel" }, row.channel)),
    el("p", { class: "said" }, row.text),
    el("div", { class: "about" },
      el("span", { class: "author" }, row.who), row.followers && el("span", {}, row.followers),
      row.mentions && el("span", {}, row.mentions),
      el("span", {}, row.topic), row.playbook && row.playbook !== row.topic && el("span", { class: "book" }, row.playbook),
      row.assignee && el("span", { class: "holder" }, row.assignee === desk.me ? t("row.mine") : row.assignee)),
  ];
}

function rowTime(row) {
  if (row.mention) return el("span", { class: "timer quiet" }, el("span", { class: "face" }, row.posted_text));
  if (row.due) {
    const wait = row.status === "waiting" && el("span", { class: "due" }, t("status.waiting"));
    return [timer(row), el("span", { class: "due" }, t("case.due", { at: row.due_text })), wait];
  }
  const quiet = { waiting: "paused", resolved: "met" }[row.status] ?? "none";
  const word = row.status === "new" || row.status === "assigned" || row.status === "reopened" ? t("row.no_clock") : t(`status.${row.status}`);
  const plain = row.status === "answered" || row.status === "resolved" || row.status === "set_aside";
  return [
    el("span", { class: "timer quiet" }, plain ? el("span", { class: "word" }, word) : sign(quiet, word)),
    el("span", { class: "due" }, t("row.posted", { at: row.posted_text })),
  ];
}
