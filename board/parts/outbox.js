// Between a page and the server: deeds that wait for their answer, what is said about them, and what else goes along.
// A deed is sent with every message until it is answered; the server knows each by its id and does it once.

const outbox = {
  waiting: new Map(), // id -> {deed, said, then, failed, sentAt}
  pushedAt: 0,
  root: () => null, // where `.told` is
  send: () => {},
  message: () => ({}), // what goes along with the deeds: the place, drafts
};

/** Do something through the server. It is sent until it is answered; `said` is told when it is done. */
function act(deed, said, then = () => {}, failed = (sentence) => say(sentence, true)) {
  const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
  outbox.waiting.set(id, { deed: { ...deed, id }, said, then, failed, sentAt: Date.now() });
  push();
}

function push() {
  outbox.pushedAt = Date.now();
  for (const entry of outbox.waiting.values()) entry.sentAt = Date.now();
  const written = drafts.unsent();
  outbox.send({ items: [...outbox.waiting.values()].map((entry) => entry.deed), ...outbox.message(), ...(written && { drafts: written }) });
}

function hearAnswers(answers) {
  for (const [id, answer] of Object.entries(answers ?? {})) {
    const entry = outbox.waiting.get(id);
    if (!entry) continue;
    outbox.waiting.delete(id);
    if (answer.error) {
      entry.failed(answer.error);
      continue;
    }
    if (entry.said) say(entry.said);
    entry.then(answer);
  }
  // What the server has not seen after three seconds goes again.
  const late = (at) => Date.now() - at > 3000;
  if ([...outbox.waiting.values()].some((entry) => late(entry.sentAt)) || (late(outbox.pushedAt) && drafts.overdue())) push();
}

/** Say something for a while, where a screen reader hears it too. */
function say(content, wrong = false, stays = false) {
  const length = wrong ? 12000 : 5000;
  outbox.said = { content, wrong, stays, until: Date.now() + length };
  const place = outbox.root()?.querySelector(".told");
  if (!place) return;
  place.replaceChildren(...[content].flat());
  place.hidden = false;
  place.classList.toggle("wrong", wrong);
  clearTimeout(say.timer);
  if (!stays) say.timer = setTimeout(() => { place.hidden = true; }, length);
}

/** What was just said, once more: the page was built anew meanwhile (a changed configuration does that). */
function sayAgain() {
  const { content, wrong, stays, until } = outbox.said ?? { until: 0 };
  if (!stays && Date.now() < until) say(content, wrong);
}
