"""Messages that are not the same at both ends, as rows and words. Pure."""

from __future__ import annotations

from tui_migrate.service.verifications import ComparedMail, Finding, FindingKind, in_utc, in_words
from tui_migrate.ui.format import UNKNOWN, Cell, Tone, size
from tui_migrate.ui.widgets.table import Column

TONES = {
    FindingKind.MISSING: Tone.BAD,
    FindingKind.UNREAD: Tone.BAD,
    FindingKind.DIFFERENT: Tone.CARE,
    FindingKind.EXTRA: Tone.CARE,
}


def message_columns(subjects: dict[int, str]) -> list[Column[Finding]]:
    """The columns of messages that are not the same; `subjects` of the source's, as they become known."""

    return [
        Column("What", lambda finding, _: Cell(finding.kind, TONES[finding.kind]), 14),
        Column("UID", lambda finding, _: Cell(str(finding.source.uid) if finding.source else UNKNOWN), 7, right=True),
        Column("There", lambda f, _: Cell(str(f.destination.uid) if f.destination else UNKNOWN), 7, right=True),
        Column("Date", lambda finding, width: Cell(_date(finding)[:width]), 10, wide=20),
        Column("Size", lambda finding, _: Cell(_size(_known(finding))), 6, right=True),
        Column("Message", lambda finding, _: Cell(": ".join(_told(finding, subjects)))),
    ]


def message_words(finding: Finding, subjects: dict[int, str]) -> str:
    """All that is known of a message, in words."""
    mail = _known(finding)
    flags = "flags not told" if mail.flags is None else " ".join(sorted(mail.flags)) or "no flags"
    octets = "size not told" if mail.length is None else f"{mail.length:,} bytes"
    return " · ".join([*_told(finding, subjects), _date(finding) or "no date", octets, flags])


def _told(finding: Finding, subjects: dict[int, str]) -> list[str]:
    """The subject of a message, where it is known, and in what it differs, where it does."""
    subject = subjects.get(finding.source.uid, "") if finding.source else ""
    return [text for text in (subject, in_words(finding)) if text]


def _known(finding: Finding) -> ComparedMail:
    mail = finding.source or finding.destination
    assert mail is not None
    return mail


def _size(mail: ComparedMail) -> str:
    return UNKNOWN if mail.length is None else size(mail.length)


def _date(finding: Finding) -> str:
    return in_utc(_known(finding).instant)
