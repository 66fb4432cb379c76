"""Every reader of files, with small files that are whole, and a way to read all that a file holds."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from tests.files.eml import emlx, mail, write_tar, write_zip
from tests.files.mbox import Letter, Quoting, mbox
from tests.files.pst.blocks import Encoding, Form
from tests.files.pst.store import MadeAttachment, MadeFolder, MadeMessage, MadeStore, pst
from tests.support import msg_files
from tests.support.outlook import MadeAttachment as ItemAttachment
from tests.support.outlook import MadeItem
from tui_migrate.errors import MailError
from tui_migrate.mail.eml.archive import EmlArchive
from tui_migrate.mail.files.archive import Archive
from tui_migrate.mail.maildir.archive import MaildirArchive
from tui_migrate.mail.mapi.mime import write_mime
from tui_migrate.mail.mbox.archive import MboxArchive
from tui_migrate.mail.msg.message import message_in
from tui_migrate.mail.pst.archive import PstArchive

MOST_OCTETS = 50_000_000
"""That may come of a small file: no reader multiplies what it is given."""


@dataclass(frozen=True)
class Reader:
    """One kind of file."""

    name: str
    whole: Callable[[], bytes]
    """A file that is right."""
    read: Callable[[Path], None]
    """All of a file, as far as it can be read. Raises nothing but what is a fault of ours."""
    place: str = "file"
    """Where the file lies, in a folder of its own."""


def read_archive(archive: Callable[[], Archive[Any]]) -> None:
    """Folders, listings, remarks and messages."""
    errors: list[MailError] = []
    octets = 0
    try:
        with closing(archive()) as opened:
            for folder in opened.folders():
                try:
                    contents = opened.contents(folder.name)
                except MailError as error:
                    errors.append(error)
                    continue
                for item in contents.items:
                    try:
                        content = opened.read(folder.name, item, None)
                    except MailError as error:
                        errors.append(error)
                        continue
                    if content is not None:
                        octets += sum(map(len, content.chunks()))
                        content.close()
            list(opened.remarks())
    except MailError as error:
        errors.append(error)
    for each in errors:
        assert each.sentence
        assert (each.sentence + each.server_words).encode()
    assert octets < MOST_OCTETS


def _mbox() -> bytes:
    letters = [Letter(mail("one"), "Status: RO\nX-Keywords: a b\n"), Letter(mail("two"), "X-Mozilla-Status: 0009\n")]
    return mbox([*letters, mail("three", "x\nFrom y\n>From z\n")], Quoting.MBOXCL)


def _takeout() -> bytes:
    lines = (
        b"From 1789@xxx Mon Jan 06 10:00:00 +0000 2020\r\nX-GM-THRID: 1789\r\n"
        b'X-Gmail-Labels: =?UTF-8?Q?Posteingang,Ge=C3=B6ffnet?=,"a, b"\r\nSubject: one\r\n\r\ntext\r\n\r\n'
    )
    return lines + lines.replace(b"1789", b"1790").replace(b"Posteingang", b"Gesendet")


def _mork() -> bytes:
    return (
        b'// <!-- <mdb:mork:z v="1.4"/> -->\n< <(a=c)> (80=folderName)>\n'
        b"<(90=Gr$C3$BC\\\n$C3$9Fe)>\n{1:^80 [1(^80^90)]}\n"
    )


@cache
def _packed_mail(form: str) -> bytes:
    return _packed(
        form, {"Inbox/1.eml": mail("one"), "Sent/2.eml": mail("two", "y" * 3000), "A/3.emlx": emlx(mail("three"))}
    )


@cache
def _packed_mbox(form: str) -> bytes:
    return _packed(form, {"Inbox": _mbox(), "Local/Sent.mbox": _mbox()})


def _packed(form: str, files: dict[str, bytes]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{form}"
        return (write_zip if form == "zip" else write_tar)(path, files).read_bytes()


@cache
def _pst(form: Form) -> bytes:
    inner = MadeMessage({0x001A001F: "IPM.Note", 0x0037001F: "inner", 0x1000001F: "text"})
    attachments = [
        MadeAttachment({0x37050003: 1, 0x3707001F: "a.bin"}, data=bytes(range(256)) * 40),
        MadeAttachment({0x37050003: 5}, message=inner),
    ]
    outer = MadeMessage(
        {0x001A001F: "IPM.Note", 0x0037001F: "outer", 0x007D001F: "Subject: outer\r\n\r\n", 0x1013001F: "<p>x</p>"},
        [{0x0C150003: 1, 0x3001001F: "Bob", 0x3003001F: "bob@old.example", 0x3002001F: "SMTP"}],
        attachments,
    )
    store = MadeStore([MadeFolder("Inbox", [outer, inner]), MadeFolder("Sent", folders=[MadeFolder("2019", [inner])])])
    return pst(store, form, Encoding.PERMUTE)


@cache
def _msg() -> bytes:
    inner = MadeItem({0x001A: "IPM.Note", 0x0037: "inner", 0x1000: "text"})
    item = MadeItem(
        {0x001A: "IPM.Note", 0x0037: "outer", 0x1000: "text", 0x007D: "Subject: outer\r\n\r\n"},
        [{0x0C15: 1, 0x3001: "Bob", 0x39FE: "bob@old.example"}],
        [ItemAttachment(b"octets" * 50, "a.bin"), ItemAttachment(method=5, item=inner)],
    )
    with tempfile.TemporaryDirectory() as folder:
        return msg_files.save(item, Path(folder) / "a.msg").read_bytes()


def _read_msg(path: Path) -> None:
    pieces: list[bytes] = []
    with contextlib.suppress(MailError), path.open("rb") as file:
        write_mime(message_in(file, "key"), pieces.append)
    assert sum(map(len, pieces)) < MOST_OCTETS


def _read_maildir(path: Path) -> None:
    """The file is what lies beside the messages: a server's list of them, and of keywords and subscriptions."""
    root = path.parent
    for name in ("cur", "new", "tmp", ".Sent/cur", ".Sent/new"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "cur/1577872800.M1P1.host,S=5:2,Sab").write_bytes(b"A: b\n\nc")
    octets = path.read_bytes()
    (root / "cur/1577872801.M1P1.host:2,").write_bytes(octets)
    (root / "subscriptions").write_bytes(octets)
    read_archive(lambda: MaildirArchive(root))


