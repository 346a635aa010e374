// Views with a name: what one asks every morning is asked once. One's own, or the whole desk's.

const FILTERED = ["view", "search", "urgency", "channel", "topic", "language"];

function isHere(filters) {
  return FILTERED.every((name) => (filters[name] || "") === (desk.place[name] || ""));
}

/** The saved views as buttons beside the others, each with how many cases it holds. */
function drawSaved(saved) {
  return saved.map((one) => el("button", {
    type: "button", class: "view saved", "data-keep": `saved-${one.id}`, "data-saved": one.id, "aria-pressed": String(one.here),
    title: one.shared ? t("saved.of", { who: one.owner }) : null,
    onclick: () => go({ ...Object.fromEntries(FILTERED.map((name) => [name, one.filters[name] || (name === "search" ? "" : null)])), case: null }, { mention: null }),
  }, el("span", {}, one.title), one.shared && el("span", { class: "hidden-word" }, t("saved.shared")),
  el("span", { class: "count" }, new Intl.NumberFormat(language).format(one.n))));
}

function savedData(data) {
  return (data.saved ?? []).map((one) => ({ ...one, here: isHere(one.filters) }));
}

/** Save the view that one is in, or put the saved ones in order. */
function askSaved() {
  const sheet = desk.root.querySelector("dialog.saved-ask");
  desk.root.querySelector(".filters details").open = false;
  paintSaved();
  if (!sheet.open) sheet.showModal();
  sheet.querySelector("input[name=title]")?.focus();
}

function paintSaved() {
  const sheet = desk.root.querySelector("dialog.saved-ask");
  const list = (lastData?.saved ?? []).map(({ id, title, owner, shared, mine }) => ({ id, title, owner, shared, mine }));
  const filters = Object.fromEntries(FILTERED.map((name) => [name, desk.place[name] || ""]));
  patch(sheet, { list, filters, wrong: sheet.dataset.wrong ?? "" }, (d) => [
    el("h2", {}, t("saved.title")),
    form(t("saved.save"), (node) => {
      const said = new FormData(node);
      const form = Object.fromEntries(Object.entries({ ...d.filters, shared: said.get("shared") ? "yes" : "" }).filter(([, value]) => value));
      actSaved({ do: "save_view", text: String(said.get("title") ?? ""), form }, t("saved.done"), () => { node.reset(); });
    },
    el("p", { class: "dim" }, t("saved.what", { view: whatIsHere() })),
    label(t("saved.name"), el("input", { type: "text", name: "title", maxlength: "40", required: true, "data-keep": "saved-title", autocomplete: "off" })),
    el("label", { class: "tick" }, el("input", { type: "checkbox", name: "shared", "data-keep": "saved-shared" }), el("span", {}, t("saved.share"))),
    d.wrong && el("p", { class: "error", role: "alert" }, d.wrong),
    buttons(el("button", { type: "submit", class: "primary" }, t("saved.save")),
      el("button", { type: "button", class: "plain", "data-keep": "saved-close", onclick: () => sheet.close() }, t("keys.close"), key("Esc")))),
    d.list.length > 0 && el("ul", { class: "saved-list", "aria-label": t("saved.list") }, d.list.map((one, n) => drawSavedLine(one, n, d.list.length)))]);
}

function drawSavedLine(one, n, all) {
  const press = (name, words, deed, said, properties = {}) => el("button", {
    type: "button", class: "plain", "data-keep": `${name}-${one.id}`, "aria-label": `${words}: ${one.title}`, onclick: () => actSaved(deed, said), ...properties }, words);
  const title = el("input", { type: "text", value: one.title, maxlength: "40", "data-keep": `title-${one.id}`, "aria-label": t("saved.name_of", { title: one.title }),
    onchange: (event) => actSaved({ do: "rename_view", other: one.id, text: event.target.value }, t("saved.renamed")) });
  return el("li", {}, one.mine ? title : el("span", { class: "title" }, one.title),
    el("span", { class: "dim" }, one.shared ? t("saved.of", { who: one.owner }) : t("saved.own")),
    one.mine && el("span", { class: "buttons" },
      n > 0 && press("up", t("saved.up"), { do: "move_view", other: one.id, text: "back" }, ""),
      n < all - 1 && press("down", t("saved.down"), { do: "move_view", other: one.id, text: "on" }, ""),
      press("share", t(one.shared ? "saved.unshare_it" : "saved.share_it"), { do: "share_view", other: one.id, text: one.shared ? "" : "yes" }, t("saved.changed")),
      press("remove", t("saved.remove"), { do: "remove_view", other: one.id }, "", { onclick: () => removeSaved(one) })));
}

function actSaved(deed, said, then = () => {}) {
  const sheet = desk.root.querySelector("dialog.saved-ask");
  sheet.dataset.wrong = "";
  act(deed, said, then, (sentence) => {
    sheet.dataset.wrong = sentence;
    paintSaved();
  });
}

/** Forgotten at once, and brought back with one press. */
function removeSaved(one) {
  actSaved({ do: "remove_view", other: one.id }, "", ({ removed }) => {
    const form = { ...removed.filters, ...(removed.shared && { shared: "yes" }) };
    say([el("span", {}, t("saved.removed", { title: one.title }), " "), el("button", {
      type: "button", onclick: () => act({ do: "save_view", text: removed.title, form }, t("saved.back")) }, t("act.undo"))], false, true);
    setTimeout(() => { desk.root?.querySelector(".told")?.setAttribute("hidden", ""); }, 12000);
  });
}

/** The view that one is in, in words: its name, what was searched for, what was chosen. */
function whatIsHere() {
  const chosen = FILTERS.filter((name) => desk.place[name]).map((name) => lastData?.choices?.[name]?.find(([value]) => value === desk.place[name])?.[1] ?? desk.place[name]);
  return [t(`view.${desk.place.view}`), desk.place.search && `“${desk.place.search}”`, ...chosen].filter(Boolean).join(" · ");
}
