"""Damaged archives and messages end in errors that an admin can read, and in no others."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files.eml import emlx, mail, octets_of, opened, write_tar, write_tree, write_zip
from tui_migrate.errors import MailError
from tui_migrate.mail.eml.parts import TooDeep, emptied_parts

FILES = {
    "Inbox/1.eml": mail("one"),
    "Sent/2.eml": mail("two", "y" * 3000),
    "A.mbox/Messages/3.emlx": emlx(mail("three")),
    "A.mbox/Messages/4.partial.emlx": emlx(mail("four")),
    "Grüße/5.txt": b"",
}
PIECES = (
    b"From: a@example.org\n",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b'content-type: MULTIPART/x;\n\tboundary="c d"\n',
    b"Content-Type: message/rfc822\n",
    b"X-Apple-Content-Length: 12\n",
    b"Content-Transfer-Encoding: base64\n",
    b"\n",
    b"\r\n",
    b"--b\n",
    b"--b--",
    b"--c d\r\n",
    b"--c d--\n",
    b"text\n",
    b"\xff\x00",
)


@cache
def archive(form: str) -> bytes:
    """An archive that is whole."""
    with tempfile.TemporaryDirectory() as folder:
        match form:
            case "zip":
                return write_zip(Path(folder) / "a.zip", FILES).read_bytes()
            case "stored":
                return write_zip(Path(folder) / "a.zip", FILES, zipfile.ZIP_STORED).read_bytes()
            case "tar":
                return write_tar(Path(folder) / "a.tar", FILES).read_bytes()
            case _:
                return write_tar(Path(folder) / "a.tgz", FILES).read_bytes()


def read_all(path: Path) -> None:
    """As far as it can be read. What is said of the rest can be shown and stored."""
    errors: list[MailError] = []
    try:
        with opened(path) as found:
            for folder in found.folders():
                for item in found.contents(folder.name).items:
                    try:
                        octets_of(found, item)
                    except MailError as error:
                        errors.append(error)
    except MailError as error:
        errors.append(error)
    for each in errors:
        assert each.sentence
        assert (each.sentence + each.server_words).encode()


@st.composite
def damaged(draw: st.DrawFn, form: str) -> bytes:
    """The archive, cut, with octets changed, or with a stretch of it gone or put in twice."""
    octets = bytearray(archive(form))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(octets) - 1))
        match draw(st.sampled_from(("change", "cut", "leave out", "repeat", "fill"))):
            case "change":
                octets[at] = draw(st.integers(0, 255))
            case "cut":
                del octets[at + 1 :]
            case "leave out":
                del octets[at : min(at + draw(st.integers(1, 600)), len(octets) - 1)]
            case "repeat":
                octets[at:at] = octets[at : at + draw(st.integers(1, 600))]
            case "fill":
                size = draw(st.integers(1, 8))
                octets[at : at + size] = bytes([draw(st.sampled_from((0, 0x37, 0x80, 0xFF)))]) * size
    return bytes(octets)


@pytest.mark.parametrize("form", ["zip", "stored", "tar", "tgz", "tar in gzip"])
@given(data=st.data())
def test_archives(form: str, data: st.DataObject) -> None:
    inner = form == "tar in gzip"
    octets = data.draw(damaged("tar" if inner else form))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("a.zip" if form in ("zip", "stored") else "a.tar")
        path.write_bytes(gzip.compress(octets, 1) if inner else octets)
        read_all(path)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=20)), max_size=30), st.integers(-40, 40))
def test_messages_of_apple_mail(pieces: list[bytes], off: int) -> None:
    message = b"".join(pieces)
    whole = emlx(message)
    start, _, rest = whole.partition(b"\n")
    told = b"%d" % max(0, int(start) + off)
    with tempfile.TemporaryDirectory() as folder:
        files = {"Messages/1.emlx": whole, "Messages/2.partial.emlx": whole, "Messages/3.emlx": told + b"\n" + rest}
        files |= {"Messages/4.partial.emlx": told + b"\n" + rest, "Messages/5.emlx": message, "6.eml": message}
        for number in ("1", "2", "1.1", "2.1"):
            files[f"Attachments/2/{number}/file"] = b"\0\1\2"
        read_all(write_tree(Path(folder), files))


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_emptied_parts_lie_in_the_message_and_apart(pieces: list[bytes]) -> None:
    message = b"".join(pieces)
    at = 0
    for part in emptied_parts(message):
        start, end = part.field
        assert at <= start < end <= part.body <= len(message)
        assert message[start:end].lower().startswith(b"x-apple-content-length")
        at = part.body


def test_parts_in_parts_without_end() -> None:
    with pytest.raises(TooDeep):
        emptied_parts(b"Content-Type: message/rfc822\n\n" * 1000)
