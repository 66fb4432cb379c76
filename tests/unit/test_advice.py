"""What to do about an error: true in the state in which it is read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tui_migrate.engine.failures import account_failure, folder_failure, message_failure
from tui_migrate.errors import (
    DayUsedUp,
    Disconnected,
    LoginRefused,
    MailError,
    NoticeInDoubt,
    NoticeRefused,
    NoToken,
    Outlook,
    OverQuota,
    Poisoned,
)
from tui_migrate.mail.protocols import Listed
from tui_migrate.model import Scope

LISTED = Listed(7, frozenset(), b'"01-Jan-2020 00:00:00 +0000"', 0, 100)


def below(kind: type[MailError]) -> Iterator[type[MailError]]:
    """All kinds of it."""
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def made(kind: type[MailError]) -> MailError:
    """One of this kind."""
    if kind is DayUsedUp:
        return DayUsedUp("source", 5, 60.0)
    return Poisoned("bad", suspects=frozenset()) if kind is Poisoned else kind("bad")


KINDS = [each for each in dict.fromkeys(below(MailError)) if not issubclass(each, (NoticeRefused, NoticeInDoubt))]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_given_up_is_never_said_to_go_on_by_itself(kind: type[MailError]) -> None:
    error = made(kind)
    said = [error.advise(outlook, scope) for outlook in (Outlook.GIVEN_UP, Outlook.SEEN) for scope in (None, *Scope)]
    for text in said:
        assert text
        assert "by itself" not in text
        assert "othing to do" not in text
        assert "tried again" not in text
        assert text.lower().count("retry the account") < 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_failure_says_what_to_do_about_what_it_stopped(kind: type[MailError]) -> None:
    error = made(kind)
    message = message_failure(1, 2, LISTED, error, None)
    assert message.scope is Scope.MESSAGE
    assert "skip it" in message.advice
    assert folder_failure(1, 2, error).advice == account_failure(1, error).advice != ""


@pytest.mark.parametrize("kind", [LoginRefused, *below(LoginRefused), NoToken])
def test_an_account_that_waits_for_the_admin_says_for_what(kind: type[MailError]) -> None:
    held, given_up = (account_failure(1, kind("no"), each).advice for each in (Outlook.HELD, Outlook.GIVEN_UP))
    assert given_up.endswith("Then retry the account.")
    assert "retry the account" not in held
    assert kind.asks[1:] in held


def test_a_full_mailbox_is_emptied_and_tried_again() -> None:
    said = "Raise the quota of the destination mailbox. Then retry the account."
    assert account_failure(1, OverQuota("full"), Outlook.HELD).advice == said


def test_a_look_is_taken_again() -> None:
    assert Disconnected("gone").advise(Outlook.SEEN).endswith("Then try again.")
