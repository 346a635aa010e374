"""Orders in a database, by the queries that the configuration gives. Only ever read, only ever with bound parameters.

SQLite is opened with mode=ro and query_only; on PostgreSQL each question is one READ ONLY transaction under a
statement_timeout (https://www.postgresql.org/docs/current/runtime-config-client.html). Any other database that
SQLAlchemy knows is asked in a transaction that is always rolled back; give it a user who may only read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from desk.orders.keys import OrderKey, order_key
from desk.orders.mapping import Mapper
from desk.orders.order import Order
from desk.orders.settings import SqlSettings
from desk.orders.source import Check, Deadline, OrderSourceError, seconds

_OPERATIONS = 1000
"""SQLite operations between two looks at the clock: well under a millisecond."""


class SqlOrders:
    """An OrderSource over one database; a new connection per question, so that nothing is held while nobody asks."""

    def __init__(self, settings: SqlSettings, mapper: Mapper, environ: Mapping[str, str]) -> None:
        self.name = settings.name
        self._settings = settings
        self._mapper = mapper
        self._environ = environ

    @property
    def kinds(self) -> frozenset[str]:
        """Those for which there is a query."""
        return frozenset(self._settings.queries)

    def find(self, key: OrderKey, deadline: Deadline) -> tuple[Order, ...]:
        """The orders of this key. Raises OrderSourceError."""
        query = self._settings.queries.get(key.kind)
        if query is None:
            return ()
        rows, _ = self._ask(query, key, deadline)
        return self._mapper.orders(rows)

    def check(self, deadline: Deadline) -> Check:
        """Asks each query for an order that cannot exist, and says the columns it answers with."""
        notes: list[str] = []
        columns: dict[str, None] = {}
        try:
            for kind in self._settings.queries:
                probe = {"order": order_key("NOBET-CHECK-0"), "email": OrderKey("email", "check@nobet.invalid")}
                _, names = self._ask(
                    self._settings.queries[kind], probe.get(kind, OrderKey("phone", "+905320000000")), deadline
                )
                columns.update(dict.fromkeys(names))
                folded = {name.casefold() for name in names}
                missing = [path for path in self._mapper.paths() if path.casefold() not in folded]
                if missing:
                    notes.append(f"the query for {kind} answers with no column {', '.join(map(repr, missing))}")
        except OrderSourceError as error:
            return Check(False, str(error), tuple(columns), tuple(notes))
        return Check(True, f"{len(self._settings.queries)} query(ies) answered", tuple(columns), tuple(notes))

    def _ask(self, query: str, key: OrderKey, deadline: Deadline) -> tuple[list[dict[str, Any]], list[str]]:
        url = self._url()
        statement = text(query.strip().rstrip(";"))
        wanted = statement.compile().params
        bound = {name: value for name, value in key.forms.items() if name in wanted}
        engine = self._engine(url, deadline)
        try:
            with engine.connect() as connection, connection.begin() as transaction:
                self._limited(connection, url, deadline)
                result = connection.execute(statement, bound)
                names = list(result.keys())
                rows = [dict(zip(names, row, strict=True)) for row in result.fetchmany(self._settings.rows)]
                result.close()
                transaction.rollback()
        except (SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            if deadline.passed or _is_timeout(error):
                limit = seconds(self._settings.time_limit)
                raise self._error(f"the database did not answer within {limit} seconds", url) from None
            raise self._error(f"the database refused ({_reason(error)})", url) from None
        finally:
            engine.dispose()
        return rows, names

    def _url(self) -> URL:
        variable = self._settings.url_env
        given = self._environ.get(variable, "").strip()
        if not given:
            raise OrderSourceError(f'Orders "{self.name}": the environment variable {variable} is empty')
        try:
            return make_url(given)
        except ArgumentError:
            raise OrderSourceError(
                f'Orders "{self.name}": {variable} holds no address such as postgresql+psycopg://user@host/database'
            ) from None

    def _engine(self, url: URL, deadline: Deadline) -> Engine:
        options: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}
        if url.get_backend_name() == "sqlite":
            path = Path(url.database or "").expanduser().absolute()
            if not path.is_file():
                raise self._error(f"there is no database file {path}", url)
            return create_engine("sqlite://", creator=lambda: _read_only(path, deadline), **options)
        if url.get_backend_name() == "postgresql":
            options["connect_args"] = {"connect_timeout": max(1, round(deadline.left))}
        try:
            return create_engine(url, **options)
        except (ImportError, NoSuchModuleError):
            raise self._error(f"no driver for {url.drivername} is installed; install it beside Nöbet", url) from None
        except (SQLAlchemyError, TypeError, ValueError):
            raise self._error(f"{self._settings.url_env} holds an address that cannot be used", url) from None

    @staticmethod
    def _limited(connection: Connection, url: URL, deadline: Deadline) -> None:
        if url.get_backend_name() == "postgresql":
            connection.execute(text("SET TRANSACTION READ ONLY"))
            limit = str(max(1, int(deadline.left * 1000)))
            connection.execute(text("SELECT set_config('statement_timeout', :limit, true)"), {"limit": limit})

    def _error(self, what: str, url: URL) -> OrderSourceError:
        sentence = f'Orders "{self.name}": {what}'
        for secret in (str(url.password or ""), url.render_as_string(hide_password=False)):
            if secret:
                sentence = sentence.replace(secret, "(secret)")
        return OrderSourceError(sentence)


def _read_only(path: Path, deadline: Deadline) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, timeout=deadline.left, check_same_thread=False
    )
    connection.execute("PRAGMA query_only = ON")
    connection.set_progress_handler(lambda: int(deadline.passed), _OPERATIONS)
    return connection


def _is_timeout(error: BaseException) -> bool:
    orig = error.orig if isinstance(error, DBAPIError) else error
    return type(orig).__name__ == "QueryCanceled" or "timeout expired" in str(orig) or str(orig) == "interrupted"


def _reason(error: BaseException) -> str:
    """The first line of what the driver said; never the statement's parameters."""
    said = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
    return (said[0] if said else type(error).__name__)[:200]
