"""Whatever stands in a file: what is read of it ends, and says what is wrong in our own errors."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files.pst.blocks import Encoding, Form, MadeFile
from tests.files.pst.heap import Properties
from tests.files.pst.notes import attached, forwarded, note
from tests.files.pst.store import KEYWORDS, MadeAttachment, MadeFolder, MadeStore, made
from tui_migrate.errors import MailError
from tui_migrate.mail.pst.archive import PstArchive
from tui_migrate.mail.pst.codepage import propose_codepage

MOST = 2000
"""Messages that a file may be said to hold; it holds 8."""
FORMS = [(Form.ANSI, Encoding.NONE, False), (Form.UNICODE, Encoding.PERMUTE, False), (Form.LARGE, Encoding.NONE, True)]


@cache
def file(form: Form, encoding: Encoding, deflated: bool) -> MadeFile:
    files = [attached("a.bin", bytes(20_000)), forwarded(note("Inner")), MadeAttachment({}, storage=b"\xd0\xcf" * 3000)]
    more: Properties = {KEYWORDS << 16 | 0x101F: ("Blue", "Red"), 0x10130102: b"<p>html</p>", 0x6001101F: ("a", "b")}
    folders = [
        MadeFolder("Inbox", [note(f"Number {number}", "text\n" * 400 * number, more=more) for number in range(6)]),
        MadeFolder("Sent Items", [note("With files", attachments=files)], [MadeFolder("Below")]),
    ]
    store = MadeStore(folders, [note("On top")], keywords=True, receive=[("IPM", 0x8042)])
    return made(store, form, encoding, deflated=deflated)


@dataclass(frozen=True)
class Change:
    """Octets at a place, which is counted in what a file holds: blocks and pages, not what lies between."""

    place: int
    octets: bytes


numbers = st.one_of(
    st.sampled_from([b"\0", b"\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff", b"\x01\0", b"\x20\0\0\0"]),
    st.binary(min_size=1, max_size=8),
)
changes = st.lists(st.builds(Change, st.integers(0, 1 << 30), numbers), min_size=1, max_size=6)


def places(file: MadeFile) -> Sequence[range]:
    """Where something stands."""
    size = 4096 if file.form is Form.LARGE else 512
    found = [range(600), *[range(page, page + size) for page in file.pages]]
    return found + [range(offset, offset + length + 16) for offset, length, _ in file.blocks.values()]


def place(file: MadeFile, number: int) -> int:
    """Which of them: small and large blocks, header and pages are met equally often."""
    spans = places(file)
    span = spans[number % len(spans)]
    return span[number // len(spans) % len(span)]


def read_all(octets: bytes) -> int:
    """Whatever can be asked of a file; number of messages that it is said to hold."""
    found = 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.pst"
        path.write_bytes(octets)
        try:
            propose_codepage(path)
            archive = PstArchive(path)
        except MailError:
            return 0
        try:
            for each in archive.folders():
                found += read_folder(archive, each.name)
        except MailError:
            pass
        finally:
            archive.close()
    return found


def read_folder(archive: PstArchive, name: bytes) -> int:
    try:
        contents = archive.contents(name)
    except MailError:
        return 0
    for item in contents.items[:50]:
        try:
            content = archive.read(name, item, None)
        except MailError:
            continue
        assert content is not None
        content.close()
    return len(contents.items) + sum(each.items for each in contents.excluded)


@pytest.mark.parametrize(("form", "encoding", "deflated"), FORMS)
def test_all_is_read_where_nothing_was_changed(form: Form, encoding: Encoding, deflated: bool) -> None:
    whole = file(form, encoding, deflated)
    assert read_all(whole.octets) == read_all(whole.sealed(whole.octets)) == 8


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FORMS), changes, st.booleans())
def test_whatever_was_changed_in_a_file(form: tuple[Form, Encoding, bool], changed: list[Change], sealed: bool) -> None:
    """`sealed`: with checksums that are right, so that they hide nothing."""
    whole = file(*form)
    octets = bytearray(whole.octets)
    for change in changed:
        start = place(whole, change.place)
        octets[start : start + len(change.octets)] = change.octets
    assert read_all(whole.sealed(bytes(octets)) if sealed else bytes(octets)) <= MOST


@given(st.sampled_from(FORMS), st.integers(0, 1 << 30))
def test_a_file_that_was_cut_short(form: tuple[Form, Encoding, bool], length: int) -> None:
    octets = file(*form).octets
    assert read_all(octets[: length % len(octets)]) <= 8


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(FORMS), st.lists(st.tuples(st.integers(0, 1 << 30), st.integers(0, 1 << 30)), max_size=4))
def test_a_file_with_blocks_in_the_place_of_others(
    form: tuple[Form, Encoding, bool], swaps: list[tuple[int, int]]
) -> None:
    """Where the tree of blocks leads to another block than it says, all names in it are wrong."""
    whole = file(*form)
    blocks = [*whole.blocks.values()]
    octets = bytearray(whole.octets)
    for one, other in swaps:
        (first, length, _), (second, more, _) = blocks[one % len(blocks)], blocks[other % len(blocks)]
        size = min(length, more)
        octets[first : first + size], octets[second : second + size] = (
            octets[second : second + size],
            octets[first : first + size],
        )
    assert read_all(whole.sealed(bytes(octets))) <= MOST


@given(st.binary(max_size=2000))
def test_octets_that_are_no_file(octets: bytes) -> None:
    assert read_all(octets) == 0
    assert read_all(b"!BDN" + octets) == 0
