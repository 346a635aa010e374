// Signing in, and choosing a password of one's own. Drawn in the page itself and not in a root of its own, so that
// password managers find the form.

const MARK = ["M12 4.6a8.6 8.6 0 1 1 0 17.2a8.6 8.6 0 0 1 0-17.2Z", "M12 9v4.6l3 1.9", "M8.2 1.4v.1M15.8 1.4v.1"];
const OWN_NAMES = { tr: "Türkçe", en: "English" }; // each language is called as it calls itself

const door = { root: null, send: () => {}, waits: false, error: "", heard: null, tries: 0, data: null };

/** The cookie ends with the browser; the server ends the session before that where nobody uses it. */
function keepToken(name, token) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${token}; Path=/; SameSite=Strict${secure}`;
  return document.cookie.includes(token);
}

function field(name, label, type, autocomplete, more = {}) {
  const id = `sign-in-${name}`;
  return el("div", { class: "field" }, el("label", { for: id }, label),
    el("input", { id, name, type, autocomplete, required: true, maxlength: type === "password" ? 200 : 100, "data-keep": name, "aria-describedby": "sign-in-error", ...more }));
}

function showToggle() {
  return el("label", { class: "show" }, el("input", {
    type: "checkbox", "data-keep": "show",
    onchange: (event) => {
      for (const input of door.root.querySelectorAll("[data-keep=password], [data-keep=old], [data-keep=new], [data-keep=again]")) input.type = event.target.checked ? "text" : "password";
    },
  }), t("sign_in.show"));
}

function submit(event) {
  event.preventDefault();
  if (door.waits) return;
  const typed = Object.fromEntries(new FormData(event.target));
  if (door.data.step === "change" && typed.new !== typed.again) return tell(t("sign_in.differ"), "again");
  delete typed.again;
  wait(true);
  door.send({ ...typed, do: door.data.step, n: (door.tries += 1) });
}

function wait(waits) {
  door.waits = waits;
  const button = door.root.querySelector("button.primary");
  button.setAttribute("aria-disabled", String(waits));
  button.textContent = waits ? t("sign_in.checking") : t(`sign_in.${door.data.step}`);
}

/** What went wrong, read aloud, and the hand back where it is mended. */
function tell(sentence, at) {
  const error = door.root.querySelector("#sign-in-error");
  error.replaceChildren(...(sentence ? [shape("late"), " ", sentence] : []));
  error.hidden = !sentence;
  const input = door.root.querySelector(`[data-keep="${at}"]`);
  for (const one of door.root.querySelectorAll("input")) one.toggleAttribute("aria-invalid", Boolean(sentence) && one === input);
  input?.focus();
  input?.select?.();
}

function enterForm() {
  return [
    field("name", t("sign_in.name"), "text", "username", { autocapitalize: "none", autocorrect: "off", spellcheck: "false" }),
    field("password", t("sign_in.password"), "password", "current-password"),
  ];
}

function changeForm(data) {
  return [
    el("p", {}, t(data.asks_old ? "sign_in.change_text" : "sign_in.must_change_text")),
    el("input", { class: "unseen", type: "text", name: "name", autocomplete: "username", value: data.name, readonly: true, tabindex: "-1", "aria-hidden": "true" }),
    data.asks_old && field("old", t("sign_in.old"), "password", "current-password"),
    field("new", t("sign_in.new"), "password", "new-password", { minlength: data.shortest, "aria-describedby": "sign-in-rule sign-in-error" }),
    el("p", { class: "dim", id: "sign-in-rule" }, t("sign_in.rule", { n: data.shortest })),
    field("again", t("sign_in.again"), "password", "new-password"),
  ];
}

function drawDoor(data) {
  const change = data.step === "change";
  return el("main", { class: "sign-in" },
    el("div", { class: "switch", role: "group", "aria-label": t("bar.language") }, data.languages.map((code) =>
      el("button", { type: "button", lang: code, "data-keep": `lang-${code}`, "aria-pressed": String(code === data.language), onclick: () => door.send({ language: code }) }, OWN_NAMES[code] ?? code))),
    el("form", { class: "card", novalidate: true, onsubmit: submit },
      el("p", { class: "name" }, drawn("0 0 24 24", MARK, false, "mark"), el("span", { class: "product" }, "Nöbet"), el("span", { class: "brand dim" }, data.brand)),
      el("h1", {}, t(change ? "sign_in.change_title" : "sign_in.title")),
      el("p", { class: "error", id: "sign-in-error", role: "alert", hidden: true }),
      change ? changeForm(data) : enterForm(),
      showToggle(),
      el("button", { class: "primary", "data-keep": "submit" }, t(`sign_in.${data.step}`)),
      change
        ? el("button", { type: "button", class: "plain", onclick: () => door.send({ do: data.asks_old ? "back" : "leave", n: (door.tries += 1) }) }, t(data.asks_old ? "sign_in.back" : "bar.sign_out"))
        : el("p", { class: "dim" }, t("sign_in.forgot"))));
}

export default guarded(({ data, parentElement, setTriggerValue }) => {
  useLanguage(data.language);
  wear();
  door.send = (message) => setTriggerValue("send", message);
  door.root = parentElement.querySelector(".root:not(.broken)");
  if (!door.root) parentElement.append((door.root = el("div", { class: "root" })));
  const { n, token, error, ...drawnFrom } = data;
  const first = door.data?.step !== data.step;
  door.data = data;
  patch(door.root, drawnFrom, drawDoor);
  if (first) door.root.querySelector("form input:not(.unseen)")?.focus();
  if (n && n !== door.heard) {
    door.heard = n;
    wait(false);
    if (token && keepToken(data.cookie, token)) return location.reload(); // a fresh page: nothing of who sat here before
    if (token) tell(t("sign_in.no_cookies"), "name");
    else if (error) tell(error, data.step === "enter" ? "password" : data.asks_old ? "old" : "new");
  }
  document.title = `${t(data.step === "enter" ? "sign_in.title" : "sign_in.change_title")} · Nöbet`;
});
