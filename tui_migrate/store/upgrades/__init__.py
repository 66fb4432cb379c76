"""How an older store becomes one of today: one step (Alembic) for each change of the schema, in `versions`."""
