// The customer beside the case: who they are in other channels, what they ordered, what they wrote and were told elsewhere.

function drawCustomer(who, id) {
  if (!who?.known) return null;
  return el("section", { class: "customer" }, el("h2", {}, t("customer.title"), who.tier && el("span", { class: "tag" }, who.tier)),
    el("p", { class: "dim small" }, [who.reach, who.contacts].filter(Boolean).join(" · ")),
    el("ul", { class: "accounts" }, who.accounts.map((one) => el("li", {}, el("span", { class: "dim" }, one.source), " ", el("span", { dir: "auto" }, one.handle)))),
    who.ask_identity && el("p", { class: "over small" }, t("customer.ask_identity")),
    who.suggestions.map((one) => drawSuggestion(one, id)),
    who.links.length > 0 && fold("links", t("customer.links"), el("ul", {}, who.links.map((one) => el("li", { class: "line" },
      el("span", { class: "dim" }, t("customer.linked", { who: one.by, at: one.at })),
      armed(`unlink-${one.a}-${one.b}`, t("customer.unlink"), () => act({ do: "unlink", case: id, other: one.a, second: one.b }, t("done.unlinked"))))))),
    who.lines.length > 0 && fold("elsewhere", tn("customer.elsewhere", who.lines.length), el("ol", { class: "elsewhere" }, who.lines.map((one) =>
      el("li", { class: one.kind },
        el("span", { class: "dim" }, [one.at, one.channel, one.word, one.who].filter(Boolean).join(" · ")),
        one.case && one.case !== id && el("button", { type: "button", class: "plain", onclick: () => go({ case: one.case }) }, t("case.number", { n: one.case })),
        one.text && el("p", { class: one.quiet ? "words dim" : "words", dir: "auto" }, one.text))))));
}

/** Perhaps the same person: only what both sides share is shown, and nothing of the other's words. */
function drawSuggestion(one, id) {
  return el("div", { class: "suggestion" },
    el("p", {}, shape("unknown"), " ", t("customer.maybe", { who: one.accounts.join(", "), share: one.share })),
    el("ul", { class: "why" }, one.evidence.map((piece) => el("li", {}, piece))),
    one.check && el("p", { class: "over small" }, t("customer.check")),
    el("div", { class: "buttons" },
      el("button", { type: "button", "data-keep": `link-${one.a}-${one.b}`, onclick: () => act({ do: "link", case: id, other: one.a, second: one.b }, t("done.linked")) }, t("customer.same")),
      el("button", { type: "button", class: "plain", "data-keep": `refuse-${one.a}-${one.b}`, onclick: () => act({ do: "refuse_link", case: id, other: one.a, second: one.b }, t("done.refused")) }, t("customer.not_same"))));
}

function drawOrders(card, id) {
  if (!card) return null;
  return el("section", { class: "orders" }, el("h2", {}, t("order.title")),
    card.state !== "found" && el("p", { class: card.state === "not_reachable" ? "over" : "dim" }, card.title),
    card.notices.map((one) => el("p", { class: "over small" }, one.text)),
    card.state === "not_reachable" && el("button", { type: "button", "data-keep": "order-retry", onclick: () => act({ do: "order_retry", case: id }, "") }, t("order.retry")),
    card.orders.map((one) => el("div", { class: "order" },
      el("h3", {}, one.title),
      one.signs.map((told) => el("p", { class: "over small" }, shape("urgent"), " ", told.text)),
      one.notices.map((told) => el("p", { class: "dim small" }, told.text)),
      el("dl", {}, one.rows.flatMap((row) => [el("dt", {}, row.label), el("dd", { dir: "auto" }, row.value)])),
      one.links.map((told) => link(told.url, told.label)))));
}
