"""A report says what became of a mail, to people and to programs."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.support.outlook import MadeAttachment, MadeItem, content, mail, person
from tui_migrate.mail.mapi.item import Properties, Value


def parts(message_class: str, more: dict[int, Value] | None = None) -> tuple[EmailMessage, list[EmailMessage]]:
    """The mail and what is in it."""
    rows: list[Properties] = [
        {**person("Bob", "bob@example.net"), 0x0C1B: "<mx.example #5.1.1 SMTP; 550\r\nno such user>", 0x0C20: 511,
         0x0C21: "mx.example"},
        {0x3001: "Üwe", 0x3002: "EX", 0x3003: "/o=x/cn=uwe"},
    ]  # fmt: skip
    original = MadeAttachment(method=5, item=MadeItem({0x0037: "the original"}))
    properties: dict[int, Value] = {0x001A: message_class, 0x0037: "Undeliverable", 0x6820: "ex.example"}
    message = mail(MadeItem({**properties, **(more or {})}, rows, [original]))
    return message, [part for part in message.iter_parts() if isinstance(part, EmailMessage)]


@pytest.mark.parametrize(
    ("message_class", "action", "status"),
    [
        ("REPORT.IPM.Note.NDR", "failed", "5.0.0"),
        ("REPORT.IPM.Note.DR", "delivered", "2.0.0"),
        ("report.ipm.note.delayed.dr", "delayed", "4.0.0"),
    ],
)
def test_what_was_or_was_not_delivered(message_class: str, action: str, status: str) -> None:
    """RFC 3464."""
    message, (text, told, original) = parts(message_class)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    of_mail, bob, uwe = told.iter_parts()
    assert of_mail["reporting-mta"] == "dns; ex.example"
    assert dict(bob.items()) == {
        "Final-Recipient": "rfc822; bob@example.net", "Action": action, "Status": "5.1.1",
        "Remote-MTA": "dns; mx.example", "X-Supplementary-Info": "<mx.example #5.1.1 SMTP; 550 no such user>",
    }  # fmt: skip
    assert (uwe["final-recipient"], uwe["status"]) == ("rfc822; uwe@exchange.invalid", status)
    assert f"{action}: Bob <bob@example.net> <mx.example" in str(content(text))
    assert f"{action}: Üwe" in str(content(text))
    assert original.get_content()["subject"] == "the original"


def test_the_text_of_a_report_is_that_which_it_has() -> None:
    _, (text, *_) = parts("REPORT.IPM.Note.NDR", {0x1001: "It could not be delivered."})
    assert content(text) == "It could not be delivered."


@pytest.mark.parametrize(
    ("message_class", "disposition"), [("REPORT.IPM.Note.IPNRN", "displayed"), ("REPORT.IPM.Note.IPNNRN", "deleted")]
)
def test_what_was_or_was_not_read(message_class: str, disposition: str) -> None:
    """RFC 8098."""
    more: dict[int, Value] = {0x0042: "Ann", 0x5D02: "ann@example.org", 0x1046: "<1@example.net>"}
    message, (_, told, _) = parts(message_class, more)
    assert message.get_param("report-type") == "disposition-notification"
    fields = told.as_string().split("\n\n", 1)[1]
    assert fields.strip().splitlines() == [
        "Final-Recipient: rfc822; ann@example.org",
        "Original-Message-ID: <1@example.net>",
        f"Disposition: manual-action/MDN-sent-manually; {disposition}",
    ]


def test_what_is_reported_otherwise_is_mail() -> None:
    assert parts("REPORT.IPM.Note.Other")[0].get_content_type() == "message/rfc822"
    assert parts("IPM.Note.NDR")[0].get_content_type() == "message/rfc822"
