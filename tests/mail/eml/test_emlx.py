"""Messages as Apple Mail keeps them."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.files.eml import damage_of, emlx, found_in, left_out, mail, octets_in, write_tree, write_zip
from tui_migrate.errors import MessageDamaged

DATA = "INBOX.mbox/7A1B0C2D-0000-0000-0000-000000000000/Data"
PDF = bytes(range(256)) * 33
NOTES = "Grüße\nund = Küsse\n".encode()


def test_folders_flags_and_dates(tmp_path: Path) -> None:
    files = {
        f"{DATA}/Messages/7.emlx": emlx(mail("seven"), flags=1 | 4 | 16),
        f"{DATA}/1/2/Messages/21007.emlx": emlx(mail("more"), flags=0x2_0000_0000, received=1_600_000_000),
        "Work.mbox/Old.mbox/x/Data/Messages/1.emlx": emlx(mail("old"), flags=64 | 256 | 1 << 24),
        "Work.mbox/Info.plist": b"<plist/>",
        "Sent Messages.mbox/Messages/2.emlx": emlx(mail("sent")),
        "Deleted.imapmbox/Messages/3.emlx": emlx(mail("gone"), flags=2),
    }
    found = found_in(write_tree(tmp_path, files))
    assert {(each.folder, each.octets, each.flags, each.instant) for each in found} == {
        ("INBOX", mail("seven"), frozenset({"\\Seen", "\\Answered", "\\Flagged"}), 1_500_000_000),
        ("INBOX", mail("more"), frozenset(), 1_600_000_000),
        ("Work/Old", mail("old"), frozenset({"\\Draft", "$Forwarded", "$Junk"}), 1_500_000_000),
        ("Sent Messages", mail("sent"), frozenset({"\\Seen"}), 1_500_000_000),
        ("Deleted", mail("gone"), frozenset({"\\Deleted"}), 1_500_000_000),
    }
    assert left_out(tmp_path) == {"Work": {"other files": 1}}


def test_a_mailbox_of_one_folder(tmp_path: Path) -> None:
    files = {"x/Data/3/Messages/1.emlx": emlx(mail("one")), "Messages/2.emlx": emlx(mail("two"))}
    assert octets_in(write_tree(tmp_path / "Archive.mbox", files)) == {"INBOX": [mail("two"), mail("one")]}


def test_files_that_are_cut_short_or_none(tmp_path: Path) -> None:
    files = {
        "1.emlx": emlx(mail("one"))[:60],
        "2.emlx": b"not a number",
        "3.emlx": b"",
        "4.emlx": b"5\nab: c",
        "5.emlx": b"99999999999999999999\nx",
    }
    write_tree(tmp_path, files)
    assert left_out(tmp_path) == {"INBOX": {"no mail": 2}}
    damaged = damage_of(tmp_path)
    assert set(damaged) == {"1.emlx", "5.emlx"}
    assert all(isinstance(each, MessageDamaged) for each in damaged.values())
    (tmp_path / "1.emlx").unlink()
    (tmp_path / "5.emlx").unlink()
    assert octets_in(tmp_path) == {"INBOX": [b"ab: c"]}
    assert found_in(tmp_path)[0].flags == {"\\Seen"}


def whole_message() -> bytes:
    """With attachments in base64, in quoted-printable and bare, two of them deeper."""
    encoded = base64.encodebytes(PDF).decode().replace("\n", "\r\n")
    text = """From: a@example.org
Subject: With attachments
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="outer=_1"

--outer=_1
Content-Type: multipart/related; boundary=inner

--inner
Content-Type: text/html

<b>Hello</b>
--inner
Content-Type: image/png
Content-Transfer-Encoding: base64

{1.2}
--inner--

--outer=_1
Content-Type: application/pdf;
\tname="a.pdf"
Content-Transfer-Encoding: base64

{2}
--outer=_1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable
Content-Disposition: attachment; filename=notes.txt

{3}
--outer=_1
Content-Type: message/rfc822

Subject: inside
Content-Type: multipart/mixed; boundary=third

--third
Content-Type: text/plain

