"""Alembic's way into the store: the connection it is handed, in the transaction that is already open on it."""

from alembic import context

from store.schema import metadata

# transactional_ddl: SQLite can undo CREATE TABLE too, but Alembic takes it for one that cannot.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
