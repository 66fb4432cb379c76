"""What was learned of servers outlives the engine."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import text

from tui_migrate.model import Learned, Lesson
from tui_migrate.store import lessons
from tui_migrate.store.database import Database


def test_lessons_by_server(tmp_path: Path) -> None:
    store = Database(tmp_path / "store.db")
    with store.write() as connection:
        lessons.save(connection, "a:993", [Learned(Lesson.SELECT, "BAD", "ID"), Learned(Lesson.LOGIN)])
        lessons.save(connection, "b:993", [Learned(Lesson.SELECT)])
        lessons.save(connection, "a:993", [Learned(Lesson.SELECT, "BAD no", "ID")])
        connection.execute(text("INSERT INTO lesson VALUES ('b:993', 'of a newer program', '', '')"))
    with store.read() as connection:
        assert lessons.listing(connection) == {
            "a:993": [Learned(Lesson.SELECT, "BAD no", "ID")],
            "b:993": [Learned(Lesson.SELECT)],
        }
    store.close()
