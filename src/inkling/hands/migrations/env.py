"""Alembic's entry point: runs the migrations in the connection and transaction that `hands.database` passes."""

from alembic import context

from inkling.hands.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
