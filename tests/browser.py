"""Finds the Chromium that the board's tests drive, or brings one: `python tests/browser.py` before the tests.

One that is there already is used; else Playwright downloads its own; else the system's package manager is asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """The path of a Chromium: NOBET_CHROMIUM, then one on the PATH, then Playwright's own; None without any."""
    named = os.environ.get("NOBET_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    for name in NAMES:
        if path := shutil.which(name):
            return path
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def bring() -> str | None:
    """Install a Chromium in whichever way works; its path, or None."""
    attempts = [[sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]]
    if shutil.which("apt-get"):
        root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        attempts += [[*root, "apt-get", "update", "-q"], [*root, "apt-get", "install", "-y", "-q", "chromium"]]
    for command in attempts:
        print("+", " ".join(command), flush=True)
        try:
            done = subprocess.run(command, timeout=600, capture_output=True, text=True)
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"  {error}", file=sys.stderr)
            continue
        if done.returncode:
            print(f"  it failed: {done.stderr.strip().splitlines()[-1:] or done.returncode}", file=sys.stderr)
        elif path := find():
            return path
    return None


if __name__ == "__main__":
    path = find() or bring()
    if path is None:
        sys.exit(
            "The board's tests need Chromium, and neither Playwright's download nor the package manager brought one. "
            "Install Chromium by hand, or name it: NOBET_CHROMIUM=/path/to/chromium make test"
        )
    print(f"Chromium for the board's tests: {path}")
