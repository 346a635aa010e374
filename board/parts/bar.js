// The bar on top: where one is and where one can go, the desk's clock, how the board looks, whose hands these are.

const MARK = ["M12 4.6a8.6 8.6 0 1 1 0 17.2a8.6 8.6 0 0 1 0-17.2Z", "M12 9v4.6l3 1.9", "M8.2 1.4v.1M15.8 1.4v.1"];
const LINES = ["M3 6h18M3 12h18M3 18h18"];
const DOWN = ["M2.5 4.5 6 8l3.5-3.5"];
const OWN_NAMES = { tr: "Türkçe", en: "English" }; // each language is called as it calls itself
// `g`, then a letter: the pages by keyboard. Letters that both languages' keyboards have.
const JUMPS = {
  t: "today", q: "triage", c: "crisis", i: "incidents", u: "customers", r: "reports", w: "causes", d: "drills", s: "sources",
  p: "playbooks", ",": "settings", j: "work",
};
const JUMP_WITHIN = 1500; // ms between the two keys

const strip = { root: null, data: null, go: () => {}, open: null, jumping: 0, usedAt: 0, listening: false };

/**
 * The framework opens a window of its own, in English, when the connection drops, and takes the keys away from a
 * half-written answer. The board says itself when it hears nothing; so that window is closed and the hand put back.
 */
function keepTheHand() {
  const theirs = (node) => node.nodeType === 1 && (node.matches(".stDialog") || node.querySelector('[role="dialog"]'));
  new MutationObserver((changes) => {
    const dialog = changes.flatMap((change) => [...change.addedNodes]).find(theirs);
    if (!dialog) return;
    const held = document.activeElement?.shadowRoot?.activeElement; // not taken away yet
    setTimeout(() => dialog.querySelector("button")?.click(), 0);
    let tries = 24; // the window takes a while to go, and as it goes it puts the focus where it thinks it was
    const again = setInterval(() => {
      if (!held?.isConnected || !(tries -= 1)) return clearInterval(again);
      if (held.getRootNode().activeElement !== held) held.focus({ preventScroll: true });
    }, 25);
  }).observe(document.body, { childList: true });
}

/** A panel that a button opens; one at a time. Esc, a touch outside and leaving it with Tab close it. */
function panel(name, label, className, said, ...content) {
  return [
    el("button", {
      type: "button", class: `opens ${className}`, "data-keep": `open-${name}`, "aria-expanded": String(strip.open === name), "aria-controls": `panel-${name}`, "aria-label": said,
      onclick: () => openPanel(strip.open === name ? null : name),
    }, label),
    el("div", { class: `panel ${name}-panel`, id: `panel-${name}`, hidden: strip.open !== name, role: "group", "aria-label": t(`bar.${name}`) }, content),
  ];
}

function openPanel(name, back = null) {
  strip.open = name;
  for (const button of strip.root.querySelectorAll(".opens")) {
    const mine = button.dataset.keep === `open-${name}`;
    button.setAttribute("aria-expanded", String(mine));
    strip.root.querySelector(`#${button.getAttribute("aria-controls")}`).hidden = !mine;
  }
  if (back) strip.root.querySelector(`[data-keep="open-${back}"]`)?.focus();
}

function pageLink(path, name, place) {
  const jump = Object.keys(JUMPS).find((key) => JUMPS[key] === path);
  return el("a", {
    class: "page", href: `./${path}`, "data-page": path, "data-keep": `${place}-${path}`, "aria-current": path === strip.data.here ? "page" : null,
    title: jump ? t("bar.jump", { keys: `g ${jump}` }) : null,
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return; // a tab of its own
      event.preventDefault();
      openPanel(null);
      strip.go({ page: path });
    },
  }, name);
}

