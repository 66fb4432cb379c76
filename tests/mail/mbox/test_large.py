"""Files and messages that do not fit into memory at once: what lies across the edges of what is read."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from tests.files.mbox import Letter, Quoting, expected, mail, mbox, messages, octets
from tests.servers.maildir import crlf
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.mbox.octets import OpenFile
from tui_migrate.mail.mbox.scan import scan

BLOCK = 1 << 18
LINES = ("", "From the start", ">From a reply", ">>From deeper", "text " * 12, "=" * 70, "From: me", "x" * 3000)


def letters(seed: int, count: int) -> list[Letter]:
    draw = random.Random(seed)
    found = []
    for number in range(count):
        lines = draw.choices(LINES, k=draw.choice((0, 1, 5, 40, 400, 4000)))
        fields = "".join(f"X-Field-{each}: {'y' * 60}\n" for each in range(draw.choice((0, 3, 300))))
        stored = draw.choice(("", "Status: RO\n", "X-Mozilla-Status: 0008\n"))
        found.append(Letter(mail(f"{seed}-{number}", "".join(f"{line}\n" for line in lines), fields), stored))
    return found


@pytest.mark.parametrize("quoting", [Quoting.MBOXRD, Quoting.MBOXCL2, Quoting.NONE])
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.nightly)])
def test_small_pieces_show_the_same_as_large_ones(tmp_path: Path, quoting: Quoting, seed: int) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox(letters(seed, 100), quoting))
    with closing(OpenFile(path)) as file:
        small, large = scan(file, BLOCK), scan(file)
        assert file.size > 3 * BLOCK
    assert vars(small) == vars(large)


@pytest.mark.parametrize("quoting", [Quoting.MBOXRD, Quoting.MBOXCL2, Quoting.NONE])
def test_mail_of_all_sizes(tmp_path: Path, quoting: Quoting) -> None:
    drawn = letters(5, 100)
    path = tmp_path / "anna"
    path.write_bytes(mbox(drawn, quoting))
    assert messages(path) == expected(each.octets for each in drawn if "0008" not in each.stored)


@pytest.mark.parametrize("line", ["From the start", ">From a reply", "x" * 3_000_000, "x" * 1_048_575 + "\r"])
def test_a_message_of_many_megabytes(tmp_path: Path, line: str) -> None:
    large = mail("large", f"{line}\n" * (1 + 4_000_000 // len(line)))
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail("one", ">From me\n"), large, mail("two")], Quoting.MBOXRD))
    assert messages(path) == expected([mail("one", ">From me\n"), large, mail("two")])


def test_a_large_message_goes_through_a_file(tmp_path: Path) -> None:
    large = mail("large", "text\n" * 400_000)
    path = tmp_path / "anna"
    path.write_bytes(mbox([Letter(large, "Status: RO\n")]))
    with closing(MboxArchive(path)) as archive:
        (item,) = archive.contents(b"INBOX").items
        content = archive.read(b"INBOX", item, tmp_path)
        assert content is not None
        assert content.weight < content.length // 8
        assert octets(content) == crlf(large)


def test_tens_of_thousands_of_messages_are_listed_without_being_made(tmp_path: Path) -> None:
    path = tmp_path / "anna"
    path.write_bytes(mbox([mail(str(number)) for number in range(1000)]) * 30)
    with closing(MboxArchive(path)) as archive:
        items = archive.contents(b"INBOX").items
        assert len(items) == 30_000
        assert len({each.name for each in items}) == 30_000
        assert items[-1].name == f"{items[999].name} 30"
