"""Starts and ends the Bluesky development network: its programs, a PostgreSQL and a Redis, all on 127.0.0.1."""

from __future__ import annotations

import json
import os
import select
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.integration.postgres import Postgres, start_postgres

HERE = Path(__file__).parent / "bluesky"
NODE = "22.23.3"
"""The network needs Node 22; npm brings one, whichever is installed here."""

INSTALL_LIMIT = 1800
"""Seconds for npm; about 700 MB took eight minutes, three of them to compile SQLite."""

READY_LIMIT = 180
"""Seconds until the network stands, and until it has processed what was posted."""


def installed() -> Path:
    """The folder in which the network is installed; installs it the first time. Skips without npm."""
    folder = Path(os.environ.get("NOBET_BLUESKY_NETWORK") or HERE.parents[2] / "var" / "servers" / "bluesky").absolute()
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed; the Bluesky development network runs on Node")
    wanted = (HERE / "package.json").read_text(encoding="utf-8") + NODE
    stamp = folder / "installed"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        (folder / "node").mkdir(parents=True, exist_ok=True)
        # Without a package.json of its own, npm would install into the folder above.
        (folder / "node" / "package.json").write_text('{"private": true}', encoding="utf-8")
        _npm(folder / "node", [f"node@{NODE}"], {})
        headers = next((folder / "node").rglob("include/node/node_version.h")).parents[2]
        # What is compiled must be compiled for the Node that runs it, not for the one that happens to be here.
        path = f"{folder / 'node' / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
        shutil.copy(HERE / "package.json", folder / "package.json")
        _npm(folder, [], {"PATH": path, "npm_config_nodedir": str(headers)})
        stamp.write_text(wanted, encoding="utf-8")
    # An ES module finds its packages beside itself.
    shutil.copy(HERE / "network.mjs", folder / "network.mjs")
    return folder


def _npm(folder: Path, packages: list[str], environment: dict[str, str]) -> None:
    npm = ["npm", "install", *packages, "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(
        npm, cwd=folder, env=os.environ | environment, check=True, timeout=INSTALL_LIMIT, stdin=subprocess.DEVNULL
    )


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class BlueskyNetwork:
    """The running network; `url` is its personal data server. Use it in a `with`."""

    def __enter__(self) -> BlueskyNetwork:
        redis = shutil.which(os.environ.get("NOBET_REDIS_SERVER", "redis-server"))
        if redis is None:
            pytest.skip("redis-server is not installed; name it in NOBET_REDIS_SERVER")
        folder = installed()
        self._folder = tempfile.TemporaryDirectory(prefix="nobet-bluesky-", ignore_cleanup_errors=True)
        self._running: list[subprocess.Popen[Any]] = []
        self._postgres: Postgres | None = None
        try:
            self._start(redis, folder)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self, redis: str, folder: Path) -> None:
        self._postgres = start_postgres()
        database = self._postgres.new_database()
        port = free_port()
        quiet: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        self._running.append(subprocess.Popen([redis, *options, "--dir", self._folder.name], **quiet))
        environment = {
            **os.environ,
            "DB_POSTGRES_URL": f"postgresql://postgres@localhost/{database}?host={self._postgres.host}",
            "REDIS_HOST": f"127.0.0.1:{port}",
            "TMPDIR": self._folder.name,  # its accounts and pictures
            "LOG_ENABLED": "false",
            "NODE_ENV": "test",
        }
        self._log = Path(self._folder.name) / "network.log"
        self._network = subprocess.Popen(
            [folder / "node" / "node_modules" / ".bin" / "node", "network.mjs"], cwd=folder, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log.open("w"), text=True,
        )  # fmt: skip
        self._running.append(self._network)
        self.url: str = self._said()["pds"]

    def process(self) -> None:
        """Return once everything that was posted so far can be found."""
        assert self._network.stdin is not None
        self._network.stdin.write("process\n")
        self._network.stdin.flush()
        assert self._said() == {"processed": True}

    def _said(self) -> Any:
        assert self._network.stdout is not None
        ready, _, _ = select.select([self._network.stdout], [], [], READY_LIMIT)
        line = self._network.stdout.readline() if ready else ""
        if not line:
            pytest.fail(f"the network said nothing; its last words:\n{self._log.read_text()[-3000:]}", pytrace=False)
        return json.loads(line)

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            if process.stdin is not None:
                process.stdin.close()
            else:
                process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._postgres is not None:
            self._postgres.end()
        self._folder.cleanup()
