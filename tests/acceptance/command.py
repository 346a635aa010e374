"""Runs `nobet` as a user would: a process of its own, an empty home, text in and text out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance import command_child
from tests.integration.forking import forking

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.out)

    @property
    def jsonl(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a user whose home for Nöbet is `home`, without any setting of ours."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NOBET_") or k == "NOBET_CHROMIUM"}
    return {**clean, "NOBET_HOME": str(home), "PYTHONUTF8": "1", **more}


def nobet(
    home: Path, *arguments: str | Path, stdin: str | bytes | None = None, timeout: float = 180, **env: str
) -> Answer:
    """Run `nobet ARGUMENTS` with an own home; a traceback in what it says is a failure wherever it happens.

    A process of its own, forked from a server that has loaded the program: starting Python and importing it anew for
    each of some two hundred commands took a quarter of the whole run. `nobet_alone` starts it as a shell would.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in").write_bytes(stdin.encode() if isinstance(stdin, str) else stdin or b"")
        child = forking().Process(
            target=command_child.run, args=([*map(str, arguments)], str(ROOT), environment(home, **env), folder)
        )
        child.start()
        child.join(timeout)
        if child.exitcode is None:
            child.kill()
            raise subprocess.TimeoutExpired(["nobet", *map(str, arguments)], timeout)
        out, err = ((Path(folder) / name).read_bytes().decode("utf-8", "replace") for name in ("out", "err"))
    return _answer(child.exitcode, out, err)


def nobet_alone(
    home: Path, *arguments: str | Path, stdin: str | bytes | None = None, timeout: float = 180, **env: str
) -> Answer:
    """`nobet`, started as a shell starts it: for what a fresh process alone can show."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "nobet", *map(str, arguments)],
        cwd=ROOT, env=environment(home, **env), input=data, capture_output=True, timeout=timeout,
    )  # fmt: skip
    return _answer(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))


def _answer(status: int, out: str, err: str) -> Answer:
    assert "Traceback" not in err and "Traceback" not in out, err
    return Answer(status, out, err)
