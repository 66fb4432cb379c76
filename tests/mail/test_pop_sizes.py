"""What a POP server says in a message's place is named and not copied; sizes that are mere estimates are no reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager

import pytest

from tests.mail.pop_reading import octets, read
from tests.servers.loopback_server import Cut
from tests.servers.pop.server import USUAL
from tests.servers.pop.session import stuffed
from tests.servers.scripted_pop import Answer, ScriptedPop
from tui_migrate.errors import Disconnected
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.pop.source import PopSource
from tui_migrate.mail.protocols import Step, Unreadable
from tui_migrate.model import Login, PopServer, Secret, Security

LOGIN = Login("user", Secret("secret"))
NOTICE = b"Subject: Virus found\r\n\r\nThe message was taken away, ask your administrator for it.\r\n" * 5


def mail(number: int, lines: int = 20) -> bytes:
    """Every message has a length of its own."""
    return b"Subject: %d\r\nMessage-ID: <%d>\r\n\r\n" % (number, number) + b"some text that says nothing\r\n" * (
        lines + number
    )


@contextmanager
def opened(
    messages: Sequence[bytes],
    size: Callable[[int, bytes], int] = lambda number, message: len(message),
    notices: Mapping[int, Answer] | None = None,
    lessons: Lessons | None = None,
) -> Iterator[PopSource]:
    """A source that lists its messages with these sizes, and answers RETR with notices for some."""
    sizes = b"".join(b"%d %d\r\n" % (n, size(n, message)) for n, message in enumerate(messages, 1))
    replies: dict[str, Answer | list[Answer]] = {"LIST": b"+OK\r\n" + sizes + b".\r\n"}
    replies |= {f"RETR {number}": notice for number, notice in (notices or {}).items()}
    with ScriptedPop(messages, replies=replies) as pop:
        server = PopServer(pop.host, security=Security.NONE, port=pop.port)
        with closing(PopSource(server, LOGIN, lessons=lessons)) as source:
            yield source


def notice(text: bytes = NOTICE) -> bytes:
    return b"+OK\r\n" + stuffed(text)


def taught() -> Lessons:
    lessons = Lessons()
    lessons.meet(USUAL)
    lessons.learn(Lesson.SIZES)
    return lessons


def named(steps: Sequence[Step]) -> dict[int, str]:
    return {step.listed.uid: step.error.sentence for step in steps if isinstance(step, Unreadable)}


@pytest.mark.parametrize("at", [1, 2, 6], ids="at {}".format)
def test_a_notice_in_the_place_of_one_message_is_named(at: int) -> None:
    messages = [mail(number) for number in range(6)]
    with opened(messages, notices={at: notice()}) as source:
        steps = read(source)
    size = len(messages[at - 1])
    assert named(steps) == {
        at: f"The source lists {size} octets for the message and returned {len(NOTICE)}: another text, “Virus found”."
    }
    assert octets(steps) == {n: message for n, message in enumerate(messages, 1) if n != at}


@pytest.mark.parametrize("replaced", [17, 19, 20])
def test_notices_in_the_place_of_most_messages_are_named(replaced: int) -> None:
    messages = [mail(number) for number in range(20)]
    with opened(messages, notices=dict.fromkeys(range(1, replaced + 1), notice())) as source:
        steps = read(source)
    assert list(named(steps)) == list(range(1, replaced + 1))
    assert octets(steps) == dict(list(enumerate(messages, 1))[replaced:])


def test_a_notice_in_the_place_of_the_only_message_is_named() -> None:
    with opened([mail(1)], notices={1: notice()}) as source:
        steps = read(source)
    assert (list(named(steps)), octets(steps)) == ([1], {})


@pytest.mark.parametrize(
    "size",
    [
        lambda number, message: len(message) - message.count(b"\n"),
        lambda number, message: len(message) - message.count(b"\n") - 1,
        lambda number, message: len(message) + 2,
        lambda number, message: len(message) - 2,
        lambda number, message: len(message) - 7,
        lambda number, message: 0,
    ],
    ids=["line feeds", "line feeds without the last", "one more", "one less", "bare line feeds", "untold"],
)
@pytest.mark.parametrize("count", [1, 6])
def test_sizes_with_other_line_ends_are_no_reason(count: int, size: Callable[[int, bytes], int]) -> None:
    lessons = Lessons()
    messages = [mail(number) for number in range(count)]
    with opened(messages, size, lessons=lessons) as source:
        steps = read(source)
    assert (named(steps), octets(steps)) == ({}, dict(enumerate(messages, 1)))
    assert lessons.learned == ()


@pytest.mark.parametrize("count", [3, 15, 16, 40])
@pytest.mark.parametrize("wrong", [-300, 400])
def test_sizes_that_are_always_off_are_estimates(count: int, wrong: int) -> None:
    lessons = Lessons()
    messages = [mail(number) for number in range(count)]
    with opened(messages, lambda number, message: len(message) + wrong, lessons=lessons) as source:
        steps = read(source)
    assert (named(steps), octets(steps)) == ({}, dict(enumerate(messages, 1)))
    assert [each.lesson for each in lessons.learned] == ([Lesson.SIZES] if count > 15 else [])


def test_what_was_learned_of_sizes_holds_for_small_mailboxes_and_not_against_what_is_seen() -> None:
    lessons = taught()
    with opened([mail(1)], lambda number, message: 99_999, lessons=lessons) as source:
        assert named(read(source)) == {}
    messages = [mail(number) for number in range(6)]
    with opened(messages, notices={6: notice()}, lessons=lessons) as source:
        assert list(named(read(source))) == [6]


def test_one_text_in_the_place_of_several_is_named_whatever_the_sizes_are() -> None:
    lessons = taught()
    messages = [mail(number) for number in range(8)]
    sizes: Callable[[int, bytes], int] = lambda number, message: len(message) + 300 + number  # noqa: E731
    with opened(messages, sizes, notices={4: notice(), 7: notice()}, lessons=lessons) as source:
        assert 7 in named(read(source))


def test_what_is_held_back_is_read_again_when_the_connection_ends() -> None:
    messages = [mail(number) for number in range(4)]
    with opened(messages, notices={2: notice(), 4: Cut()}) as source:
        taken: list[Step] = []
        with pytest.raises(Disconnected):
            taken.extend(source.read(source.tree().folders, lambda listing: listing.messages))
        assert named(taken) == {}