function drawPages(data) {
  const pages = (place) => data.pages.map(([path, name]) => el("li", {}, pageLink(path, name, place)));
  return [
    el("div", { class: "phone" }, panel("menu", [drawn("0 0 24 24", LINES, false, "icon"), el("span", { class: "here" }, pageName(data))], "menu-button", `${t("bar.menu")}: ${pageName(data)}`,
      el("nav", { "aria-label": t("bar.pages") }, el("ul", {}, pages("menu"))), drawMe(data, "phone"), drawLook("phone"))),
    el("nav", { class: "wide", "aria-label": t("bar.pages") }, el("ul", {}, pages("page"),
      el("li", { class: "more" }, panel("more", [el("span", { class: "more-name" }, t("bar.more")), drawn("0 0 12 12", DOWN, false, "down")], "page", t("bar.more"),
        el("ul", {}, pages("more")))))),
  ];
}

function pageName(data) {
  return data.pages.find(([path]) => path === data.here)?.[1] ?? "";
}

/** As many pages as there is room for; the rest is behind a button, which carries the name of the page one is on. */
function fit() {
  const nav = strip.root?.querySelector("nav.wide");
  if (!nav?.clientWidth) return;
  const links = [...nav.querySelectorAll('[data-keep^="page-"]')];
  const more = nav.querySelector(".more");
  for (const link of links) link.parentNode.hidden = false;
  more.hidden = true;
  const widths = links.map((link) => link.parentNode.offsetWidth);
  if (widths.reduce((sum, width) => sum + width, 0) <= nav.clientWidth) return;
  more.hidden = false;
  const name = more.querySelector(".more-name");
  name.textContent = t("bar.more");
  const place = (room) => links.forEach((link, n) => { link.parentNode.hidden = (room -= widths[n]) < 0; });
  place(nav.clientWidth - more.offsetWidth);
  const hidden = links.filter((link) => link.parentNode.hidden).map((link) => link.dataset.page);
  const away = hidden.includes(strip.data.here);
  if (away) {
    name.textContent = pageName(strip.data);
    place(nav.clientWidth - more.offsetWidth);
  }
  const opens = more.querySelector(".opens");
  opens.toggleAttribute("data-here", away);
  opens.setAttribute("aria-label", away ? `${t("bar.more")}: ${pageName(strip.data)}` : t("bar.more"));
  const now = links.filter((link) => link.parentNode.hidden).map((link) => link.dataset.page);
  for (const link of more.querySelectorAll(".panel .page")) link.parentNode.hidden = !now.includes(link.dataset.page);
}

function drawSwitch(name, label, choices, chosen, said, choose) {
  return el("div", { class: "choice" }, el("span", { class: "dim", id: `label-${name}` }, label),
    el("div", { class: "switch", role: "group", "aria-label": label }, choices.map((value) =>
      el("button", { type: "button", lang: said.lang?.(value), "data-keep": `${name}-${value}`, "aria-pressed": String(value === chosen), onclick: () => choose(value) }, said(value)))));
}

/** How the board looks. A choice is worn at once, kept here, and told to the server for the person. */
function drawLook(place) {
  const worn = look();
  const choose = (name) => (value) => {
    keepLook({ [name]: value });
    wear();
    strip.go({ look: { [name]: value } });
    for (const button of strip.root.querySelectorAll(`[data-keep^="${name}-"], [data-keep^="phone-${name}-"]`)) {
      button.setAttribute("aria-pressed", String(button.dataset.keep.endsWith(`${name}-${value}`)));
    }
    fit();
  };
  const before = place === "phone" ? "phone-" : "";
  const language = (code) => OWN_NAMES[code] ?? code;
  language.lang = (code) => code;
  return [
    drawSwitch(`${before}lang`, t("bar.language"), strip.data.languages.map(([code]) => code), strip.data.language, language, (code) => strip.go({ language: code })),
    drawSwitch(`${before}theme`, t("bar.theme"), LOOKS.theme, worn.theme, (value) => t(`theme.${value}`), choose("theme")),
    drawSwitch(`${before}contrast`, t("bar.contrast"), LOOKS.contrast, worn.contrast, (value) => t(`contrast.${value}`), choose("contrast")),
    drawSwitch(`${before}text_size`, t("bar.text_size"), LOOKS.text_size, worn.text_size, (value) => t("bar.percent", { n: value }), choose("text_size")),
    drawSwitch(`${before}density`, t("bar.density"), LOOKS.density, worn.density, (value) => t(`density.${value}`), choose("density")),
  ];
}

