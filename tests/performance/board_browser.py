"""One person at a real screen: Chromium, a script of what people do in Triage, and the time until it is painted.

Times are taken in the page itself, from just before the press until the second animation frame after the answer stands
there, so that the driver's own way to the browser and back is no part of them.
"""

from __future__ import annotations

import os
import time
from typing import Any

from tests.browser import find
from tests.performance.board_sessions import Heard

VIEW = {"width": 1440, "height": 900}
PATIENCE_MS = 60_000

WATCH = """() => {
  const hosts = () => [...document.querySelectorAll('*')].filter((node) => node.shadowRoot);
  const roots = () => hosts().map((node) => node.shadowRoot);
  window.benchAll = (selector) => [document, ...roots()].flatMap((root) => [...root.querySelectorAll(selector)]);
  window.benchOne = (selector) => benchAll(selector)[0];
  window.benchWait = (done, patience) => new Promise((told, lost) => {
    const began = performance.now();
    const look = () => {
      let there = false;
      try { there = done(); } catch { there = false; }
      if (there) return requestAnimationFrame(() => requestAnimationFrame(() => told(performance.now() - began)));
      if (performance.now() - began > patience) return lost(new Error('nothing came'));
      requestAnimationFrame(look);
    };
    look();
  });
  window.benchPress = (key, where) => (where ?? document.body).dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, composed: true }));
}"""
"""What the script needs in the page: to look into every component, and to wait for a picture to be painted."""

SILENCE = "benchOne('.triage .told').textContent = ''; "
SAID = "benchOne('.triage .told')?.textContent"
ROWS = "benchAll('.triage .row').map((row) => row.id).join()"
KEPT_ROWS = f"window.benchRows = {ROWS}; "
OTHER_ROWS = f"{ROWS} !== benchRows"
IS_CHOSEN = "one.getAttribute('aria-pressed') === 'true' || one.hasAttribute('aria-current')"

STEPS: tuple[tuple[str, str, str], ...] = (
    ("open case", "benchOne('.triage .story').replaceChildren(); benchPress('Enter')",
     "benchOne('.triage .whole-case:not([hidden]) .story .words')"),
    ("note opens", "benchPress('n')", "benchOne('.triage .dock textarea[name=note]')"),
    ("note", "const area = benchOne('.triage .dock textarea[name=note]'); area.value = STAMP; "
     "area.dispatchEvent(new Event('input', { bubbles: true })); area.form.requestSubmit()",
     "benchAll('.triage .story .words').some((node) => node.textContent.includes(STAMP))"),
    ("assign opens", "benchPress('s')", "benchOne('.triage .dock input[name=who]')"),
    ("assign", SILENCE + "const who = benchAll('.triage .dock input[name=who]').find((one) => !one.checked); "
     "who.checked = true; who.form.requestSubmit()", SAID),
    ("undo", SILENCE + "benchPress('u')", SAID),
    ("change view", KEPT_ROWS +
     f"benchAll('.triage .views button').slice(0, 6).find((one) => !({IS_CHOSEN})).click()", OTHER_ROWS),
    ("search", KEPT_ROWS + "const box = benchOne('.triage .search'); box.value = WORD; "
     "box.dispatchEvent(new Event('input', { bubbles: true }))", OTHER_ROWS),
)  # fmt: skip
"""Name, what is done, and when its answer stands there. STAMP and WORD are filled in for each round."""

PAGES = ("today", "crisis", "incidents", "customers", "reports", "causes", "sources", "playbooks", "triage")
TITLES = "benchAll('h1').map((one) => one.textContent).join()"
THERE = {"triage": "benchOne('.triage .row')"}
"""When a page stands there; of the others, when it has another title and its address."""


class BrowserMissing(Exception):
    """There is no Chromium here; the message says how to get one."""


def at_the_screen(url: str, me: str, seconds: float, heard: Heard) -> None:
    """Work at the screen for so long; at least one round. Raises BrowserMissing without a browser."""
    path = find()
    if path is None:
        raise BrowserMissing("There is no Chromium here, so nothing was measured in a browser; "
                             "`python tests/browser.py` brings one.")  # fmt: skip
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport=VIEW)  # type: ignore[arg-type]
            page.set_default_timeout(PATIENCE_MS)
            ends = time.monotonic() + seconds
            rounds = 0
            while rounds == 0 or time.monotonic() < ends:
                rounds += 1
                began = time.perf_counter()
                page.goto(f"{url}/triage?lang=tr&me={me}&view=open")  # where somebody left off is another list
                page.wait_for_selector(".triage .row")
                heard.seconds["open the board"].append(time.perf_counter() - began)
                _round(page, rounds, heard)
        except Error as error:
            heard.refused.append(f"the screen: {str(error).splitlines()[0][:120]}")
        finally:
            browser.close()


def _round(page: Any, number: int, heard: Heard) -> None:
    """One case worked on, one view and one search, and a walk through the pages."""
    page.evaluate(WATCH)
    page.evaluate("() => { benchOne('.triage .list').focus(); benchPress('j'); benchPress('j'); }")
    page.wait_for_timeout(300)
    stamp, word = f"not-{os.getpid()}-{number}", ("kargo", "iade", "kutu", "ürün")[number % 4]
    for name, press, there in STEPS:
        _timed(page, name, press, there, stamp, word, heard)
        page.wait_for_timeout(300)
    for path in PAGES:
        link = f"benchAll('.bar nav button, .bar nav a').find((one) => one.dataset.keep === 'page-{path}')"
        press = f"window.benchTitles = {TITLES}; {link}.click()"
        there = THERE.get(path, f"location.pathname.endsWith('/{path}') && {TITLES} !== benchTitles && benchOne('h1')")
        _timed(page, f"page change {path}", press, there, stamp, word, heard)
        page.wait_for_timeout(500)


def _timed(page: Any, name: str, press: str, there: str, stamp: str, word: str, heard: Heard) -> None:
    from playwright.sync_api import Error

    script = (
        f"() => {{ const STAMP = {stamp!r}, WORD = {word!r}; {press}; "
        f"return benchWait(() => Boolean({there}), {PATIENCE_MS // 4}); }}"
    )
    try:
        took = page.evaluate(script) / 1000
        heard.seconds[name].append(took)
    except Error as error:
        heard.refused.append(f"{name}: {str(error).splitlines()[0][:120]}")
