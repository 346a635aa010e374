// How the board looks for whoever sits here. Kept in this browser, so that nothing flashes when a page opens, and on the
// server for the person, so that it comes along to another machine. `auto` follows the device.

const LOOK = "nobet-look";
const LOOKS = {
  theme: ["auto", "light", "dark"],
  contrast: ["auto", "normal", "high"],
  text_size: [90, 100, 115, 130],
  density: ["comfortable", "compact"],
};
const USUAL = { theme: "auto", contrast: "auto", text_size: 100, density: "comfortable" };

/** What this browser keeps, or null where it keeps nothing. */
function keptLook() {
  try {
    return JSON.parse(localStorage.getItem(LOOK));
  } catch {
    return null;
  }
}

/** What is worn now: what was chosen and still can be, the usual for the rest. */
function look() {
  const kept = keptLook() ?? {};
  return Object.fromEntries(Object.entries(LOOKS).map(([name, choices]) => [name, choices.includes(kept[name]) ? kept[name] : USUAL[name]]));
}

function keepLook(chosen) {
  try {
    localStorage.setItem(LOOK, JSON.stringify({ ...keptLook(), ...chosen }));
  } catch {
    // a browser that keeps nothing still wears it until the page is left
  }
}

function wear(chosen = look()) {
  const { dataset } = document.documentElement;
  const device = (query) => matchMedia(query).matches;
  const dark = chosen.theme === "dark" || (chosen.theme === "auto" && device("(prefers-color-scheme: dark)"));
  const high = chosen.contrast === "high" || (chosen.contrast === "auto" && device("(prefers-contrast: more)"));
  dataset.theme = dark ? "dark" : "light";
  dataset.contrast = high ? "high" : "normal";
  dataset.textSize = String(chosen.text_size);
  dataset.density = chosen.density;
}
