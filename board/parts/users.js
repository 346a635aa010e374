// Users on the settings page. A password is no draft: it lives in this page's memory alone, goes to the desk once with the
// deed that gives it, and never comes back from there. So no refresh can show it again.

Object.assign(BLOCKS, { user: drawUser });
Object.assign(FIELDS, { password: drawPassword });

const secrets = {
  typed: new Map(), // what stands in password fields, so that a redraw does not empty them
  given: new Map(), // name -> the password that was just given to them, until somebody says that it was noted
  forget(beginning = "") {
    for (const name of [...this.typed.keys()]) if (name.startsWith(beginning)) this.typed.delete(name);
    if (!beginning) this.given.clear();
  },
};

const LETTERS = "23456789bcdfghjkmnpqrstvwxyz"; // said on the phone: no 0 and o, no 1 and l; and no vowels, so no words

/** Four groups of four: 28 letters in 16 places are 76 bits, and it is used once. */
function madeUp() {
  let found = "";
  while (found.length < 16) {
    // What is past the last whole 28 is thrown away, else the first letters would come more often.
    for (const n of crypto.getRandomValues(new Uint8Array(32))) if (n < 252 && found.length < 16) found += LETTERS[n % 28];
  }
  return found.match(/.{4}/g).join("-");
}

function drawPassword(b, field) {
  const name = fieldName(b, field.name);
  const input = el("input", {
    type: "password", name: field.name, "data-keep": `${b.keep}-${field.name}`, required: field.required, maxlength: "200", autocomplete: "new-password",
    value: secrets.typed.get(name) ?? "", oninput: (event) => secrets.typed.set(name, event.target.value),
  });
  return el("label", { class: "field" }, el("span", {}, field.label), input);
}

/** How somebody stands with signing in, the password that was just given to them, and what can be done. */
function drawUser(b) {
  return el("div", { class: "user" },
    el("p", { class: "standing" }, sign(b.sign[0], b.sign[1]), b.meta.length > 0 && el("span", { class: "meta dim" }, b.meta.map((part) => el("span", {}, part)))),
    secrets.given.has(b.name) && drawGiven(b),
    (b.gives.length > 0 || b.buttons.length > 0) && el("div", { class: "buttons" }, b.gives.map((one) => drawGives(b, one)), b.buttons.length > 0 && [...drawButtons({ items: b.buttons }).children]));
}

function drawGives(b, one) {
  const doing = [...sheet.outbox.values()].some(({ deed }) => deed.do === one.do && deed.form?.name === b.name);
  return el("button", { type: "button", "data-keep": one.keep, disabled: doing, onclick: (event) => {
    const button = event.currentTarget;
    if (one.confirm && button.dataset.armed !== "true") {
      button.dataset.armed = "true";
      button.textContent = one.confirm;
      button.classList.add("armed");
      return;
    }
    const password = madeUp();
    deedOf(one.do, { name: b.name, password }, "", () => {
      secrets.given.set(b.name, password);
      queueMicrotask(() => sheet.root?.querySelector(`[data-keep="${CSS.escape(`${b.keep}-given`)}"]`)?.focus());
    });
  } }, doing ? t("dock.busy") : one.text);
}

function drawGiven(b) {
  const id = `${b.keep}-given`;
  const password = secrets.given.get(b.name);
  return el("div", { class: "given", tabindex: "-1", role: "group", "data-keep": id, "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
    el("h3", { id: `${id}-title` }, b.given), el("p", {}, el("code", {}, password)), el("p", { class: "dim", id: `${id}-text` }, b.given_text),
    el("div", { class: "buttons" },
      // The clipboard is there on https and on this machine alone; elsewhere a tap marks the whole of it.
      navigator.clipboard && el("button", { type: "button", "data-keep": `${id}-copy`, onclick: () => navigator.clipboard.writeText(password).then(() => say(t("users.copied")), () => {}) }, t("users.copy")),
      el("button", { type: "button", "data-keep": `${id}-done`, onclick: (event) => {
        secrets.given.delete(b.name);
        const card = event.target.closest(".user");
        event.target.closest(".given").remove();
        card.querySelector("button")?.focus();
      } }, t("users.noted"))));
}
