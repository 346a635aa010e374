// What is being written and was not sent yet.

const DRAFTS = "nobet-drafts";

/** Drafts survive a reload in this tab and end with it: they are ours, but they may hold what a customer told us. */
const drafts = {
  all: null,
  read() {
    if (this.all) return this.all;
    try {
      this.all = JSON.parse(sessionStorage.getItem(DRAFTS) ?? "{}");
    } catch {
      this.all = {};
    }
    return this.all;
  },
  write() {
    try {
      sessionStorage.setItem(DRAFTS, JSON.stringify(this.all));
    } catch {
      // a full or forbidden storage costs the draft at a reload, nothing else
    }
  },
  get: (name) => drafts.read()[name],
  set(name, text) {
    this.read()[name] = text;
    this.write();
  },
  drop(prefix) {
    for (const name of Object.keys(this.read())) if (name.startsWith(prefix)) delete this.all[name];
    this.write();
  },
};
