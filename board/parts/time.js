// Time, ticking in the browser. The server sends absolute moments and its own "now"; nothing is asked of it per second.

let pace = 1; // seconds that pass on the desk in one of ours; a drill's clock may run faster

function serverNow() {
  return heard + (Date.now() - heardAt) * pace;
}

let heard = 0; // the server's "now" that came last
let heardAt = 0; // and when it came, by this browser's clock

/** Set the clock by the server's. The framework may hand over an old picture again; that is no news and sets nothing. */
function hear(moment, speed = 1) {
  if (moment === heard) return;
  heard = moment;
  heardAt = Date.now();
  pace = speed;
}

/** A length as hh:mm:ss; from two days on as days and hours, because nobody counts seconds there. */
function clockFace(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 48) return t("time.days_hours", { d: Math.floor(hours / 24), h: hours % 24 });
  const two = (n) => String(n).padStart(2, "0");
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/**
 * A running promise: sign, word and time left, or, past the deadline, how late it is. It repaints itself.
 * `item` has due (ms) and urgency; `large` says the words out: "00:12:40 left".
 */
function timer(item, large = false) {
  const node = el("span", { class: large ? "timer large" : "timer", "data-due": item.due, "data-urgency": item.urgency });
  paintTimer(node);
  return node;
}

function paintTimer(node) {
  const left = Number(node.dataset.due) - serverNow();
  const late = left < 0;
  const name = late ? "late" : node.dataset.urgency;
  const face = clockFace(late ? left : left + 999); // counts to 00:00:00, then turns
  if (node.dataset.sign !== name) {
    node.dataset.sign = name;
    const word = late ? t("sign.late") : t(`urgency.${name}`);
    node.replaceChildren(sign(name, word), el("span", { class: "face" }, face));
    if (node.classList.contains("large")) node.append(el("span", { class: "after" }, late ? t("time.by") : t("time.left")));
    node.closest("[data-row]")?.setAttribute("data-late", String(late));
  } else {
    const shown = node.querySelector(".face");
    if (shown.textContent !== face) shown.textContent = face;
  }
}

/** A moment told as time passed or time to come: "2 min ago", "in 40 s". Repaints itself. */
function ago(moment) {
  const node = el("span", { "data-ago": moment });
  paintAgo(node);
  return node;
}

function paintAgo(node) {
  const ms = serverNow() - Number(node.dataset.ago);
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const steps = [["s", 1, 60], ["m", 60, 3600], ["h", 3600, 172800], ["d", 86400, Infinity]];
  const [unit, size] = steps.find(([, , below]) => seconds < below);
  const text = t(ms >= 0 ? `ago.${unit}` : `in.${unit}`, { n: Math.floor(seconds / size) });
  if (node.textContent !== text) node.textContent = text;
}

/** Repaint everything that ticks under `root`. */
function tick(root) {
  for (const node of root.querySelectorAll("[data-due]")) paintTimer(node);
  for (const node of root.querySelectorAll("[data-ago]")) paintAgo(node);
}

/** Tick twice a second, so that no second is skipped; answers a function that stops it. */
function startTicking(root, also = () => {}) {
  const beat = setInterval(() => {
    tick(root);
    also();
  }, 500);
  return () => clearInterval(beat);
}

/** Say so when the server has been silent for longer than three refreshes: old numbers must not pass for new ones. */
function paintStale(node, received, refreshMs) {
  const silent = Date.now() - received;
  const stale = silent > Math.max(15000, refreshMs * 3);
  node.hidden = !stale;
  if (stale) node.textContent = t("time.stale", { n: Math.floor(silent / 1000) });
}