{4.1}
--third--
--outer=_1--
""".replace("\n", "\r\n")
    notes = "Gr=C3=BC=C3=9Fe\r\nund =3D K=C3=BCsse\r\n"
    bodies = {"1.2": encoded, "2": encoded.removesuffix("\r\n"), "3": notes, "4.1": "bare text\r\n"}
    for number, body in bodies.items():
        text = text.replace(f"{{{number}}}", body)
    return text.encode()


LENGTHS = (
    len(base64.encodebytes(PDF)),
    len(base64.encodebytes(PDF)) - 1,
    len("Gr=C3=BC=C3=9Fe\nund =3D K=C3=BCsse\n"),
    len("bare text\n"),
)


def emptied(message: bytes) -> bytes:
    """The same as Apple Mail keeps it: attachments taken out, and their lengths noted."""
    out = message
    encoded = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
    bodies = (encoded, encoded.removesuffix(b"\r\n"), b"Gr=C3=BC=C3=9Fe\r\nund =3D K=C3=BCsse\r\n", b"bare text\r\n")
    for body, length in zip(bodies, LENGTHS, strict=True):
        before, _, after = out.partition(b"\r\n\r\n" + body + b"\r\n--")
        out = before + b"\r\nX-Apple-Content-Length: %d\r\n\r\n\r\n--" % length + after
    assert b"bare text" not in out
    return out


ATTACHMENTS = {"1.2/image.png": PDF, "2/a.pdf": PDF, "3/notes.txt": NOTES, "4.1/text.txt": b"bare text\n"}


def partial(root: Path, attachments: dict[str, bytes], message: bytes | None = None) -> Path:
    """An Apple Mail folder with one message whose attachments lie beside it."""
    kept = emptied(whole_message()) if message is None else message
    files = {f"{DATA}/3/Attachments/3007/{path}": content for path, content in attachments.items()}
    return write_tree(root, {f"{DATA}/3/Messages/3007.partial.emlx": emlx(kept), **files})


def test_attachments_are_put_back_where_they_were(tmp_path: Path) -> None:
    assert octets_in(partial(tmp_path, ATTACHMENTS)) == {"INBOX": [whole_message()]}
    assert left_out(tmp_path) == {}


def test_attachments_in_an_archive(tmp_path: Path) -> None:
    root = partial(tmp_path / "tree", ATTACHMENTS)
    files = {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}
    assert octets_in(write_zip(tmp_path / "apple.zip", files)) == {"INBOX": [whole_message()]}


def test_an_attachment_beside_the_message_as_it_stood_there(tmp_path: Path) -> None:
    others = {path: content for path, content in ATTACHMENTS.items() if not path.startswith("2/")}
    root = partial(tmp_path, others)
    (root / DATA / "3/Messages/3007.2.emlxpart").write_bytes(base64.encodebytes(PDF).removesuffix(b"\n"))
    assert octets_in(root) == {"INBOX": [whole_message()]}
    assert left_out(root) == {}


@pytest.mark.parametrize("missing", ATTACHMENTS)
def test_a_message_whose_attachment_is_missing_is_named(tmp_path: Path, missing: str) -> None:
    root = partial(tmp_path, {path: content for path, content in ATTACHMENTS.items() if path != missing})
    ((path, error),) = damage_of(root).items()
    assert isinstance(error, MessageDamaged)
    assert path in error.server_words
    assert f"part {missing.partition('/')[0]}" in error.server_words


def test_attachments_that_cannot_be_told_apart(tmp_path: Path) -> None:
    for extra in ("2/b.pdf", "2/bundle.pages/x"):
        assert damage_of(partial(tmp_path / extra, {**ATTACHMENTS, extra: b"x"}))
    assert octets_in(partial(tmp_path / "finder", {**ATTACHMENTS, "2/.DS_Store": b"x"}))


def test_a_message_of_which_nothing_was_taken_out(tmp_path: Path) -> None:
    assert octets_in(partial(tmp_path / "whole", {}, mail("report"))) == {"INBOX": [mail("report")]}
    assert damage_of(partial(tmp_path / "header", {}, mail("header alone", "")))
    assert damage_of(partial(tmp_path / "more", {"2/a.pdf": PDF}, mail("report")))


def test_a_large_attachment_comes_out_as_it_is(tmp_path: Path) -> None:
    large = bytes(range(251)) * 12_000
    stub = mail("x").replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n")
    stub += b"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    stub += b"X-Apple-Content-Length: 1\r\n\r\n--b--\r\n"
    (message,) = octets_in(partial(tmp_path, {"2/large.bin": large}, stub))["INBOX"]
    _, attachment = message_from_bytes(message, policy=default).iter_parts()
    assert attachment.get_content() == large
    assert b"X-Apple" not in message
