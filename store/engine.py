"""The store itself: opening it, and the two kinds of transaction. See docs/why/store.md."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError, TimeoutError

from store import migrations
from store.columns import json_text
from store.schema import metadata

WAIT_S = 30.0
"""Seconds to wait for another writer before giving up: a big import's transaction takes a few, a stuck one longer."""

CONNECTIONS = 30
"""Connections at most: a board session needs one for milliseconds, and PostgreSQL allows 100 by default."""

SAMPLED = 1000
"""Rows of an index that `Store.tend` looks at: 0.2 s with 100,000 mentions, and as good as all of them for us."""

RENEWED_S = 3600
"""Seconds after which a SQLite connection is opened anew: one that is open does not hear what `Store.tend` learnt."""

MIGRATION_LOCK = 0x4E_6F_62_65_74
"""The advisory lock under which a PostgreSQL store is upgraded: 'Nobet' in ASCII; any fixed number would do."""


class StoreError(Exception):
    """The store could not do what was asked. The message is a sentence for the person who must act, with no secrets."""


class Store:
    """One database with everything that Nöbet keeps. Safe to share between threads; not across a fork.

    `url` is the address as given (it may hold a password; `shown` does not), `dialect` is "sqlite" or "postgresql".
    """

    def __init__(self, engine: Engine, url: str) -> None:
        self._engine = engine
        self.url = url
        self.shown = engine.url.render_as_string(hide_password=True)
        self.dialect = engine.dialect.name

    @classmethod
    def open(cls, url: str, *, migrate: bool = True) -> Store:
        """The store at `url`: `sqlite:///path/to/file.db` or `postgresql+psycopg://user@host/database`.

        Makes the SQLite file and its folder where they are missing, and brings the tables up to date under a lock,
        so that two processes may open a new store at once. With `migrate=False` an outdated store is an error.
        Raises StoreError.
        """
        address = _address(url)
        if address.get_backend_name() == "sqlite":
            _make_file(address)
            engine = _sqlite_engine(address)
        else:
            try:
                engine = _postgresql_engine(address)
            except ImportError as error:
                raise StoreError(
                    "The driver for PostgreSQL is not installed. Run `pip install 'psycopg[binary]'`, then try again."
                ) from error
        store = cls(engine, url)
        try:
            store._prepare()
            store._bring_up_to_date(migrate)
        except BaseException:
            engine.dispose()
            raise
        return store

    def close(self) -> None:
        """Closes every connection; the store may not be used afterwards."""
        self._engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading that sees one moment of the store throughout; the database refuses writes on it."""
        with self._told("read"), self._engine.connect() as connection:
            if self.dialect == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A connection in one write transaction: committed when the block ends, rolled back when it raises.

        On SQLite there is one writer at a time from the first line on; on PostgreSQL rows are locked as they are
        touched. Waits for other writers at most WAIT_S seconds, then raises StoreError.
        """
        with self._told("written"), self._engine.connect() as connection:
            connection = connection.execution_options(nobet_writes=True)
            with connection.begin():
                yield connection

    def tend(self) -> None:
        """Let SQLite learn how full its tables are, without which it takes the wrong index for half of what a case's
        page asks (measured: 150 ms instead of 33). It writes for a moment; PostgreSQL does so by itself."""
        if self.dialect == "sqlite":
            with self.write() as tx:
                tx.execute(text(f"PRAGMA analysis_limit={SAMPLED}"))
                tx.execute(text("ANALYZE"))

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Turns the database's own failures (locked, full, gone) into a sentence; mistakes of ours pass through."""
        try:
            yield
        except TimeoutError as error:
            raise StoreError(
                f"The store {self.shown} had no free connection within {WAIT_S:.0f} seconds. Nothing was {done}; "
                "try again, or run fewer board sessions."
            ) from error
        except (OperationalError, InterfaceError) as error:
            raise StoreError(
                f"The store {self.shown} could not be {done}: {_reason(error)}. "
                f"Nothing of this step was kept; what was stored before is safe. {_advice(error)}"
            ) from error
        except DatabaseError as error:
            if isinstance(error.orig, sqlite3.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
                raise StoreError(  # sqlite3's plain DatabaseError: not a database, or a damaged one
                    f"The store {self.shown} could not be {done}: {_reason(error)}. "
                    "Check that the address names Nöbet's own database; restore a backup if it does."
                ) from error
            raise

    def _prepare(self) -> None:
        """What a database must be before anything is stored: WAL on SQLite, UTF-8 on PostgreSQL."""
        if self.dialect == "postgresql":
            with self.read() as tx:
                encoding = str(tx.execute(text("SHOW server_encoding")).scalar_one())
            if encoding != "UTF8":
                raise StoreError(
                    f"The database {self.shown} has the encoding {encoding}, which cannot hold every text. "
                    "Create one with ENCODING 'UTF8'; nothing was changed."
                )
            return
        with self._told("opened"):
            _turn_on_wal(self._engine)

    def _bring_up_to_date(self, migrate: bool) -> None:
        with self.read() as tx:
            if migrations.revision(tx) == migrations.HEAD:
                return
        if not migrate:
            raise StoreError(f"The store {self.shown} is not up to date. Run `nobet db upgrade`; nothing was changed.")
        with self.write() as tx:
            if self.dialect == "postgresql":
                tx.execute(text("SET LOCAL lock_timeout = 0"))  # another process's upgrade may take its time
                tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            found = migrations.revision(tx)
            if found == migrations.HEAD:
                return
            if found is None:
                self._refuse_a_strangers_database(tx)
            elif not migrations.knows(found):
                raise StoreError(
                    f"The store {self.shown} was made by a newer Nöbet (revision {found}, this one knows "
                    f"{migrations.HEAD}). Update Nöbet or choose another store; nothing was changed."
                )
            migrations.upgrade(tx)

    def _refuse_a_strangers_database(self, tx: Connection) -> None:
        # A PostgreSQL database may hold an extension's or a task engine's tables; a SQLite file is somebody's own.
        there = set(inspect(tx).get_table_names()) - {"alembic_version"}
        strangers = there if self.dialect == "sqlite" else there & set(metadata.tables)
        if strangers:
            raise StoreError(
                f"The database {self.shown} already holds tables that Nöbet did not make "
                f"({', '.join(sorted(strangers)[:3])}). Give Nöbet a database of its own; nothing was changed."
            )


def sqlite_url(path: Path) -> str:
    """The address of a store in a file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def _address(url: str) -> URL:
    """The address, its driver filled in; raises StoreError for one that names no database of ours."""
    forms = "Use sqlite:///path/to/file.db or postgresql+psycopg://user@host/database."
    try:
        address = make_url(url)
        backend = address.get_backend_name()
    except (ArgumentError, ValueError):
        # The text is not repeated: a mistyped address may still hold a password.
        raise StoreError(f"The store's address is not understood. {forms}") from None
    if backend in ("postgresql", "postgres"):
        if address.drivername in ("postgresql", "postgres"):
            address = address.set(drivername="postgresql+psycopg")
        if address.drivername == "postgresql+psycopg":
            return address
    if address.drivername in ("sqlite", "sqlite+pysqlite"):
        if not address.database or address.database == ":memory:":
            raise StoreError(f"The store needs a file, because several processes share it. {forms}")
        return address
    raise StoreError(f"The store cannot be a {address.drivername} database. {forms}")


def _make_file(address: URL) -> None:
    path = Path(str(address.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It will hold what customers wrote: its owner alone may read it (SQLite gives -wal and -shm the same rights).
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            # One that is there is never opened here: closing it would let go of every lock that this process has on it
            # (POSIX locks), and another process that ends could then delete the write-ahead log under our hands.
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
            if not os.access(path, os.R_OK | os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None
    except OSError as error:
        raise StoreError(
            f"The store's file {path} cannot be opened for writing: {error.strerror or error}. "
            "Check the path and its rights, or set NOBET_STORE_URL."
        ) from error


def _sqlite_engine(address: URL) -> Engine:
    engine = create_engine(
        address,
        # isolation_level None: the driver begins no transactions of its own, the listener below does.
        connect_args={"timeout": WAIT_S, "isolation_level": None},
        json_serializer=json_text,
        hide_parameters=True,  # what customers wrote does not belong into tracebacks
        pool_size=10,
        max_overflow=CONNECTIONS - 10,
        pool_timeout=WAIT_S,
        pool_recycle=RENEWED_S,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA foreign_keys=ON")
        # What an agent was told is stored survives a power cut too; a commit costs one sync to disk.
        connection.execute("PRAGMA synchronous=FULL")
        # Without it, INSERT OR REPLACE removes rows past the triggers that keep the event log append-only.
        connection.execute("PRAGMA recursive_triggers=ON")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("nobet_writes", False)
        connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
        # IMMEDIATE: a transaction that starts reading and turns to writing fails at once when another wrote meanwhile.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _turn_on_wal(engine: Engine) -> None:
    """Switches the file to WAL, once: it stays. SQLite does not wait for others while switching, so this does."""
    deadline = time.monotonic() + WAIT_S
    while True:
        connection = None
        try:
            connection = engine.raw_connection()
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
            if mode != "wal":
                mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            if mode == "wal":
                return
            raise StoreError(
                f"The folder of {engine.url.database} allows no write-ahead log (its journal stays {mode!r}). "
                "Put the store on a local disk, not on a network folder."
            )
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise OperationalError("PRAGMA journal_mode=WAL", None, error) from error
        except sqlite3.DatabaseError as error:
            raise DatabaseError("PRAGMA journal_mode", None, error) from error
        finally:
            if connection is not None:
                connection.close()
        time.sleep(0.02)


def _postgresql_engine(address: URL) -> Engine:
    ours = {"connect_timeout": 10, "application_name": "nobet"}
    engine = create_engine(
        address,
        connect_args={name: value for name, value in ours.items() if name not in address.query},
        json_serializer=json_text,
        hide_parameters=True,
        pool_size=10,
        max_overflow=CONNECTIONS - 10,
        pool_timeout=WAIT_S,
        pool_pre_ping=True,  # a server restarted overnight must not cost the first agent an error
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, record: Any) -> None:
        # The same patience with other writers as on SQLite.
        connection.execute(f"SET lock_timeout = '{WAIT_S * 1000:.0f}ms'")
        connection.commit()

    return engine


def _reason(error: DBAPIError) -> str:
    """The driver's own words on one line, without the address it tried (a password may be part of it)."""
    words = " ".join(str(error.orig).split()).rstrip(".")
    return words[:300] or type(error.orig).__name__


def _advice(error: DBAPIError) -> str:
    words = str(error.orig).lower()
    if "locked" in words or "lock timeout" in words or "deadlock" in words:
        return "Another process was writing for too long; try again."
    if "full" in words or "no space" in words:
        return "Free some disk space, then try again."
    if "readonly" in words or "read-only" in words or "permission" in words:
        return "Check that this user may write there."
    return "Check that the database is there and can be reached, then try again."
