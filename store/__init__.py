"""Where everything is kept: one store, SQLite or PostgreSQL. See docs/why/store.md."""

from store.engine import Store, StoreError, sqlite_url

__all__ = ["Store", "StoreError", "sqlite_url"]
