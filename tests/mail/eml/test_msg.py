"""Messages that Outlook has saved as files, among others."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.files.eml import damage_of, found_in, left_out, mail, write_tree, write_zip
from tests.support.msg_files import save
from tests.support.outlook import MadeAttachment, MadeItem, filetime, person
from tui_migrate.errors import MessageDamaged

ARRIVED = datetime(2021, 5, 4, 3, 2, 1, tzinfo=UTC)
ITEM = MadeItem(
    {
        0x001A: "IPM.Note",
        0x0037: "Of Outlook",
        0x0C1A: "Ann",
        0x0C1E: "SMTP",
        0x0C1F: "ann@example.org",
        0x0E06: filetime(ARRIVED),
        0x0E07: 1,
        0x1000: "Hello\r\n",
        0x1090: 2,
    },
    [person("Bob", "bob@example.org")],
    [MadeAttachment(bytes(range(256)) * 9000, "a.bin")],
    ["Blue"],
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    appointment = MadeItem({0x001A: "IPM.Appointment", 0x0037: "No mail"})
    made = {"Sent/1.msg": ITEM, "Sent/2.MSG": appointment}
    found = {name: save(item, tmp_path / "saved").read_bytes() for name, item in made.items()}
    return {**found, "Sent/3.eml": mail("three"), "Sent/4.msg": found["Sent/1.msg"][:3000]}


@pytest.mark.parametrize("form", ["tree", "zip"])
def test_they_are_read_where_they_lie(tmp_path: Path, files: dict[str, bytes], form: str) -> None:
    path = write_tree(tmp_path / "tree", files) if form == "tree" else write_zip(tmp_path / "a.zip", files)
    damaged = damage_of(path)
    assert {name: type(error) for name, error in damaged.items()} == {"Sent/4.msg": MessageDamaged}
    assert "‹Sent/4.msg›" in damaged["Sent/4.msg"].server_words
    assert left_out(path) == {"Sent": {"appointments": 1}}
    del files["Sent/4.msg"]
    whole = write_tree(tmp_path / "whole", files) if form == "tree" else write_zip(tmp_path / "b.zip", files)
    found, other = found_in(whole, tmp_path)
    assert other.octets == mail("three")
    assert found.folder == "Sent"
    assert found.flags == {"\\Seen", "\\Flagged", "Blue"}
    assert found.instant == int(ARRIVED.timestamp())
    message = message_from_bytes(found.octets, policy=default)
    assert (message["Subject"], message["From"], message["To"]) == (
        "Of Outlook",
        "Ann <ann@example.org>",
        "Bob <bob@example.org>",
    )
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == bytes(range(256)) * 9000


def test_the_same_file_elsewhere_is_the_same_message(tmp_path: Path, files: dict[str, bytes]) -> None:
    one, other = files["Sent/1.msg"], write_tree(tmp_path / "tree", {"1.msg": files["Sent/1.msg"]})
    (first,) = found_in(write_zip(tmp_path / "a.zip", {"deep/other.msg": one}))
    (second,) = found_in(other)
    assert first.octets == second.octets
