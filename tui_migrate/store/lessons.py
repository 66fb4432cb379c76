"""What the engine has learned of servers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from tui_migrate.model import Learned, Lesson
from tui_migrate.store.schema import lesson


def listing(connection: Connection) -> dict[str, list[Learned]]:
    """The lessons by the keys of servers. What a newer program has learned and this one does not know is passed
    over."""
    known = {each.value for each in Lesson}
    found: dict[str, list[Learned]] = defaultdict(list)
    for row in connection.execute(select(lesson).order_by(lesson.c.server, lesson.c.lesson)):
        if row.lesson in known:
            found[row.server].append(Learned(Lesson(row.lesson), row.words, row.announced))
    return dict(found)


def save(connection: Connection, server: str, learned: Iterable[Learned]) -> None:
    """Save all that is known of a server, by its key."""
    connection.execute(delete(lesson).where(lesson.c.server == server))
    for each in learned:
        values = {"lesson": each.lesson, "words": each.words, "announced": each.announced}
        connection.execute(insert(lesson).values(server=server, **values))
