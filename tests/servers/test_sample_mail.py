"""The sample mail is what it says, and a real server stores it and hands it out unchanged."""

from __future__ import annotations

import imaplib
from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from tests.conftest import DovecotFactory, Imap
from tests.servers.dovecot import DovecotOptions
from tests.servers.maildir import MailItem, counted, folder_names, read_maildir, write_maildir
from tests.servers.mutf7 import encode_name
from tests.support import nasty_mail, sample_mail
from tests.support.raw_client import RawClient


def quoted(folder: str, separator: str = "/") -> str:
    name = encode_name(folder).replace("/", separator)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def handed_out(client: imaplib.IMAP4, folders: Iterable[str], separator: str) -> Counter[tuple[str, bytes]]:
    found: Counter[tuple[str, bytes]] = Counter()
    for folder in folders:
        status, words = client.select(quoted(folder, separator), readonly=True)
        assert status == "OK", words
        if words != [b"0"]:
            parts = client.fetch("1:*", "(BODY.PEEK[])")[1]
            found.update((folder, part[1]) for part in parts if isinstance(part, tuple))
    return found


@pytest.mark.parametrize("separator", ["/", "."])
def test_a_source_hands_out_the_nasty_mail_unchanged(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str], separator: str
) -> None:
    server = dovecot_factory(DovecotOptions(separator=separator))
    user = unique_user()
    root = server.add_user(user, "secret")
    sample = nasty_mail.nasty(separator)
    write_maildir(root, separator, sample.items, folders=sample.empty_folders)
    folders = folder_names(root, separator)
    found = handed_out(imap(server.port, user), folders, separator)
    assert found == Counter((item.folder, item.content) for item in sample.items)
    assert read_maildir(root, separator) == counted(sample.items)
    assert {*sample.empty_folders} < folders
    assert not {"deep", "deep/2", "deep/2/3/4/5/6/7"} & folders


def test_a_destination_stores_the_nasty_mail_unchanged(
    dovecot_factory: DovecotFactory, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory()
    user = unique_user()
    root = server.add_user(user, "secret")
    items = nasty_mail.nasty().items
    with RawClient(server.port, user) as client:
        for folder in {item.folder for item in items} - {"INBOX"}:
            client.say(f"C CREATE {quoted(folder)}\r\n".encode())
            assert client.until(b"C ").startswith(b"C OK")
        for item in items:
            client.say(append_command(item))
            assert client.until(b"A ").startswith(b"A OK")
    assert read_maildir(root, "/") == counted(items)


def append_command(item: MailItem) -> bytes:
    """imaplib's own APPEND turns lonely CRs into line ends."""
    flags = " ".join(sorted(item.flags))
    line = f"A APPEND {quoted(item.folder)} ({flags}) {imaplib.Time2Internaldate(item.instant)} "
    return line.encode() + b"{%d+}\r\n%s\r\n" % (len(item.content), item.content)


def test_smuggling_mail_reaches_the_program_with_its_flags(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory()
    user = unique_user()
    root = server.add_user(user, "secret")
    items = nasty_mail.smuggling()
    write_maildir(root, "/", items)
    client = imap(server.port, user)
    assert handed_out(client, folder_names(root, "/"), "/") == Counter((item.folder, item.content) for item in items)
    client.select(readonly=True)
    flags = b" ".join(line for line in client.fetch("1:*", "(FLAGS)")[1] if isinstance(line, bytes))
    assert all(flag.encode() in flags for flag in nasty_mail.UNSTORABLE_FLAGS)
    assert read_maildir(root, "/") == counted(items)


def test_a_careless_append_is_smuggled_into(dovecot_factory: DovecotFactory, unique_user: Callable[[], str]) -> None:
    """The danger is real: behind an unknown system flag Dovecot runs the lines of the message."""
    server = dovecot_factory()
    user = unique_user()
    root = server.add_user(user, "secret")
    content = nasty_mail.smuggling()[0].content
    with RawClient(server.port, user) as client:
        client.say(b"A1 APPEND INBOX (\\Foo) {%d+}\r\n%s\r\n" % (len(content), content))
        client.rest()
    assert nasty_mail.SMUGGLED in folder_names(root, "/")


def test_no_destination_stores_zero_bytes(
    dovecot_factory: DovecotFactory, imap: Imap, unique_user: Callable[[], str]
) -> None:
    server = dovecot_factory()
    source, destination = unique_user(), unique_user()
    item = nasty_mail.zero_bytes()
    write_maildir(server.add_user(source, "secret"), "/", [item])
    server.add_user(destination, "secret")
    assert imap(server.port, source).select(readonly=True)[1] == [b"1"]
    with RawClient(server.port, destination) as client:
        client.say(append_command(item))
        assert client.until(b"A ").startswith(b"A NO ")


def test_plain_mail_is_even_and_the_same_every_time() -> None:
    items = sample_mail.plain(50, 5, 4096)
    assert items == sample_mail.plain(50, 5, 4096)
    assert {len(item.content) for item in items} == {4096}
    assert {*Counter(item.folder for item in items).values()} == {10}
    assert len({item.content for item in items}) == 50


def test_mixed_mail_has_all_sizes_flags_and_years() -> None:
    items = sample_mail.mixed(2000, 12, 50_000_000)
    sizes = sorted(len(item.content) for item in items)
    assert (sizes[0], sizes[-1]) == (300, 2_000_000)
    assert 45_000_000 < sum(sizes) < 55_000_000
    assert {item.folder for item in items} == {*sample_mail.MIXED_FOLDERS}
    flags = {flag for item in items for flag in item.flags}
    assert flags == {"\\Seen", "\\Answered", "\\Flagged", "\\Draft", "\\Deleted", *sample_mail.KEYWORDS}
    instants = sorted(item.instant for item in items)
    assert instants[-1] - instants[0] > 20 * 365 * 86_400
    assert items == sample_mail.mixed()
