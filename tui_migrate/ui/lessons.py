"""What servers have taught about themselves, in words. Pure: values in, labels and texts out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tui_migrate.model import Learned, Lesson

MEANINGS = {
    Lesson.LOGIN: "announces AUTHENTICATE PLAIN and does not know it: users are logged in with LOGIN",
    Lesson.SELECT: "does not know EXAMINE: folders are opened with SELECT, and messages read without marking them",
    Lesson.PLAIN_LIST: "leaves folders out of an extended LIST, or refuses it: folders are listed plainly, and asked "
    "for their numbers one by one",
    Lesson.ONE_AT_A_TIME: "takes no command before it has answered the one ahead: each waits for the one before",
    Lesson.PLAIN: "agrees to compress and then cannot be read (COMPRESS): nothing is compressed",
    Lesson.REWRITES: "changes the mail that it is given",
    Lesson.USER_PASS: "announces AUTH PLAIN and does not know it: users are logged in with USER and PASS",
    Lesson.NO_CAPA: "ends the connection when it is asked what it can do (CAPA): it is not asked",
    Lesson.NO_UIDL: "has no names for messages (UIDL): the headers of all are read in each pass, to know them again",
    Lesson.NO_TOP: "does not hand out headers alone (TOP): whole messages are read for them",
    Lesson.SIZES: "lists sizes that are not those of its messages: an answer in a message's place is not told by them",
    Lesson.NAMES: "takes no folder names with some characters, in whose place _ stands",
}
_NAMED = (Lesson.REWRITES, Lesson.NAMES)
"""Taught by no words: what it is about is named instead."""


def lesson_findings(learned: Iterable[Learned]) -> Iterator[tuple[str, str]]:
    """Label and text of each lesson, with what taught it: mostly the server's words, else what it has shown."""
    for each in learned:
        if each.lesson in _NAMED:
            yield "Learned", f"▲ {MEANINGS[each.lesson]}: {each.words}"
        else:
            yield "Learned", f"▲ {MEANINGS[each.lesson]}"
            yield "Taught by", each.words
