"""Starting a drill from the board: `nobet drill NAME --board` in a process of its own, with a board of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from desk.crisis.drill_home import FOLDER
from desk.roles import Refused
from desk.settings import CHECKOUT, Settings

DRILL_OPENS = 90.0
"""Seconds within which the board of a drill is open: the classifier is loaded and a store is made."""


def start_drill(settings: Settings, name: str, language: str, speed: float, by: str) -> str:
    """Start `nobet drill NAME --board` in a process of its own, which outlives this one; answers its board's address.

    Raises Refused with what the process said where its board does not open within DRILL_OPENS.
    """
    folder = settings.home / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [sys.executable, "-m", "nobet", "drill", name, "--board", "--lang", language, "--speed", str(speed)]
    command += ["--by", by] if by else []
    command += ["--config", str(settings.file)] if settings.file else []
    environ = {key: value for key, value in os.environ.items() if key != "NOBET_PORT"}
    environ["NOBET_HOME"] = str(settings.home)
    said = folder / "started.log"
    with said.open("wb") as stream:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environ, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + DRILL_OPENS
    while time.monotonic() < deadline:
        lines = said.read_text(encoding="utf-8", errors="replace").splitlines()
        address = next((line.split()[0] for line in lines if line.startswith("http://")), None)
        if address is not None:
            return address
        if process.poll() is not None:
            break
        time.sleep(0.2)
    process.terminate()
    last = next((line for line in reversed(said.read_text(errors="replace").splitlines()) if line.strip()), "")
    raise Refused(f"Tatbikat başlamadı: {last}", f"The drill did not begin: {last}")
