// The bar on top: name, pages, language, theme. The theme is a matter of this browser alone and is kept in it.

const THEMES = ["auto", "light", "dark"];
const MARK = ["M12 4.6a8.6 8.6 0 1 1 0 17.2a8.6 8.6 0 0 1 0-17.2Z", "M12 9v4.6l3 1.9", "M8.2 1.4v.1M15.8 1.4v.1"];

function theme() {
  try {
    const kept = localStorage.getItem("nobet-theme");
    return THEMES.includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}

function wearTheme(name) {
  const dark = name === "dark" || (name === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

function chooseTheme(name) {
  try {
    localStorage.setItem("nobet-theme", name);
  } catch {
    // a browser that keeps nothing still shows the theme until the page is left
  }
  wearTheme(name);
}

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

/** Whose hands these are; with several people on the desk, the way to say who is at it now. */
function drawMe(data, go) {
  if (data.people.length < 2) return el("span", { class: "me" }, el("span", { class: "dim" }, t("bar.me")), " ", data.me);
  const select = el("select", { "aria-label": t("bar.me"), "data-keep": "me", onchange: (event) => go({ me: event.target.value }) },
    data.people.map((name) => el("option", { value: name }, name)));
  select.value = data.me;
  return el("span", { class: "me" }, el("span", { class: "dim" }, t("bar.me")), " ", select);
}

function drawBar(data, go) {
  const pages = data.pages.map(([path, name]) =>
    el("button", {
      class: "page", type: "button", "data-keep": `page-${path}`, "aria-current": path === data.here ? "page" : null,
      onclick: () => go({ page: path }),
    }, name));
  const languages = data.languages.map(([code, name]) =>
    el("button", {
      type: "button", lang: code, title: name, "aria-label": name, "data-keep": `lang-${code}`, "aria-pressed": code === data.language ? "true" : "false",
      onclick: () => go({ language: code }),
    }, code.toUpperCase()));
  const themes = el("select", {
    "aria-label": t("bar.theme"), "data-keep": "theme",
    onchange: (event) => chooseTheme(event.target.value),
  }, THEMES.map((name) => el("option", { value: name }, t(`theme.${name}`))));
  themes.value = theme();
  const alerts = [
    data.drill && el("p", { class: "drill" }, shape("urgent"), el("span", {}, t("bar.drill")), el("span", { class: "drill-more" }, t("bar.drill_more"))),
    data.crises.length > 0 && el("button", { type: "button", class: "gap crisis", "data-keep": "crisis", onclick: () => go({ page: "crisis", id: data.crises[0].id }) },
      shape("critical"), el("span", { class: "gap-text" }, t("bar.crisis", { title: data.crises[0].title })),
      data.crises.length > 1 && el("span", { class: "gap-more" }, t("bar.crisis_more", { n: data.crises.length - 1 }))),
    data.gap && el("button", {
      type: "button", class: "gap", "data-keep": "gap", title: `${data.gap.text} ${data.gap.more}`, onclick: () => go({ page: "sources" }),
    }, shape("critical"), el("span", { class: "gap-text" }, data.gap.text), data.gap.more && el("span", { class: "gap-more" }, data.gap.more)),
  ].filter(Boolean);
  return [el("header", { class: "bar" },
    el("div", { class: "name" }, drawn("0 0 24 24", MARK, false, "mark"),
      el("span", { class: "product" }, "Nöbet"), el("span", { class: "brand" }, data.brand)),
    el("nav", { "aria-label": t("bar.pages") }, pages),
    el("div", { class: "own" },
      drawMe(data, go),
      el("div", { class: "switch", role: "group", "aria-label": t("bar.language") }, languages),
      themes)),
  el("div", { class: "alerts", role: "status", hidden: !alerts.length }, alerts)];
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  useLanguage(data.language);
  wearTheme(theme());
  let root = parentElement.querySelector(".root:not(.broken)");
  if (!root) {
    root = el("div", { class: "root" });
    parentElement.append(root);
    if (!document.documentElement.dataset.hand) keepTheHand();
    document.documentElement.dataset.hand = "kept"; // once per page load, however often the bar is drawn
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => wearTheme(theme()));
  }
  document.documentElement.toggleAttribute("data-alerts", Boolean(data.gap || data.crises.length || data.drill)); // they have a line of their own
  patch(root, data, (now) => drawBar(now, (where) => setTriggerValue("go", where)));
});
