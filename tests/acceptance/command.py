"""Runs `nobet` as a user would: a process of its own, an empty home, text in and text out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """Run `nobet ARGUMENTS` with an own home; a traceback in what it says is a failure wherever it happens."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [sys.executable, "-m", "nobet", *map(str, arguments)],
        cwd=ROOT, env=environment(home, **env), input=data, capture_output=True, timeout=timeout,
    )  # fmt: skip
    out, err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in err and "Traceback" not in out, err
    return Answer(done.returncode, out, err)
