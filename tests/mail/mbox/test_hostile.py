"""Files that were harmed, or made to do harm: what can be read is read, and only errors that an admin can read come
out."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files.mbox import Letter, Quoting, mail, mbox, read_back, separator, write_tree
from tui_migrate.errors import MailError
from tui_migrate.mail.mbox.octets import OpenFile
from tui_migrate.mail.mbox.scan import scan

LETTERS: list[Letter | bytes] = [
    Letter(mail("one", "From me\n>>From you\n"), "Status: RO\nX-Status: AF\nX-Keywords: a b\n"),
    Letter(mail("two", fields="Received: x; Wed, 1 Jan 2020 13:30:05 +0100\n"), "X-Mozilla-Status: 0009\n"),
    mail("three", "a\r\nb\n"),
]
LABELS = 'X-GM-THRID: 1\nX-Gmail-Labels: =?UTF-8?Q?Bo=C3=AEte_de_r=C3=A9ception,Ouvert?=,\n "a/b, c"\n'
MSF = (
    b'// <!-- <mdb:mork:z v="1.4"/> -->\n< <(a=c)> // (f=iso-8859-1)\n (B9=folderName)>\n<(82=Gr$C3$B6\\)\\\n\xc3)>\n'
    b"{1:^80 {(k^96:c)(s=9)} [1:^96(^B9^82)(^B9=literal$0)]}\n"
)


def _zip(method: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a/b.mbox", mbox(LETTERS))
    return file.getvalue()


def _tar(mode: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as tape:  # type: ignore[call-overload]
        info = tarfile.TarInfo("a/" * 60 + "b.mbox")
        info.size = len(mbox(LETTERS))
        tape.addfile(info, io.BytesIO(mbox(LETTERS)))
    return file.getvalue()


SEEDS = {
    **{f"{quoting.value}.mbox": mbox(LETTERS, quoting) for quoting in Quoting},
    "google.mbox": mbox([Letter(mail("g"), LABELS, separator(sender="7@xxx")), *LETTERS]),
    "mozilla3d8f11a0.msf": MSF,
    "deflated.zip": _zip(zipfile.ZIP_DEFLATED),
    "stored.zip": _zip(zipfile.ZIP_STORED),
    "plain.tar": _tar("w"),
    "packed.tgz": _tar("w:gz"),
}
PIECES = (
    b"From ",
    b"\nFrom - ",
    b"\n\n",
    b"\r\n",
    b">",
    b"\0",
    b"\xff" * 8,
    b"Content-Length: 99\n",
    b"(^B9^82)",
    b"PK\1\2",
)


@st.composite
def harmed(draw: st.DrawFn, seed: bytes) -> bytes:
    """A file with some octets changed, put in, taken out, or cut off."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                data[at:at] = draw(st.sampled_from(PIECES))
            case 2:
                del data[at : at + draw(st.integers(1, 40))]
            case _:
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("name", SEEDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_only_errors_of_ours_come_out(tmp_path: Path, name: str, data: st.DataObject) -> None:
    write_tree(tmp_path, {"mozilla3d8f11a0": LETTERS, name: data.draw(harmed(SEEDS[name]))})
    with suppress(MailError):
        read_back(tmp_path)


@pytest.mark.parametrize("quoting", Quoting)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nothing_but_separators_lies_between_messages(tmp_path: Path, quoting: Quoting, data: st.DataObject) -> None:
    octets = data.draw(harmed(mbox([LETTERS[0], LETTERS[2], LETTERS[0]], quoting)))
    (tmp_path / "a").write_bytes(octets)
    with closing(OpenFile(tmp_path / "a")) as file:
        index = scan(file)
    begin = index.headless
    for start, end in [*zip(index.starts, index.ends, strict=True), (len(octets), len(octets))]:
        assert re.fullmatch(rb"(?:[\xef\xbb\xbf\r\n]|From [^\n]*)*", octets[begin:start])
        begin = end


@given(octets=st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["a", "a.zip", "a.tar", "a.tgz", "a.mbox.gz"])
def test_octets_that_mean_nothing(tmp_path: Path, name: str, octets: bytes) -> None:
    (tmp_path / name).write_bytes(octets)
    with suppress(MailError):
        read_back(tmp_path / name)


@pytest.mark.parametrize(
    "octets",
    [
        b"From " * 100_000,
        b"\nFrom " * 100_000,
        b"From \n" * 30_000,
        b"From a\n\n" * 30_000,
        (separator() + "\n").encode() + b"Status: RO\n" * 30_000,
        (separator() + "\n").encode() + b"X-Keywords: " + b"a " * 200_000,
        (separator() + "\n").encode() + b"Received: ;" + b"1 Jan " * 200_000,
        b">" * 300_000 + b"From ",
        b"From " + b" " * 300_000,
        b"From a Mon Jan 1 " + b" 10:00" * 300_000,
    ],
    ids=range(10),
)
def test_files_that_are_made_to_take_long(tmp_path: Path, octets: bytes) -> None:
    write_tree(tmp_path, {"a": octets, "b": [*LETTERS], "c.mbox": b"From a\n\n" + octets})
    assert read_back(tmp_path).total() >= 2
