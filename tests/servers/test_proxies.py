"""Each middleman lies exactly as it says and passes on everything else."""

from __future__ import annotations

import imaplib
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.servers.dovecot import Dovecot
from tests.servers.imap_lexer import Lexer, Line, Piece
from tests.servers.maildir import MailItem, counted, read_maildir, write_maildir
from tests.servers.proxies import CapabilityProxy, CutLiteral, CutReply, CuttingProxy, DelayProxy, delay_process
from tests.support.raw_client import RawClient

MESSAGE = b"Subject: one\r\n\r\n* CAPABILITY LITERAL+ UIDPLUS\r\nx1 OK [CAPABILITY UIDPLUS]\r\nA1 LOGOUT\r\n"
ITEM = MailItem("INBOX", MESSAGE, frozenset(), 1_234_567_890)
WHEN = '"13-Feb-2009 23:31:30 +0000"'
APPEND = f"INBOX {WHEN}".encode()


@pytest.fixture
def server(dovecot_factory: DovecotFactory) -> Dovecot:
    return dovecot_factory()


def literal(plus: str = "+", message: bytes = MESSAGE) -> bytes:
    return b"{%d%s}\r\n" % (len(message), plus.encode()) + message


def test_lexer_gives_back_the_stream_in_lines_and_literals() -> None:
    stream = b'A1 LOGIN "a" {3+}\r\nx\r\n\r\nA2 APPEND INBOX {0+}\r\n\r\nA3 NOOP\r\n'
    for step in (1, 2, 7, len(stream)):
        lexer = Lexer()
        parts = [stream[at : at + step] for at in range(0, len(stream), step)]
        tokens = [token for part in parts for token in lexer.feed(part)]
        assert b"".join(token.data for token in tokens) == stream
        assert [token.data for token in tokens if isinstance(token, Line) and token.starts] == [
            b'A1 LOGIN "a" {3+}\r\n',
            b"A2 APPEND INBOX {0+}\r\n",
            b"A3 NOOP\r\n",
        ]
        assert b"".join(token.data for token in tokens if isinstance(token, Piece)) == b"x\r\n"


def test_capabilities_are_rewritten_wherever_the_server_names_them(
    server: Dovecot, imap: Imap, unique_user: Callable[[], str]
) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    write_maildir(root, "/", [ITEM])
    with CapabilityProxy(server.port, {"LITERAL+", "UIDPLUS", "MULTIAPPEND"}, {"LITERAL-", "X-TEST"}) as proxy:
        client = imap(proxy.port)
        before = client.capabilities
        client.login(user, "secret")
        after = client.capability()[1][0].decode().split()
        for names in (before, after):
            assert {"LITERAL-", "X-TEST", "IDLE"} <= {*names}
            assert not {"LITERAL+", "UIDPLUS", "MULTIAPPEND"} & {*names}
        client.select(readonly=True)
        content = client.fetch("1", "(BODY.PEEK[])")[1][0]
        assert isinstance(content, tuple)
        assert content[1] == MESSAGE
        assert b" LOGIN ***" in b"\n".join(proxy.commands)
        assert b"secret" not in b"\n".join(proxy.commands)


