// Connecting a source: choose a kind, answer, try, write. What is typed stays in the form until it is sent; a secret leaves
// its field the moment it is sent, and nothing of it comes back.

const connect = { kind: null, brand: "", timer: null, changed: false, done: false, typed: {} };

function forgetConnect() {
  clearTimeout(connect.timer);
  Object.assign(connect, { kind: null, changed: false, done: false, typed: {} });
}

function showConnect(root, data, pollMs, now) {
  if (!root.firstChild) {
    root.append(el("header", { class: "connect-head" }), el("div", { class: "brand-box" }), el("div", { class: "choose-kind" }),
      el("form", { class: "questions", novalidate: true, onsubmit: (event) => { event.preventDefault(); attempt(root); }, oninput: () => edited(root) }),
      el("div", { class: "outcome", role: "status" }));
  }
  const part = (name) => root.querySelector(`:scope > .${name}`);
  clearTimeout(connect.timer);
  patch(part("connect-head"), { kind: data.kind, card: data.card, done: Boolean(data.done) }, drawConnectHead);
  patch(part("brand-box"), { demo: data.demo }, (d) => (d.demo ? drawBrand() : []));
  part("brand-box").hidden = !data.demo;
  part("choose-kind").hidden = !data.kinds;
  part("questions").hidden = !data.questions || Boolean(data.done);
  if (data.kinds) patch(part("choose-kind"), data.kinds, drawKinds);
  if (data.questions) showQuestions(part("questions"), data);
  const changedKind = connect.kind !== data.kind;
  if (changedKind) Object.assign(connect, { changed: false, typed: {} });
  connect.kind = data.kind;
  const { error, running, trial, done } = data;
  patch(part("outcome"), { error, running, trial, done, changed: connect.changed }, (d) => drawOutcome(d, root));
  if (data.running) connect.timer = setTimeout(() => send({ do: "look" }), pollMs);
  const first = data.kinds ? (data.demo ? ".brand-box input" : ".filter") : data.demo && !connect.brand ? ".brand-box input" : ".questions input, .questions select";
  if (changedKind) root.querySelector(first)?.focus();
  if (data.done && !connect.done) part("outcome").querySelector("h2")?.focus();
  connect.done = Boolean(data.done);
}

function drawConnectHead({ kind, card, done }) {
  return [
    !done && el("button", { type: "button", class: "plain", "data-keep": "connect-back", onclick: () => send({ do: kind ? "kind" : "close" }) }, t(kind ? "setup.other_kind" : "setup.leave")),
    el("h1", {}, card ? t("setup.title_kind", { kind: card.title }) : t("setup.title")),
    card ? [el("p", {}, card.reads), drawCardFacts(card)] : !done && el("p", { class: "dim" }, t("setup.text")),
  ];
}

function drawBrand() {
  return [
    el("label", { class: "field" }, el("span", { class: "name-of" }, t("setup.brand")),
      el("input", { name: "brand", maxlength: "100", autocomplete: "organization", value: connect.brand, oninput: (event) => { connect.brand = event.target.value; } })),
    el("p", { class: "dim" }, t("setup.leaves_demo")),
  ];
}

function drawCardFacts(card) {
  return el("dl", { class: "card-facts" }, [["needs", card.needs], ["costs", card.costs], ["proves", card.proves], ["tested", card.tested]].map(([name, text]) =>
    el("div", {}, el("dt", {}, t(`setup.${name}`)), el("dd", { "data-unsure": name === "tested" && !card.sure }, text))));
}

/** Letters as they are searched for: without case, accents and the Turkish dots. */
function plain(text) {
  return text.toLocaleLowerCase("tr").normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ı", "i");
}

function drawKinds(kinds) {
  const list = el("ul", { class: "kinds" }, kinds.map((card) => el("li", { "data-kind": card.kind },
    el("div", { class: "kind-head" }, el("h2", {}, card.title),
      el("button", { type: "button", "aria-label": t("setup.choose_kind", { kind: card.title }), "data-keep": `kind-${card.kind}`, onclick: () => send({ do: "kind", kind: card.kind }) }, t("setup.choose"))),
    el("p", {}, card.reads), drawCardFacts(card))));
  const none = el("p", { class: "dim", role: "status", hidden: true }, t("setup.no_kind"));
  const narrow = (event) => {
    const wanted = plain(event.target.value).trim();
    let left = 0;
    for (const item of list.children) {
      item.hidden = !plain(`${item.dataset.kind} ${item.textContent}`).includes(wanted);
      left += item.hidden ? 0 : 1;
    }
    none.hidden = left > 0;
  };
  return [el("input", { type: "search", class: "filter", "data-keep": "kind-filter", placeholder: t("setup.filter"), "aria-label": t("setup.filter"), oninput: narrow }), none, list];
}

function showQuestions(form, data) {
  // A page that is built anew (another language, a reconnect) has an empty form: what was typed is kept beside it.
  const typed = connect.kind === data.kind ? { ...connect.typed, ...answersIn(form) } : {};
  const asked = data.questions.map(({ kept, ...question }) => question);
  if (patch(form, { kind: data.kind, asked, name: data.name }, drawQuestions)) {
    for (const [field, text] of Object.entries(typed)) {
      const input = form.elements[field];
      if (input?.type === "checkbox") input.checked = text === "true";
      else if (input) input.value = text;
    }
  }
  for (const question of data.questions) {
    const input = form.elements[question.field];
    input.toggleAttribute("aria-invalid", (data.missing ?? []).includes(question.field));
    if (question.secret) input.placeholder = question.kept ? t("setup.kept") : "";
  }
  const tries = form.querySelector("button.primary");
  tries.disabled = Boolean(data.running);
}

