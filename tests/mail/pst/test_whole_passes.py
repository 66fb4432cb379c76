"""Passes of the whole program over files of every form: twice, after mail has come to them, with damage in them."""

from __future__ import annotations

import email.policy
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.doubles.memory import memory_kinds
from tests.doubles.places import PLACES, Place
from tests.engine.support import Ended, migrate, run_here, write_plan
from tests.files.pst.blocks import Form
from tests.files.pst.notes import ARRIVED, attached, forwarded, note
from tests.files.pst.samples import sample
from tests.files.pst.store import FIRST_MESSAGE, KEYWORDS, MadeFolder, MadeStore, made
from tests.servers.mailbox import Mailbox

USER = "a@example.org"
Arrived = Counter[tuple[str, str, frozenset[str], int]]
"""Folder, subject, flags, date."""
SEEN = frozenset({"\\Seen"})


@pytest.fixture
def new() -> Iterator[Place]:
    """An empty mailbox in memory."""
    with memory_kinds():
        PLACES["/new"] = Place(Mailbox(USER))
        yield PLACES["/new"]


def arrived(destination: Place) -> Arrived:
    found: Arrived = Counter()
    for item, number in destination.mailboxes[USER].contents().items():
        mail = email.message_from_bytes(item.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        found[item.folder, str(mail["Subject"]), item.flags, item.instant] += number
    return found


def example(more: int = 0) -> MadeStore:
    """What is `more` came last: NIDs of all else stay as they were."""
    inbox = [note("Read"), note("Blue", more={KEYWORDS << 16 | 0x101F: ("Blue",), 0x10900003: 2})]
    files = [attached("a.bin", bytes(range(256)) * 9000), forwarded(note("Inner"))]
    return MadeStore(
        [
            MadeFolder("Posteingang", inbox),
            MadeFolder("Gesendete Elemente", [note("Files", attachments=files)], [MadeFolder("2024", [note("Deep")])]),
            MadeFolder("Kontakte", [note("Bob", more={0x001A001F: "IPM.Contact"})], folder_class="IPF.Contact"),
        ],
        [note("On top"), note("On top"), *[note(f"Later {number}") for number in range(more)]],
        keywords=True,
    )


WANTED: Arrived = Counter(
    {
        ("INBOX", "Read", SEEN, ARRIVED): 1,
        ("INBOX", "Blue", SEEN | {"\\Flagged", "Blue"}, ARRIVED): 1,
        ("Gesendete Elemente", "Files", SEEN, ARRIVED): 1,
        ("Gesendete Elemente/2024", "Deep", SEEN, ARRIVED): 1,
        ("Top of Made", "On top", SEEN, ARRIVED): 2,
    }
)


def plan(folder: Path, **keys: object) -> Path:
    source = {"protocol": "pst", "folder": str(folder), "path": "{user}.pst", **keys}
    rows = [{"Source": USER, "Destination": USER}]
    return write_plan(folder, source, {"protocol": "memory", "path": "/new"}, rows)


def numbers(ended: Ended) -> tuple[int, int, int, int]:
    counts = ended.counts
    return counts.copied, counts.brought, counts.excluded, counts.failed


@pytest.mark.parametrize("form", Form)
def test_each_message_arrives_once(form: Form, tmp_path: Path, new: Place) -> None:
    (tmp_path / f"{USER}.pst").write_bytes(made(example(), form).octets)
    file = plan(tmp_path)
    ended = migrate(file, tmp_path / "data")
    assert (ended.code, numbers(ended)) == (0, (6, 0, 1, 0)), str(ended)
    assert arrived(new) == WANTED
    again = migrate(file, tmp_path / "data")
    assert (again.code, numbers(again)) == (0, (0, 6, 1, 0)), str(again)
    assert arrived(new) == WANTED
    for how in (["verify"], ["verify", "--deep"], ["check"]):
        done = run_here(*how, "--data-dir", tmp_path / "data")
        assert done.returncode == 0, done.stdout


def test_what_has_come_to_a_file_is_brought(tmp_path: Path, new: Place) -> None:
    path = tmp_path / f"{USER}.pst"
    path.write_bytes(made(example()).octets)
    file = plan(tmp_path)
    assert migrate(file, tmp_path / "data").code == 0
    path.write_bytes(made(example(3)).octets)
    ended = migrate(file, tmp_path / "data")
    assert numbers(ended) == (3, 6, 1, 0), str(ended)
    later: Arrived = Counter({("Top of Made", f"Later {number}", SEEN, ARRIVED): 1 for number in range(3)})
    assert arrived(new) == WANTED + later


def test_a_damaged_message_is_one_failure(tmp_path: Path, new: Place) -> None:
    made_file = made(example())
    octets = bytearray(made_file.octets)
    octets[made_file.place(FIRST_MESSAGE) + 30] ^= 1
    (tmp_path / f"{USER}.pst").write_bytes(octets)
    ended = migrate(plan(tmp_path), tmp_path / "data")
    assert numbers(ended) == (5, 0, 1, 1), str(ended)
    assert arrived(new) == WANTED - Counter({("INBOX", "Read", SEEN, ARRIVED): 1})


def test_an_offline_file_of_outlook_is_moved(tmp_path: Path, new: Place) -> None:
    sample("pst-extractor-1.ost", tmp_path).rename(tmp_path / f"{USER}.pst")
    ended = migrate(plan(tmp_path), tmp_path / "data")
    assert (ended.code, numbers(ended)) == (0, (14, 0, 169, 0)), str(ended)
    assert arrived(new).total() == 14
