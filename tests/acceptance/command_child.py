"""One command in a child of the fork server, as its own process would run it: arguments, environment, three streams."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import commands.deadlines  # what nearly every command loads, loaded once for all of them
import commands.files
import commands.scoring
import commands.sources
import commands.training  # noqa: F401
import nobet


def run(arguments: list[str], root: str, environ: dict[str, str], folder: str) -> None:
    """Run `nobet ARGUMENTS`: reads the file `in` of a folder, writes `out` and `err` there, ends with its status."""
    for number, name in enumerate(("in", "out", "err")):
        flags = os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(Path(folder) / name, flags)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = io.TextIOWrapper(os.fdopen(0, "rb", closefd=False), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(os.fdopen(1, "wb", closefd=False), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(os.fdopen(2, "wb", closefd=False), encoding="utf-8", errors="backslashreplace",
                                  write_through=True)  # fmt: skip
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(root)
    sys.argv = ["nobet", *arguments]
    try:
        nobet.main()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