/** Whose hands these are: signed in, the way out; else, with several people on the desk, who is at it now. */
function drawMe(data, place) {
  if (data.signed) {
    return [
      el("p", { class: "who" }, el("strong", {}, data.me), el("span", { class: "dim" }, data.roles)),
      el("button", { type: "button", "data-keep": `${place}-password`, onclick: () => strip.go({ password: true }) }, t("bar.password")),
      el("button", { type: "button", "data-keep": `${place}-sign-out`, onclick: () => strip.go({ sign_out: true }) }, t("bar.sign_out")),
      el("p", { class: "dim" }, t("bar.drafts_kept")),
    ];
  }
  const select = el("select", { "aria-label": t("bar.who"), "data-keep": `${place}-me`, onchange: (event) => strip.go({ me: event.target.value }) },
    data.people.map((name) => el("option", { value: name }, name)));
  select.value = data.me;
  return [
    el("p", { class: "who" }, el("strong", {}, data.me), el("span", { class: "dim" }, data.roles)),
    data.people.length > 1 && el("label", { class: "choice" }, el("span", { class: "dim" }, t("bar.who")), select),
    el("p", { class: "dim" }, t("bar.nobody_asked")),
  ];
}

function drawAlerts(data) {
  return [
    data.drill && el("p", { class: "drill" }, shape("urgent"), el("span", {}, t("bar.drill")), el("span", { class: "drill-more" }, t("bar.drill_more"))),
    data.crises.length > 0 && el("button", { type: "button", class: "gap crisis", "data-keep": "crisis", onclick: () => strip.go({ page: "crisis", id: data.crises[0].id }) },
      shape("critical"), el("span", { class: "gap-text" }, t("bar.crisis", { title: data.crises[0].title })),
      data.crises.length > 1 && el("span", { class: "gap-more" }, tn("bar.crisis_more", data.crises.length - 1))),
    data.gap && el("button", {
      type: "button", class: "gap", "data-keep": "gap", title: `${data.gap.text} ${data.gap.more}`, onclick: () => strip.go({ page: "sources" }),
    }, shape("critical"), el("span", { class: "gap-text" }, data.gap.text), data.gap.more && el("span", { class: "gap-more" }, data.gap.more)),
  ].filter(Boolean);
}

function drawBar(data) {
  const alerts = drawAlerts(data);
  const zone = el("span", { class: "zone dim" }, data.zone);
  return [
    el("a", { class: "skip", href: "#", onclick: skip }, t("bar.skip")),
    el("header", { class: "bar" },
      el("div", { class: "name" }, drawn("0 0 24 24", MARK, false, "mark"),
        el("span", { class: "product" }, "Nöbet"), el("span", { class: "brand" }, data.brand)),
      drawPages(data),
      el("div", { class: "own" },
        el("span", { class: "clock", title: t("bar.clock", { zone: data.zone_key }) }, el("span", { class: "face" }), " ", zone),
        el("div", { class: "holds wide-only" }, panel("look", [t("bar.look"), drawn("0 0 12 12", DOWN, false, "down")], "plainer", null, drawLook("wide"))),
        el("div", { class: "holds wide-only" }, panel("me", [el("span", { class: "me-name" }, data.me), drawn("0 0 12 12", DOWN, false, "down")], "plainer", `${t("bar.me")}: ${data.me}`, drawMe(data, "wide"))))),
    el("div", { class: "alerts", role: "status", hidden: !alerts.length }, alerts),
  ];
}

/** The desk's own clock, in its zone: what every time on the board is told in. */
function paintClock() {
  const face = strip.root?.querySelector(".clock .face");
  if (!face || !strip.data) return;
  const now = new Intl.DateTimeFormat("tr", { timeZone: strip.data.zone_key, hour: "2-digit", minute: "2-digit" }).format(serverNow());
  if (face.textContent !== now) face.textContent = now;
}

