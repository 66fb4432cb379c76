"""Run by Alembic for each upgrade: the connection is the one that `run.upgrade` was given, in its transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
