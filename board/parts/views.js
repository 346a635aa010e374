// What part of the queue is looked at: views with their counts, search and filters.

const VIEWS = ["due_1h", "late", "approvals", "unassigned", "mine", "open", "snoozed", "answered", "resolved", "set_aside", "no_answer"];
const SELDOM = ["approvals", "snoozed"];
const FILTERS = ["urgency", "channel", "topic", "language"];
const COUNT_SIGNS = { due_1h: "urgent", late: "late", approvals: "urgent" };

function drawViews({ view, counts, saved }) {
  // What is seldom there takes no room while it is not.
  const named = saved.some((one) => one.here);
  return [...VIEWS.filter((name) => !SELDOM.includes(name) || counts[name] > 0 || name === view).map((name) => {
    const count = counts[name];
    const alarming = COUNT_SIGNS[name] && count > 0;
    return el("button", {
      type: "button", class: "view", "data-keep": `view-${name}`, "data-view": name,
      "data-sign": alarming ? COUNT_SIGNS[name] : null, "aria-pressed": name === view && !named ? "true" : "false",
      onclick: () => go({ view: name, case: null }, { mention: null }),
    },
    alarming && shape(COUNT_SIGNS[name]),
    el("span", {}, t(`view.${name}`)),
    count !== undefined && el("span", { class: "count" }, new Intl.NumberFormat(language).format(count)));
  }), ...drawSaved(saved)];
}

function drawFilters({ place, choices }) {
  const search = el("input", {
    type: "search", class: "search", placeholder: t("filter.search"), "aria-label": t("filter.search_label"),
    "data-keep": "search", value: place.search, maxlength: "200", autocomplete: "off", spellcheck: "false",
    oninput: (event) => {
      const field = event.currentTarget; // the event forgets it once it has passed
      later("search", () => go({ search: field.value.trim() }));
    },
  });
  const selects = FILTERS.map((name) => {
    const select = el("select", {
      "aria-label": t(`filter.${name}`), "data-keep": `filter-${name}`, class: place[name] ? "chosen" : "",
      onchange: (event) => go({ [name]: event.target.value || null }),
    }, el("option", { value: "" }, t(`filter.any_${name}`)),
    choices[name].map(([value, label]) => el("option", { value }, label)));
    select.value = place[name] ?? "";
    return select;
  });
  const chosen = FILTERS.filter((name) => place[name]).length;
  const reset = (chosen > 0 || place.search) && el("button", {
    type: "button", class: "plain", "data-keep": "reset",
    onclick: () => go({ urgency: null, channel: null, topic: null, language: null, search: "" }),
  }, t("filter.reset"));
  return [search, el("details", { class: "more", "data-keep": "filters" },
    el("summary", {}, chosen ? t("filter.title_n", { n: chosen }) : t("filter.title")), el("div", { class: "selects" }, selects,
      el("button", { type: "button", "data-keep": "save-view", onclick: askSaved }, t("saved.open")))), reset];
}

const waiting = {};

/** Do something once the hand has rested for a fifth of a second. */
function later(name, what, wait = 200) {
  clearTimeout(waiting[name]);
  waiting[name] = setTimeout(what, wait);
}

function showViews(data) {
  patch(desk.root.querySelector(".views"), { view: desk.place.view, counts: data.counts, saved: savedData(data) }, drawViews);
  const filters = desk.root.querySelector(".filters");
  const search = filters.querySelector(".search");
  // While somebody types, what they typed is the truth, not the server's echo of it.
  const typing = search && desk.root.getRootNode().activeElement === search;
  const wanted = { ...Object.fromEntries(FILTERS.map((f) => [f, desk.place[f]])), search: typing ? search.value : desk.place.search };
  if (typing && wanted.search !== desk.place.search) return;
  const end = typing ? [search.selectionStart, search.selectionEnd] : null;
  if (patch(filters, { place: wanted, choices: data.choices }, drawFilters) && end) {
    filters.querySelector(".search").setSelectionRange(...end);
  }
}
