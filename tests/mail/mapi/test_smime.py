"""Signed and encrypted mail arrives to the byte."""

from __future__ import annotations

import pytest

from tests.support.outlook import MadeAttachment, MadeItem, mail, octets

SIGNED = (
    b'Content-Type: multipart/signed; protocol="application/pkcs7-signature";\r\n\tmicalg=sha-256;\r\n'
    b'\tboundary="----=_X"\r\n'
    b"\r\nThis is a multi-part message in MIME format.\r\n\r\n------=_X\r\nContent-Type: text/plain\r\n\r\n"
    b"signed  \r\n\xfc\r\n" + b"x" * 2000 + b"\r\n------=_X\r\nContent-Type: application/pkcs7-signature\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nMIIB\r\n------=_X--\r\n"
)
DATA = bytes.fromhex("30820a0006092a864886f70d0107")
HEADER = "From: Ann <ann@example.org>\r\nContent-Type: multipart/signed\r\nMIME-Version: 1.0\r\nX-A: b\r\n"


def item(message_class: str, *contents: bytes, pieces: int = 7) -> MadeItem:
    made = [MadeAttachment(content, "smime.p7m", pieces=pieces) for content in contents]
    return MadeItem({0x001A: message_class, 0x007D: HEADER, 0x1000: "a view of it"}, attachments=made)


@pytest.mark.parametrize("message_class", ["IPM.Note.SMIME.MultipartSigned", "ipm.note.smime.multipartsigned\0"])
@pytest.mark.parametrize("pieces", [1, 7, 100_000])
def test_a_signed_entity_is_the_mail(message_class: str, pieces: int) -> None:
    header = b"From: Ann <ann@example.org>\r\nX-A: b\r\nMIME-Version: 1.0\r\n"
    assert octets(item(message_class, SIGNED, pieces=pieces)) == header + SIGNED


def test_it_may_say_so_under_the_other_class() -> None:
    """MS-OXOSMIME section 2.1.3.1: a clear-signed message may have either class."""
    assert octets(item("IPM.Note.SMIME", SIGNED)).endswith(SIGNED)


def test_of_its_header_only_what_tells_of_the_content_is_taken() -> None:
    whole = b"MIME-Version: 1.0\r\nFrom: somebody@else.example\r\n" + SIGNED.replace(
        b"\r\n\r\n", b"\r\nX-B: c\r\n d\r\n\r\n", 1
    )
    assert octets(item("IPM.Note.SMIME.MultipartSigned", whole)).endswith(b"X-A: b\r\nMIME-Version: 1.0\r\n" + SIGNED)


def test_line_ends_are_as_they_were_signed() -> None:
    """RFC 8551 section 3.1.1: what is signed has CRLF."""
    stored = SIGNED.replace(b"\r\n", b"\n")
    assert octets(item("IPM.Note.SMIME.MultipartSigned", stored)).endswith(SIGNED)


@pytest.mark.parametrize(("number", "kind"), [(2, "signed-data"), (3, "enveloped-data"), (9, None)])
def test_what_is_encrypted_is_one_part(number: int, kind: str | None) -> None:
    content = DATA + bytes((number,)) + bytes(range(256)) * 30
    message = mail(item("IPM.Note.SMIME", content))
    assert message.get_content_type() == "application/pkcs7-mime"
    assert message.get_param("smime-type") == kind
    assert message.get_filename() == "smime.p7m"
    assert message.get_payload(decode=True) == content
    assert message["x-a"] == "b"


@pytest.mark.parametrize(
    "contents", [[], [b""], [b"no CMS and no entity"], [b"Subject: x\r\n\r\nmail"], [SIGNED, SIGNED]]
)
def test_what_is_neither_is_mail_with_attachments(contents: list[bytes]) -> None:
    message = mail(item("IPM.Note.SMIME", *contents))
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "a view of it"
    assert [part.get_payload(decode=True) for part in message.iter_attachments()] == contents


def test_other_classes_keep_it_as_an_attachment() -> None:
    assert mail(item("IPM.Note", SIGNED)).get_content_type() == "multipart/mixed"


def test_within_another_message_it_is_unchanged_too() -> None:
    outer = MadeItem({}, attachments=[MadeAttachment(method=5, item=item("IPM.Note.SMIME.MultipartSigned", SIGNED))])
    assert SIGNED in octets(outer)
