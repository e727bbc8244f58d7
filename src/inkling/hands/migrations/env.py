"""What Alembic runs: the migrations, on the connection and in the transaction that `hands.database` gives it."""

from alembic import context

from inkling.hands.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
