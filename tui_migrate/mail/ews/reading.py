"""Messages of one folder, asked for in batches: by number and by summed size, large ones alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from tui_migrate.errors import CommandRefused, MailError, MessageRefused, ProtocolViolation, Throttled
from tui_migrate.mail.ews import faults, requests
from tui_migrate.mail.ews.answers import Element
from tui_migrate.mail.ews.session import EwsSession
from tui_migrate.mail.message import Content
from tui_migrate.mail.protocols import Gone, Listed, Message, Read, Step, Unreadable

_MOST_ITEMS = 50
_MOST_OCTETS = 4 << 20
"""In one answer: servers make the mail of a batch before they send the first of it."""
_GUESSED = 1 << 16
"""Octets of an item whose size is not told."""


def batches(wanted: Sequence[Listed], *, alone: bool = False) -> Iterator[list[Listed]]:
    """Messages in the batches in which they are asked for. `alone`: each by itself."""
    batch: list[Listed] = []
    octets = 0
    for each in wanted:
        size = each.size or _GUESSED
        if batch and (alone or len(batch) >= _MOST_ITEMS or octets + size > _MOST_OCTETS):
            yield batch
            batch, octets = [], 0
        batch.append(each)
        octets += size
    if batch:
        yield batch


class Reading:
    """Reads messages of a folder by their ids."""

    def __init__(
        self,
        session: EwsSession,
        folder: bytes,
        second_way: Callable[[str], Content | None],
        at: Callable[[int], object],
    ) -> None:
        """`second_way` makes the octets of an item of which Exchange makes none; `at` is told the UID of each message
        before it is awaited."""
        self._session = session
        self._folder = folder
        self._second_way = second_way
        self._at = at

    def read(self, batch: Sequence[Listed], ids: Mapping[int, str]) -> Iterator[Step]:
        """What becomes of each message, in their order. Raises MailError."""
        present = [each for each in batch if each.uid in ids]
        if gone := tuple(each.uid for each in batch if each.uid not in ids):
            yield Gone(self._folder, gone)
        again, unmakeable = [], []
        for listed, answer in self._answers(present, ids):
            if isinstance(answer, Throttled) and answer.seconds is None and len(present) > 1:
                again.append(listed)  # it may be one that is ill; those behind it have their own answers
            elif isinstance(answer, CommandRefused) and answer.code in faults.UNMAKEABLE:
                unmakeable.append((listed, answer))  # nothing is asked while an answer is read
            else:
                yield self._step(listed, answer, ids[listed.uid])
        for listed, answer in unmakeable:
            yield self._step(listed, answer, ids[listed.uid])
        for each in again:
            for listed, answer in [*self._answers([each], ids)]:
                yield self._step(listed, answer, ids[listed.uid])

    def _answers(
        self, wanted: Sequence[Listed], ids: Mapping[int, str]
    ) -> Iterator[tuple[Listed, Content | MailError | None]]:
        if not wanted:
            return
        answers = self._session.ask(requests.get_mime(ids[each.uid] for each in wanted))
        for listed in wanted:
            self._at(listed.uid)
            message = next(answers, None)
            if message is None:
                raise ProtocolViolation(f"{self._session.server.where} answers for fewer items than it was asked for.")
            yield listed, faults.refusal(message, "GetItem") or _content(message)
        for extra in answers:
            extra.close()

    def _step(self, listed: Listed, answer: Content | MailError | None, item: str) -> Step:
        if isinstance(answer, CommandRefused):
            if answer.code in faults.GONE:
                return Gone(self._folder, (listed.uid,))
            if answer.code in faults.UNMAKEABLE and (made := self._second_way(item)) is not None:
                return Read(self._folder, Message.of(listed, made))
            return Unreadable(self._folder, listed, faults.of_message(answer))
        if isinstance(answer, Throttled) and answer.seconds is None:
            words = answer.server_words
            if words.startswith("ErrorServerBusy"):
                raise answer
            sentence = "The source cannot return the message now."
            return Unreadable(
                self._folder, listed, MessageRefused(sentence, server_words=words, command="GetItem", own=False)
            )
        if isinstance(answer, MailError):
            raise answer
        if answer is None or not answer.length:
            return Unreadable(self._folder, listed, MessageRefused("The source returned an empty message."))
        return Read(self._folder, Message.of(listed, answer))


def _content(message: Element) -> Content | None:
    """The octets in an answer."""
    return next((each.octets for each in message.walk() if each.octets is not None), None)