def _reads(archive: Callable[[Path], Archive[Any]]) -> Callable[[Path], None]:
    return lambda path: read_archive(partial(archive, path))


def _eml(path: Path) -> EmlArchive:
    return EmlArchive(path, None)


def _folder_of_eml(path: Path) -> EmlArchive:
    return _eml(path.parent)


def _readers() -> Iterator[Reader]:
    yield Reader("mbox", _mbox, _reads(MboxArchive))
    yield Reader("takeout", _takeout, _reads(MboxArchive), "Takeout/Mail/All mail.mbox")
    yield Reader("msf", _mork, _read_profile, "profile/abc123.msf")
    for packed in ("zip", "tgz"):
        yield Reader(packed, partial(_packed_mail, packed), _reads(_eml), f"a.{packed}")
        yield Reader(f"mbox {packed}", partial(_packed_mbox, packed), _reads(MboxArchive), f"a.{packed}")
    yield Reader("emlx", partial(emlx, mail("one")), _reads(_folder_of_eml), "1.emlx")
    for form in Form:
        yield Reader(f"pst {form}", partial(_pst, form), _reads(PstArchive))
    yield Reader("msg", _msg, _read_msg, "a.msg")
    uidlist = b"3 V1577872800 N3 Gabc\n1 :1577872800.M1P1.host,S=5\n2 W7 :1577872801.M1P1.host\n"
    yield Reader("uidlist", lambda: uidlist, _read_maildir, "dovecot-uidlist")
    yield Reader("keywords", lambda: b"0 $Label1\n1 todo\n", _read_maildir, "dovecot-keywords")


def _read_profile(path: Path) -> None:
    (path.parent / "abc123").write_bytes(_mbox())
    read_archive(lambda: MboxArchive(path.parent))


READERS = {each.name: each for each in _readers()}


def read(reader: Reader, octets: bytes) -> None:
    """Read a file of these octets."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / reader.place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)
        reader.read(path)
