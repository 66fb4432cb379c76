"""Whose a folder is, by whole components of the namespaces that a server tells of."""

from __future__ import annotations

import pytest

from tui_migrate.mail.imap.namespaces import Namespaces, read_namespaces
from tui_migrate.mail.imap.wire import Reply


def spaces(told: str) -> Namespaces:
    return read_namespaces([Reply(b"*", "", "", b"", [f"* NAMESPACE {told}\r\n".encode()])])


CYRUS = '(("INBOX." ".")) (("user." ".")) (("" "."))'
DBMAIL = '(("" ".")) (("#Users" ".")) (("#Public" "."))'
UW = '(("" "/")("#mh/" "/")) (("~" "/")) (("#shared/" "/")("#news." "."))'


@pytest.mark.parametrize(
    ("told", "own", "others"),
    [
        (CYRUS, ["INBOX", "inbox", "INBOX.Sent", "Inbox.Sent"], ["pub.shared", "pub", "user.bob", "INBOXES.x"]),
        (DBMAIL, ["#Publications", "#Userspace.a", "a"], ["#Public", "#Public.board", "#Users.bob"]),
        (UW, ["a", "#mh/inbox", "#sharedx"], ["~bob/mail", "#shared/a", "#news.comp"]),
        ('(("" ".")) (("user." ".")) NIL', ["user", "userlist", "user2.a"], ["user.bob"]),
        ('(("" "/")) (("user/" "/")) (("Public Folders/" "/"))', ["Public Folder"], ["user/a", "Public Folders/a"]),
        ('(("INBOX." ".")) (("INBOX.user." ".")) (("INBOX.shared" "."))', ["INBOX.a", "INBOX.sharedness"],
         ["INBOX.user.bob", "inbox.shared.x"]),
        ('(("user.me." ".")) (("user." ".")) NIL', ["user.me.Sent", "INBOX"], ["user.bob"]),
        ('(("" "/")) NIL (("" "/"))', ["a", "INBOX"], []),
        ('NIL NIL (("" "."))', ["a"], []),
        ('NIL (("user." ".")) NIL', ["a"], ["user.bob"]),
        ('(("" NIL)) NIL (("#pub" NIL))', ["a", "pub"], ["#pub.a"]),
        ('(("" "\\")) (("Users\\" "\\")) NIL', ["a", "Users"], ["Users\\bob"]),
        ('(("" "\\\\")) (("Users\\\\" "\\\\")) NIL', ["a"], ["Users\\bob"]),
        ('(("" "/" "X-PARAM" ("FLAG1" "FLAG2"))) NIL NIL', ["a"], []),
        ('(("" "/")) (("&ANY-" "/")) (("All (x)" "/"))', ["&ANY-b", "All (x) b"], ["&ANY-/b", "All (x)/b"]),
        ("NIL NIL NIL", ["a", "INBOX"], []),
        ("(((", ["a"], []),
    ],
)  # fmt: skip
def test_whose_it_is(told: str, own: list[str], others: list[str]) -> None:
    found = spaces(told)
    delimiter = (found.delimiter or ".").encode()
    assert [name for name in own + others if found.is_own(name.encode(), delimiter)] == own


def test_several_personal_namespaces() -> None:
    found = spaces(UW)
    assert [each.prefix for each in found.personal] == [b"", b"#mh/"]
    assert (found.prefix, found.delimiter) == (b"", "/")


def test_a_server_that_tells_of_none() -> None:
    found = read_namespaces([Reply(b"*", "", "", b"", [b"* OK nothing\r\n"])])
    assert (found, found.is_own(b"user.bob", b".")) == (Namespaces(), True)
