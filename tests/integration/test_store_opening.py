"""Opening a store: new, again, by several processes at once, and what is refused with which words."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from store import Store, StoreError, ingest, migrations, sqlite_url
from store.schema import metadata
from tests.integration.postgres import Postgres
from tests.integration.store_making import BRAND, NOW, mention, save

ROOT = Path(__file__).parents[2]

OPENER = """
import sys
from store import Store, ingest
print("ready", flush=True)
sys.stdin.readline()
store = Store.open(sys.argv[1])
from datetime import UTC, datetime
with store.write() as tx:
    ingest.beat(tx, "marka", sys.argv[2], datetime.now(UTC))
store.close()
"""


def test_three_processes_open_a_new_store_at_once(new_url: str) -> None:
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", OPENER, new_url, f"p{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(3)
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("go\n")
        opener.stdin.flush()
    for opener in openers:
        _, words = opener.communicate(timeout=60)
        assert opener.returncode == 0, words
    store = Store.open(new_url)
    with store.read() as tx:
        assert all(ingest.heartbeat(tx, BRAND, f"p{number}") for number in range(3))
    store.close()


def test_threads_open_a_new_store_at_once(new_url: str) -> None:
    problems: list[BaseException] = []

    def open_it() -> None:
        try:
            Store.open(new_url).close()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems


def schema(engine: Any) -> dict[str, Any]:
    """Everything that the database says of its tables, in words that compare."""
    looked = inspect(engine)

    def plain(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: plain(value) for key, value in found.items()}
        if isinstance(found, list):
            return sorted((plain(value) for value in found), key=str)
        return found if isinstance(found, str | bool | int | None) else str(found)

    return {
        table: plain(
            {
                "columns": [
                    {**column, "type": column["type"].compile(engine.dialect), "place": place}
                    for place, column in enumerate(looked.get_columns(table))
                ],
                "primary key": looked.get_pk_constraint(table),
                "unique": looked.get_unique_constraints(table),
                "indexes": looked.get_indexes(table),
                "foreign keys": looked.get_foreign_keys(table),
                "checks": looked.get_check_constraints(table),
            }
        )
        for table in looked.get_table_names()
        if table != "alembic_version"
    }


def test_the_migrations_build_the_tables_that_the_code_describes(
    store: Store, dialect: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with store.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx, opts={"compare_type": True}), metadata) == []
        migrated = schema(tx)
    if dialect == "sqlite":
        described_at = f"sqlite:///{tmp_path / 'described.db'}"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        described_at = server.url(server.new_database())
    engine = create_engine(described_at)
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert migrated == schema(connection)
        if dialect == "sqlite":  # AUTOINCREMENT is in no inspector
            counted = text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%' ORDER BY name")
            with store.read() as tx:
                names = list(tx.execute(counted).scalars())
            assert names == list(connection.execute(counted).scalars()) == [
                "approvals", "cases", "concessions", "events", "mentions", "outbox", "persons", "voucher_codes"
            ]  # fmt: skip
    engine.dispose()


def test_every_row_carries_its_brand() -> None:
    assert [table.name for table in metadata.sorted_tables if "brand" not in table.c] == []


def test_the_newest_revision_is_the_one_the_code_names() -> None:
    assert ScriptDirectory(str(migrations.FOLDER)).get_current_head() == migrations.HEAD


def test_an_up_to_date_store_opens_without_alembic(store_url: str) -> None:
    code = "import sys; from store import Store; Store.open(sys.argv[1]).close(); assert 'alembic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code, store_url], check=True, cwd=ROOT)


def test_an_upgrade_that_fails_leaves_nothing_behind(new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade = migrations.upgrade

    def killed_at_the_end(tx: Any) -> None:
        upgrade(tx)
        raise KeyboardInterrupt

    monkeypatch.setattr(migrations, "upgrade", killed_at_the_end)
    with pytest.raises(KeyboardInterrupt):
        Store.open(new_url)
    engine = create_engine(new_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()
    monkeypatch.undo()
    Store.open(new_url).close()


def test_an_outdated_store_is_not_touched_unless_asked(new_url: str) -> None:
    with pytest.raises(StoreError, match=r"not up to date\. Run `nobet db upgrade`; nothing was changed"):
        Store.open(new_url, migrate=False)
    Store.open(new_url).close()
    Store.open(new_url, migrate=False).close()


def test_a_store_made_by_a_newer_version_is_refused(store: Store) -> None:
    with store.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"made by a newer Nöbet \(revision 9999"):
        Store.open(store.url)


def test_somebody_elses_database_is_refused(new_url: str) -> None:
    if new_url.startswith("sqlite"):
        Path(new_url.removeprefix("sqlite:///")).parent.mkdir()
    engine = create_engine(new_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE cases (id INTEGER PRIMARY KEY)"))
    with pytest.raises(StoreError, match=r"holds tables that Nöbet did not make \(cases\)"):
        Store.open(new_url)
    assert inspect(engine).get_table_names() == ["cases"]
    engine.dispose()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "address is not understood"),
        ("nonsense:secret@where", "address is not understood"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("mysql://root:secret@localhost/x", "cannot be a mysql database"),
        ("postgresql+psycopg://u:secret@127.0.0.1:1/x", "could not be read: connection failed"),
    ],
)
def test_an_address_that_cannot_be_a_store_gets_a_sentence(url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as caught:
        Store.open(url)
    assert "secret" not in str(caught.value)


def test_a_postgresql_address_needs_no_driver(postgres: Postgres) -> None:
    name = postgres.new_database()
    for scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        Store.open(f"{scheme}://postgres@/{name}?host={postgres.host}").close()


def test_a_database_that_cannot_hold_every_text_is_refused(postgres: Postgres) -> None:
    postgres.admin("CREATE DATABASE latin ENCODING 'LATIN5' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(StoreError, match="has the encoding LATIN5, which cannot hold every text"):
        Store.open(postgres.url("latin"))


def test_a_missing_database_is_named_without_its_password(postgres: Postgres) -> None:
    url = f"postgresql+psycopg://postgres:hunter2@/nowhere?host={postgres.host}"
    with pytest.raises(StoreError, match='database "nowhere" does not exist') as caught:
        Store.open(url)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(b"\xff\xd8 not a database" * 100)
    with pytest.raises(StoreError, match="file is not a database"):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"\xff\xd8 not a database" * 100


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened for writing: Is a directory"):
        Store.open(f"sqlite:///{tmp_path}")


def test_a_sqlite_store_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b%20?c#d@e" / "nöbet deposu.db"
    store = Store.open(sqlite_url(path))
    save(store, mention())
    assert store.dialect == "sqlite"
    assert {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()} == {0o600}
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name], "a closed store is one file"


def test_opening_again_leaves_the_locks_of_this_process(tmp_path: Path) -> None:
    """A board opens its store anew when the configuration changes; a command that ends then must not take the
    write-ahead log away, which it may only where nobody else has the store open."""
    url = sqlite_url(tmp_path / "nobet.db")
    first = Store.open(url)
    save(first, mention(1))
    Store.open(url)
    other = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT 1 FROM mentions'); db.close()"
    subprocess.run([sys.executable, "-c", other, str(tmp_path / "nobet.db")], check=True)
    assert (tmp_path / "nobet.db-wal").exists(), "the other process took this one for gone"
    save(first, mention(2))
    with first.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM mentions")).scalar_one() == 2
    first.close()


def test_what_raises_is_rolled_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.write() as tx:
        ingest.beat(tx, BRAND, "worker", NOW)
        raise ZeroDivisionError
    with store.read() as tx:
        assert ingest.heartbeat(tx, BRAND, "worker") is None


def test_a_reader_may_not_write(store: Store) -> None:
    with pytest.raises((StoreError, DBAPIError), match=re.compile("read-?only", re.I)), store.read() as tx:
        ingest.beat(tx, BRAND, "worker", NOW)
    with store.write() as tx:  # and the next one on the same connection may
        ingest.beat(tx, BRAND, "worker", NOW)


def test_a_reader_sees_one_moment(store: Store) -> None:
    with store.read() as tx:
        assert ingest.heartbeat(tx, BRAND, "worker") is None
        with store.write() as other:
            ingest.beat(other, BRAND, "worker", NOW)
        assert ingest.heartbeat(tx, BRAND, "worker") is None
    with store.read() as tx:
        assert ingest.heartbeat(tx, BRAND, "worker") is not None


def test_what_customers_wrote_is_not_in_the_words_of_an_error(store: Store) -> None:
    with pytest.raises(DBAPIError) as caught, store.write() as tx:
        for _ in range(2):
            tx.execute(metadata.tables["heartbeats"].insert().values(brand=BRAND, name="TC 123", at=NOW, data={}))
    assert "TC 123" not in str(caught.value).partition("DETAIL")[0]


def test_a_locked_store_is_told_in_a_sentence(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.engine.WAIT_S", 0.2)
    impatient = Store.open(store.url)
    with store.write() as tx:
        ingest.beat(tx, BRAND, "worker", NOW)
        with pytest.raises(StoreError, match=r"could not be written.* Another process was writing for too long"):
            save_beat(impatient)
    save_beat(impatient)
    impatient.close()


def save_beat(store: Store) -> None:
    with store.write() as tx:
        ingest.beat(tx, BRAND, "worker", NOW)