/** Past the bar, to what the page is about; the page is a part of its own with a root of its own. */
function skip(event) {
  event?.preventDefault();
  for (const node of document.querySelectorAll(".stMain *")) {
    const main = node.shadowRoot?.querySelector("main");
    const target = main?.querySelector("h1") ?? main;
    if (!target) continue;
    if (!target.hasAttribute("tabindex")) target.setAttribute("tabindex", "-1");
    target.focus();
    return;
  }
}

/** `g` and a letter go to a page. Heard before the pages hear their own keys; never where somebody writes. */
function onJump(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !strip.root?.isConnected) return;
  const target = event.composedPath()[0];
  if (target.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox]), [contenteditable]")) return;
  if (event.key === "g") {
    strip.jumping = Date.now();
    return;
  }
  const path = JUMPS[event.key];
  const jumps = Date.now() - strip.jumping < JUMP_WITHIN;
  strip.jumping = 0;
  if (!jumps || !path || !strip.data.pages.some(([one]) => one === path)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  strip.go({ page: path });
}

/** Somebody is here: told at most every five minutes, so that a shift does not end in the middle of a sentence. */
function onUse() {
  if (!strip.data?.signed || Date.now() - strip.usedAt < 300000) return;
  strip.usedAt = Date.now();
  strip.go({ use: true });
}

function listen() {
  if (!document.documentElement.dataset.hand) keepTheHand();
  // The framework's own landmark is around all of ours; a page has one main part, the one that it is about.
  for (const outer of document.querySelectorAll("main, [role=main]")) outer.setAttribute("role", "presentation");
  document.documentElement.dataset.hand = "kept"; // once per page load, however often the bar is drawn
  if (strip.listening) return;
  strip.listening = true;
  for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) matchMedia(query).addEventListener("change", () => wear());
  window.addEventListener("keydown", onJump, true);
  window.addEventListener("pointerdown", (event) => {
    onUse();
    const held = event.composedPath().some((node) => node.classList?.contains("panel") || node.classList?.contains("opens"));
    if (strip.open && !held) openPanel(null);
  }, true);
  window.addEventListener("keydown", onUse, true);
  setInterval(paintClock, 1000);
  document.fonts.ready.then(fit);
}

function build(parent) {
  strip.root = el("div", { class: "root" });
  strip.root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !strip.open) return;
    event.stopPropagation();
    openPanel(null, strip.open);
  });
  strip.root.addEventListener("focusout", (event) => {
    const inside = strip.open && event.relatedTarget && strip.root.querySelector(`#panel-${strip.open}`)?.parentNode.contains(event.relatedTarget);
    if (strip.open && event.relatedTarget && !inside) openPanel(null);
  });
  parent.append(strip.root);
  new ResizeObserver(fit).observe(strip.root);
  strip.usedAt = Date.now(); // opening the page was use
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  const { now, speed, look: kept, later, ...drawnFrom } = data;
  useLanguage(data.language);
  hear(now, speed);
  strip.data = data;
  strip.go = (where) => setTriggerValue("go", where);
  strip.root = parentElement.querySelector(".root:not(.broken)");
  if (!strip.root) {
    // What the person chose elsewhere comes along; where nobody signs in, what this browser keeps goes first.
    if (data.signed || !keptLook()) keepLook(kept);
    build(parentElement);
    listen();
  }
  wear();
  // What the sign-in page speaks next time, before anybody is known.
  if (data.signed) document.cookie = `nobet_language=${language}; Path=/; SameSite=Strict; Max-Age=31536000`;
  document.documentElement.toggleAttribute("data-alerts", Boolean(data.gap || data.crises.length || data.drill)); // they have a line of their own
  if (patch(strip.root, drawnFrom, drawBar)) fit();
  if (later) setTimeout(() => strip.go({ gap: true }), 200); // what may be missing was not waited for; now it is
  paintClock();
});
