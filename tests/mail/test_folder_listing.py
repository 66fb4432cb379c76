"""Folders as servers list them: every shape of a row, modified UTF-7, prefixes, and what some announce and refuse."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.servers.scripted import Rule, ScriptedServer
from tui_migrate.errors import CommandRefused
from tui_migrate.mail.connect import open_destination, open_source
from tui_migrate.mail.imap.names import decode, encode, path_of, quote
from tui_migrate.mail.looking import FolderStatus
from tui_migrate.mail.protocols import ListedFolder, Role, Tree
from tui_migrate.model import ImapServer, Login, Secret, Security, Server

LOGIN = Login("u", Secret("secret"))
EVERYTHING = "IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE LIST-EXTENDED LIST-STATUS SPECIAL-USE CONDSTORE"
NO_NAMESPACE = Rule("NAMESPACE", b'* NAMESPACE (("" "/")) NIL NIL\r\nTAG OK done\r\n')


PLAINLY = (Rule('LIST "" "\\*"', b"TAG OK\r\n"), Rule("LSUB .*", b"TAG OK\r\n"))
"""A plain listing that shows nothing more."""


def server(at: ScriptedServer, prefix: str = "") -> Server:
    return ImapServer(at.host, security=Security.NONE, port=at.port, path_prefix=prefix)


def source_tree(rules: list[Rule], capabilities: str, prefix: str = "") -> Tree:
    with ScriptedServer([*rules, NO_NAMESPACE], capabilities) as scripted:
        source = open_source(server(scripted, prefix), LOGIN)
        try:
            tree = source.tree()
        finally:
            source.close()
    assert scripted.unexpected == []
    return tree


def listed(*rows: bytes) -> list[ListedFolder]:
    """What a destination on a server without extensions makes of these LIST rows, and of INBOX where it is in one."""
    rules = [
        Rule("LIST .*", b"".join(row + b"\r\n" for row in rows) + b"TAG OK done\r\n"),
        Rule("LSUB .*", b"TAG OK\r\n"),
    ]
    with ScriptedServer(rules) as scripted:
        destination = open_destination(server(scripted), LOGIN)
        try:
            inbox = any(b"INBOX" in row for row in rows)
            return [folder for folder in destination.tree().folders if inbox or folder.name != b"INBOX"]
        finally:
            destination.close()


@pytest.mark.parametrize(
    ("row", "name", "path"),
    [
        (b'* LIST () "/" INBOX', b"INBOX", ("INBOX",)),
        (b'* LIST () "/" "inbox"', b"inbox", ("INBOX",)),
        (b'* LIST () "/" inbox/child', b"inbox/child", ("INBOX", "child")),
        (b'* list (\\HasNoChildren) "." "a.b"', b"a.b", ("a", "b")),
        (b'* LIST () "\\\\" "a\\\\b"', b"a\\b", ("a", "b")),
        (b'* LIST () NIL "a/b"', b"a/b", ("a/b",)),
        (b'* LIST () nil NIL', b"NIL", ("NIL",)),
        (b'* LIST () "/" 2024', b"2024", ("2024",)),
        (b'* LIST () "/" {7}\r\nx "y" z', b'x "y" z', ('x "y" z',)),
        (b'* LIST () "/" {8+}\r\n * LIST ', b" * LIST ", (" * LIST ",)),
        (b'* LIST () "/" [Gmail]/Spam', b"[Gmail]/Spam", ("[Gmail]", "Spam")),
        (b'* LIST () "/" " a "', b" a ", (" a ",)),
        (b'* LIST () "/" "q\\"t"', b'q"t', ('q"t',)),
        (b'* LIST () "/" "lit {5}"', b"lit {5}", ("lit {5}",)),
        (b'* LIST () "/" "Priv&AOk-/R&-D"', b"Priv&AOk-/R&-D", ("Privé", "R&D")),
        (b'* LIST () "/" "R&D"', b"R&D", ("R&D",)),
        (b'* LIST () "/" "broken &AOk"', b"broken &AOk", ("broken &AOk",)),
        (b'* LIST () "/" "Priv\xc3\xa9"', b"Priv\xc3\xa9", ("Privé",)),
        (b'* LIST () "/" "Priv\xe9"', b"Priv\xe9", ("Privé",)),
        (b'* LIST (\\Subscribed) "/" a ("CHILDINFO" ("SUBSCRIBED") OLDNAME ("b {3}"))', b"a", ("a",)),
    ],
)  # fmt: skip
def test_a_row_in_any_shape(row: bytes, name: bytes, path: tuple[str, ...]) -> None:
    (folder,) = listed(row)
    assert (folder.name, folder.path, folder.selectable) == (name, path, True)


def test_attributes_in_any_case_say_what_a_folder_is() -> None:
    folders = listed(
        b'* LIST (\\NOSELECT) "/" parent',
        b'* LIST (\\NonExistent \\HasChildren) "/" ghost',
        b'* LIST (\\Marked \\SENT) "/" Verzonden',
        b'* LIST () "/" Prullenbak',
        b'* LIST () "/" parent/Trash',
        b'* LIST () "/" Entwu&Awg-rfe',
        b'* LIST () "/" again',
        b'* LIST () "/" again',
    )
    assert [(f.display, f.selectable, f.role, f.role_by_name) for f in folders] == [
        ("parent", False, None, False),
        ("ghost", False, None, False),
        ("Verzonden", True, Role.SENT, False),
        ("Prullenbak", True, Role.TRASH, True),
        ("parent/Trash", True, None, False),
        ("Entwu\u0308rfe", True, Role.DRAFTS, True),
        ("again", True, None, False),
    ]


def test_numbers_and_subscriptions_in_one_round_trip_where_the_server_can() -> None:
    reply = (
        b'* LIST (\\Subscribed) "/" INBOX\r\n'
        b"* STATUS INBOX (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 77 HIGHESTMODSEQ 1234567890123)\r\n"
        b'* LIST () "/" "lit {5}"\r\n* STATUS {7}\r\nlit {5} (UIDVALIDITY 78 MESSAGES 0 UIDNEXT 1 HIGHESTMODSEQ 0)\r\n'
        b'* LIST (\\Noselect) "/" parent\r\n'
        b"TAG OK done\r\n"
    )
    asked = (
        r'LIST "" "\*" RETURN \(SUBSCRIBED CHILDREN SPECIAL-USE STATUS \(MESSAGES UIDNEXT UIDVALIDITY HIGHESTMODSEQ\)\)'
    )
    tree = source_tree([Rule(asked, reply), *PLAINLY], EVERYTHING)
    assert [(f.display, f.subscribed, f.status) for f in tree.folders] == [
        ("INBOX", True, FolderStatus(3, 9, 77, "1234567890123")),
        ("lit {5}", False, FolderStatus(0, 1, 78)),
        ("parent", False, None),
    ]


def test_a_server_that_refuses_what_it_announces_is_asked_the_old_way() -> None:
    rules = [
        Rule(r"LIST .* RETURN .*", b"TAG BAD Unknown LIST option\r\n"),
        Rule(r"LIST .*", b'* LIST () "/" INBOX\r\n* LIST () "/" a\r\nTAG OK done\r\n'),
        Rule(r"LSUB .*", b'* LSUB () "/" a\r\n* LSUB () "/" "long gone"\r\nTAG OK done\r\n'),
        Rule(r'STATUS "INBOX" .*', b"TAG NO [SERVERBUG] not now\r\n"),
        Rule(r'EXAMINE "INBOX"', b"* 4 EXISTS\r\n* OK [UIDVALIDITY 78]\r\n* OK [UIDNEXT 5]\r\nTAG OK [READ-ONLY]\r\n"),
        Rule(r'STATUS "a" .*', b"* STATUS a (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 77)\r\nTAG OK done\r\n"),
        Rule(r'STATUS "long gone" .*', b"TAG NO [NONEXISTENT] no such folder\r\n"),
    ]
    tree = source_tree(rules, EVERYTHING)
    assert [(f.display, f.subscribed, f.status) for f in tree.folders] == [
        ("INBOX", False, FolderStatus(4, 5, 78)),
        ("a", True, FolderStatus(3, 9, 77)),
    ]


def test_a_listing_that_is_refused_is_said_with_the_servers_words() -> None:
    with pytest.raises(CommandRefused) as raised:
        source_tree(
            [Rule("LIST .*", b"TAG NO [NOPERM] not for you\r\n"), Rule("LSUB .*", b"TAG OK\r\n")],
            "IMAP4rev1 AUTH=PLAIN SASL-IR",
        )
    assert raised.value.server_words == "NO [NOPERM] not for you"


ROWS = Rule(
    "LIST .*",
    b'* LIST () "." INBOX\r\n* LIST () "." INBOX.Sent\r\n* LIST () "." "INBOX.Priv&AOk-.x"\r\n'
    b'* LIST (\\Noselect) "." user\r\n* LIST () "." user.boss\r\n* LIST () "." Public.news\r\n'
    b'* LIST () "." elsewhere\r\nTAG OK done\r\n',
)
COURIER = Rule("NAMESPACE", b'* NAMESPACE (("INBOX." ".")) (("user." ".")) (("Public." "." "X" ("y")))\r\nTAG OK\r\n')


@pytest.mark.parametrize(
    ("prefix", "paths"),
    [
        ("", {"INBOX", "Sent", "Privé/x", "user", "elsewhere"}),
        ("INBOX.Privé.", {"INBOX", "x"}),
        ("INBOX.Privé", {"INBOX", "x"}),
        ("user.", {"INBOX", "boss"}),
    ],
)
def test_the_mailbox_is_what_lies_below_the_prefix(prefix: str, paths: set[str]) -> None:
    """Other users' and shared folders are other people's mail."""
    mute = Rule("(STATUS|EXAMINE) .*", b"TAG NO none\r\n")
    tree = source_tree(
        [COURIER, ROWS, Rule("LSUB .*", b"TAG OK\r\n"), mute], "IMAP4rev1 AUTH=PLAIN SASL-IR NAMESPACE", prefix
    )
    assert {folder.display for folder in tree.folders} == paths
    assert (tree.delimiter, tree.prefix) == (".", prefix.removesuffix(".") + "." if prefix else "INBOX.")


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("R&D")
@example("&-")
@example("日本/😀\t\x7f&")
def test_every_name_survives_modified_utf7(name: str) -> None:
    raw = encode(name)
    assert raw.isascii()
    assert decode(raw) == name


@given(st.binary())
@example(b"&AOk")
@example(b"&2D0-")
@example(b"&,,,,-")
def test_no_name_is_too_odd_to_show(raw: bytes) -> None:
    """And where it is no modified UTF-7, it is not taken for another folder's name."""
    name = decode(raw)
    assert path_of(raw, "/", "")
    if raw.isascii() and name != raw.decode():
        assert encode(name) == raw


@given(st.binary())
def test_a_quoted_name_is_one_token_or_is_refused(raw: bytes) -> None:
    if set(raw) & set(b"\r\n\0"):
        with pytest.raises(ValueError, match="line end"):
            quote(raw)
        return
    quoted = quote(raw)
    assert (quoted[:1], quoted[-1:]) == (b'"', b'"')
    assert quoted[1:-1].replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"') == 0
