"""POP servers without CAPA, UIDL or TOP, and those that announce what they do not know: each is asked in another way,
which is learned for the server's other mailboxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing

import pytest

from tests.mail.pop_reading import MESSAGES, Ordinals, octets, read
from tests.servers.certificates import Certificates
from tests.servers.faults.commands import CutCommand, RefuseCommand, StallCommand
from tests.servers.faults.fault import Fault
from tests.servers.faults.replies import ChangeReply
from tests.servers.mailbox import Mailbox
from tests.servers.pop.server import USUAL, PopDouble
from tui_migrate.errors import Disconnected, LoginRefused, MailError, StartTlsMissing, Throttled, Unpipelined
from tui_migrate.mail.lessons import Lesson, Lessons
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.pop.source import PopSource
from tui_migrate.model import Learned, Login, PopServer, Secret, Security
from tui_migrate.timing import USUAL as USUALLY
from tui_migrate.timing import Timing

SMALL = [MESSAGES[0], MESSAGES[3], MESSAGES[4]]
LOGIN = Login("user", Secret("secret"))
SOON = Timing(connect=1.0, stall=1.0)
"""For servers that say nothing."""


def mailbox() -> Mailbox:
    made = Mailbox()
    for message in SMALL:
        made.folder("INBOX").add(message)
    return made


def server(
    *faults: Fault, without: Sequence[str] = (), more: Sequence[str] = (), silently: Iterable[str] = ()
) -> PopDouble:
    capabilities = [each for each in USUAL if each.split(" ")[0] not in without]
    return PopDouble(mailbox(), faults, capabilities=[*capabilities, *more], silently=frozenset(silently))


def all_of(
    pop: PopDouble, lessons: Lessons, ordinals: Ordinals | None = None, timing: Timing = USUALLY
) -> dict[int, bytes]:
    """What a source reads of the whole mailbox."""
    there = PopServer(pop.host, security=Security.NONE, port=pop.port)
    with closing(PopSource(there, LOGIN, None, ordinals or Ordinals(), timing, lessons)) as source:
        return octets(read(source))


def learned(lessons: Lessons) -> list[Lesson]:
    return [each.lesson for each in lessons.learned]


WHOLE = dict(enumerate(SMALL, 1))


@pytest.mark.parametrize("fault", [CutCommand("CAPA", times=None), StallCommand("CAPA")], ids=["cut", "stall"])
def test_a_server_that_ends_the_connection_over_capa_is_asked_no_more(fault: Fault) -> None:
    lessons = Lessons()
    with server(fault, without=("SASL",)) as pop:
        for _ in range(2):
            assert all_of(pop, lessons, timing=SOON) == WHOLE
            assert len(pop.said("CAPA")) == 2
    assert learned(lessons) == [Lesson.NO_CAPA]


def test_one_that_ends_over_capa_by_chance_is_asked_again() -> None:
    lessons = Lessons()
    with server(CutCommand("CAPA")) as pop:
        assert all_of(pop, lessons) == WHOLE
        assert pop.ahead, "PIPELINING was not heard of"
    assert learned(lessons) == []


def test_one_that_refuses_capa_and_hangs_up_over_it_is_asked_no_more() -> None:
    lessons = Lessons()
    faults = RefuseCommand("CAPA", reply=b"-ERR what"), CutCommand("USER", times=1)
    with server(*faults, without=("SASL",)) as pop:
        assert all_of(pop, lessons) == WHOLE
        assert len(pop.said("CAPA")) == 1
        assert pop.logins == 1
    assert learned(lessons) == [Lesson.NO_CAPA]


@pytest.mark.parametrize("silently", [(), ("UIDL", "TOP")], ids=["without", "with all the same"])
def test_what_capa_does_not_tell_is_tried_all_the_same(silently: Sequence[str]) -> None:
    ordinals, lessons = Ordinals(), Lessons()
    with PopDouble(mailbox(), capabilities=(), silently=frozenset(silently)) as pop:
        assert all_of(pop, lessons, ordinals) == WHOLE
        assert pop.said("RETR 1")
        assert pop.said("UIDL")
        assert (ordinals.names == ["u1", "u2", "u3"]) is bool(silently)
        before = len(pop.said("UIDL"))
        assert all_of(pop, lessons, ordinals) == WHOLE
        assert len(pop.said("UIDL")) == before + bool(silently)
    assert learned(lessons) == ([] if silently else [Lesson.NO_UIDL])


@pytest.mark.parametrize("without", [(), ("TOP",)], ids=["top", "no top"])
def test_uidl_that_is_announced_and_not_known(without: Sequence[str]) -> None:
    lessons = Lessons()
    with server(RefuseCommand("UIDL", reply=b"-ERR Unknown command"), without=without) as pop:
        assert all_of(pop, lessons) == WHOLE
        asked = len(pop.said("UIDL"))
        assert all_of(pop, lessons) == WHOLE
        assert len(pop.said("UIDL")) == asked
    assert learned(lessons) == [Lesson.NO_UIDL]


def test_a_server_that_hangs_up_over_uidl_is_not_asked_for_it_again() -> None:
    lessons = Lessons()
    with server(CutCommand("UIDL", times=None), without=("UIDL",), silently=("UIDL",)) as pop:
        with pytest.raises(Disconnected):
            all_of(pop, lessons)
        assert all_of(pop, lessons) == WHOLE
    assert learned(lessons) == [Lesson.NO_UIDL]


@pytest.mark.parametrize("words", [b"-ERR [SYS/TEMP] later", b"-ERR [IN-USE] elsewhere"])
def test_names_that_cannot_be_told_just_now_are_not_made_up(words: bytes) -> None:
    lessons = Lessons()
    with server(RefuseCommand("UIDL", reply=words)) as pop, pytest.raises(Throttled):
        all_of(pop, lessons)
    assert learned(lessons) == []


def test_top_that_is_announced_and_not_known() -> None:
    lessons = Lessons()
    faults = RefuseCommand("UIDL", reply=b"-ERR not implemented"), RefuseCommand("TOP", reply=b"-ERR not implemented")
    with server(*faults) as pop:
        assert all_of(pop, lessons) == WHOLE
        asked = len(pop.said("TOP"))
        assert all_of(pop, lessons) == WHOLE
        assert len(pop.said("TOP")) == asked
    assert learned(lessons) == [Lesson.NO_UIDL, Lesson.NO_TOP]


def test_a_server_that_hangs_up_over_top_is_not_asked_for_it_again() -> None:
    lessons = Lessons()
    with PopDouble(mailbox(), [CutCommand("TOP", times=None)], capabilities=(), silently=frozenset({"TOP"})) as pop:
        with pytest.raises(Disconnected):
            all_of(pop, lessons)
        assert all_of(pop, lessons) == WHOLE
    assert learned(lessons) == [Lesson.NO_UIDL, Lesson.NO_TOP]


def test_a_server_that_counts_by_its_list_alone() -> None:
    for fault in (
        RefuseCommand("STAT", reply=b"-ERR what"),
        ChangeReply(rb"\+OK (\d+) .*\r\n", rb"+OK \1\r\n", to="STAT"),
    ):
        with server(fault) as pop:
            assert all_of(pop, Lessons()) == WHOLE
    with server(RefuseCommand("STAT", reply=b"-ERR [SYS/TEMP] no")) as pop, pytest.raises(Throttled):
        all_of(pop, Lessons())


def test_a_server_that_loses_what_is_sent_ahead_gets_one_command_at_a_time() -> None:
    lessons = Lessons()
    with server(StallCommand("UIDL", times=1)) as pop:
        with pytest.raises(Unpipelined):
            all_of(pop, lessons, timing=SOON)
        pop.ahead.clear()
        assert all_of(pop, lessons) == WHOLE
        assert pop.ahead == []
    assert learned(lessons) == [Lesson.ONE_AT_A_TIME]


def test_a_server_that_refuses_what_is_sent_ahead_gets_one_command_at_a_time() -> None:
    ordinals, lessons = Ordinals(), Lessons()
    with server(RefuseCommand("UIDL", reply=b"-ERR wait", times=1)) as pop:
        assert all_of(pop, lessons, ordinals) == WHOLE
    assert learned(lessons) == [Lesson.ONE_AT_A_TIME]
    assert ordinals.names == ["u1", "u2", "u3"]


@pytest.mark.parametrize("words", [b"-ERR unknown command", b"-ERR", b"-ERR mechanism not supported", b"+ERR no AUTH"])
def test_user_and_pass_where_auth_is_announced_and_not_known(words: bytes) -> None:
    lessons = Lessons()
    with server(RefuseCommand("AUTH", reply=words)) as pop:
        assert all_of(pop, lessons) == WHOLE
        assert all_of(pop, lessons) == WHOLE
        assert (len(pop.said("AUTH")), len(pop.said("PASS"))) == (1, 2)
    assert lessons.learned == (Learned(Lesson.USER_PASS, words.decode(), " ".join(sorted(USUAL))),)


@pytest.mark.parametrize(
    "words", [b"-ERR [AUTH] no", b"-ERR too many connections", b"-ERR [SYS/TEMP] not supported now"]
)
def test_no_second_login_where_the_first_was_judged_or_would_fare_alike(words: bytes) -> None:
    with server(RefuseCommand("AUTH", reply=words)) as pop:
        with pytest.raises(MailError):
            all_of(pop, lessons := Lessons())
        assert (pop.said("PASS"), learned(lessons)) == ([], [])


def test_a_wrong_password_is_sent_once() -> None:
    there = Login("user", Secret("wrong"))
    with server() as pop:
        with pytest.raises(LoginRefused):
            PopSession(PopServer(pop.host, security=Security.NONE, port=pop.port), there)
        assert (len(pop.said("AUTH")), pop.said("PASS")) == (1, [])


def test_starttls_and_passwords_that_are_not_announced(certificates: Certificates) -> None:
    def there(pop: PopDouble) -> PopServer:
        return PopServer(pop.host, security=Security.STARTTLS, port=pop.port, ca_file=str(certificates.ca_file))

    hidden = ChangeReply(rb"STLS\r\n|USER\r\n", b"", to="CAPA")
    context = certificates.good.context()
    for faults in ([hidden], [RefuseCommand("CAPA", reply=b"-ERR what")]):
        with PopDouble(mailbox(), faults, capabilities=("TOP", "UIDL", "USER"), starttls=context) as pop:
            session = PopSession(there(pop), LOGIN)
            assert session.encrypted is not None
            session.close()
            assert pop.said("PASS")
    with server() as pop, pytest.raises(StartTlsMissing, match="does not offer STARTTLS"):
        PopSession(there(pop), LOGIN)