def test_without_uidplus_there_is_no_appenduid(server: Dovecot, imap: Imap, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CapabilityProxy(server.port, {"UIDPLUS"}) as proxy:
        client = imap(proxy.port, user)
        status, words = client.append("INBOX", "", WHEN, MESSAGE)
        assert (status, words[0].partition(b" ")[0]) == ("OK", b"Append")
        assert [command.split()[1] for command in proxy.commands] == [b"CAPABILITY", b"LOGIN", b"APPEND"]
    assert read_maildir(root, "/") == counted([ITEM])


@pytest.mark.parametrize(("added", "size"), [((), 10), (("LITERAL-",), 4097)])
def test_a_literal_that_was_not_offered_is_cut_off(
    server: Dovecot, unique_user: Callable[[], str], added: tuple[str, ...], size: int
) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CapabilityProxy(server.port, {"LITERAL+"}, added) as proxy, RawClient(proxy.port, user) as client:
        client.say(b"A1 APPEND " + APPEND + b" {%d+}\r\n" % size)
        assert client.rest().startswith(b"A1 BAD ")
        assert len(proxy.violations) == 1
    assert not read_maildir(root, "/")


def test_literals_that_were_offered_pass(server: Dovecot, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CapabilityProxy(server.port, {"LITERAL+", "MULTIAPPEND"}, {"LITERAL-"}) as proxy:
        with RawClient(proxy.port, user) as client:
            client.say(b'A1 APPEND {5+}\r\nINBOX "13-Feb-2009 23:31:30 +0000" ' + literal() + b"\r\n")
            assert client.until(b"A1").startswith(b"A1 OK")
            client.say(b"A2 APPEND nowhere {9000}\r\n")
            assert client.until(b"A2").startswith(b"A2 NO")
            client.say(b"A3 APPEND " + APPEND + b" {%d}\r\n" % len(MESSAGE))
            assert client.until(b"+")
            client.say(MESSAGE + b"\r\n")
            assert client.until(b"A3").startswith(b"A3 OK")
        assert [command.split()[0] for command in proxy.commands] == [b"L", b"A1", b"A2", b"A3"]
        assert proxy.violations == []
    assert read_maildir(root, "/") == counted([ITEM, ITEM])


def test_a_second_message_in_one_append_is_cut_off(server: Dovecot, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CapabilityProxy(server.port, {"MULTIAPPEND"}) as proxy, RawClient(proxy.port, user) as client:
        client.say(b"A1 APPEND " + APPEND + b" " + literal() + b" " + literal() + b"\r\n")
        assert client.rest().startswith(b"A1 BAD ")
        assert len(proxy.violations) == 1
    assert not read_maildir(root, "/")


def test_multiappend_passes_while_it_is_offered(server: Dovecot, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CapabilityProxy(server.port, {"UIDPLUS"}) as proxy, RawClient(proxy.port, user) as client:
        client.say(b"A1 APPEND INBOX " + b" ".join([WHEN.encode() + b" " + literal()] * 3) + b"\r\n")
        assert client.until(b"A1").startswith(b"A1 OK Append completed")
    assert read_maildir(root, "/") == counted([ITEM] * 3)


def test_a_cut_reply_leaves_the_message_stored_and_the_client_ignorant(
    server: Dovecot, unique_user: Callable[[], str]
) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    stored_at_cut: list[int] = []
    proxy = CuttingProxy(server.port, CutReply(nth=2), on_cut=lambda: stored_at_cut.append(len(list_cur(root))))
    with proxy:
        with RawClient(proxy.port, user) as client:
            for tag in (b"A1", b"A2", b"A3"):
                client.say(tag + b" APPEND " + APPEND + b" " + literal() + b"\r\n")
                if not client.until(tag):
                    break
            assert tag == b"A2"
            assert proxy.cut.is_set()
        with RawClient(proxy.port, user) as client:
            client.say(b"A3 APPEND " + APPEND + b" " + literal() + b"\r\n")
            assert client.until(b"A3").startswith(b"A3 OK")
    assert stored_at_cut == [2]
    assert read_maildir(root, "/") == counted([ITEM] * 3)


def test_a_cut_literal_stores_nothing(server: Dovecot, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    with CuttingProxy(server.port, CutLiteral(after=7, nth=2)) as proxy, RawClient(proxy.port, user) as client:
        client.say(b"A1 APPEND " + APPEND + b" " + literal() + b"\r\n")
        assert client.until(b"A1").startswith(b"A1 OK")
        client.say(b"A2 APPEND " + APPEND + b" " + literal() + b"\r\n")
        assert client.rest() == b""
        assert proxy.cut.is_set()
    assert read_maildir(root, "/") == counted([ITEM])


def test_a_server_that_is_down_ends_the_connection(dovecot_factory: DovecotFactory) -> None:
    server = dovecot_factory(fresh=True)
    server.stop()
    with DelayProxy(server.port, 0.0) as proxy, pytest.raises((imaplib.IMAP4.abort, ConnectionError)):
        imaplib.IMAP4("127.0.0.1", proxy.port)


def test_a_delay_keeps_bytes_and_their_order(server: Dovecot, imap: Imap, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    root = server.add_user(user, "secret")
    big = MESSAGE + b"0123456789abcdef\r\n" * 200_000
    with DelayProxy(server.port, 0.005) as proxy:
        client = imap(proxy.port, user)
        assert client.append("INBOX", "", WHEN, big)[0] == "OK"
        client.select(readonly=True)
        content = client.fetch("1", "(BODY.PEEK[])")[1][0]
        assert isinstance(content, tuple)
        assert content[1] == big
    assert sum(read_maildir(root, "/").values()) == 1


def test_a_delay_can_run_as_a_process_of_its_own(server: Dovecot, unique_user: Callable[[], str]) -> None:
    user = unique_user()
    server.add_user(user, "secret")
    with delay_process(server.port, 0.001) as port, RawClient(port, user) as client:
        client.say(b"A1 NOOP\r\n")
        assert client.until(b"A1").startswith(b"A1 OK")
    with pytest.raises(ConnectionRefusedError):
        RawClient(port, user)


def test_a_stopped_proxy_frees_its_port_and_ends_its_thread(server: Dovecot) -> None:
    before = threading.active_count()
    with DelayProxy(server.port, 0.001) as first:
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
    with DelayProxy(server.port, 0.001, port=first.port) as second:
        assert second.port == first.port


def list_cur(root: Path) -> list[str]:
    """The messages in the inbox, by file name."""
    return [path.name for part in ("cur", "new") for path in (root / part).iterdir()]
