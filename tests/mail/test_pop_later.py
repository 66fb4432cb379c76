"""A server that asks for patience has not said that something is not there, is all, or is not known: POP."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.mail.pop_reading import Ordinals, read
from tests.servers.certificates import Certificates
from tests.servers.faults.commands import RefuseCommand
from tests.servers.faults.fault import Fault
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import USUAL, PopDouble
from tui_migrate.errors import MailError
from tui_migrate.mail.lessons import Lessons
from tui_migrate.mail.pop.source import PopSource
from tui_migrate.mail.protocols import Gone, Step
from tui_migrate.model import Login, PopServer, Secret, Security

LATER = b"-ERR [SYS/TEMP] later"


def steps(*faults: Fault, lessons: Lessons | None = None) -> list[Step]:
    mail = Mailbox()
    for number in range(3):
        mail.folder("INBOX").add(b"Subject: %d\r\n\r\nx\r\n" % number)
    login = Login("user", Secret("secret"))
    with PopDouble(mail, faults, capabilities=[*USUAL, "EXPIRE 0", "UTF8"]) as pop:
        there = PopServer(pop.host, security=Security.NONE, port=pop.port)
        with closing(PopSource(there, login, None, Ordinals(), lessons=lessons)) as source:
            return read(source)


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("reply", [LATER, b"-ERR server busy"])
def test_a_server_that_says_later_what_it_can_do_is_not_one_that_can_do_nothing(nth: int, reply: bytes) -> None:
    """It may delete what was fetched (EXPIRE 0), and what is known of it is not forgotten."""
    with pytest.raises(MailError) as refused:
        steps(RefuseCommand("CAPA", nth=nth, times=1, reply=reply))
    assert refused.value.retry


def test_mail_is_not_asked_for_where_utf8_is_refused_for_now() -> None:
    """Some servers put a notice into the place of mail with 8-bit headers."""
    with pytest.raises(MailError) as refused:
        steps(RefuseCommand("UTF8", times=1, reply=LATER))
    assert refused.value.retry


def test_encryption_that_is_refused_for_now_is_not_missing(certificates: Certificates) -> None:
    with PopDouble(Mailbox(), [RefuseCommand("STLS", reply=LATER)], starttls=certificates.good.context()) as pop:
        there = PopServer(pop.host, security=Security.STARTTLS, port=pop.port, ca_file=str(certificates.ca_file))
        with pytest.raises(MailError) as refused:
            PopSource(there, Login("user", Secret("secret")))
    assert refused.value.retry


def test_names_that_are_told_later_teach_nothing() -> None:
    lessons = Lessons()
    with pytest.raises(MailError) as refused:
        steps(RefuseCommand("UIDL", times=1, reply=LATER), lessons=lessons)
    assert refused.value.retry
    assert lessons.learned == ()


def test_a_message_that_is_not_found_by_a_busy_server_is_not_gone() -> None:
    found = steps(RefuseCommand("RETR 2", reply=b"-ERR message not found: server busy, try again later"))
    assert not [each for each in found if isinstance(each, Gone)]
