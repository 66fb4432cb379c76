"""What goes wrong before the first message: each a sentence that names the host and the reason, and says what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory
from tests.engine.support import HOST, encrypted, migrate, plain, run_here, write_plan
from tests.servers.certificates import Certificate, Certificates
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.ports import free_port
from tests.support.doorman import Doorman
from tui_migrate.errors import (
    CannotConnect,
    CertificateRefused,
    Disconnected,
    LoginRefused,
    MailError,
    StartTlsMissing,
    Throttled,
    TooManyConnections,
)
from tui_migrate.mail.connect import open_source
from tui_migrate.model import AccountState, ImapServer, Login, Secret, Security
from tui_migrate.timing import USUAL, Timing

ITEMS = [MailItem("INBOX", b"Subject: one\r\n\r\none\r\n", frozenset({"\\Seen"}), 1_234_567_890)]
LOGIN = Login("alice", Secret("secret"))


def refusal(server: ImapServer, login: Login = LOGIN, timing: Timing = USUAL) -> MailError:
    """The error of a connection that cannot be made."""
    with pytest.raises(MailError) as caught:
        open_source(server, login, timing=timing).close()
    return caught.value


def at(port: int, security: Security = Security.NONE, ca_file: Path | None = None) -> ImapServer:
    return ImapServer(HOST, security=security, port=port, ca_file=str(ca_file) if ca_file else "")


def test_a_host_that_is_not_known(tmp_path: Path) -> None:
    """By the command itself, with its real patience: it must end by itself, and soon."""
    nowhere = {"host": "no-such-host.invalid", "port": 143, "security": "none"}
    plan = write_plan(tmp_path, nowhere, plain(free_port()), ["alice", "bob"])
    ended = run_here("run", plan, "--data-dir", tmp_path / "data")
    assert ended.returncode == 1
    assert ended.stdout.count("failed: The host no-such-host.invalid is not known: ") == 2
    assert "Check host name, port and security of the server" in ended.stdout
    assert ended.stderr == ""


@pytest.mark.parametrize("host", ["imap..example", ".example", "a" * 64 + ".example"])
def test_a_host_that_is_no_name(host: str) -> None:
    error = refusal(replace(at(143), host=host))
    assert (type(error), error.sentence) == (CannotConnect, f"{host} is not a host name.")


def test_a_port_where_nobody_listens() -> None:
    port = free_port()
    error = refusal(at(port))
    assert type(error) is CannotConnect
    assert error.sentence == f"{HOST} port {port} cannot be reached: Connection refused."


@pytest.mark.parametrize(
    ("which", "known", "sentence"),
    [
        ("expired", True, "The certificate of 127.0.0.1 has expired."),
        ("self_signed", True, "The certificate of 127.0.0.1 is self-signed."),
        ("wrong_name", True, "The certificate of 127.0.0.1 is made for another address."),
        ("good", False, "The certificate of 127.0.0.1 comes from an authority that this machine does not know."),
    ],
)
@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_certificate_that_is_not_to_be_trusted(
    dovecot_factory: DovecotFactory,
    certificates: Certificates,
    which: str,
    known: bool,
    sentence: str,
    security: Security,
) -> None:
    certificate: Certificate = getattr(certificates, which)
    server = dovecot_factory(DovecotOptions(certificate=certificate))
    port = server.tls_port if security is Security.TLS else server.port
    error = refusal(at(port, security, certificates.ca_file if known else None))
    assert (type(error), error.sentence, error.retry) == (CertificateRefused, sentence, False)
    assert "private CA file (ca_file in a plan)" in error.advice


def test_a_certificate_for_another_name(dovecot_factory: DovecotFactory, certificates: Certificates) -> None:
    server = dovecot_factory(DovecotOptions(certificate=certificates.wrong_name))
    named = replace(at(server.tls_port, Security.TLS, certificates.ca_file), host="localhost")
    assert refusal(named).sentence == "The certificate of localhost is made for another host name."


def test_tls_where_there_is_none(dovecot_factory: DovecotFactory) -> None:
    error = refusal(at(dovecot_factory().port, Security.TLS))
    assert type(error) is CannotConnect
    assert error.sentence.endswith(
        "answers without encryption: use STARTTLS on this port, or the server's port for TLS."
    )


def test_no_tls_where_there_is(dovecot_factory: DovecotFactory, certificates: Certificates) -> None:
    server = dovecot_factory(DovecotOptions(certificate=certificates.good))
    error = refusal(at(server.tls_port), timing=Timing(connect=0.2))
    assert type(error) is CannotConnect
    assert error.sentence.startswith(f"{HOST} port {server.tls_port} sent no greeting: ")
    assert error.sentence.endswith("A server that expects TLS from the start is silent as well: try security tls.")


@pytest.mark.parametrize("security", [Security.TLS, Security.NONE])
def test_a_server_that_says_nothing(security: Security) -> None:
    with Doorman(b"") as server:
        error = refusal(at(server.port, security), timing=Timing(connect=0.2))
    assert type(error) is CannotConnect
    assert f"{HOST} port {server.port}" in error.sentence


@pytest.mark.parametrize(
    ("greeting", "kind", "sentence"),
    [
        (b"* BYE down for maintenance\r\n", CannotConnect, "refused the connection"),
        (b"* BYE Too many connections from your address\r\n", TooManyConnections, "allows no further connection"),
        (b"* BYE Server busy\r\n", Throttled, "asks to try again later"),
        (b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n", LoginRefused, "logs everybody in as one user"),
        (b"220 goodbye.example ESMTP ready\r\n", CannotConnect, "does not answer as an IMAP server"),
        (b"+OK POP3 ready\r\n", CannotConnect, "does not answer as an IMAP server"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", CannotConnect, "does not answer as an IMAP server"),
        (b"\x15\x03\x01\x00\x02\x02\r\n", CannotConnect, "does not answer as an IMAP server"),
    ],
)
def test_a_greeting_that_is_none(greeting: bytes, kind: type[MailError], sentence: str) -> None:
    with Doorman(greeting) as server:
        error = refusal(at(server.port))
    assert type(error) is kind
    assert sentence in error.sentence
    if kind is not LoginRefused:
        assert error.server_words in greeting.decode("latin-1")
        assert error.server_words
    assert not any(b"LOGIN" in line or b"AUTHENTICATE" in line for line in server.lines)


def test_preauth_before_starttls_is_no_login_either() -> None:
    """A man in the middle says PREAUTH so that the client skips STARTTLS."""
    with Doorman(b"* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n") as server:
        error = refusal(at(server.port, Security.STARTTLS))
    assert type(error) is LoginRefused
    assert not any(b"STARTTLS" in line or b"AUTHENTICATE" in line for line in server.lines)


def test_starttls_that_is_not_offered_keeps_the_password_here(dovecot_factory: DovecotFactory) -> None:
    port = dovecot_factory().port
    error = refusal(at(port, Security.STARTTLS))
    assert (type(error), error.retry) == (StartTlsMissing, False)
    assert error.sentence == f"{HOST} port {port} does not offer STARTTLS."
    assert "Use security tls" in error.advice
    with Doorman() as server:
        refusal(at(server.port, Security.STARTTLS))
    assert server.lines == []


def test_starttls_that_is_offered_and_refused() -> None:
    greeting = b"* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN] ready\r\n"
    with Doorman(greeting, {"STARTTLS": b"TAG NO not today\r\n"}) as server:
        error = refusal(at(server.port, Security.STARTTLS))
    assert type(error) is CannotConnect
    assert "NO not today" in error.server_words
    assert not any(b"AUTHENTICATE" in line for line in server.lines)


def test_a_login_that_is_disabled_without_encryption() -> None:
    with Doorman(b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready\r\n") as server:
        error = refusal(at(server.port))
    assert type(error) is LoginRefused
    assert error.sentence == f"{HOST} takes no passwords without encryption: set security to tls or starttls."
    assert server.lines == []


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] no\r\n", LoginRefused),
        (b"TAG NO [LIMIT] enough\r\n", TooManyConnections),
        (b"TAG NO [UNAVAILABLE] the database is away\r\n", Throttled),
        (b"TAG NO User is authenticated but not connected.\r\n", Throttled),
        (b"* BYE autologout\r\n", Disconnected),
        (b"TAG BAD what?\r\n", LoginRefused),
    ],
)
def test_a_login_refused(answer: bytes, kind: type[MailError]) -> None:
    with Doorman(answers={"AUTHENTICATE": answer, "LOGIN": answer}) as server:
        error = refusal(at(server.port))
    assert type(error) is kind
    assert HOST in error.sentence or kind is Throttled
    assert error.server_words.encode() in answer


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_wrong_password_stays_with_its_account_until_it_is_mended(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str], tmp_path: Path, side: str
) -> None:
    old, new = dovecot_factory(), dovecot_factory(DovecotOptions(separator="."))
    users = [unique_user() for _ in range(3)]
    for user in users:
        write_maildir(old.add_user(user, "secret"), "/", ITEMS)
        new.add_user(user, "secret")
    rows = [{"Source": user, "Password": "secret", "Destination": user, "Destination Password": ""} for user in users]
    rows[1]["Password" if side == "source" else "Destination Password"] = "wrong"
    if side == "source":
        rows[1]["Destination Password"] = "secret"
    plan = write_plan(tmp_path, plain(old.port), plain(new.port), rows)
    ended = migrate(plan, tmp_path / "data")
    done, failed = AccountState.DONE, AccountState.FAILED
    assert (ended.code, [account.state for account in ended.accounts]) == (1, [done, failed, done])
    (failure,) = ended.failures
    assert (failure.account, failure.kind) == (users[1], "login refused")
    assert failure.sentence == f"{HOST} refused the login of {users[1]}."
    assert failure.server_words.startswith("NO [AUTHENTICATIONFAILED]")
    assert failure.advice.startswith("Correct the user or the password")
    found = [read_maildir(new.maildir(user), ".") for user in users]
    assert found == [counted(ITEMS), counted([]), counted(ITEMS)]
    rows[1] |= {"Password": "secret", "Destination Password": ""}
    write_plan(tmp_path, plain(old.port), plain(new.port), rows)
    again = migrate(plan, tmp_path / "data")
    assert (again.code, again.failures) == (0, [])
    assert [read_maildir(new.maildir(user), ".") for user in users] == [counted(ITEMS)] * 3


@pytest.mark.parametrize(
    ("security", "which", "sentence"),
    [
        ("tls", "expired", "The certificate of 127.0.0.1 has expired."),
        ("tls", "self_signed", "The certificate of 127.0.0.1 is self-signed."),
        ("starttls", None, "does not offer STARTTLS."),
    ],
)
def test_what_is_wrong_with_a_server_is_wrong_for_all_its_accounts_until_it_is_mended(
    dovecot_factory: DovecotFactory,
    certificates: Certificates,
    unique_user: Callable[[], str],
    tmp_path: Path,
    security: str,
    which: str | None,
    sentence: str,
) -> None:
    certificate = getattr(certificates, which) if which else None
    old, new = dovecot_factory(DovecotOptions(separator=".")), dovecot_factory(DovecotOptions(certificate=certificate))
    users = [unique_user(), unique_user()]
    for user in users:
        write_maildir(old.add_user(user, "secret"), ".", ITEMS)
        new.add_user(user, "secret")
    end = encrypted(new.tls_port if which else new.port, certificates.ca_file, security)
    ended = run_here("run", write_plan(tmp_path, plain(old.port), end, users), "--data-dir", tmp_path / "data")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.count(f"failed: {sentence}" if which else sentence) >= 2
    assert [read_maildir(new.maildir(user), "/") for user in users] == [counted([])] * 2
    mended = migrate(write_plan(tmp_path, plain(old.port), plain(new.port), users), tmp_path / "data")
    assert (mended.code, mended.failures) == (0, [])
    assert [read_maildir(new.maildir(user), "/") for user in users] == [counted(ITEMS)] * 2
