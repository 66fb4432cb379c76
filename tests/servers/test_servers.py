"""The real servers and middlemen do what the other tests rely on, seen through Python's own imaplib and poplib."""

from __future__ import annotations

import imaplib
import poplib
import ssl
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.servers.certificates import Certificates
from tests.servers.dovecot import Dovecot, DovecotOptions, running
from tests.servers.maildir import MailItem, counted, folder_names, read_maildir, subscriptions, write_maildir

MESSAGE = b"Subject: one\r\n\r\nfirst line\r\nx1 LOGOUT\r\n"
INSTANT = 1_234_567_890
ITEM = MailItem("INBOX", MESSAGE, frozenset({"\\Seen", "$Label1", "NIL"}), INSTANT)


def append(client: imaplib.IMAP4, folder: str, message: bytes = MESSAGE) -> tuple[str, list[bytes]]:
    when = imaplib.Time2Internaldate(datetime.fromtimestamp(INSTANT, UTC))
    status, words = client.append(folder, "(\\Seen $Label1 NIL)", when, message)
    return status, words


def test_login_plain_starttls_and_tls(
    dovecot_factory: DovecotFactory, imap: Imap, certificates: Certificates, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory(DovecotOptions(certificate=certificates.good))
    user = unique_user()
    server.add_user(user, "pass:wörd")
    context = ssl.create_default_context(cafile=certificates.ca_file)
    upgraded = imap(server.port)
    upgraded.starttls(context)
    for client in (imap(server.port), upgraded, imap(server.tls_port, tls=context)):
        status, _ = client.authenticate("PLAIN", lambda _: f"\0{user}\0pass:wörd".encode())
        assert status == "OK"
    for unwelcome in (user, "nobody-here"):
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            imap(server.port, unwelcome, "wrong")


@pytest.mark.parametrize(
    ("which", "reason"), [("expired", "expired"), ("wrong_name", "mismatch"), ("self_signed", "self-signed")]
)
def test_bad_certificates_are_bad_in_the_way_they_say(
    dovecot_factory: DovecotFactory, imap: Imap, certificates: Certificates, which: str, reason: str
) -> None:
    server = dovecot_factory(DovecotOptions(certificate=getattr(certificates, which)))
    context = ssl.create_default_context(cafile=certificates.ca_file)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        imap(server.tls_port, tls=context)


def test_master_user_logs_in_as_anyone(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory(DovecotOptions(master=("master", "master secret")))
    user = unique_user()
    server.add_user(user, "secret")
    by_separator = imap(server.port, f"{user}*master", "master secret")
    by_authzid = imap(server.port)
    by_authzid.authenticate("PLAIN", lambda _: f"{user}\0master\0master secret".encode())
    for client in (by_separator, by_authzid):
        assert client.select()[0] == "OK"
    with pytest.raises(imaplib.IMAP4.error):
        imap(server.port, "nobody-here*master", "master secret")


def test_pop3_hands_out_the_inbox(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> None:
    server = dovecot_factory(DovecotOptions(pop3=True))
    user = unique_user()
    write_maildir(server.add_user(user, "secret"), "/", [ITEM])
    with closing(poplib.POP3(server.host, server.pop3_port)) as client:
        client.user(user)
        client.pass_("secret")
        assert b"\r\n".join(client.retr(1)[1]) + b"\r\n" == MESSAGE


@pytest.mark.parametrize("separator", ["/", "."])
def test_maildir_written_is_what_imap_shows(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str], separator: str
) -> None:
    server = dovecot_factory(DovecotOptions(separator=separator))
    user = unique_user()
    root = server.add_user(user, "secret")
    items = [ITEM, ITEM, replace(ITEM, folder="Privé/R&D/日本", flags=frozenset({"2024", "$Label1"}))]
    write_maildir(root, separator, items, folders=["Empty"], subscribed=["Privé/R&D/日本"])
    assert read_maildir(root, separator) == counted(items)
    client = imap(server.port, user)
    wire_name = f"Priv&AOk-{separator}R&-D{separator}&ZeVnLA-"
    assert client.lsub()[1] == [f'() "{separator}" {wire_name}'.encode()]
    listed = {line.rpartition(b" ")[2] for line in client.list()[1] if isinstance(line, bytes)}
    assert {b"Empty", b"INBOX", wire_name.encode()} <= listed
    client.select("INBOX", readonly=True)
    found = [part for part in client.fetch("1:2", "(FLAGS BODY.PEEK[])")[1] if isinstance(part, tuple)]
    assert [content for _, content in found] == [MESSAGE, MESSAGE]
    assert all({b"\\Seen", b"$Label1", b"NIL"} <= {*imaplib.ParseFlags(words)} for words, _ in found)
    dates = [line for line in client.fetch("1:2", "INTERNALDATE")[1] if isinstance(line, bytes)]
    assert [time.mktime(when) for line in dates if (when := imaplib.Internaldate2tuple(line))] == [INSTANT, INSTANT]
    assert client.select(wire_name, readonly=True)[1] == [b"1"]
    assert read_maildir(root, separator) == counted(items)
    assert folder_names(root, separator) >= {"INBOX", "Empty", "Privé/R&D/日本"}


@pytest.mark.parametrize(("separator", "prefix"), [("/", ""), (".", "INBOX.")])
def test_mail_appended_is_what_the_maildir_shows(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str], separator: str, prefix: str
) -> None:
    server = dovecot_factory(DovecotOptions(separator=separator, prefix=prefix))
    user = unique_user()
    root = server.add_user(user, "secret")
    client = imap(server.port, user)
    folder = f"{prefix}R&-D{separator}&ZeVnLA-"
    assert client.create(folder)[0] == client.subscribe(folder)[0] == "OK"
    assert append(client, "INBOX")[0] == append(client, folder)[0] == "OK"
    assert read_maildir(root, separator) == counted([ITEM, replace(ITEM, folder="R&D/日本")])
    assert subscriptions(root, separator) == {"R&D/日本"}


def test_quota_refuses_until_it_is_raised(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory(DovecotOptions(quota_storage="10K"))
    user = unique_user()
    root = server.add_user(user, "secret")
    big = MESSAGE + b"x" * 20_000 + b"\r\n"
    status, words = append(imap(server.port, user), "INBOX", big)
    assert (status, words[0].partition(b" ")[0]) == ("NO", b"[OVERQUOTA]")
    server.set_quota(user, "10M")
    assert append(imap(server.port, user), "INBOX", big)[0] == "OK"
    assert read_maildir(root, "/") == counted([replace(ITEM, content=big)])


def test_special_use_folders_are_there(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory(DovecotOptions(special_use={"Verzonden items": "\\Sent"}))
    user = unique_user()
    server.add_user(user, "secret")
    assert b'(\\HasNoChildren \\Sent) "/" "Verzonden items"' in imap(server.port, user).list()[1]


def test_what_is_announced_can_be_chosen(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    user = unique_user()
    bare = dovecot_factory(DovecotOptions(capability="IMAP4rev1"))
    minus = dovecot_factory(DovecotOptions(literal_minus=True))
    for server in (bare, minus):
        server.add_user(user, "secret")
    assert imap(bare.port, user).capability()[1][0] == b"IMAP4rev1"
    assert b"LITERAL-" in imap(minus.port, user).capability()[1][0].split()


def test_a_login_over_the_limit_of_connections_is_refused(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory(DovecotOptions(max_userip_connections=1))
    user = unique_user()
    server.add_user(user, "secret")
    imap(server.port, user)
    with pytest.raises(imaplib.IMAP4.error, match="LIMIT"):
        imap(server.port, user)


def test_a_stopped_server_leaves_no_process_and_starts_again(dovecot_factory: DovecotFactory, imap: Imap) -> None:
    server = dovecot_factory(fresh=True)
    root = server.add_user("alice", "secret")
    client = imap(server.port, "alice")
    append(client, "INBOX")
    tree = server.pid
    server.stop()
    assert running(tree) == []
    with pytest.raises(OSError):
        imap(server.port)
    server.start()
    assert imap(server.port, "alice").select()[1] == [b"1"]
    assert read_maildir(root, "/") == counted([ITEM])


def test_a_closed_server_leaves_nothing(dovecot_factory: DovecotFactory) -> None:
    with Dovecot() as server:
        assert server.folder.exists()
    assert not server.folder.exists()
