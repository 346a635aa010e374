// What every part of the board is made with. A part's files are joined into one module (see draw.py), TEXTS in front.
// Whatever a stranger wrote becomes a text node or an attribute's value here, never markup: nothing in this folder
// sets innerHTML, and a test holds it to that.

let language = "tr";

function useLanguage(code) {
  language = code;
  document.documentElement.lang = code;
}

/** The text of a key, its {slots} filled in one pass, so that a value holding `{x}` stays what it is. */
function t(key, values = {}) {
  const forms = TEXTS[language][key] ?? [key];
  return fill(forms[forms.length - 1], values);
}

/** The text of a key in the plural form for n. */
function tn(key, n) {
  const forms = TEXTS[language][key] ?? [key];
  return fill(n === 1 ? forms[0] : forms[forms.length - 1], { n: new Intl.NumberFormat(language).format(n) });
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (slot, name) => (name in values ? String(values[name]) : slot));
}

/** An element. `on…` properties are listeners; null, undefined and false are left out; strings become text nodes. */
function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false && child !== ""));
  return node;
}

/** A link that a stranger may have written: http and https only, and it takes nothing of this page along. */
function link(address, text, className = "") {
  if (!/^https?:\/\//i.test(address)) return el("span", { class: className }, text);
  return el("a", { class: className, href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, text);
}

// A sign is a shape, a word and a colour together; the shape is drawn here, so that it is the same on every machine.
const SHAPES = {
  critical: ["M6 .8 11.6 11H.4Z", true],
  urgent: ["M6 .3 11.7 6 6 11.7.3 6Z", true],
  same_day: ["M6 1a5 5 0 1 1 0 10A5 5 0 0 1 6 1Z", true],
  none: ["M6 1.6a4.4 4.4 0 1 1 0 8.8a4.4 4.4 0 0 1 0-8.8Z", false],
  late: ["M2 2 10 10M10 2 2 10", false],
  paused: ["M3.6 1.5V10.5M8.4 1.5V10.5", false],
  met: ["M1.5 6.5 4.7 9.7 10.5 2.8", false],
  unknown: ["M2 6h1.6M5.2 6h1.6M8.4 6h1.6", false],
};

function shape(name) {
  const [path, filled] = SHAPES[name] ?? SHAPES.none;
  return drawn("0 0 12 12", [path], filled, "shape");
}

/** A drawing of paths; `filled` or stroked in the colour of the text around it. */
function drawn(box, paths, filled, className) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  for (const path of paths) {
    const line = document.createElementNS(space, "path");
    line.setAttribute("d", path);
    line.setAttribute(filled ? "fill" : "stroke", "currentColor");
    if (!filled) line.setAttribute("fill", "none");
    svg.append(line);
  }
  return svg;
}

/** A sign with its word; `name` is a key of SHAPES. */
function sign(name, word) {
  return el("span", { class: "sign", "data-sign": name }, shape(name), el("span", { class: "word" }, word));
}

const drawnFor = new WeakMap(); // node -> what it was drawn from

/** Redraw `node` only when `data` has changed, keeping what is open in it and where the focus was. */
function patch(node, data, build) {
  const wanted = JSON.stringify([language, data]);
  if (drawnFor.get(node) === wanted) return false;
  const open = [...node.querySelectorAll("details[open][data-keep]")].map((d) => d.dataset.keep);
  const held = node.contains(node.getRootNode().activeElement)
    ? node.getRootNode().activeElement.closest("[data-keep]")?.dataset.keep
    : null;
  node.replaceChildren(...[build(data)].flat(2).filter(Boolean));
  drawnFor.set(node, wanted);
  for (const keep of open) {
    const again = node.querySelector(`details[data-keep="${CSS.escape(keep)}"]`);
    if (again) again.open = true;
  }
  if (held) {
    const again = node.querySelector(`[data-keep="${CSS.escape(held)}"]`);
    (again?.tagName === "DETAILS" ? again.querySelector("summary") : again)?.focus({ preventScroll: true });
  }
  return true;
}

/** A part that fails says one calm sentence, and the reason goes to the browser's console; never a traceback. */
function guarded(part) {
  return (component) => {
    const parent = component.parentElement;
    try {
      const stop = part(component);
      parent.querySelector(".broken")?.remove();
      return stop;
    } catch (error) {
      console.error(error);
      if (!parent.querySelector(".broken")) parent.prepend(el("p", { class: "root broken", role: "alert" }, t("fail.drawing")));
      return undefined;
    }
  };
}

/** A key as it is shown on a button. */
function key(name) {
  return el("kbd", { "aria-hidden": "true" }, name);
}

/** Something that folds: its title is always read, the rest on demand. `keep` names it across redraws. */
function fold(keep, title, ...content) {
  return el("details", { "data-keep": keep }, el("summary", {}, title), ...content);
}
