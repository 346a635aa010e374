// What is being written and was not sent yet: first in this tab, then, once the hand rests, with the desk.

const RESTS = 2000; // ms without a key before a draft goes to the desk
const AT_MOST = 10000; // ms that a draft is held back however fast somebody types

/**
 * Drafts survive a reload in this tab's storage, and all else (a closed tab, a sign-out, another machine) with the desk.
 * `all` is key -> {text, at (ms), seen (the desk has it)}; `gone` are beginnings of keys that the desk is to forget;
 * `newer` are words of another tab that were written later than ours.
 */
const drafts = {
  me: "",
  all: null,
  gone: [],
  newer: new Map(),
  timer: null,
  since: 0,
  /** Whose drafts these are: another person at this machine begins with their own. */
  of(me) {
    if (this.me === me) return;
    this.me = me;
    this.all = null;
    this.newer.clear();
    if (this.unsent()) this.soon();
  },
  read() {
    if (this.all) return this.all;
    this.all = {};
    this.gone = [];
    try {
      const kept = JSON.parse(sessionStorage.getItem(`nobet-drafts/${this.me}`) ?? "{}");
      this.all = kept.all ?? {};
      this.gone = kept.gone ?? [];
    } catch {
      // what cannot be read is with the desk
    }
    return this.all;
  },
  write() {
    try {
      sessionStorage.setItem(`nobet-drafts/${this.me}`, JSON.stringify({ all: this.all, gone: this.gone }));
    } catch {
      // a full or forbidden storage costs what was typed in the last seconds, nothing else
    }
  },
  get: (name) => drafts.read()[name]?.text,
  set(name, text) {
    this.read()[name] = { text, at: Math.round(serverNow()), seen: false };
    this.newer.delete(name);
    this.write();
    this.soon();
  },
  drop(beginning) {
    const all = this.read();
    for (const name of Object.keys(all)) if (name.startsWith(beginning)) delete all[name];
    for (const name of [...this.newer.keys()]) if (name.startsWith(beginning)) this.newer.delete(name);
    this.gone = [...new Set([...this.gone, beginning])].slice(-50);
    this.write();
    this.soon();
  },
  /** Send what was written once the hand rests, but not later than AT_MOST. */
  soon() {
    this.since ||= Date.now();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), Math.max(0, Math.min(RESTS, this.since + AT_MOST - Date.now())));
  },
  flush() {
    clearTimeout(this.timer);
    this.since = 0;
    if (outbox.root() && this.unsent()) push();
  },
  unsent() {
    const set = Object.entries(this.read()).filter(([, one]) => !one.seen).slice(0, 50).map(([name, one]) => [name, [one.text, one.at]]);
    return set.length || this.gone.length ? { set: Object.fromEntries(set), drop: this.gone } : null;
  },
  overdue() {
    return !this.since && this.unsent() !== null;
  },
  /** What the desk has: key -> [moment, words or null]. Answers whether words changed that somebody may be looking at. */
  hear(kept, busy = () => false) {
    const all = this.read();
    let changed = false;
    this.gone = this.gone.filter((beginning) => Object.keys(kept).some((name) => name.startsWith(beginning) && !(name in all)));
    for (const [name, mine] of Object.entries(all)) {
      if (name in kept) continue;
      if (mine.seen && !busy(name)) { // it was sent or dropped elsewhere
        delete all[name];
        changed = true;
      } else if (mine.seen) mine.seen = false;
    }
    for (const [name, [at, text]] of Object.entries(kept)) {
      const mine = all[name];
      if (this.gone.some((beginning) => name.startsWith(beginning)) && !mine) continue;
      const wasSeen = mine?.seen;
      if (mine && at >= mine.at - 2) mine.seen = true; // ours, or later words that have won
      if (text === null) continue;
      if (!mine || (at > mine.at + 2 && wasSeen && text !== mine.text && !busy(name))) {
        all[name] = { text, at, seen: true };
        changed = true;
      } else if (at > mine.at + 2 && text !== mine.text) {
        changed ||= this.newer.get(name)?.at !== at;
        this.newer.set(name, { text, at }); // they have won; ours stay on the screen until somebody chooses
      }
    }
    this.write();
    return changed;
  },
  /** Take the later words of another tab. */
  take(name) {
    const later = this.newer.get(name);
    if (!later) return;
    this.newer.delete(name);
    this.read()[name] = { ...later, seen: true };
    this.write();
  },
};

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") drafts.flush();
});

/** A line over a field whose words were written on in another tab or on another machine. */
function drawNewer(name, taken) {
  const later = drafts.newer.get(name);
  return later && el("p", { class: "stop", role: "status" }, shape("urgent"), el("span", {}, t("draft.newer")), ago(later.at),
    el("button", { type: "button", "data-keep": "take-newer", onclick: () => { drafts.take(name); taken(later.text); } }, t("draft.take")));
}
