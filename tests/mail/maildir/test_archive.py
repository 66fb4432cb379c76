"""Messages of a Maildir that others use, too."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from contextlib import closing
from pathlib import Path

import pytest
import zstandard

from tests.mail.maildir.reading import mail, make_folder, put, source, steps
from tui_migrate.errors import MessageDamaged
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.message import SPOOL_ABOVE
from tui_migrate.mail.protocols import Gone, Read, Unreadable

NAME = "1600000000.M1P1.host"
LARGE = b"Subject: large\r\n\r\n" + b"a line of mail, and another\r\n" * (SPOOL_ABOVE // 25)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_folder(tmp_path / "mail")


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (b"a\nb\n", b"a\r\nb\r\n"),
        (b"a\r\nb\r\n", b"a\r\nb\r\n"),
        (b"a\r\nb\nc", b"a\r\nb\r\nc"),
        (b"a\rb\r\r\nc\r", b"a\rb\r\r\nc\r"),
        (LARGE.replace(b"\r\n", b"\n"), LARGE),
        (LARGE, LARGE),
        (b"x" * (SPOOL_ABOVE - 1) + b"\r\n" + b"y" * (1 << 18), b"x" * (SPOOL_ABOVE - 1) + b"\r\n" + b"y" * (1 << 18)),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_octets(root: Path, stored: bytes, given: bytes, pack: object) -> None:
    """As Dovecot hands them out, packed or not."""
    assert callable(pack)
    put(root, f"cur/{NAME}:2,", pack(stored))
    (found,) = mail(root)
    assert found.content == given


def test_packed_in_several_frames(root: Path) -> None:
    put(root, f"cur/{NAME}:2,", zstandard.compress(b"Subject: a\n") + zstandard.compress(b"\nb\n"))
    put(root, f"cur/{NAME}2:2,", gzip.compress(b"Subject: a\n") + gzip.compress(b"\nb\n"))
    assert {each.content for each in mail(root)} == {b"Subject: a\r\n\r\nb\r\n"}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_what_cannot_be_unpacked_fails_alone(root: Path, pack: object) -> None:
    assert callable(pack)
    packed = pack(LARGE)
    put(root, f"cur/{NAME}:2,", packed[: len(packed) // 2])
    put(root, f"cur/{NAME}2:2,", packed[:8] + bytes(200))
    put(root, f"cur/{NAME}3:2,")
    found = steps(root)
    assert sum(isinstance(each, Read) for each in found) == 1
    assert {type(each.error) for each in found if isinstance(each, Unreadable)} == {MessageDamaged}
    assert sum(isinstance(each, Unreadable) for each in found) == 2


def test_an_empty_file_is_no_message(root: Path) -> None:
    put(root, f"cur/{NAME}:2,", b"")
    (refused,) = [each for each in steps(root) if isinstance(each, Unreadable)]
    assert "empty" in refused.error.sentence


def test_new_mail_is_unseen_and_what_is_on_its_way_is_not_there(root: Path) -> None:
    put(root, f"new/{NAME}a", time=1_500_000_000)
    put(root, f"cur/{NAME}b:2,S")
    put(root, f"tmp/{NAME}c")
    put(root, "cur/.hidden")
    (root / "cur" / "directory").mkdir()
    assert [(each.flags, each.instant) for each in mail(root)] == [
        (frozenset(), 1_500_000_000),
        ({"\\Seen"}, 1_600_000_000),
    ]


def test_a_folder_of_which_one_directory_is_there(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    put(tmp_path, f"new/{NAME}")
    assert len(mail(tmp_path)) == 1


def test_what_is_renamed_between_listing_and_reading_is_found_again(root: Path) -> None:
    old = [put(root, f"new/{NAME}{number}") for number in range(3)]
    with closing(source(root)) as opened:
        walk = opened.read(opened.tree().folders, lambda listing: listing.messages)
        first = next(walk)
        assert isinstance(first, Read)
        old[1].rename(root / "cur" / f"{NAME}1,S=3:2,RS")
        old[2].unlink()
        rest = [*walk]
    assert [type(each) for each in rest[:2]] == [Read, Gone]


def test_names_that_are_one_but_for_their_flags_are_two_messages(root: Path) -> None:
    put(root, f"cur/{NAME}:2,", b"Subject: 1\n\none\n")
    put(root, f"cur/{NAME}:2,S", b"Subject: 2\n\ntwo\n")
    assert {(each.content, each.flags) for each in mail(root)} == {
        (b"Subject: 1\r\n\r\none\r\n", frozenset()),
        (b"Subject: 2\r\n\r\ntwo\r\n", frozenset({"\\Seen"})),
    }


def test_keywords_of_courier(root: Path) -> None:
    lists = root / "courierimapkeywords"
    lists.mkdir()
    (lists / ":list").write_text(f"todo\n$Label1\n\n{NAME}a:0 1\n{NAME}b:1\n{NAME}c:0\ngarbage\n{NAME}d:7 x\n")
    (lists / f".100.{NAME}b").write_text("old\n")
    (lists / f".200.{NAME}b").write_text("new\n")
    (lists / f"{NAME}c").write_text("newest\n")
    (lists / f".300.{NAME}c").write_text("old\n")
    for letter in "abcd":
        put(root, f"cur/{NAME}{letter}:2,S")
    assert [each.flags - {"\\Seen"} for each in mail(root)] == [{"todo", "$Label1"}, {"new"}, {"newest"}, set()]


def test_what_a_server_has_numbered_comes_in_that_order(root: Path) -> None:
    for name, uid in (("1600000009.a", 1), ("1600000001.b", 3), ("1600000005.c", 2)):
        put(root, f"cur/{name}:2,", b"Subject: %d\n\n" % uid)
    put(root, "new/1600000000.d", b"Subject: 4\n\n")
    (root / "dovecot-uidlist").write_text(
        "3 V1600 N4 Gabc\n1 W12 :1600000009.a,S=3:2,S\n2 :1600000005.c\n3 S1 W2 :1600000001.b:2,\nrubbish\n"
    )
    assert [each.content.split()[1] for each in mail(root)] == [b"1", b"2", b"3", b"4"]
    (root / "dovecot-uidlist").write_text("1 1600 4\n3 1600000009.a,S=3:2,S\n2 1600000005.c\n1 1600000001.b:2,\n")
    assert [each.content.split()[1] for each in mail(root)] == [b"3", b"2", b"1", b"4"]


def test_a_token_changes_with_every_change_of_names(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(root, f"cur/{NAME}:2,")

    def token() -> str:
        with closing(MaildirArchive(root)) as archive:
            return archive.contents(b"INBOX").token

    assert token() == "", "so soon behind a change another one could go unseen"
    monkeypatch.setattr("tui_migrate.mail.files.stamps._RECENT", 0)
    for change in (
        lambda: put(root, f"new/{NAME}b"),
        lambda: (root / "new" / f"{NAME}b").rename(root / "cur" / f"{NAME}b:2,S"),
        lambda: (root / "cur" / f"{NAME}b:2,S").rename(root / "cur" / f"{NAME}b:2,RS"),
        lambda: (root / "cur" / f"{NAME}b:2,RS").unlink(),
        lambda: (root / "dovecot-keywords").touch(),
    ):
        for directory in (root, root / "new", root / "cur"):
            os.utime(directory, (1, 1))
        before = token()
        assert before == token() != ""
        change()
        assert token() != before


def test_names_in_no_encoding(root: Path) -> None:
    folder = os.fsencode(root)
    for octets in (b"/cur/1600000000.\xff\xfe.host:2,S", b"/cur/1600000000.\xe9.host:2,S"):
        with open(folder + octets, "wb") as file:  # noqa: PTH123  Path knows no octets
            file.write(b"Subject: x\n\n")
    assert len(mail(root)) == 2
