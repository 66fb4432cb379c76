"""What was learned of a server is kept while it announces the same, and no longer."""

from __future__ import annotations

from tui_migrate.mail.lessons import Experience, Learned, Lesson, Lessons
from tui_migrate.model import ImapServer


def test_what_is_learned_is_kept_and_told() -> None:
    kept: list[tuple[Learned, ...]] = []
    lessons = Lessons(keep=kept.append)
    lessons.meet({"IMAP4REV1", "AUTH=PLAIN"})
    assert not lessons.knows(Lesson.SELECT)
    lessons.learn(Lesson.SELECT, "BAD unknown command")
    lessons.learn(Lesson.SELECT, "BAD unknown command")
    assert lessons.knows(Lesson.SELECT)
    assert kept == [(Learned(Lesson.SELECT, "BAD unknown command", "AUTH=PLAIN IMAP4REV1"),)]
    assert lessons.learned == kept[0]


def test_a_server_that_announces_other_things_is_met_anew() -> None:
    kept: list[tuple[Learned, ...]] = []
    lessons = Lessons([Learned(Lesson.LOGIN, "BAD", "AUTH=PLAIN IMAP4REV1")], kept.append)
    lessons.meet({"IMAP4REV1", "AUTH=PLAIN"})
    assert (lessons.knows(Lesson.LOGIN), kept) == (True, [])
    lessons.meet({"IMAP4REV1", "AUTH=PLAIN", "ID"})
    assert (lessons.knows(Lesson.LOGIN), kept) == (False, [()])


def test_servers_are_told_apart_by_host_and_port() -> None:
    kept: list[tuple[str, tuple[Learned, ...]]] = []
    experience = Experience(
        {"imap.old.example:993": [Learned(Lesson.SELECT)]}, lambda server, known: kept.append((server, known))
    )
    old, other = experience.of(ImapServer("imap.OLD.example")), experience.of(ImapServer("imap.old.example", port=143))
    assert (old.knows(Lesson.SELECT), other.knows(Lesson.SELECT)) == (True, False)
    assert experience.of(ImapServer("imap.old.example")) is old
    other.learn(Lesson.PLAIN_LIST, "NO")
    assert kept == [("imap.old.example:143", (Learned(Lesson.PLAIN_LIST, "NO"),))]
