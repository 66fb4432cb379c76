"""Getting into a POP mailbox: encryption, ways to log in, and a sentence for each way to be turned away."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.conftest import DovecotFactory
from tests.servers.certificates import Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.faults.commands import RefuseCommand
from tests.servers.pop.server import USUAL, PopDouble
from tests.servers.ports import HOST, free_port
from tests.servers.scripted_pop import Answer, ScriptedPop
from tui_migrate.errors import (
    CannotConnect,
    CertificateRefused,
    LoginRefused,
    LoginTrouble,
    MailboxInUse,
    MailError,
    StartTlsMissing,
    Throttled,
    TokenRefused,
    TooManyConnections,
)
from tui_migrate.mail.pop.session import PopSession
from tui_migrate.mail.prove import look_inside, prove
from tui_migrate.model import AdminLogin, Login, PopServer, Secret, Security, Side, TokenLogin
from tui_migrate.timing import Timing

ALICE = Login("alice", Secret("shown-nowhere"))


def at(port: int, security: Security = Security.NONE, ca_file: str = "") -> PopServer:
    return PopServer(HOST, security=security, port=port, ca_file=ca_file)


def refused(pop: ScriptedPop, login: Login = ALICE) -> MailError:
    with pytest.raises(MailError) as raised:
        PopSession(at(pop.port), login)
    assert "shown-nowhere" not in repr(vars(raised.value))
    return raised.value


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_certificates_are_verified(
    dovecot_factory: DovecotFactory, certificates: Certificates, unique_user: Callable[[], str], security: Security
) -> None:
    dovecot, user = dovecot_factory(DovecotOptions(certificate=certificates.good, pop3=True)), unique_user()
    dovecot.add_user(user, "pä ss")
    port = dovecot.pop3_tls_port if security is Security.TLS else dovecot.pop3_port
    session = PopSession(at(port, security, str(certificates.ca_file)), Login(user, Secret("pä ss")))
    assert session.encrypted is not None
    assert session.has("PIPELINING")
    session.close()
    with pytest.raises(CertificateRefused, match="authority that this machine does not know"):
        PopSession(at(port, security), Login(user, Secret("pä ss")))
    bad = dovecot_factory(DovecotOptions(certificate=certificates.expired, pop3=True))
    port = bad.pop3_tls_port if security is Security.TLS else bad.pop3_port
    with pytest.raises(CertificateRefused, match="has expired"):
        PopSession(at(port, security, str(certificates.ca_file)), None)


def test_an_admin_logs_in_in_both_styles(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> None:
    dovecot, user = dovecot_factory(DovecotOptions(master=("root", "of all"), pop3=True)), unique_user()
    dovecot.add_user(user, "secret")
    for style in ("authzid", "separator:*"):
        admin = AdminLogin("root", Secret("of all"), style)
        PopSession(at(dovecot.pop3_port), Login(user, Secret(""), admin)).close()
    with pytest.raises(LoginRefused) as raised:
        PopSession(at(dovecot.pop3_port), Login(user, Secret(""), AdminLogin("root", Secret("wrong"))))
    assert raised.value.server_words.startswith("-ERR [AUTH]")


@pytest.mark.parametrize(("capabilities", "command"), [(USUAL, "AUTH"), (("USER",), "PASS"), ((), "PASS")])
@pytest.mark.parametrize(
    ("words", "kind", "seconds"),
    [
        ("[AUTH] no", LoginRefused, None),
        ("invalid password", LoginRefused, None),
        ("[SYS/PERM] no such maildrop", LoginTrouble, None),
        ("Server error: cannot open the maildrop", LoginTrouble, None),
        ("account locked after 3 tries", LoginRefused, None),
        ("[AUTH] mailbox locked", LoginRefused, None),
        ("[IN-USE] maildrop locked", MailboxInUse, None),
        ("Unable to lock maildrop", MailboxInUse, None),
        ("[SYS/TEMP] disk away", Throttled, None),
        ("[LOGIN-DELAY] too soon", Throttled, None),
        ("Too many connections", TooManyConnections, None),
    ],
)
def test_a_refusal_is_understood(
    capabilities: Sequence[str], command: str, words: str, kind: type[MailError], seconds: float | None
) -> None:
    replies: dict[str, Answer | list[Answer]] = {command: f"-ERR {words}\r\n".encode()}
    with ScriptedPop([], capabilities=capabilities, replies=replies) as pop:
        error = refused(pop)
    assert type(error) is kind
    assert error.server_words == f"-ERR {words}"
    assert error.retry is (kind is not LoginRefused)
    if isinstance(error, Throttled):
        assert error.seconds == seconds


@pytest.mark.parametrize(("capabilities", "command"), [(USUAL, "AUTH"), (("USER",), "PASS"), (("USER",), "USER")])
@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("+ERR Server error: Failed to fetch messages in Inbox.", LoginTrouble),
        ("+ERR the cluster is at sea", LoginTrouble),
        ("-NO the cluster is at sea", LoginTrouble),
        ("ERR", LoginTrouble),
        ("+ERR [AUTH] no", LoginRefused),
        ("+ERR invalid password", LoginRefused),
        ("+ERR [IN-USE] read by a phone", MailboxInUse),
    ],
)
def test_an_answer_of_the_servers_own_is_not_a_wrong_password_unless_it_says_so(
    capabilities: Sequence[str], command: str, words: str, kind: type[MailError]
) -> None:
    replies: dict[str, Answer | list[Answer]] = {command: f"{words}\r\n".encode()}
    with ScriptedPop([], capabilities=capabilities, replies=replies) as pop:
        error = refused(pop)
    assert (type(error), error.server_words) == (kind, words)


def test_a_secret_is_not_sent_in_answer_to_a_refusal_that_begins_like_a_challenge() -> None:
    with PopDouble([], [RefuseCommand("AUTH", reply=b"+ERR [SYS/TEMP] no")]) as pop:
        with pytest.raises(Throttled):
            PopSession(at(pop.port), ALICE)
        assert pop.commands == [b"CAPA", b"AUTH"]


def test_a_delay_that_the_server_has_told_is_waited_for() -> None:
    capabilities = (*USUAL, "LOGIN-DELAY 900 USER")
    with ScriptedPop([], capabilities=capabilities, replies={"AUTH": b"-ERR [LOGIN-DELAY] wait\r\n"}) as pop:
        error = refused(pop)
    assert isinstance(error, Throttled)
    assert error.seconds == 900


def test_a_password_that_is_echoed_is_shown_nowhere() -> None:
    for capabilities in (USUAL, ("USER",)):
        replies: dict[str, Answer | list[Answer]] = dict.fromkeys(("AUTH", "PASS"), b"-ERR shown-nowhere is wrong\r\n")
        with ScriptedPop([], capabilities=capabilities, replies=replies) as pop:
            assert refused(pop).server_words == "-ERR ••• is wrong"


@pytest.mark.parametrize(
    ("capabilities", "login", "sentence"),
    [
        (("USER",), Login("a", Secret(""), AdminLogin("root", Secret("shown-nowhere"))), "does not offer SASL PLAIN"),
        (("TOP", "STLS"), ALICE, "takes no passwords without encryption"),
        (("USER",), Login("a\r\nDELE 1", Secret("b")), "with a line end in it cannot be sent"),
    ],
)
def test_what_cannot_be_logged_in_to_is_not_tried(capabilities: Sequence[str], login: Login, sentence: str) -> None:
    with ScriptedPop([], capabilities=capabilities) as pop:
        assert sentence in refused(pop, login).sentence
        assert {b"USER", b"AUTH", b"PASS", b"DELE"}.isdisjoint(pop.commands)


def test_a_token_takes_the_place_of_a_password() -> None:
    login = Login("alice", Secret(""), token=TokenLogin("echo shown-nowhere"))
    with ScriptedPop([], capabilities=("SASL PLAIN XOAUTH2",)) as pop:
        PopSession(at(pop.port), login).close()
        pop.replies["AUTH"] = b"-ERR [AUTH] shown-nowhere has expired\r\n"
        error = refused(pop, login)
        assert (type(error), error.server_words) == (TokenRefused, "-ERR [AUTH] ••• has expired")
        pop.capabilities = USUAL
        assert "does not offer a login with a token" in refused(pop, login).sentence


def test_starttls_that_is_not_offered_or_refused() -> None:
    with ScriptedPop([]) as pop, pytest.raises(StartTlsMissing, match="does not offer STARTTLS"):
        PopSession(at(pop.port, Security.STARTTLS), ALICE)
    replies: dict[str, Answer | list[Answer]] = {"STLS": b"-ERR not today\r\n"}
    with (
        ScriptedPop([], capabilities=(*USUAL, "STLS"), replies=replies) as pop,
        pytest.raises(StartTlsMissing, match="offers STARTTLS and refuses it"),
    ):
        PopSession(at(pop.port, Security.STARTTLS), ALICE)
    assert b"AUTH" not in pop.commands


def test_a_server_that_goes_on_in_the_clear_behind_its_ok_to_starttls_is_not_waited_for() -> None:
    replies: dict[str, Answer | list[Answer]] = {"STLS": b"+OK go\r\n+OK all yours\r\n"}
    with (
        ScriptedPop([], capabilities=(*USUAL, "STLS"), replies=replies) as pop,
        pytest.raises(CannotConnect, match="does not speak TLS as expected") as refused,
    ):
        PopSession(at(pop.port, Security.STARTTLS), ALICE)
    assert refused.value.server_words == "+OK all yours"
    assert b"AUTH" not in pop.commands


@pytest.mark.parametrize(
    ("greeting", "kind", "sentence"),
    [
        (b"* OK IMAP4rev1\r\n", CannotConnect, "does not answer as a POP3 server"),
        (b"-ERR closed for today\r\n", CannotConnect, "refused the connection"),
        (b"-ERR [SYS/TEMP] overloaded\r\n", Throttled, "cannot serve now"),
        (b"-ERR too many connections\r\n", TooManyConnections, "allows no further connection"),
    ],
)
def test_a_greeting_that_is_none(greeting: bytes, kind: type[MailError], sentence: str) -> None:
    with ScriptedPop([], greeting=greeting) as pop:
        error = refused(pop)
    assert type(error) is kind
    assert sentence in error.sentence
    assert error.server_words == greeting.decode().strip()


def test_nobody_listens_or_nobody_speaks() -> None:
    with pytest.raises(CannotConnect, match="cannot be reached: Connection refused"):
        PopSession(at(free_port()), ALICE)
    soon = Timing(connect=0.2)
    with ScriptedPop([], greeting=b"") as pop, pytest.raises(CannotConnect, match="sent no greeting"):
        PopSession(at(pop.port), ALICE, timing=soon)


def test_a_mailbox_that_is_open_elsewhere_proves_the_login() -> None:
    with ScriptedPop([], replies={"AUTH": b"-ERR [IN-USE] read by a phone\r\n"}) as pop:
        prove(Side.SOURCE, at(pop.port), ALICE)
        assert [*look_inside(Side.SOURCE, at(pop.port), ALICE).folders] == ["INBOX"]
    with ScriptedPop([b"a\r\n"]) as pop:
        prove(Side.SOURCE, at(pop.port), ALICE)
        assert [*look_inside(Side.SOURCE, at(pop.port), ALICE).folders] == ["INBOX"]
        assert (len(pop.said("STAT")), pop.said("UIDL"), len(pop.said("QUIT"))) == (2, [], 2)