function drawQuestions({ asked, name }) {
  const field = (question) => {
    const label = el("span", { class: "name-of" }, question.label, !question.required && !question.yes_no && el("span", { class: "dim" }, ` ${t("setup.optional")}`));
    const hint = [question.english && el("span", { lang: "en" }, question.english), question.list && t("setup.list"),
      question.secret && t("setup.secret", { variable: question.variable })].filter(Boolean);
    const also = hint.length > 0 && el("span", { class: "dim hint" }, hint.flatMap((text, n) => [n > 0 && " · ", text]));
    if (question.yes_no) return el("label", { class: "field check" }, el("input", { type: "checkbox", name: question.field, checked: question.on }), label, also);
    return el("label", { class: "field" }, label, el("input", {
      name: question.field, type: question.secret ? "password" : "text", value: question.value, "aria-required": question.required ? "true" : null,
      autocomplete: question.secret ? "new-password" : "off", spellcheck: "false", autocapitalize: "off", maxlength: "5000", "data-secret": question.secret,
    }), also);
  };
  const own = (names) => ({ label: t(`setup.${names}`), field: names, value: "", required: false });
  return [
    ...asked.map(field),
    field({ label: t("setup.name"), field: "name", value: name, required: true }),
    fold("connect-more", t("setup.more"), el("div", { class: "inside" }, field(own("query")), field(own("items_per_month")), field({ ...own("private_network"), yes_no: true }))),
    el("div", { class: "buttons" }, el("button", { type: "submit", class: "primary", "data-keep": "try" }, t("setup.try")),
      el("span", { class: "dim" }, t("setup.try_text"))),
  ];
}

/** What is typed, without the secrets. */
function answersIn(form) {
  const found = {};
  for (const input of form.querySelectorAll("input:not([data-secret])")) {
    if (input.type === "checkbox") found[input.name] = input.checked ? "true" : "";
    else found[input.name] = input.value;
  }
  return found;
}

function attempt(root) {
  const form = root.querySelector(".questions");
  const secrets = {};
  for (const input of form.querySelectorAll("input[data-secret]")) {
    if (input.value) secrets[input.name] = input.value;
    input.value = "";
  }
  connect.changed = false;
  send({ do: "try", answers: answersIn(form), secrets, brand: connect.brand });
}

/** What was tried is what is written; an answer changed after the try has to be tried again. */
function edited(root) {
  connect.changed = true;
  connect.typed = answersIn(root.querySelector(".questions"));
  const found = root.querySelector(".trial");
  if (!found || found.dataset.old) return;
  found.dataset.old = "true";
  for (const button of found.querySelectorAll("button")) button.disabled = true;
  found.prepend(el("p", { class: "note" }, t("setup.changed")));
}

function drawOutcome({ error, running, trial, done, changed }) {
  if (done) {
    return el("div", { class: "done" }, el("h2", { tabindex: "-1" }, sign("met", done.title)), el("p", {}, done.file), el("p", {}, done.then),
      el("div", { class: "buttons" }, el("button", { type: "button", class: "primary", onclick: () => send({ do: "close" }) }, t("setup.to_sources")),
        el("button", { type: "button", onclick: () => send({ do: "kind" }) }, t("setup.another"))));
  }
  return [
    error && el("p", { class: "error" }, pieces(error, language)),
    running && el("div", { class: "running" }, el("p", {}, t("setup.running"), " ", el("strong", {}, running.read), " · ", ago(running.since)),
      el("button", { type: "button", "data-keep": "cancel", onclick: () => { clearTimeout(connect.timer); send({ do: "cancel" }); } }, t("setup.cancel"))),
    trial && drawTrial(trial, changed),
  ];
}

function drawTrial(trial, changed) {
  const write = el("button", {
    type: "button", class: trial.ok ? "primary" : "", disabled: changed, "data-keep": "write", onclick: (event) => { event.target.disabled = true; send({ do: "write" }); },
  }, t(trial.ok ? "setup.write" : "setup.write_untried"));
  return el("section", { class: "trial", "data-old": changed ? "true" : null },
    changed && el("p", { class: "note" }, t("setup.changed")),
    el("h2", {}, trial.ok ? sign("met", t("setup.works")) : sign("late", t("setup.works_not"))),
    el("p", {}, pieces(trial.said, language)),
    el("p", { class: "dim" }, trial.counts.filter(Boolean).join(" · ")),
    trial.month && el("p", {}, trial.month),
    trial.rejected.map((reason) => el("p", { class: "note" }, t("setup.rejected"), " ", el("span", { lang: "en" }, reason))),
    el("div", { class: "buttons" }, write, el("span", { class: "dim" }, t(trial.ok ? "setup.write_text" : "setup.untried_text"))),
    trial.mentions.length > 0 && el("h3", {}, t("setup.would_come")),
    el("ul", { class: "would" }, trial.mentions.map((one) => el("li", {},
      el("div", { class: "line" }, el("span", { class: "author" }, one.who), el("span", { class: "dim" }, one.channel), el("span", { class: "dim" }, one.at)),
      el("p", { class: "words", dir: "auto" }, one.text),
      one.sign ? el("div", { class: "line" }, sign(one.sign, one.urgency), one.labels.map((text) => el("span", {}, text)), el("span", { class: "dim" }, one.goes))
        : one.why_not && el("p", { class: "dim" }, t("setup.not_scored"), " ", el("span", { lang: "en" }, one.why_not))))));
}
