"""What is looked at all the time, in SQL that SQLite and PostgreSQL share: by a command that only looks, and by the
first screen, without loading SQLAlchemy. Other queries use these functions too, in their own transactions."""

from tui_migrate.store.looks import accounts, engine, failures, migrations, passes, remarks

__all__ = ["accounts", "engine", "failures", "migrations", "passes", "remarks"]
